"""Forms of a DIMONA message become declarations, or anomalies with their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.files.xml.parsing import Limits
from services.files.xml.reading import UnreadableFileError, count_forms, read_forms
from shared.domain.declared import Declaration
from tests.unit.services.files.xml.forms import CANCEL, HEAD, IN, REFERENCE, TODAY, file_of, read, read_one


def body_of(form: str) -> dict[str, Any]:
    declared = read_one(f"{HEAD}{form}").declared
    assert declared is not None
    return declared.model_dump(mode="json", by_alias=True, exclude_none=True)


def anomalies_of(form: str) -> list[tuple[str, str, str]]:
    found = read_one(form)
    assert (found.declared is None) == bool(found.anomalies)
    return [(each.code, each.place.tag, each.place.location) for each in found.anomalies]


def refusal_of(content: bytes, **limits: Any) -> tuple[str, int | None, int | None]:
    with pytest.raises(UnreadableFileError) as refused:
        read(content, **limits)
    with pytest.raises(UnreadableFileError):
        count_forms([content], Limits(**limits))
    return refused.value.code, refused.value.line, refused.value.column


def test_every_value_of_an_in_has_its_name_in_the_declaration() -> None:
    address = {"street": "S", "houseNumber": "1", "postCode": "1000", "municipality": {"name": "B"}}
    assert body_of(f"{REFERENCE}{IN}") == {
        "reference": ["mine"],
        "employer": {"employerId": 175110801, "enterpriseNumber": "0400767772"},
        "worker": {
            "ssin": "01410199955",
            "familyName": "Dûpont & Fils",
            "gender": 2,
            "address": {
                "street": "Rue Haute",
                "postCode": "1000",
                "municipality": {"name": "Bruxelles"},
                "country": 150,
            },
        },
        "dimonaIn": {
            "startDate": "2026-02-20",
            "startHour": "1000",
            "endDate": "2026-02-21",
            "endHour": "2000",
            "plannedHoursNumber": 8,
            "features": {
                "jointCommissionNumber": "322",
                "workerType": "EXT",
                "usingEmployer": {"name": "User", "address": {**address, "country": 150}},
            },
            "constructionControlCards": {
                "firstMonthC32ANumber": "012345678901",
                "nextMonthC32ANumber": "012345678902",
            },
            "studentPlaceOfWork": {"name": "Shop"},
            "smallStatutesInformation": {
                "employmentNature": "WORKER",
                "activityWithRisk": 3,
                "workerStatus": "F1",
            },
        },
    }


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (
            """<DimonaOut><DimonaPeriodId>605114838201</DimonaPeriodId><EndingDate>2026-02-20</EndingDate>
            <INSS>01410199955</INSS></DimonaOut>""",
            {
                "worker": {"ssin": "01410199955"},
                "dimonaOut": {"periodId": 605114838201, "endDate": "2026-02-20"},
            },
        ),
        (
            """<DimonaUpdate><DimonaPeriodId>605114838201</DimonaPeriodId><PlannedDaysNbr>3</PlannedDaysNbr>
            <EmployerId><ProvisionalNSSONbr>5000000120</ProvisionalNSSONbr></EmployerId></DimonaUpdate>""",
            {
                "employer": {"employerId": 5000000120},
                "dimonaUpdate": {"periodId": 605114838201, "plannedDaysNumber": 3},
            },
        ),
        (CANCEL, {"dimonaCancel": {"periodId": 605114838201}}),
        ("<DimonaIn><NaturalPerson/></DimonaIn>", {"worker": {}, "dimonaIn": {"features": {}}}),
        (
            """<DailyRegistrationDeclaration><AttestationStatus>3</AttestationStatus>
            <DailyRegistrationId>700000000001</DailyRegistrationId></DailyRegistrationDeclaration>""",
            {"dimonaDailyRegistration": {"attestationStatus": 3, "dailyRegistrationId": 700000000001}},
        ),
    ],
    ids=["out", "update", "cancel", "empty in", "daily"],
)
def test_each_kind_of_declaration_is_read(form: str, body: dict[str, Any]) -> None:
    assert body_of(form) == body


def test_forms_are_numbered_and_placed() -> None:
    first, second = read(file_of(f"{HEAD}{CANCEL}", f"{HEAD}{REFERENCE}{CANCEL}"))
    assert (first.number, second.number) == (1, 2)
    assert (second.place.location, second.head.created_at) == ("1,2", "14:35:00.000")
    assert [reference.number for reference in second.references] == ["mine"]
    assert isinstance(second.declared, Declaration)


def test_an_anomaly_of_the_rule_book_gets_the_place_of_its_element() -> None:
    (form,) = read(b"<Dimona>\n<Form>\n" + f"{HEAD}\n <DimonaCancel>\n  <DimonaPeriodId>1".encode() +
                   b"</DimonaPeriodId></DimonaCancel></Form></Dimona>")  # fmt: skip
    known = form.place_of("dimonaCancel.periodId")
    assert known == ("DimonaPeriodId", 6, 3, "1,1,6,1")
    assert form.place_of("dimonaCancel.unknown").tag == "DimonaCancel"
    assert form.place_of("employer").location == "1,1"


def chunks(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_cut_of_the_chunks_changes_nothing(size: int) -> None:
    content = file_of(*[f"{HEAD}{REFERENCE}{IN}"] * 3)
    cut = list(read_forms(chunks(content, size), TODAY))
    assert [form.declared for form in cut] == [form.declared for form in read(content)]
    assert count_forms(chunks(content, size)) == 3


def test_a_file_in_latin_1_is_read() -> None:
    content = file_of(f"{HEAD}{IN}").decode().replace("UTF-8", "ISO-8859-1").encode("iso-8859-1")
    (form,) = read(content)
    assert form.declared is not None
    assert form.declared.worker is not None
    assert form.declared.worker.family_name == "Dûpont & Fils"


@pytest.mark.parametrize(
    ("code", "content", "line", "column"),
    [
        ("90372-001", b"", 1, 1),
        ("90372-001", b"<?xml version='1.0'?>\n", 2, 1),
        ("90372-089", b"\n <Dmfa><Form/></Dmfa>", 2, 2),
        ("90372-089", b"<dimona/>", 1, 1),
    ],
)
def test_a_file_without_its_root_is_refused(code: str, content: bytes, line: int, column: int) -> None:
    assert refusal_of(content) == (code, line, column)


@pytest.mark.parametrize("code", ["90372-001", "90372-089"])
def test_a_file_with_its_root_is_not_refused(code: str) -> None:
    assert [form.anomalies for form in read(file_of(f"{HEAD}{CANCEL}"))] == [()], code

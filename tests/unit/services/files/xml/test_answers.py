"""Acknowledgements, changes and answers of the consultation are valid for the official schemas."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.files.xml.acrf import acrf
from services.files.xml.idflux import Change, Outdated, idflux
from services.files.xml.parsing import UnreadableFileError
from services.files.xml.pfans import Found, RequestFile, answer, periods_of
from services.files.xml.pfreq import Request, read_request
from shared.consultation import FoundPeriod
from shared.domain.declared import DeclaredFeatures, DeclaredWorker
from shared.persons import EmployerNumbers
from tests.official import assert_valid
from tests.unit.builders import WORKER

AT = datetime(2026, 2, 20, 23, 30, 5, 678900, tzinfo=UTC)
TODAY = date(2026, 2, 20)
NAME = "GO.DIMN.123456.20260220.00001.R.1"
EMPLOYER = EmployerNumbers(enterprise_number="0400767772", employer_id=175110801)


@pytest.mark.parametrize(
    ("errors", "result", "written"),
    [
        ([], "1", []),
        (["90372-102"], "0", ["ACRF-102"]),
        (["90426-001", "00075-014"], "0", ["ACRF-001", "00075-014"]),
    ],
)
def test_an_acknowledgement_has_the_ticket_and_the_reasons(
    errors: list[str], result: str, written: list[str]
) -> None:
    root = assert_valid(acrf("380000B5WX004", NAME, AT, errors), "ACRF_20231")
    assert root.findtext(".//FileReference/ReferenceNbr") == "380000B5WX004"
    assert root.findtext(".//ResultCode") == result
    assert [error.text for error in root.iter("ErrorID")] == written


def test_the_time_of_writing_is_belgian() -> None:
    root = assert_valid(acrf("T", NAME, AT), "ACRF_20231")
    written = root.findtext(".//FormCreationDate"), root.findtext(".//FormCreationHour")
    assert written == ("2026-02-21", "00:30:05.678")


CHANGE = Change(
    code=90,
    effective_on=date(2026, 1, 1),
    employer_id=175110801,
    enterprise_number="0400767772",
    valid=WORKER,
    outdated=Outdated(ssin="93051800084"),
)


@pytest.mark.parametrize(
    ("change", "valid", "outdated"),
    [
        (CHANGE, ["INSS", "WorkerName", "WorkerFirstName", "WorkerBirthdate", "WorkerSex"], ["INSS"]),
        (
            replace(
                CHANGE, code=91, outdated=Outdated(family_name="É & <O>", birth_date="1993-00-00", gender=2)
            ),
            ["INSS", "WorkerName", "WorkerFirstName", "WorkerBirthdate", "WorkerSex"],
            ["WorkerName", "WorkerBirthdate", "WorkerSex"],
        ),
        (replace(CHANGE, code=92, valid=175110801, outdated=70500472),) + (["NOSSRegistrationNbr"],) * 2,
        (replace(CHANGE, code=93, valid=175110801, outdated=70500472),) + (["NOSSRegistrationNbr"],) * 2,
    ],
    ids=["90", "91", "92", "93"],
)
def test_each_change_is_written(change: Change, valid: list[str], outdated: list[str]) -> None:
    root = assert_valid(idflux(change, "340000LKFR007", AT), "IDFLUX_20231")
    assert root.findtext(".//JustificationCode") == str(change.code)
    assert [each.tag for each in root.find(".//ValidSituation")] == valid
    assert [each.tag for each in root.find(".//OutdatedSituation")] == outdated


@pytest.mark.parametrize(("ssin", "gender"), [("93051822361", "1"), ("93051822460", "2")])
def test_a_gender_that_is_not_registered_comes_from_the_number(ssin: str, gender: str) -> None:
    worker = WORKER.model_copy(update={"ssin": ssin, "gender": 0, "given_name": ""})
    root = assert_valid(idflux(replace(CHANGE, valid=worker), "R", AT), "IDFLUX_20231")
    assert root.findtext(".//ValidSituation/WorkerSex") == gender


@pytest.mark.parametrize(
    "change",
    [
        replace(CHANGE, code=89),
        replace(CHANGE, code=92),
        replace(CHANGE, employer_id=5000000120),
        replace(CHANGE, code=92, valid=175110801, outdated=5000000120),
    ],
    ids=["unknown code", "code of employers", "provisional employer", "provisional number"],
)
def test_a_change_without_a_place_in_the_message_is_refused(change: Change) -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        idflux(change, "R", AT)


HEAD = """<Identification>PFREQ</Identification><FormCreationDate>2026-02-19</FormCreationDate>
<FormCreationHour>14:35:00.000</FormCreationHour><AttestationStatus>0</AttestationStatus><TypeForm>RE</TypeForm>"""
OWN = """<Reference><ReferenceType>1</ReferenceType><ReferenceOrigin>1</ReferenceOrigin>
<ReferenceNbr>mine</ReferenceNbr></Reference>"""


def numbers(employer_id: str, enterprise_number: str) -> str:
    return f"""<EmployerId><NOSSRegistrationNbr>{employer_id}</NOSSRegistrationNbr>
    <CompanyID>{enterprise_number}</CompanyID></EmployerId>"""


NUMBERS = numbers("175110801", "0400767772")
AUTHORITY = NUMBERS.replace("NOSSR", "NOSSLPAR").replace("175110801", "197")
PERIOD = """<ReferencePeriod><RefStartingDate>2026-01-01</RefStartingDate>
<RefEndingDate>2026-01-31</RefEndingDate></ReferencePeriod>"""
OPTION = "<DataOption><Location>QuotaFeatures</Location></DataOption>"


def request_file(form: str) -> bytes:
    root = "PersonnelFileConsultationRequest"
    return f"<{root}><Form>{form}</Form></{root}>".encode()


def read(form: str) -> Request:
    return read_request([request_file(form)], TODAY)


def test_a_valid_request_is_read() -> None:
    content = request_file(f"{HEAD}{OWN}{NUMBERS}{PERIOD}{OPTION}")
    assert_valid(content, "PersonnelFileConsultationRequest_20231")
    request = read_request([content], TODAY)
    assert request.anomalies == ()
    assert (request.employer_id, request.enterprise_number) == (175110801, "0400767772")
    assert (request.start, request.end) == (date(2026, 1, 1), date(2026, 1, 31))
    assert request.reference is not None


def test_a_request_names_little() -> None:
    content = f"{HEAD}{numbers('175110801', '0')}"
    assert_valid(request_file(content), "PersonnelFileConsultationRequest_20231")
    request = read(content)
    assert (request.enterprise_number, request.start, request.end) == (None, None, None)
    assert (request.reference, request.anomalies) == (None, ())


@pytest.mark.parametrize(
    ("form", "anomalies"),
    [
        (f"{HEAD.replace('PFREQ', 'DIMONA')}{NUMBERS}", [("00296-003", "Identification")]),
        (f"{HEAD.replace('>RE<', '>SU<')}{NUMBERS}", [("00297-003", "TypeForm")]),
        (HEAD, [("90059-134", "Form")]),
        (f"{HEAD}<EmployerId/>", [("90256-001", "EmployerId")]),
        (f"{HEAD}{numbers('0', '0')}", [("90256-001", "EmployerId")]),
        (f"{HEAD}{numbers('175110802', '0')}", [("00011-003", "NOSSRegistrationNbr")]),
        (f"{HEAD}{numbers('175110801', '0400767773')}", [("00014-003", "CompanyID")]),
        (f"{HEAD}{AUTHORITY}", [("00109-235", "NOSSLPARegistrationNbr")]),
        (f"{HEAD}{NUMBERS}<ReferencePeriod/>", [("90077-360", "ReferencePeriod")]),
        (f"{HEAD}{NUMBERS}{PERIOD.replace('-31', '-32')}", [("00075-003", "RefEndingDate")]),
        (f"{HEAD}{NUMBERS}{PERIOD.replace('2026-01-31', '2025-12-31')}", [("00075-014", "RefEndingDate")]),
        (f"{HEAD}{NUMBERS}{OPTION.replace('Quota', 'All')}", [("00295-003", "Location")]),
        (f"{HEAD}{NUMBERS}{OPTION.replace('</D', '<Value/></D')}", [("00236-005", "Value")]),
        (f"{HEAD}{NUMBERS}<DataOption/>", [("00295-001", "DataOption")]),
        (f"{HEAD}{OWN}{OWN}{NUMBERS}", [("90082-090", "Reference"), ("90082-006", "Reference")]),
    ],
)
def test_anomalies_of_a_request_have_their_places(form: str, anomalies: list[tuple[str, str]]) -> None:
    assert [(found.code, found.place.tag) for found in read(form).anomalies] == anomalies


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<Dimona/>", "90426-089"),
        (request_file(f"{HEAD}</Form><Form>{HEAD}"), "90426-172"),
        (b"<PersonnelFileConsultationRequest/>", "90426-134"),
        (request_file(HEAD + " " * 65536), "90426-184"),
        (request_file("&x;"), "90426-102"),
    ],
)
def test_a_file_that_is_no_request_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        read_request([content], TODAY)
    assert refused.value.code == code


CONSULTED = FoundPeriod(
    period_id=656309292174,
    locked=False,
    canceled=True,
    late=True,
    start_date="2026-01-01",
    start_hour="0800",
    end_date="2026-01-01",
    end_hour="1600",
    planned_hours_number=8,
    updated_at=AT,
    worker=DeclaredWorker(ssin=WORKER.ssin, family_name=WORKER.family_name, gender=WORKER.gender),
    features=DeclaredFeatures(worker_type="STU", joint_commission_number="XXX"),
)


def other(**changes: Any) -> FoundPeriod:
    return CONSULTED.model_copy(update=changes)


ANSWER = "PersonnelFileConsultationAnswer_20223"


@pytest.mark.parametrize(
    ("found", "periods", "form"),
    [
        (Found.PERIODS, [CONSULTED, other(worker=DeclaredWorker(ssin=WORKER.ssin))], f"{PERIOD}{OPTION}"),
        (Found.PERIODS, [other(planned_hours_number=None, planned_days_number=3)], ""),
        (Found.NONE, [], ""),
        (Found.TOO_MANY, [], PERIOD),
    ],
)
def test_an_answer_is_written(found: Found, periods: list[FoundPeriod], form: str) -> None:
    request = read(f"{HEAD}{OWN}{NUMBERS}{form}")
    pages = [periods_of(periods[:1]), periods_of(periods[1:])]
    parts = answer(RequestFile(NAME, "380000B5WX004"), request, EMPLOYER, found, pages, AT)
    root = assert_valid(b"".join(parts), ANSWER)
    assert root.findtext(".//ResultCodeResearch") == str(int(found))
    assert len(root.findall(".//DimonaPeriod")) == len(periods)


def test_a_type_that_the_schema_does_not_know_is_left_out() -> None:
    period = other(features=DeclaredFeatures(worker_type="ALT", joint_commission_number="144"))
    pages = [periods_of([period])]
    parts = answer(RequestFile(NAME, "T"), read(f"{HEAD}{NUMBERS}"), EMPLOYER, Found.PERIODS, pages, AT)
    root = assert_valid(b"".join(parts), ANSWER)
    assert [each.tag for each in root.find(".//DimonaFeatures")] == ["JointCommissionNbr"]

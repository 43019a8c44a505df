"""Notifications of every result are valid for the official schema, with the elements that readers need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.files.handling.forms import form_without_content, from_text, to_text
from services.files.xml.noti import (
    FileReference,
    HandledDeclaration,
    notification_file,
    notification_form,
    problem_form,
    refusal_form,
)
from services.files.xml.reading import Form
from shared.domain.anomalies import ANOMALIES, Anomaly, anomaly
from shared.domain.identifiers import with_check
from shared.impact import PeriodImpact, PeriodState
from shared.messages import Outcome, Person, QuotaExcess, Result
from tests.official import assert_valid, faults_in, schema
from tests.unit.builders import NISS, PERIOD, RECEIVED, WORKER, received
from tests.unit.services.files.xml.forms import CANCEL, HEAD, IN, REFERENCE, read_one

AT = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
FILE = FileReference("FI.DIMN.123456.20260220.00001.R.1.1", "380000B5WX004", "123456", RECEIVED)
SCHEMA = "NOTIFICATION_20223"


def file_of(*forms: bytes) -> bytes:
    return b"".join(notification_file(forms))


def written(form: Form, answered: HandledDeclaration, *, provisional: bool = False) -> Any:
    return assert_valid(file_of(notification_form(FILE, form, answered, AT)), SCHEMA, provisional=provisional)


def answered(
    form: Form,
    result: Result,
    *anomalies: Anomaly,
    worker: Person | None = WORKER,
    quota: tuple[QuotaExcess, ...] = (),
    impact: tuple[PeriodImpact, ...] = (),
    **ids: int,
) -> HandledDeclaration:
    assert form.declared is not None
    outcome = Outcome(result=result, anomalies=anomalies, quota=quota, decided_at=AT, **ids)
    return HandledDeclaration(received(form.declared), outcome, worker, impact)


def texts(root: Any, name: str) -> list[str]:
    return [each.text for each in root.iter(name)]


OPEN = PeriodState(status="OPEN", start_date="2026-02-20", planned_hours_number=8)
CANCELED = PeriodState(status="CANCELLED", start_date="2026-02-20", end_date="2026-02-21")


def test_an_accepted_in_has_the_period_after_it_and_its_features() -> None:
    form = read_one(f"{HEAD}{REFERENCE}{IN}")
    impact = (PeriodImpact(period_id=PERIOD, after=OPEN),)
    root = written(form, answered(form, Result.ACCEPTED, impact=impact, period_id=PERIOD))
    assert texts(root, "ResultCode") == ["1"]
    assert [each.tag for each in root.find(".//DimonaPeriodAfter")] == ["StartingDate", "PlannedHoursNbr"]
    assert root.find(".//DimonaPeriodBefore") is None
    assert [each.tag for each in root.find(".//DimonaImpactReport")] == [
        "DimonaPeriodId", "IsLocked", "DimonaFeatures", "ConstructionControlCards", "StudentPlaceOfWork",
        "SmallStatutesInformation", "DimonaPeriodAfter",
    ]  # fmt: skip
    assert texts(root, "ReferenceNbr") == ["380000B5WX004", "mine", str(with_check(10**9 + 1))]
    assert texts(root, "INSS") == [NISS]
    assert texts(root, "TypeForm") == ["FA", "SU"]


def test_an_accepted_cancel_has_the_period_before_and_after_it() -> None:
    form = read_one(f"{HEAD}{CANCEL}")
    impact = (PeriodImpact(period_id=PERIOD, before=OPEN, after=CANCELED),)
    root = written(form, answered(form, Result.ACCEPTED, impact=impact, period_id=PERIOD))
    assert root.findtext(".//DimonaPeriodBefore/StartingDate") == "2026-02-20"
    assert root.findtext(".//DimonaPeriodAfter/EndingDate") == "2026-02-21"


def test_a_period_that_did_not_change_is_there_too() -> None:
    form = read_one(f"{HEAD}{CANCEL}")
    others = (PeriodImpact(period_id=PERIOD + 1, after=OPEN),)
    for impact in ((), others):
        root = written(form, answered(form, Result.ACCEPTED, impact=impact, period_id=PERIOD))
        assert root.find(".//DimonaPeriodAfter") is not None
        assert texts(root, "DimonaPeriodId") == [str(PERIOD)]


def test_a_form_that_was_lost_has_its_references_and_its_location() -> None:
    """The header of the sender, the line and the column are absent."""
    declared = read_one(f"{HEAD}{REFERENCE}{IN}").declared
    form = from_text(to_text(form_without_content(7, declared)))
    root = written(form, answered(form, Result.REFUSED, anomaly("90373-460", "")))
    assert texts(root, "ReferenceNbr") == ["380000B5WX004", "mine", str(with_check(10**9 + 1))]
    assert texts(root, "Location") == ["1,7"]
    assert not root.findall(".//HandledOriginalForm") + root.findall(".//LineNbr")
    written_problem = notification_file([problem_form(FILE, form_without_content(7, None), "lost", AT)])
    assert_valid(b"".join(written_problem), SCHEMA)


def test_a_warning_has_its_report_and_the_impact() -> None:
    form = read_one(f"{HEAD}{IN}")
    found = anomaly("90017-369", "worker.ssin", "STU")
    quota = (QuotaExcess(quota_type="STUDENT", exceeding_hours=12),)
    root = written(
        form,
        answered(form, Result.WARNING, found, anomaly("90373-460", ""), quota=quota, period_id=PERIOD),
    )
    reports = root.findall(".//AnomalyReport")
    assert [report.findtext("TagName") for report in reports] == ["INSS", "Form"]
    assert [report.findtext(".//ExceedingHoursNbr") for report in reports] == ["12", None]
    assert reports[0].findtext("AnomalyClass") == "NP"
    assert reports[0].findtext("AnomalyLabel") == ANOMALIES["90017-369"].label["fr"]
    assert root.find(".//DimonaPeriodAfter") is not None


def test_a_refusal_has_reports_with_places_and_no_impact() -> None:
    form = read_one(f"{HEAD}{CANCEL}")
    root = written(
        form, answered(form, Result.REFUSED, anomaly("00913-354", "dimonaCancel.periodId"), worker=None)
    )
    assert texts(root, "ResultCode") == ["0"]
    place = form.place_of("dimonaCancel.periodId")
    report = root.find(".//AnomalyReport/AnomalyLocation")
    assert [each.text for each in report] == [str(place.line), str(place.column), place.location]
    assert root.find(".//ImpactReport") is None


def test_a_provisional_result_has_an_anomaly_report() -> None:
    form = read_one(f"{HEAD}{IN}")
    root = written(form, answered(form, Result.PROVISIONAL, worker=None), provisional=True)
    assert texts(root, "ResultCode") == ["3"]
    assert texts(root, "TypeForm") == ["PA", "SU"]
    assert texts(root, "ErrorID") == ["90017-151"]
    assert texts(root, "AnomalyClass") == ["I"]


def test_a_daily_registration_has_its_own_impact() -> None:
    form = read_one(
        f"""{HEAD}<DailyRegistrationDeclaration><AttestationStatus>0</AttestationStatus>
        <DimonaPeriodId>{PERIOD}</DimonaPeriodId><StartingDate>2026-02-21</StartingDate>
        <StartingHour>0900</StartingHour></DailyRegistrationDeclaration>"""
    )
    root = written(
        form, answered(form, Result.ACCEPTED, period_id=PERIOD, daily_registration_id=605114838201)
    )
    assert root.findtext(".//DailyRegistrationAfter/StartingHour") == "0900"
    assert root.find(".//DimonaImpactReport") is None


def test_a_form_that_the_reader_refused_has_the_places_of_its_anomalies() -> None:
    form = read_one(f"{HEAD.replace('DIMONA', '<b/>')}{REFERENCE}<Surprise/>")
    root = assert_valid(file_of(refusal_form(FILE, form, AT)), SCHEMA)
    assert texts(root, "ErrorID") == ["00296-092", "90059-092", "00296-003", "90059-134"]
    assert texts(root, "TagName") == ["Identification", "Surprise", "Identification", "Form"]
    assert set(texts(root, "AnomalyClass")) == {"B"}
    assert all(texts(root, "AnomalyLabel"))
    assert root.find(".//HandledReference/ReferenceNbr") is None


def test_a_form_with_a_problem_has_its_detail() -> None:
    form = read_one(f"{HEAD}{CANCEL}")
    root = assert_valid(file_of(problem_form(FILE, form, "The client is blocked & gone.", AT)), SCHEMA)
    assert texts(root, "AnomalyLabel") == ["The client is blocked & gone."]
    assert texts(root, "ErrorID") == ["90059-163"]


def test_faults_of_an_answer_are_found() -> None:
    """Tests over SFTP look for faults in each answer, by the schema that it names."""
    schema(SCHEMA)  # skips without the shelf
    content = file_of(refusal_form(FILE, read_one(f"{HEAD}<Period/>"), AT))
    assert faults_in(content) == []
    assert faults_in(content.replace(b"<Channel>14<", b"<Channel>99<")) != []


def test_a_file_holds_many_notifications() -> None:
    form = read_one(f"{HEAD}{CANCEL}")
    one = notification_form(FILE, form, answered(form, Result.ACCEPTED, period_id=PERIOD), AT)
    root = assert_valid(file_of(one, problem_form(FILE, form, "x", AT), one), SCHEMA)
    assert len(root.findall("Form")) == 3


HOSTILE = st.text(max_size=130) | st.sampled_from(["<b>", "]]>", "&amp;", " ", "0", "é" * 200])


def xml(text: str) -> str:
    """Write a text as character references, without the characters that no XML file can have."""
    kept = [c for c in text if c in "\t\n" or (" " <= c <= "\ud7ff") or ("\ue000" <= c <= "\ufffd")]
    return "".join(f"&#{ord(c)};" for c in kept)


@settings(max_examples=60, deadline=None)
@given(st.lists(HOSTILE, min_size=9, max_size=9), st.sampled_from(list(Result)))
def test_no_value_of_a_sender_or_register_makes_a_notification_invalid(
    values: list[str], result: Result
) -> None:
    name, given_name, denomination, street, type_, commission, user, number, initial = map(xml, values)
    form = read_one(
        f"""{HEAD}<DimonaIn><EmployerId><CompanyID>{number}</CompanyID></EmployerId>
        <NaturalPerson><WorkerName>{name}</WorkerName><WorkerFirstName>{given_name}</WorkerFirstName>
        <WorkerInitial>{initial}</WorkerInitial></NaturalPerson>
        <DimonaFeatures><JointCommissionNbr>{commission}</JointCommissionNbr><WorkerType>{type_}</WorkerType>
        <SubEntityNbr>{number}</SubEntityNbr><UsingEmployer><UsingEmployerName>{user}</UsingEmployerName>
        </UsingEmployer></DimonaFeatures><StudentPlaceOfWork><Denomination>{denomination}</Denomination>
        <Address><Street>{street}</Street><City>{user}</City></Address></StudentPlaceOfWork></DimonaIn>"""
    )
    assert form.anomalies == ()
    worker = WORKER.model_copy(update={"family_name": values[0], "given_name": values[1]})
    known = answered(form, result, worker=worker, period_id=PERIOD)
    unknown = answered(form, result, worker=None, period_id=PERIOD)
    for each in (known, unknown):
        written(form, each, provisional=result is Result.PROVISIONAL)

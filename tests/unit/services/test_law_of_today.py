"""The law of 2024 to 2026, subject by subject: for each a refused and an accepted declaration.

`tests/end_to_end/test_law.py` shows some of them through the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

import pytest

from services.identification.matching.rules import Careers, career_warnings
from services.intake.reception.rules import Employer
from services.personnel_file.relation.rules import Period, PeriodCanceled
from services.personnel_file.settlement.rules.daily import register
from services.personnel_file.settlement.rules.quota import Usage, find_excesses
from services.personnel_file.settlement.rules.quota_usage import PeriodUse, UsageTotals, period_use
from shared.domain.anomalies import anomaly
from shared.domain.daily import CancelDaily, CreateDaily, Daily, DailyRegistration, ModifyDaily
from shared.domain.declaration import Features
from shared.domain.flexi import QuarterFacts, are_flexi_conditions_met
from shared.domain.quotas import QUOTAS
from shared.domain.starter_job import STARTER_JOBS, StarterJob
from shared.messages import Person
from tests.unit.builders import (
    EMPLOYER,
    ENTERPRISE,
    NISS,
    NSSO,
    OTHER_ENTERPRISE,
    PERIOD,
    PROVISIONAL,
    WORKER,
    an_in,
)
from tests.unit.services.intake.reception.said import (
    ACTIVE_UNTIL_THE_DAY_BEFORE,
    Said,
    agency,
    builder,
    elsewhere,
    extra,
    identity,
    in_,
    in_2024,
    said,
    student_of_2016,
    trainee,
)
from tests.unit.services.personnel_file.settlement.cases import (
    EVENING,
    FLEXI,
    HORECA,
    OTH,
    TWO_DAYS,
    Case,
    day_of_extra,
    of,
    span,
    update,
)

UNKNOWN_NSSO: Final = 175110801
FLEXI_PERIOD: Final = Period(PERIOD, span("02-10", "03-20"), Features("FLX", "XXX"))


def refused(case: Said | Case) -> list[str]:
    return [code for code, _ in case.anomalies()]


def sport(start: str, end: str | None = None) -> Said:
    return in_({"workerType": "S17"}, startDate=start, endDate=end or start, plannedHoursNumber=8)


def test_the_end_of_a_flexi_job_never_moves_to_a_later_day() -> None:
    """Rule R17, with hours and without; 90378-341 for more than 24 hours beside it."""
    assert refused(update(EVENING, endDate="9999-12-31")) == ["00911-344"]
    assert refused(update(EVENING, endDate="2026-12-18")) == ["00911-344", "90378-341"]
    assert refused(update(FLEXI, endDate="9999-12-31")) == ["00911-344"]
    assert refused(update(EVENING, endHour="2330")) == []
    assert refused(update(FLEXI, endDate="2026-03-19")) == []


def test_place_names_follow_the_mergers_and_unknown_french_names_pass() -> None:
    """00522-003: old and new names by date, French names that the annex lacks."""
    assert refused(elsewhere(postCode="4000", municipality={"name": "Antwerpen"})) == ["00522-003"]
    assert refused(elsewhere(postCode="4000", municipality={"name": "Liège"})) == []
    assert refused(elsewhere(postCode="9840", municipality={"name": "Nazareth-De Pinte"})) == []
    assert refused(elsewhere(postCode="9840", municipality={"name": "De Pinte"})) == []


def test_consecutive_horeca_days_count_per_employer_or_user_undertaking() -> None:
    """Days of another user undertaking do not count (00910-459, rule R24)."""
    assert refused(day_of_extra("2026-02-23")) == ["00910-459"]
    using = {"enterpriseNumber": "0400767772", "jointCommissionNumber": "302"}
    features = {"workerType": "EXT", "jointCommissionNumber": "322", "usingEmployer": using}
    day = {"startDate": "2026-02-23", "endDate": "2026-02-23", "features": features}
    assert refused(Case(TWO_DAYS, "in", day)) == []


def test_a_user_undertaking_has_to_be_in_the_register_of_enterprises() -> None:
    """00131-235; without a loaded register the check is off."""
    assert refused(replace(agency(), user_known=False)) == ["00131-235"]
    assert refused(replace(agency(), user_known=True)) == []
    assert refused(replace(agency(), user_known=None)) == []


def test_article_17_is_declared_from_fifteen_days_before_the_quarter() -> None:
    """00910-008, rule R9: received on 20 February."""
    assert refused(sport("2026-04-01")) == ["00910-008"]
    assert refused(sport("2026-03-31")) == []


@pytest.mark.parametrize("worker_type", ["OTH", "IVT"])
def test_small_statutes_are_judged_on_every_declaration_with_them(worker_type: str) -> None:
    """00053-001, 01231-001, 00041-521: the activity is a code of Annex 6 that fits the nature of the work."""
    assert "00053-001" in refused(trainee(worker_type, workerStatus=None))
    assert "01231-001" in refused(trainee(worker_type, employmentNature=None))
    assert "00041-521" in refused(trainee(worker_type, activityWithRisk=401))
    assert "00041-521" not in refused(trainee(worker_type, activityWithRisk=1))
    assert refused(trainee(activityWithRisk=1)) == []


def test_a_reopening_after_the_last_day_of_the_employer_is_refused() -> None:
    """90378-343, rule R39."""
    reopening = said("update", endDate="9999-12-31")
    assert refused(replace(reopening, employer=ACTIVE_UNTIL_THE_DAY_BEFORE)) == ["90378-343"]
    assert refused(reopening) == []


@pytest.mark.parametrize(
    ("ended", "of_new"),
    [(replace(FLEXI_PERIOD, canceled=True), "00913-355"), (replace(FLEXI_PERIOD, locked=True), "00913-362")],
)
def test_days_name_a_path_that_their_form_has(ended: Period, of_new: str) -> None:
    """00913-355, -362, -461 and 01085-181, rule R36: a change names the registration, not the period."""
    day = DailyRegistration(7, PERIOD, span("02-21", "02-21", "0900", "1200"))
    new = CreateDaily(PERIOD, span("02-22", "02-22", "0900", "1200"))

    def told(daily: Daily, period: Period, *, chosen: bool = True) -> list[tuple[str, str]]:
        found = register(daily, 8, period, {day.id: day}, chosen=chosen).anomalies
        return [(each.code, each.path.rpartition(".")[2]) for each in found]

    changes = (ModifyDaily(day.id, start_hour=time(10)), CancelDaily(day.id))
    assert told(new, ended) == [(of_new, "periodId")]
    assert told(new, FLEXI_PERIOD, chosen=False) == [("00913-461", "periodId")]
    assert told(new, FLEXI_PERIOD) == []
    for change in changes:
        assert told(change, ended) == [("01085-181", "dailyRegistrationId")]
        assert told(change, FLEXI_PERIOD, chosen=False) == [("00913-461", "dailyRegistrationId")]
        assert told(change, FLEXI_PERIOD) == []


def test_earliest_days_follow_the_day_of_reception_and_not_the_outage() -> None:
    """00910-008: the second quarter is open to article 17 from 17 March on."""
    outage = datetime(2026, 3, 10, 8, tzinfo=UTC)
    waited = replace(sport("2026-04-01"), late_after=outage)
    assert refused(replace(waited, received_at=datetime(2026, 3, 16, 8, tzinfo=UTC))) == ["00910-008"]
    assert refused(replace(waited, received_at=datetime(2026, 3, 17, 8, tzinfo=UTC))) == []


def test_a_wrong_number_beside_a_right_one_has_one_anomaly() -> None:
    """00014-235 is left out beside the anomaly of the NSSO number; 90017-363 stays beside 00024-001."""
    both = said(employer={"employerId": NSSO + 1, "enterpriseNumber": ENTERPRISE})
    assert "00014-235" not in refused(replace(both, employer=None))
    assert "00014-235" in refused(replace(said(), employer=None))
    nameless = replace(extra(), given={**extra().given, "worker": {}})
    assert {"00024-001", "90017-363"} <= set(refused(nameless))
    assert refused(extra()) == []


def test_a_niss_of_zero_is_an_unknown_niss() -> None:
    """Zone 00024: identity data take its place, except for occasional work (00024-001)."""
    assert refused(said(worker=identity(ssin="0"))) == []
    assert refused(replace(extra(), given={**extra().given, "worker": identity(ssin="0")})) == ["00024-001"]


#: Numbers that a change repeats, the employer that the directory has for them, and the anomalies.
REPEATED: list[tuple[dict[str, Any], Employer | None, list[str]]] = [
    ({"enterpriseNumber": ENTERPRISE}, None, ["00014-235"]),
    ({"employerId": UNKNOWN_NSSO}, None, ["00011-235", "00011-347"]),
    ({"employerId": PROVISIONAL}, None, ["00948-235", "00948-347"]),
    (
        {"employerId": UNKNOWN_NSSO, "enterpriseNumber": ENTERPRISE}, None,
        ["00011-235", "90256-151", "00011-347"],
    ),
    ({"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}, EMPLOYER, ["00014-022"]),
    ({"enterpriseNumber": ENTERPRISE}, EMPLOYER, []),
    ({"employerId": NSSO, "enterpriseNumber": ENTERPRISE}, EMPLOYER, []),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["out", "update", "cancel"])
@pytest.mark.parametrize(("employer", "known", "codes"), REPEATED)
def test_numbers_repeated_in_a_change_are_judged(
    kind: str, employer: dict[str, Any], known: Employer | None, codes: list[str]
) -> None:
    """Rules R31, R37, R38, R40; 00014-022 only warns, because the NSSO number prevails."""
    given = {} if kind != "update" else {"endDate": "2026-03-30"}
    change = replace(said(kind, employer=employer, **given), declared_employer=known)
    assert refused(change) == codes
    assert anomaly("00014-022", "employer").blocks is False


def test_only_pairs_with_evidence_are_refused() -> None:
    """90374-349, rule R52."""
    student = {"workerType": "STU", "jointCommissionNumber": "302"}
    day = {"endDate": "2026-02-21"}
    assert refused(in_(student, **day, plannedHoursNumber=8)) == ["90374-349"]
    assert refused(in_({**student, "jointCommissionNumber": "320"}, **day, plannedHoursNumber=8)) == []


def test_students_until_2016_are_declared_in_days() -> None:
    """01017-001, 90373-420, rule R23; such an IN is late today (90373-460)."""
    assert refused(student_of_2016(plannedDaysNumber=None)) == ["01017-001", "90373-460"]
    assert refused(student_of_2016(plannedDaysNumber=6)) == ["90373-420", "90373-460"]
    assert refused(student_of_2016()) == ["90373-460"]


def test_dated_rows_decide_by_date() -> None:
    """SWO from December 2024 (00655-003); C3.2A cards until 2024 (00663-001)."""
    early, first = (in_({"workerType": "SWO"}, startDate=day) for day in ("2024-11-30", "2024-12-01"))
    assert "00655-003" in refused(early)
    assert "00655-003" not in refused(first)
    assert "00663-001" in refused(in_2024(builder(firstMonthC32ANumber=None)))
    assert refused(in_({"workerType": "BCW", "jointCommissionNumber": "124"})) == []


def beyond(use: PeriodUse, *earlier: PeriodUse) -> list[str]:
    """Return the quotas that a period exceeds after earlier ones of the worker and of the employer."""
    totals = UsageTotals.of(earlier)
    return [each.quota_type for each in find_excesses(use, None, Usage(totals, totals))]


def used(worker_type: str, day: str, hours: int = 0, sector: str = "XXX") -> PeriodUse:
    return PeriodUse(worker_type, sector, date.fromisoformat(day), date.fromisoformat(day), hours)


def test_quotas_have_dates() -> None:
    """Rules R64, R66, R67: hours that do not count, a T17 day as eight hours, Horeca days of an employer."""
    assert beyond(used("STU", "2021-10-01", 1), used("STU", "2021-06-30", 475)) == ["STUDENT"]
    assert beyond(used("STU", "2021-10-01", 475), used("STU", "2021-07-01", 300)) == []
    television = period_use(Features("T17", "XXX"), span("02-21", "02-21"), None)
    assert television is not None
    assert beyond(used("S17", "2026-02-21", 143), television) == ["A17_QUARTER_SPORT"]
    assert beyond(used("S17", "2026-02-21", 142), television) == []
    others = [
        used("EXT", f"{year}-03-{day:02}", sector="302") for year in (2015, 2016) for day in range(1, 32)
    ]
    others += [used("EXT", f"{year}-0{month}-{day:02}", sector="302")
               for year in (2015, 2016) for month in (1, 2, 4, 5) for day in range(1, 19)]  # fmt: skip
    assert "HORECA_EMPLOYER" in beyond(used("EXT", "2015-06-30", sector="302"), *others)
    assert "HORECA_EMPLOYER" not in beyond(used("EXT", "2016-06-30", sector="302"), *others)
    assert {row.limit for row in QUOTAS if row.sector == "144" and row.valid_until == date.max} == {50}
    assert {row.limit for row in QUOTAS if row.sector == "145" and row.valid_until == date.max} == {100}


def test_flexi_jobs_follow_the_facts_of_quarters() -> None:
    """Rule R62: T-3; from 2024 no reduction from full time; pensioners of T-2; no age from October 2025."""
    full, part, little = (QuarterFacts(Decimal(share)) for share in ("1", "0.8", "0.7"))
    new, old = date(2026, 1, 1), date(2023, 12, 31)
    assert not are_flexi_conditions_met("1990-01-01", new, {"2025Q2": little})
    assert are_flexi_conditions_met("1990-01-01", new, {"2025Q2": part})
    for later, earlier in (("2025Q2", "2025Q1"), ("2025Q1", "2024Q4")):
        assert not are_flexi_conditions_met("1990-01-01", new, {later: part, earlier: full})
    assert are_flexi_conditions_met("1990-01-01", old, {"2023Q1": part, "2022Q4": full})
    retired = QuarterFacts(pensioner=True)
    assert are_flexi_conditions_met("1990-01-01", new, {"2025Q2": little, "2025Q3": retired})
    assert are_flexi_conditions_met("1959-01-01", date(2025, 9, 29), {"2024Q4": little})
    assert not are_flexi_conditions_met("1959-01-01", date(2025, 10, 1), {"2025Q1": little})
    abroad = QuarterFacts(Decimal("0.1"), Decimal("0.7"))
    assert are_flexi_conditions_met("1990-01-01", new, {"2025Q2": abroad})


def test_starter_jobs_are_checked_where_they_are_switched_on() -> None:
    """Rule R63: 90017-514 by age and career; 90017-515 while the register of careers is not loaded."""
    young = WORKER.model_copy(update={"birth_date": "2006-05-05"})

    def told(worker: Person, careers: Careers | None, rows: Sequence[StarterJob] = STARTER_JOBS) -> list[str]:
        return [found.code for found in career_warnings(an_in(), worker, careers, rows)]

    worked = {(NISS, quarter): QuarterFacts(Decimal(1)) for quarter in ("2025Q2", "2025Q1")}
    assert told(young, {}) == ["90017-514"]
    assert told(young, None) == ["90017-515"]
    assert told(young, worked) == told(WORKER, {}) == told(young, {}, ()) == []


def test_names_have_the_characters_of_annex_24() -> None:
    """00025-003."""
    assert refused(said(worker=identity(familyName="Иванов"))) == ["00025-003"]
    assert refused(said(worker=identity(familyName="Núñez-Öz"))) == []


def test_a_canceled_or_locked_period_takes_no_other_change() -> None:
    """00913-355, 00913-362."""
    canceled = of(span("02-21"), OTH, PeriodCanceled(PERIOD))
    assert refused(update(canceled, endDate="2026-03-31")) == ["00913-355"]
    assert refused(update(of(span("02-21", "03-31"), HORECA, locked=True), endDate="2026-03-30")) == [
        "00913-362"
    ]
    assert refused(update(of(span("02-21", "03-31")), endDate="2026-03-30")) == []

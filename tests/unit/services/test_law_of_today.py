"""The law of 2024 to 2026, subject by subject: for each a refused and an accepted declaration.

`tests/end_to_end/test_law.py` shows some of them through the queue.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.personnel_file.relation.rules import PeriodCanceled
from tests.unit.builders import ENTERPRISE, NSSO, PERIOD
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


def test_horeca_days_in_a_row_count_per_employer_or_user() -> None:
    """00910-459, rule R24: days of another user undertaking do not count."""
    assert refused(day_of_extra("2026-02-23")) == ["00910-459"]
    using = {"enterpriseNumber": "0400767772", "jointCommissionNumber": "302"}
    features = {"workerType": "EXT", "jointCommissionNumber": "322", "usingEmployer": using}
    day = {"startDate": "2026-02-23", "endDate": "2026-02-23", "features": features}
    assert refused(Case(TWO_DAYS, "in", day)) == []


def test_a_user_undertaking_is_in_the_register_of_enterprises() -> None:
    """00131-235; without a loaded register the check is off."""
    assert refused(replace(agency(), user_known=False)) == ["00131-235"]
    assert refused(replace(agency(), user_known=True)) == []
    assert refused(replace(agency(), user_known=None)) == []


def test_article_17_is_declared_from_fifteen_days_before_the_quarter() -> None:
    """00910-008, rule R9: received on 20 February."""
    assert refused(sport("2026-04-01")) == ["00910-008"]
    assert refused(sport("2026-03-31")) == []


@pytest.mark.parametrize("worker_type", ["OTH", "IVT"])
def test_small_statutes_are_judged_wherever_they_are_given(worker_type: str) -> None:
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


def test_earliest_days_follow_the_day_of_reception_and_not_the_outage() -> None:
    """00910-008: the second quarter is open to article 17 from 17 March on."""
    outage = datetime(2026, 3, 10, 8, tzinfo=UTC)
    waited = replace(sport("2026-04-01"), late_after=outage)
    assert refused(replace(waited, received_at=datetime(2026, 3, 16, 8, tzinfo=UTC))) == ["00910-008"]
    assert refused(replace(waited, received_at=datetime(2026, 3, 17, 8, tzinfo=UTC))) == []


def test_a_wrong_number_beside_the_right_one_has_one_answer() -> None:
    """00014-235 is not told beside the anomaly of the NSSO number; 90017-363 beside 00024-001 is."""
    both = said(employer={"employerId": NSSO + 1, "enterpriseNumber": ENTERPRISE})
    assert "00014-235" not in refused(replace(both, employer=None))
    assert "00014-235" in refused(replace(said(), employer=None))
    nameless = replace(extra(), given={**extra().given, "worker": {}})
    assert {"00024-001", "90017-363"} <= set(refused(nameless))
    assert refused(extra()) == []


@pytest.mark.parametrize("kind", ["out", "update", "cancel"])
def test_a_change_judges_the_numbers_that_it_repeats(kind: str) -> None:
    """00014-235, rule R38."""
    given = {} if kind != "update" else {"endDate": "2026-03-30"}
    change = said(kind, employer={"enterpriseNumber": ENTERPRISE}, **given)
    assert refused(replace(change, declared_employer=None)) == ["00014-235"]
    assert refused(change) == []


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

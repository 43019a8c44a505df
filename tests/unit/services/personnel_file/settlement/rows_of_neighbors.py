"""Cases at the borders of rows: first and last days, and types adjacent in the alphabet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.personnel_file.relation.rules import PeriodOpened, Relation
from shared.domain.declaration import Features
from tests.unit.rows import Row
from tests.unit.services.personnel_file.settlement.cases import (
    AT_HORECA,
    CLOSED,
    EVENING,
    EXT,
    FLEXI,
    HORECA,
    LUMP_SUM,
    OPEN,
    SHIFT,
    STU,
    STUDENT,
    T17,
    UPDATE,
    Case,
    at,
    day_of_extra,
    of,
    span,
    update,
)

#: Types before and after EXT, FLX and STU in the alphabet, with hours and without.
DWD, OTH, TEA = (Features(type_, "302") for type_ in ("DWD", "OTH", "TEA"))
UNKNOWN = Features("NO", "XXX")


def in_horeca(worker_type: str, **given: Any) -> Case:
    """Build an IN in Horeca, from 24 February."""
    features = {"workerType": worker_type, "jointCommissionNumber": "302"}
    return Case(None, "in", {"startDate": "2026-02-24", "features": features, **given})


def at_user(enterprise_number: str) -> Case:
    """Build an IN of an occasional worker at a Horeca user undertaking, on 23 February."""
    using = {"enterpriseNumber": enterprise_number, "jointCommissionNumber": "302"}
    features = {"workerType": "EXT", "jointCommissionNumber": "322", "usingEmployer": using}
    return Case(None, "in", {"startDate": "2026-02-23", "endDate": "2026-02-23", "features": features})


def two_days(features: Features) -> Relation:
    """Return a relation with work on 21 and 22 February."""
    return of(span("02-21", "02-21"), features, PeriodOpened(2, span("02-22", "02-22"), features))


ROWS: list[Row] = [
    # rule R24
    *(
        Row(
            code="00910-459",
            path="dimonaIn.startDate",
            raised_by=in_horeca("EXT", endDate="2026-02-26"),
            silent_for=in_horeca(worker_type, endDate="2026-02-26"),
        )
        for worker_type in ("DWD", "OTH")
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=in_horeca("EXT", endDate="2026-02-26"),
        silent_for=in_horeca("EXT"),
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=in_horeca("EXT", startHour="1700", endDate="2026-02-26", endHour="2100"),
        silent_for=in_horeca("EXT", startHour="1700", endDate="2026-02-25", endHour="2100"),
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=day_of_extra("2026-02-23"),
        silent_for=replace(day_of_extra("2026-02-23"), relation=of(span("02-21"), HORECA)),
    ),
    *(
        Row(
            code="00910-459",
            path="dimonaIn.startDate",
            raised_by=replace(at_user("0400767772"), relation=two_days(AT_HORECA)),
            silent_for=silent,
        )
        for silent in (
            replace(at_user("0477472701"), relation=two_days(AT_HORECA)),
            replace(day_of_extra("2026-02-23"), relation=two_days(AT_HORECA)),
            replace(day_of_extra("2026-02-23"), relation=two_days(OTH)),
        )
    ),
    # rules R16, R17
    *(
        Row(
            code="00911-344",
            path=f"{UPDATE}.endDate",
            raised_by=update(FLEXI, endDate="2026-03-21"),
            silent_for=update(of(span("02-21", "03-20"), features), endDate="2026-03-21"),
        )
        for features in (DWD, OTH)
    ),
    Row(
        code="00911-344",
        path=f"{UPDATE}.endDate",
        raised_by=update(FLEXI, endDate="2026-03-21"),
        silent_for=update(FLEXI, startDate="2026-02-20", endDate="2026-03-20"),
    ),
    Row(
        code="00910-344",
        path=f"{UPDATE}.startDate",
        raised_by=update(FLEXI, startDate="2026-02-22"),
        silent_for=update(FLEXI, startDate="2026-02-21", endDate="2026-03-19"),
    ),
    *(
        Row(
            code="00911-008",
            path=f"{UPDATE}.endDate",
            raised_by=update(LUMP_SUM, endDate="2026-02-22"),
            silent_for=update(of(span("02-21", "02-21"), features), endDate="2026-02-22"),
        )
        for features in (DWD, OTH)
    ),
    Row(
        code="00911-008",
        path=f"{UPDATE}.endDate",
        raised_by=update(LUMP_SUM, endDate="2026-02-22"),
        silent_for=update(
            of(span("02-21", "02-21", "1700", "2100"), HORECA), endDate="2026-02-22", endHour="0200"
        ),
    ),
    Row(
        code="00911-008",
        path=f"{UPDATE}.endDate",
        raised_by=update(of(span("02-22", "02-22"), T17), endDate="2026-02-21"),
        silent_for=update(of(span("02-21", "02-21", "1700"), EXT), endDate="2026-02-22"),
    ),
    # rules R19, R22
    *(
        Row(
            code="00777-005",
            path=f"{UPDATE}.startHour",
            raised_by=update(of(span("02-21", "02-21", "1700", "2130"), features), startHour="1600"),
            silent_for=update(EVENING, startHour="1600"),
        )
        for features in (DWD, OTH)
    ),
    Row(
        code="90378-341",
        path=UPDATE,
        raised_by=update(SHIFT, endDate="2026-02-22", endHour="1701"),
        silent_for=update(of(span("02-21", None, "1700", "0900"), EXT), startHour="0800"),
    ),
    Row(
        code="90378-341",
        path=UPDATE,
        raised_by=update(SHIFT, endDate="2026-02-22", endHour="1701"),
        silent_for=update(of(span("02-21", "02-22", "", "0200"), EXT), endHour="0300"),
    ),
    # rule R25
    Row(
        code="00910-005",
        path=f"{UPDATE}.startDate",
        raised_by=update(STUDENT, startDate="2026-02-22"),
        silent_for=update(of(span("2016-12-30", "2016-12-30"), STU), startDate="2016-12-29"),
    ),
    *(
        Row(
            code="00910-005",
            path=f"{UPDATE}.startDate",
            raised_by=update(STUDENT, startDate="2026-02-22"),
            silent_for=update(of(span("02-21", "02-28"), features), startDate="2026-02-22"),
        )
        for features in (DWD, TEA)
    ),
    # rules R8 to R10: of a type that is on the list no more nothing is known
    Row(
        code="00910-008",
        path=f"{UPDATE}.startDate",
        raised_by=update(
            of(span("2022-01-01", "2022-01-01"), T17), startDate="2021-12-31", endDate="2021-12-31"
        ),
        silent_for=update(of(span("2022-01-01", "2022-01-01"), UNKNOWN), startDate="2021-12-31"),
    ),
    # rule R3
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=update(OPEN, startDate="2026-02-19"),
        silent_for=update(of(span("03-10")), startDate="2026-03-01"),
    ),
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=at(update(SHIFT, startHour="1600"), "02-21", hour=16),
        silent_for=update(SHIFT, startHour="1600"),
    ),
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=update(OPEN, startDate="2026-02-19"),
        silent_for=update(CLOSED, startDate="2026-02-22"),
    ),
]

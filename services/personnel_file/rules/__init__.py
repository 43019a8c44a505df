"""The personnel file's rules: relations and periods as pure state, and how a declaration changes them."""

from __future__ import annotations

from services.personnel_file.rules.daily import DailySettlement, register
from services.personnel_file.rules.impact import impact
from services.personnel_file.rules.lateness import Lateness, lateness
from services.personnel_file.rules.quota import Takes, Usage, days_named, spending
from services.personnel_file.rules.relation import (
    DayCanceled,
    DayRegistered,
    DayUpdated,
    EmployerIdReplaced,
    Event,
    OfDay,
    OfRelation,
    Period,
    PeriodCanceled,
    PeriodClosed,
    PeriodJoined,
    PeriodLocked,
    PeriodOpened,
    PeriodReopened,
    PeriodsLeft,
    PeriodUnlocked,
    PeriodUpdated,
    Relation,
    SsinReplaced,
    State,
    event_from_json,
    event_to_json,
    fold,
)
from services.personnel_file.rules.settle import Settlement, refuse_discarded, refuse_overlap, settle
from services.personnel_file.rules.takings import Taken, Takings, taken

__all__ = [
    "DailySettlement",
    "DayCanceled",
    "DayRegistered",
    "DayUpdated",
    "EmployerIdReplaced",
    "Event",
    "Lateness",
    "OfDay",
    "OfRelation",
    "Period",
    "PeriodCanceled",
    "PeriodClosed",
    "PeriodJoined",
    "PeriodLocked",
    "PeriodOpened",
    "PeriodReopened",
    "PeriodUnlocked",
    "PeriodUpdated",
    "PeriodsLeft",
    "Relation",
    "Settlement",
    "SsinReplaced",
    "State",
    "Taken",
    "Takes",
    "Takings",
    "Usage",
    "days_named",
    "event_from_json",
    "event_to_json",
    "fold",
    "impact",
    "lateness",
    "refuse_discarded",
    "refuse_overlap",
    "register",
    "settle",
    "spending",
    "taken",
]

"""Write the effect of an accepted declaration: the period before and after it, or the registered day."""

from __future__ import annotations

from collections.abc import Sequence

from services.files.xml.writing import block, filled, zone
from shared.domain.declared import (
    Address,
    DeclaredDailyRegistration,
    DeclaredFeatures,
    DeclaredIn,
    UsingEmployer,
)
from shared.impact import PeriodImpact, PeriodState
from shared.messages import Outcome, ReceivedDeclaration


def report(declaration: ReceivedDeclaration, outcome: Outcome, impact: Sequence[PeriodImpact]) -> str:
    """Return the impact report of an accepted declaration.

    Args:
        declaration: The declaration.
        outcome: Its result.
        impact: The periods that it changed. The message has a place for one: the period of the result.
    """
    declared = declaration.declared.block
    if isinstance(declared, DeclaredDailyRegistration):
        return filled("ImpactReport", _daily_report(declared, outcome))
    own = next((each for each in impact if each.period_id == outcome.period_id), None)
    return filled("ImpactReport", _period_report(declared, outcome, own))


def _period_report(declared: object, outcome: Outcome, own: PeriodImpact | None) -> str:
    """Return the report about a period. The period was not locked, because it changed."""
    if outcome.period_id is None:
        return ""
    before, after = (None, None) if own is None else (own.before, own.after)
    return block(
        "DimonaImpactReport",
        zone("DimonaPeriodId", outcome.period_id),
        zone("IsLocked", 0),
        opened(declared) if isinstance(declared, DeclaredIn) else "",
        "" if before is None else block("DimonaPeriodBefore", times(before)),
        block("DimonaPeriodAfter", times(declared if after is None else after)),
    )


def _daily_report(declared: DeclaredDailyRegistration, outcome: Outcome) -> str:
    if outcome.daily_registration_id is None or outcome.period_id is None:
        return ""
    return block(
        "DailyRegistrationDclImpactReport",
        zone("DailyRegistrationId", outcome.daily_registration_id),
        zone("AttestationStatus", declared.attestation_status),
        zone("DimonaPeriodId", outcome.period_id),
        block("DailyRegistrationAfter", times(declared)),
    )


def times(state: PeriodState | object) -> str:
    """Return the dates, hours and planned work of a period or a declaration; absent ones are left out."""
    hours = zone("PlannedHoursNbr", getattr(state, "planned_hours_number", None))
    return (
        zone("StartingDate", getattr(state, "start_date", None))
        + zone("StartingHour", getattr(state, "start_hour", None))
        + zone("EndingDate", getattr(state, "end_date", None))
        + zone("EndingHour", getattr(state, "end_hour", None))
        + (hours or zone("PlannedDaysNbr", getattr(state, "planned_days_number", None)))
    )


def opened(declared: DeclaredIn) -> str:
    """Return the features of the period that an IN opens, and the blocks that some features need."""
    cards, place, statutes = (
        declared.construction_control_cards,
        declared.student_place_of_work,
        declared.small_statutes_information,
    )
    parts = [features(declared.features)]
    if cards is not None:
        parts.append(
            filled(
                "ConstructionControlCards",
                zone("FirstMonthC32ANbr", cards.first_month_c32a_number),
                zone("NextMonthC32ANbr", cards.next_month_c32a_number),
            )
        )
    if place is not None:
        parts.append(filled("StudentPlaceOfWork", zone("Denomination", place.name), address(place.address)))
    if statutes is not None:
        parts.append(
            filled(
                "SmallStatutesInformation",
                zone("EmploymentNature", statutes.employment_nature),
                zone("ActivityWithRisk", statutes.activity_with_risk),
                zone("WorkerStatus", statutes.worker_status),
            )
        )
    return "".join(parts)


def features(declared: DeclaredFeatures) -> str:
    """Return the features of a period."""
    user = declared.using_employer
    return filled(
        "DimonaFeatures",
        zone("JointCommissionNbr", declared.joint_commission_number),
        zone("WorkerType", declared.worker_type),
        zone("SubEntityNbr", declared.sub_entity_number),
        "" if user is None else _user(user),
    )


def _user(user: UsingEmployer) -> str:
    return filled(
        "UsingEmployer",
        zone("JointCommissionNbr", user.joint_commission_number),
        zone("UsingEmployerName", user.name),
        zone("UsingEmployerCompanyID", user.enterprise_number),
        address(user.address),
    )


def address(declared: Address | None) -> str:
    """Return an address; an empty text for None."""
    if declared is None:
        return ""
    return filled(
        "Address",
        zone("Street", declared.street),
        zone("HouseNbr", declared.house_number),
        zone("PostBox", declared.box_number),
        zone("ZIPCode", declared.post_code),
        zone("City", declared.municipality.name if declared.municipality is not None else None),
        zone("Country", declared.country),
    )

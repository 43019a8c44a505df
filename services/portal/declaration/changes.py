"""The change of a period: the fields of an UPDATE, and the values that they begin with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.portal.declaration.lateness import REOPENED
from services.portal.declaration.rules import (
    ATTRIBUTES,
    END,
    END_HOUR,
    END_IF_KNOWN,
    PLANNED,
    START,
    START_HOUR,
    WITH_HOURS,
    Field,
    filled,
)
from shared.domain.features import (
    FLEXI,
    STUDENT,
    STUDENT_START_STAYS_AFTER,
    has_planned_hours,
    requires_end_date,
)


def fields_of_update(period: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields that can change in a period.

    The start of a student stays (rule R25). Only an OUT gives an open period its last day (rule R27). A last
    day can be left empty, and is removed then, where the type does not need it.
    """
    features = period["features"]
    code = features.get("workerType")
    hours = code in WITH_HOURS and "startHour" in period
    stays = code == STUDENT and period["startDate"] > str(STUDENT_START_STAYS_AFTER)
    needs_end = code == FLEXI or requires_end_date(features.get("jointCommissionNumber"), code)
    return (
        *(() if stays else (START,)),
        *((START_HOUR,) if hours else ()),
        *((END if needs_end else END_IF_KNOWN,) if "endDate" in period else ()),
        *((END_HOUR,) if hours else ()),
        *((PLANNED,) if has_planned_hours(code) else ()),
    )


def values_of(period: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a period for the fields of an update."""
    given = {name: str(period[attribute]) for name, attribute in ATTRIBUTES.items() if attribute in period}
    return {
        name: f"{value[:2]}:{value[2:]}" if name.endswith("_hour") else value for name, value in given.items()
    }


def given(fields: tuple[Field, ...], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the filled fields of a change. A last day that is emptied, where it may be, is removed."""
    found = filled(fields, typed)
    return found | ({END.name: REOPENED} if END_IF_KNOWN in fields and END.name not in found else {})

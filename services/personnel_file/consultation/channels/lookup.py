"""Queries in files of expeditors: the query in a message, and the periods in the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from services.personnel_file.consultation.rules import Criteria, Level, Order, Place, Query
from services.personnel_file.relation.store import FEATURES
from shared.consultation import FoundPeriod, PeriodsAsked
from shared.domain.declared import DeclaredFeatures, DeclaredWorker, UsingEmployer
from shared.domain.wire_values import hour_of, text_of
from shared.runtime.database import Record

PAGE: Final = 200  #: rows; the first window of a search has 250


def query(asked: PeriodsAsked, employer: str) -> Query:
    """Return the query for a page of the periods of the employer with this enterprise number."""
    criteria = Criteria(employer=employer, active_from=asked.start_date, active_until=asked.end_date)
    return Query(Level.PERIOD, criteria, Order.NUMBER, Place(date.min, asked.after), PAGE)


def period(row: Record, updates: Mapping[int, datetime], now: datetime) -> FoundPeriod:
    """Return a period of an answer.

    Args:
        row: The row of the search.
        updates: The instants of the last changes, by number of the period.
        now: The instant for a period without history.
    """
    worker = json.loads(row["worker"]) if row["live"] else {}
    known = {name: worker.get(name) for name in ("familyName", "givenName", "birthDate", "gender")}
    return FoundPeriod(
        period_id=row["period_id"],
        locked=row["locked"],
        canceled=row["canceled"],
        late=row["late"],
        start_date=str(row["start_date"]),
        start_hour=hour_of(row["start_hour"]),
        end_date=text_of(row["end_date"]),
        end_hour=hour_of(row["end_hour"]),
        planned_hours_number=row["planned_hours"],
        planned_days_number=row["planned_days"],
        updated_at=updates.get(row["period_id"], now),
        worker=DeclaredWorker.model_validate({"ssin": row["ssin"], **{n: v for n, v in known.items() if v}}),
        features=_features(row["features"]),
    )


@lru_cache(1024)
def _features(text: str) -> DeclaredFeatures:
    """Return the features of a period with the names of a declaration; many periods have equal ones."""
    features = FEATURES.validate_json(text)
    user = features.using_employer
    return DeclaredFeatures(
        joint_commission_number=features.joint_commission,
        worker_type=features.worker_type,
        sub_entity_number=features.sub_entity,
        using_employer=None
        if user is None
        else UsingEmployer(
            joint_commission_number=user.joint_commission,
            name=user.name,
            enterprise_number=user.enterprise_number,
        ),
    )

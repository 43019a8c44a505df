"""Messages about changes without a declaration fit the contract, without an undocumented property."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from deploy.local.demo.directory import INSTITUTIONS
from services.feed.event.rules import FeedEvent
from services.notifier.situation import handler as situations
from services.personnel_file.feed.rules import TYPE_OF, emptied, state
from services.personnel_file.relation.rules import (
    EmployerIdReplaced,
    PeriodLocked,
    PeriodsLeft,
    SsinReplaced,
    relation_of,
)
from shared.domain.feed_fields import FEED_FIELDS
from shared.messages import Delivery, Person, SituationChanged
from tests.contracts.messages import OPENED, fits
from tests.unit.builders import ENTERPRISE, NISS, NSSO, OTHER_NISS, PERIOD, PROVISIONAL, RECEIVED, WORKER

RELATION = relation_of(ENTERPRISE, NISS, OPENED)
RENUMBERED = RELATION.apply(SsinReplaced(OTHER_NISS))
LOCKED = RELATION.apply(PeriodLocked(PERIOD))
TOLD = {
    SsinReplaced: state(RENUMBERED, 1, NSSO, 2, RENUMBERED.periods[PERIOD], former=(NISS,)),
    EmployerIdReplaced: state(RELATION, 1, NSSO, 2, RELATION.periods[PERIOD]),
    PeriodsLeft: emptied(RELATION.apply(PeriodsLeft()), 1, NSSO, 2, 7),
    PeriodLocked: state(LOCKED, 1, NSSO, 2, LOCKED.periods[PERIOD]),
}


@pytest.mark.parametrize("fields", [*INSTITUTIONS.values(), FEED_FIELDS], ids=[*INSTITUTIONS, "everything"])
@pytest.mark.parametrize("change", TOLD)
def test_feed(change: Any, fields: tuple[str, ...]) -> None:
    event = FeedEvent(UUID(int=1), TYPE_OF[change], TOLD[change], RECEIVED)
    sent = fits(Delivery(event.id, "institution.onem", event.type, event.seen_by(fields)))
    assert sent["data"].keys() <= set(fields)


@pytest.mark.parametrize(("number", "worker"), [(NSSO, WORKER), (PROVISIONAL, WORKER), (NSSO, None)])
def test_situation(number: int, worker: Person | None) -> None:
    said = SituationChanged(
        subject=UUID(int=7),
        enterprise_number=ENTERPRISE,
        employer_id=number,
        justification_code=90 if worker else None,
        effective_on=date(2026, 2, 20),
        worker=worker,
        outdated_ssin=OTHER_NISS if worker else None,
    )
    text = situations.changed_event(UUID(int=8), UUID(int=9), said, ENTERPRISE, RECEIVED)
    sent = fits(Delivery(UUID(json.loads(text)["id"]), "reply.client", situations.CHANGED, text))
    assert ("employerId" in sent["data"]["employer"]) == (number == NSSO), "no provisional numbers"
    assert ("outdatedSituation" in sent["data"]) == (worker is not None)

"""The actions of agents on cases: hear the employer, confirm, dismiss; each look leaves an audit row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.personnel_file.omission.rules.contribution import Contribution, find_contribution
from services.personnel_file.omission.rules.decision import (
    Action,
    Obstacle,
    State,
    Step,
    find_obstacle,
    find_state,
)
from services.personnel_file.omission.store import cases
from services.personnel_file.omission.store.cases import Case
from shared.domain.calendar import first_day, local_date
from shared.runtime.database import Connection, Record


@dataclass(frozen=True, slots=True)
class Whole:
    """A case with its days, its steps, and the contribution; None for a finding before 2009."""

    case: Case
    days: Sequence[Record]
    steps: Sequence[Record]
    contribution: Contribution | None


@dataclass(frozen=True, slots=True)
class Request:
    """An action that an agent asks for.

    Attributes:
        action: The action.
        agent: Subject of the agent, or login of an operator.
        words: The answer of the employer, or the reason of the decision.
        heard_on: Day of the hearing; None for a decision.
    """

    action: Action
    agent: str
    words: str
    heard_on: date | None = None


async def read_cases(
    connection: Connection, reader: str, operation: str, after: int, state: State | None, limit: int
) -> list[Case]:
    """Return a page of cases, and record the look. The connection is in a transaction."""
    found = await cases.load_cases(connection, after, state, limit)
    await cases.add_reading(connection, reader, operation, [case.id for case in found])
    return found


async def read_case(connection: Connection, reader: str, operation: str, case_id: int) -> Whole | None:
    """Return a case with its evidence, and record the look, also at a case that does not exist."""
    case = await cases.load_case(connection, case_id)
    await cases.add_reading(connection, reader, operation, [case_id])
    if case is None:
        return None
    return Whole(
        case,
        await cases.load_days(connection, case_id),
        await cases.load_steps(connection, case_id),
        find_contribution(first_day(case.quarter)),
    )


async def act(connection: Connection, case_id: int, request: Request) -> State | Obstacle | None:
    """Do an action of an agent on a case. The connection is in a transaction.

    Return the state after it, the obstacle, or None if no case has this number.
    """
    now = await cases.lock_case(connection, case_id)
    case = await cases.load_case(connection, case_id)
    if case is None:
        return None
    if request.heard_on is not None and request.heard_on > local_date(now):
        return Obstacle.NOT_HEARD
    steps = [cases.step_of(row) for row in await cases.load_steps(connection, case_id)]
    if obstacle := find_obstacle(steps, case.changed_at, request.action, request.agent):
        return obstacle
    step = Step(request.action, request.agent, now)
    state = find_state([*steps, step], case.changed_at)
    await cases.add_step(connection, case_id, step, state, request.words, request.heard_on)
    return state

"""`dimona omission`: candidates for an omitted declaration. `services/cli/omission.py` adds the import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from services.personnel_file.omission import handler
from services.personnel_file.omission.channels import FindingsFile
from services.personnel_file.omission.handler import cases as agents
from services.personnel_file.omission.handler.cases import Request, Whole
from services.personnel_file.omission.rules.contribution import Contribution
from services.personnel_file.omission.rules.decision import Action, Obstacle, State
from services.personnel_file.omission.rules.judge import OpenIdentification, Outcome
from services.personnel_file.omission.store import files, judging
from services.personnel_file.omission.store.cases import Case
from shared.domain.calendar import BRUSSELS
from shared.runtime.database import Connection, Record
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    ReasonOption,
    SecretsOption,
    load,
    print_table,
)

omission = typer.Typer(no_args_is_help=True, help="Worked days without a declaration, for agents to decide.")

CaseArgument = Annotated[int, typer.Argument(metavar="CASE", help="The number of the case.")]

_PAGE: Final = 200
_WIDTH: Final = 160
_LOGIN: Final = "SELECT session_user"
_WHY: Final = {
    Obstacle.ENDED: "this case has ended",
    Obstacle.NOT_HEARD: "hear the employer first: `dimona omission hear`",
    Obstacle.SAME_AGENT: "you have decided already: another agent decides",
}


class Decision(StrEnum):
    """The decisions of an agent about a case."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"


_ACTIONS: Final = {Decision.CONFIRM: Action.CONFIRMED, Decision.DISMISS: Action.DISMISSED}


async def import_findings(
    connection: Connection, file: FindingsFile, identifications: Sequence[OpenIdentification]
) -> tuple[int | None, Counter[Outcome]]:
    """Import a file of findings, then judge all findings without judgement.

    Return the number of new findings, or None if the file is known; and the judged days by outcome.
    """
    added = await handler.import_file(connection, file)
    numbers = await judging.load_in_force(
        connection, [each.ssin for each in identifications if each.ssin is not None]
    )
    known = [each.with_number_in_force(numbers) for each in identifications]
    return added, await handler.judge_findings(connection, known)


@omission.command("list")
def list_cases(
    state: Annotated[State | None, typer.Option(help="Only cases in this state.")] = None,
    after: Annotated[int, typer.Option(help="The number of the last case of the page before.")] = 0,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """List candidates by number, without NISS. The look is recorded."""
    found = load(endpoints, secrets_dir).query(_cases, after, state)
    print_table(
        ("case", "state", "employer", "quarter", "days", "opened"),
        [
            (str(case.id), case.state, case.employer, case.quarter, str(case.days), _shown(case.opened_at))
            for case in found
        ],
        nothing="there is no such case",
        width=_WIDTH,
    )
    if len(found) == _PAGE:
        print(f"more: --after {found[-1].id}")


@omission.command("files")
def list_files(endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None) -> None:
    """List the last imported files with their days by outcome."""
    rows = [
        (
            str(row["file_id"]), _shown(row["imported_at"]), row["imported_by"], str(row["days"]),
            row["outcomes"] or "{}", row["sha256"],
        )
        for row in load(endpoints, secrets_dir).query(files.load_files, _PAGE)
    ]  # fmt: skip
    print_table(
        ("file", "imported", "by", "days", "outcomes", "SHA-256"), rows,
        nothing="no file was imported", width=_WIDTH + 80,
    )  # fmt: skip


@omission.command()
def show(
    case: CaseArgument, endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None
) -> None:
    """Show a case with its evidence, the steps of agents, and the contribution. The look is recorded."""
    whole = load(endpoints, secrets_dir).query(_case, case)
    if whole is None:
        raise typer.BadParameter("no case has this number")
    print_table(("what", "value"), _facts(whole), nothing="", width=_WIDTH)
    print_table(
        ("day", "hours", "source", "reference", "found", "outcome", "period", "declared"),
        [_day(row) for row in whole.days], nothing="", width=_WIDTH,
    )  # fmt: skip
    print_table(
        ("at", "action", "agent", "heard on", "words"),
        [
            (_shown(row["at"]), row["action"], row["agent"], str(row["heard_on"] or ""), row["words"])
            for row in whole.steps
        ],
        nothing="no agent has done anything",
        width=_WIDTH,
    )


@omission.command()
def hear(
    case: CaseArgument,
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the hearing.")],
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Record that the employer was heard; the reason is the answer, or that none came."""
    request = Request(Action.HEARD, "", reason, on.date())
    _print_state(load(endpoints, secrets_dir).query(_act, case, request))


@omission.command()
def decide(
    case: CaseArgument,
    decision: Annotated[Decision, typer.Argument(help="The decision; two different agents must agree.")],
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Confirm or dismiss a candidate with your login. Nothing is claimed from the employer."""
    request = Request(_ACTIONS[decision], "", reason)
    _print_state(load(endpoints, secrets_dir).query(_act, case, request))


def _print_state(end: State | Obstacle | None) -> None:
    if end is None:
        raise typer.BadParameter("no case has this number")
    if isinstance(end, Obstacle):
        raise typer.BadParameter(_WHY[end])
    print(f"the case is {end} now")


async def _cases(connection: Connection, after: int, state: State | None) -> list[Case]:
    async with connection.transaction():
        login = await connection.fetchval(_LOGIN)
        return await agents.read_cases(connection, login, "command", after, state, _PAGE)


async def _case(connection: Connection, case: int) -> Whole | None:
    async with connection.transaction():
        login = await connection.fetchval(_LOGIN)
        return await agents.read_case(connection, login, "command", case)


async def _act(connection: Connection, case: int, request: Request) -> State | Obstacle | None:
    async with connection.transaction():
        login = await connection.fetchval(_LOGIN)
        return await agents.act(
            connection, case, Request(request.action, login, request.words, request.heard_on)
        )


def _facts(whole: Whole) -> list[tuple[str, str]]:
    case = whole.case
    return [
        ("state", case.state),
        ("employer", case.employer),
        ("worker (NISS)", case.ssin),
        ("quarter of the finding", case.quarter),
        ("days", str(case.days)),
        *_contribution(whole.contribution),
    ]


def _contribution(found: Contribution | None) -> list[tuple[str, str]]:
    if found is None:
        return [("contribution", "none before 2009")]
    if found.amount is None:
        return [("contribution", f"unknown: no published minimum for {found.year}")]
    return [
        ("contribution", f"at least {found.amount} euros, before reduction and share"),
        ("its source", f"{found.source} ({found.confidence} confidence)"),
    ]


def _day(row: Record) -> Sequence[str]:
    start, end = (row[name] for name in ("start_hour", "end_hour"))
    hours = "" if start is None else f"{start:%H:%M}-" + ("" if end is None else f"{end:%H:%M}")
    declared = row["received_at"]
    return (
        str(row["day"]), hours, row["source"], row["reference"], _shown(row["found_at"]), row["outcome"],
        str(row["period_id"] or ""), "" if declared is None else _shown(declared),
    )  # fmt: skip


def _shown(instant: Any) -> str:
    return f"{instant.astimezone(BRUSSELS):%Y-%m-%d %H:%M}"

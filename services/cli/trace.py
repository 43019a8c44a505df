"""`dimona trace`: the story of one declaration across all services, and its present state."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from services.cli.parked import opened
from services.ledger.commands import Parked, Story, Verdict, find_numbers, judge, load_now, load_story
from shared.domain.calendar import BRUSSELS
from shared.runtime.operator import ENDPOINTS, EndpointsOption, Operator, SecretsOption, load, print_table

_MOST: int = 20  #: declarations for one id; a message id is unique per client only


def trace(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A Dimona number, the id of a message or notification, or TICKET#FORM of a file.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with instants in UTC.")] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Tell the story of a declaration in order, its present state, and the next step if there is one.

    Instants are in Belgian time. It shows no personal data. The exit code is 1 if a person has to act, and 2
    if there is no such declaration.
    """
    told = asyncio.run(_told(load(endpoints, secrets_dir), id_))
    if not told:
        raise typer.BadParameter("no declaration has this number or id; a refused message has no declaration")
    if as_json:
        print(json.dumps([_document(story, verdict) for story, verdict in told], indent=1))
    else:
        for story, verdict in told:
            _show(story, verdict)
    raise typer.Exit(any(verdict.needs_action for _, verdict in told))


async def _told(operator: Operator, id_: str) -> Sequence[tuple[Story, Verdict]]:
    async with operator.connected() as connection:
        numbers = (await find_numbers(connection, id_))[:_MOST]
        stories = [await load_story(connection, number) for number in numbers]
        now = await load_now(connection)
    if not stories:
        return []
    async with opened(operator) as messages:
        parked = {
            number: [
                Parked(copy.id, copy.origin.name if copy.origin else copy.parking, copy.reason)
                for copy in messages.copies
                if number in copy.numbers
            ]
            for number in numbers
        }
    whole = [replace(story, parked=parked[story.entry.number]) for story in stories]
    return [(story, judge(story, now)) for story in whole]


def _show(story: Story, verdict: Verdict) -> None:
    print(f"declaration {story.entry.number}: {verdict.state}")
    print(verdict.cause)
    if verdict.advice:
        print(f"next: {verdict.advice}")
    rows = [(_local(fact.at), fact.service, fact.event, fact.detail) for fact in story.facts]
    rows += [
        (_local(each.since), each.service, f"in {each.table}", f"{each.type} for {each.lane}")
        for each in story.waiting
    ]
    rows += [("", "", "parked", f"{each.id[:13]} from {each.queue}: {each.reason}") for each in story.parked]
    print_table(("Belgian time", "service", "event", "detail"), rows, nothing="", width=150)


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(BRUSSELS):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def _document(story: Story, verdict: Verdict) -> dict[str, Any]:
    def plain(rows: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {
                name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
                for name, value in asdict(row).items()
            }
            for row in rows
        ]

    return {
        "number": story.entry.number,
        "state": verdict.state,
        "cause": verdict.cause,
        "advice": verdict.advice,
        "needsAction": verdict.needs_action,
        "facts": plain(story.facts),
        "waiting": plain(story.waiting),
        "parked": plain(story.parked),
    }

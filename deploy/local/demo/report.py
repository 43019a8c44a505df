"""The output of the demonstration: tables for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.local.demo.data import DemoData
from deploy.local.demo.institution import Institution
from deploy.local.demo.integrator import INTERMEDIATE, PROBLEM, RECEIVED, REPLY
from deploy.local.demo.performance import Played
from deploy.local.demo.registers import PeriodRow
from deploy.local.demo.script import Scene

_COLORS: Final = {"A": "green", "W": "yellow", "B": "red", "S": "cyan"}


class Report:
    """The printer of the demonstration, which prints to one console."""

    def __init__(self, data: DemoData, console: Console) -> None:
        self._data = data
        self._console = console
        self._roles = {row.enterprise_number: role for role, row in data.organizations.items()}

    def opening(self, take: int) -> None:
        """Print the first line: day, take, and the numbers of integrators, organizations and people."""
        self._console.print(
            f"Dimona demonstration, {self._data.today}, take {take + 1}: "
            f"{len(self._data.clients)} integrators, {len(self._data.organizations)} organizations, "
            f"{len(self._data.people)} people in the register. All of it is invented."
        )

    def scene(self, number: int, scene: Scene, played: Sequence[Played], told: Mapping[str, str]) -> None:
        """Print one scene: each declaration with its replies, its notification and its complaints.

        `told` has a text about the notification of each act, by its name.
        """
        self._console.print(f"\n[bold]{number}. {scene.title}")
        table = _table("declaration", "by", "Dimona number", "replies", "notified")
        table.columns[0].min_width, table.columns[3].min_width = 40, 40
        for one in played:
            table.add_row(
                f"{'[red]✗' if one.complaints else '[green]✓'}[/] {one.act.tells}", one.act.sender,
                str(one.number or ""), _replies(one), told.get(one.act.name, ""),
            )  # fmt: skip
        self._console.print(table)
        for one in played:
            for complaint in one.complaints:
                self._console.print(f"[red]  {one.act.name}: {complaint}")

    def dialogue(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        """Print a dialogue by phone: `>` is written or keyed, `<` is received or spoken."""
        self._console.print(f"\n[bold]{title}")
        for direction, text in lines:
            self._console.print(f"  {direction} {text}", highlight=False, markup=False)

    def note(self, text: str) -> None:
        """Print a line of text."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def personnel_file(self, rows: Sequence[PeriodRow]) -> None:
        """Print the resulting relations and periods."""
        people = {
            person.ssin: f"{person.given_name} {person.family_name}"
            for person in (*self._data.people, *self._data.strangers)
        }
        self._console.print("\n[bold]The personnel file")
        table = _table("employer", "worker", "relation", "period", "features", "from – until", "state")
        before = ("", "")
        for row in rows:
            here = (row.employer, row.ssin)
            again = here == before
            table.add_row(
                "" if row.employer == before[0] else row.employer,
                "" if again else people.get(row.ssin, "?"),
                "" if again else row.relation,
                str(row.number), row.features, row.span, row.state,
            )  # fmt: skip
            before = here
        self._console.print(table)

    def feed(self, institutions: Sequence[Institution], ids: set[str]) -> None:
        """Print for each institution the events with these ids that it got.

        The table shows their number, their types and their fields.
        """
        self._console.print("\n[bold]The feed of the institutions")
        table = _table("institution", "events", "of which", "fields it sees")
        for institution in institutions:
            events = institution.seen(ids)
            fields = sorted({name for event in events for name in event["data"]})
            table.add_row(institution.name, str(len(events)), _by_type(events), ", ".join(fields))
        self._console.print(table)

    def file(self, answers: Mapping[str, str]) -> None:
        """Print the answers to the file that was sent over SFTP."""
        self._console.print("\n[bold]One IN as a file over SFTP")
        table = _table("answer", "bytes", "positive")
        for kind, text in answers.items():
            positive = "<ResultCode>1</ResultCode>" in text
            table.add_row(kind, str(len(text)), "[green]✓" if positive else "[red]✗")
        self._console.print(table)

    def role(self, enterprise_number: str) -> str:
        """Return the role of an organization, which is its name in the tables.

        Return its number if it has no role.
        """
        return self._roles.get(enterprise_number, enterprise_number)

    def complaint(self, text: str) -> None:
        """Print a fault that belongs to no single declaration."""
        self._console.print(f"[red]{text}")


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def _replies(played: Played) -> Text:
    """Return the replies in order: `received → S → A`, and the error ids of the last."""
    text = Text()
    for event in played.replies:
        if text:
            text.append(" → ")
        if event.type == RECEIVED:
            text.append("received")
        elif event.type in (INTERMEDIATE, REPLY):
            result = event.data["declarationStatus"]["result"]
            text.append(result, style=f"bold {_COLORS[result]}")
        elif event.type == PROBLEM:
            text.append("problem", style="bold red")
    if played.errors:
        text.append(f" {', '.join(played.errors)}", style="dim")
    return text


def _by_type(events: Sequence[Mapping[str, Any]]) -> str:
    counts: dict[str, int] = {}
    for event in events:
        name = event["type"].rpartition(".")[2]
        counts[name] = counts.get(name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def portal_login(endpoints: Mapping[str, Any]) -> str:
    """Return the address of the portal with a login of the demo. All of it is invented."""
    user = endpoints["users"]["bakery.declarer"]
    return (
        f"{endpoints['portal_url']} as {user['user_name']}, password {user['password']}, "
        f"authenticator {user['totp_secret']}"
    )

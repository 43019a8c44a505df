"""The demonstration on a running stack, with programs of integrators, an operator and institutions."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from deploy.local.debian import Unavailable
from deploy.local.demo import registers
from deploy.local.demo.data import DemoData, generate, register_document
from deploy.local.demo.directory import INSTITUTIONS
from deploy.local.demo.files import Engaged, send_file
from deploy.local.demo.institution import Institution
from deploy.local.demo.integrator import Integrator
from deploy.local.demo.performance import PATIENCE, Performance, Played
from deploy.local.demo.phones import play_phones
from deploy.local.demo.registers import Notification
from deploy.local.demo.report import Report
from deploy.local.demo.script import CaseEnd, GivenUp, Recognized, Registered, cast_of, script
from deploy.local.demo.speech import Speaker
from deploy.local.demo.writer import Writer
from shared.runtime.database import Connection, connect

_ROOT: Final = Path(__file__).parents[3]


async def play(endpoints: Mapping[str, Any], file: Path, console: Console) -> bool:
    """Play all scenes; return whether all ended as expected. `file`: the file that `endpoints` came from."""
    connection = await connect(endpoints["postgres_dsn"])
    try:
        data = generate(await registers.today(connection))
        return await _Play(endpoints, file, connection, data, Report(data, console)).run(console)
    finally:
        await connection.close()


class _Play:
    def __init__(
        self, endpoints: Mapping[str, Any], file: Path, connection: Connection, data: DemoData, report: Report
    ) -> None:
        self._endpoints, self._file = endpoints, file
        self._connection, self._data, self._report = connection, data, report
        self._played: list[Played] = []
        self._notified: dict[int, Notification] = {}
        self._sound = True

    async def run(self, console: Console) -> bool:
        take = await registers.free_take(self._connection, self._data)
        self._report.opening(take)
        position = await registers.feed_position(self._connection)
        async with AsyncExitStack() as stage:
            clients = {
                role: await stage.enter_async_context(self._integrator(role)) for role in _roles(self._data)
            }
            institutions = [
                await stage.enter_async_context(Institution(name, row["amqp_url"], row["queue"]))
                for name, row in self._endpoints["institutions"].items()
            ]
            performance = Performance(clients, self._end_case)
            for number, scene in enumerate(script(self._data, take), 1):
                played = await performance.play(scene)
                told = await self._check_notifications(played, clients)
                self._report.scene(number, scene, played, told)
                self._played += played
            await self._play_phones(take)
            await self._show_file()
            await self._play_file(take)
            await self._play_rest(take)
            await self._show_feed(institutions, position)
        return self._close(console)

    def _integrator(self, role: str) -> Integrator:
        client = self._data.client_of(role)
        row = self._endpoints["integrators"][client.client_id]
        return Integrator(row["amqp_url"], client.client_id, client.organization)

    async def _check_notifications(
        self, played: Sequence[Played], clients: Mapping[str, Integrator]
    ) -> dict[str, str]:
        """Check that each declaration has one final notification, which its addressee got.

        Wait for the notifications. Note complaints in `played`, and return a text about the notification of
        each act, by its name.
        """
        numbers = {one.number for one in played if one.number is not None}
        rows = await registers.notifications(self._connection, numbers, PATIENCE)
        told = {}
        for one in played:
            if one.number is None:
                continue
            finals = [row for row in rows if row.declaration_id == one.number and not row.provisional]
            one.expect(len(finals) == 1, f"{len(finals)} final notifications")
            provisional = sum(row.declaration_id == one.number and row.provisional for row in rows)
            one.expect(provisional == one.act.results.count("S"), f"{provisional} provisional notifications")
            for row in finals:
                self._notified[one.number] = row
                told[one.act.name] = await self._check_notification(one, row, clients)
        return told

    async def _check_notification(
        self, one: Played, row: Notification, clients: Mapping[str, Integrator]
    ) -> str:
        addressee = self._data.organizations[one.act.addressee].enterprise_number
        one.expect(row.addressee == addressee, f"notified to {self._report.role(row.addressee)}")
        status = one.final.data["declarationStatus"] if one.final else {}
        one.expect(status.get("notificationId") == row.id, "the reply names another notification")
        one.expect(row.result == one.act.results[-1], f"notified as {row.result}")
        role = self._report.role(row.addressee)
        client = clients.get(role)
        one.expect(row.in_ebox, "not in the e-Box of its addressee")
        if client is None:
            return f"{role}, e-Box"
        if client is one.client:
            return f"{role}, the reply"
        heard = await client.until(
            lambda: any(event.data["notificationId"] == row.id for event in client.notifications()), PATIENCE
        )
        one.expect(heard, "its addressee did not get it")
        return f"{role}, its queue"

    async def _end_case(self, number: int, end: CaseEnd) -> None:
        """End the case of a declaration in the given way, with the command line of operators."""
        match end:
            case GivenUp():
                await self._dimona("case", "resolve", str(number), "--give-up")
            case Recognized(person):
                await self._dimona("case", "resolve", str(number), "--ssin", person.ssin)
            case Registered(person):
                with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                    file.write(register_document((person,)))
                    file.flush()
                    await self._dimona("register", "add", "--file", file.name)

    async def _dimona(self, *arguments: str) -> str:
        """Run the command line, and return its output. A failure is a complaint."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli.main", *arguments, "--endpoints", str(self._file.resolve()),
            cwd=_ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        if process.returncode != 0:
            self._complain(f"dimona {arguments[0]} {arguments[1]} failed:\n{output.decode()[-1000:]}")
        return output.decode()

    async def _play_phones(self, take: int) -> None:
        people = cast_of(self._data, take)[-2:]
        exchange, call = await play_phones(self._endpoints, self._data, people)
        self._report.dialogue("An employer without a program declares by SMS", exchange.lines)
        self._report.dialogue("and by voice, with the keypad", call.lines)
        await self._speak(call.spoken)
        for complaint in exchange.complaints + call.complaints:
            self._complain(complaint)

    async def _speak(self, sentences: Sequence[tuple[str, str]]) -> None:
        """Write the spoken sentences of the call as sound beside `endpoints.json`, if espeak-ng is there."""
        file = self._file.with_name("call.wav")
        try:
            seconds = await asyncio.to_thread(lambda: Speaker().speak(sentences, file))
        except Unavailable as error:
            self._report.note(f"The call has no sound: {error}")
        else:
            self._report.note(f"{seconds:.0f} seconds of the call as sound: {file}")

    async def _show_file(self) -> None:
        numbers = {one.number for one in self._played if one.number is not None}
        rows = await registers.personnel_file(self._connection, numbers)
        opened = {
            one.number
            for one in self._played
            if "dimonaIn" in one.act.declaration and one.results[-1:] in (("A",), ("W",))
        }
        if {row.number for row in rows} != opened:
            self._complain("the personnel file does not hold exactly the periods of the accepted INs")
        self._report.personnel_file(rows)

    async def _play_file(self, take: int) -> None:
        """Send one IN as a file over SFTP; its acknowledgement and its notification must be positive."""
        employer = self._data.organizations["orchard"].enterprise_number
        engaged = Engaged(self._data.today, employer, self._data.beginners[take].ssin)
        client = self._data.client_of("provider").client_id
        answers = await send_file(self._endpoints["sftp"], client, engaged, take + 1, PATIENCE)
        for kind in ("ACRF", "NOTI"):
            if "<ResultCode>1</ResultCode>" not in answers.get(kind, ""):
                self._complain(f"the file over SFTP got no positive {kind}")
        self._report.file(answers)

    async def _play_rest(self, take: int) -> None:
        """Send one IN over REST with the command line, and wait for its result, which must be positive."""
        declaration = Writer(self._data).engage("hotel", self._data.beginners[take])
        client = self._data.client_of("provider").client_id
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(declaration, file)
            file.flush()
            printed = await self._dimona("send", file.name, "--by", "rest", "--client", client)
        if '"result": "A"' not in printed:
            self._complain(f"the declaration over REST was not accepted:\n{printed[-1000:]}")
        answer = printed.strip().rpartition("\n")[2]
        self._report.dialogue("One IN over REST", [(">", json.dumps(declaration)), ("<", answer)])

    async def _show_feed(self, institutions: Sequence[Institution], position: int) -> None:
        everything = await registers.feed_events(self._connection, position)
        for institution in institutions:
            days = "dailyRegistration" in INSTITUTIONS[institution.name]
            ids = await registers.feed_events(self._connection, position, days=days)
            if not await institution.hears(ids, PATIENCE):
                self._complain(f"{institution.name} did not get all {len(ids)} events of the feed")
            if len(institution.seen(everything)) > len(ids):
                self._complain(f"{institution.name} got more than its {len(ids)} events of the feed")
        self._report.feed(institutions, everything)

    def _complain(self, text: str) -> None:
        self._sound = False
        self._report.complaint(text)

    def _close(self, console: Console) -> bool:
        """Print the totals; return whether everything ended as expected."""
        numbers = {one.number for one in self._played if one.number is not None}
        answered = {one.number for one in self._played if one.final is not None}
        lost = numbers - (self._notified.keys() & answered)
        failed = [one.act.name for one in self._played if one.complaints]
        if failed:
            self._complain(f"not as the script says: {', '.join(failed)}")
        console.print(
            f"demo: {len(numbers)} declarations, {len(self._notified)} final notifications, {len(lost)} lost",
            highlight=False,
        )
        return self._sound and not lost and len(numbers) == len(self._notified)


def _roles(data: DemoData) -> list[str]:
    """Return the roles of the organizations that have a technical client."""
    with_client = {client.organization for client in data.clients}
    return [role for role, row in data.organizations.items() if row.enterprise_number in with_client]

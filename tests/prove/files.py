"""Prove that a file of 100,000 forms loses and doubles nothing: `python -m tests.prove.files`.

The file goes through OpenSSH's client. Single declarations are timed, first without the file and then beside
it. Afterwards the service files, which is the SFTP server too, intake and the broker are killed. Figures go
to `.run/prove-files.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import psutil

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from shared.runtime.database import connect
from shared.topology import SERVICES
from tests.file_senders import FileSender, engage, file_of
from tests.foreign.events import REPLY
from tests.foreign.integrator import Integrator
from tests.official import faults_in

RESULT: Final = ROOT / ".run" / "prove-files.json"
FOLDER: Final = ROOT / ".run" / "prove-files"
FORMS: Final = 100_000
_SINGLES: Final = 150
_PAUSE: Final = 0.1  #: seconds between two single declarations
_ROLES: Final = ("provider", "hotel", "orchard")  #: employers of the expeditor
_VICTIMS: Final = ("files", "intake", "rabbitmq")
_SECONDS: Final = 3600.0  #: portions of forms have rests between them
_DOUBLED: Final = """
SELECT count(*) FROM (SELECT message_id FROM intake.declarations WHERE message_id LIKE $1
    GROUP BY message_id HAVING count(*) > 1) AS k"""
_FILE: Final = "SELECT forms, submitted, final FROM files.files WHERE ticket = $1"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the proof."""

    forms: int
    acrf_s: float  #: from the GO file to the acknowledgement in the folder
    rss_mb: float  #: the most memory of the service files
    forms_per_s: float  #: from the GO file to the last notification, kills included
    lost: int  #: forms without final notification
    doubled: int  #: forms with two final notifications or two declarations
    single_p99_ratio: float  #: p99 of single declarations beside the file, compared with p99 alone
    single_p99_s: float
    usual_p99_s: float
    kills: tuple[str, ...]
    not_positive: int  #: forms with another result than expected
    invalid: int  #: NOTI files that are not valid for the official schema; 0 without the reference shelf

    @property
    def sound(self) -> bool:
        """Return whether every claim holds."""
        return (
            not (self.lost or self.doubled or self.not_positive or self.invalid)
            and self.acrf_s < 10
            and self.rss_mb < 300
            and self.single_p99_ratio <= 2
        )


def contents(endpoints: Endpoints, count: int) -> Iterator[str]:
    """Yield INs for one day each; no two of a worker and an employer have the same day."""
    data = endpoints.data
    employers = [data.organizations[role].enterprise_number for role in _ROLES]
    pairs = [(employer, worker) for worker in data.workers[:400] for employer in employers]
    for number in range(count):
        employer, worker = pairs[number % len(pairs)]
        day = data.today + timedelta(1 + number // len(pairs))
        content = engage(employer, worker, day)
        start = f"<StartingDate>{day}</StartingDate>"
        yield content.replace(start, f"{start}<EndingDate>{day}</EndingDate>")


async def time_singles(endpoints: Endpoints, first_day: date) -> list[float]:
    """Send single declarations, one after the other, and return the seconds until each final reply."""
    client = endpoints.data.client_of("bakery")
    url = endpoints.amqp_url(f"client:{client.client_id}", endpoints.deployment.public)
    took = []
    async with Integrator(url, client.client_id) as program:
        for number in range(_SINGLES):
            day = str(first_day + timedelta(number))
            features = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
            declaration = {
                "employer": {"enterpriseNumber": client.organization},
                "worker": {"ssin": endpoints.data.workers[-1]},
                "dimonaIn": {"startDate": day, "endDate": day, "features": features},
            }
            began = time.monotonic()
            await program.answer(await program.declare(declaration), REPLY, seconds=60)
            took.append(time.monotonic() - began)
            await asyncio.sleep(_PAUSE)
    return took


def p99(seconds: list[float]) -> float:
    """Return the value below which 99 of 100 values lie."""
    return sorted(seconds)[int(len(seconds) * 0.99)]


class Memory:
    """The most memory of a process, also after it was started again."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._stack, self._name = stack, name
        self.most = 0

    async def watch(self) -> None:
        """Look at the memory until canceled."""
        while True:
            with suppress(psutil.Error, KeyError):
                self.most = max(self.most, psutil.Process(self._stack.pid(self._name)).memory_info().rss)
            await asyncio.sleep(0.5)


def results(out: Path) -> tuple[Counter[int], Counter[int], int]:
    """Return how often each form has a final notification, and a final one that is not positive.

    The last figure counts the files that are not valid for the official schema.
    """
    final: Counter[int] = Counter()
    other: Counter[int] = Counter()
    invalid = 0
    for path in out.glob("FO.NOTI.*"):
        content = path.read_bytes()
        invalid += bool(faults_in(content))
        for form in ElementTree.fromstring(content).iter("Form"):  # noqa: S314 - our own
            if form.findtext("TypeForm") == "FA":
                number = int((form.findtext("Reference/ReferenceNbr") or "").removeprefix("ref-"))
                final[number] += 1
                other[number] += form.findtext("HandlingResult/ResultCode") != "1"
    return final, +other, invalid


async def prove(stack: Stack, count: int, victims: tuple[str, ...]) -> Figures:
    """Send the file and the single declarations, kill the victims, and return the figures."""
    endpoints = stack.endpoints
    memory = Memory(stack, "files")
    watching = asyncio.create_task(memory.watch())
    usual = await time_singles(endpoints, endpoints.data.today)
    with tempfile.TemporaryDirectory() as folder:
        sender = FileSender(endpoints, "provider", Path(folder))
        name = sender.new_name()
        content = await asyncio.to_thread(file_of, list(contents(endpoints, count)), endpoints.data.today)
        await sender.send(name, content, start=False)
        _tell(f"uploaded {len(content) / 1e6:.0f} MB; usual p99 {p99(usual):.3f} s")
        began = time.monotonic()
        await sender.run(f"put {sender.folder / 'empty'} IN/GO.{name.rpartition('.')[0]}")
        (acknowledged,) = await sender.answers("ACRF", name, seconds=120)
        acrf_s = time.monotonic() - began
        ticket = acknowledged.findtext("Form/FileReference/ReferenceNbr") or ""
        _tell(f"acknowledged after {acrf_s:.1f} s")
        beside = await time_singles(endpoints, endpoints.data.today + timedelta(_SINGLES))
        _tell(f"p99 beside the file {p99(beside):.3f} s")
        await finish(stack, ticket, victims)
        seconds = time.monotonic() - began
    watching.cancel()
    final, other, invalid = results(sender.out)
    doubled = sum(times > 1 for times in final.values())
    connection = await connect(endpoints.postgres_dsn)
    doubled += await connection.fetchval(_DOUBLED, f"{ticket}#%")
    await connection.close()
    return Figures(
        count, acrf_s, memory.most / 2**20, count / seconds, count - len(final), doubled,
        p99(beside) / p99(usual), p99(beside), p99(usual), victims, len(other), invalid,
    )  # fmt: skip


async def finish(stack: Stack, ticket: str, victims: tuple[str, ...]) -> None:
    """Kill each victim when a further part of the forms is final, and wait for the last notification."""
    left, end = list(victims), time.monotonic() + _SECONDS
    while time.monotonic() < end:
        done, all_ = await progress(stack.endpoints, ticket)
        if left and done >= all_ * (len(victims) - len(left) + 1) // (len(victims) + 2):
            victim = left.pop(0)
            _tell(f"{done} of {all_} forms are final: killing {victim}")
            await asyncio.to_thread(stack.kill, victim)
            await asyncio.to_thread(stack.ready, victim, 60)
        if done == all_ and not await unwritten(stack.endpoints):
            return
        await asyncio.sleep(0.5)
    _tell("not finished in time")


async def progress(endpoints: Endpoints, ticket: str) -> tuple[int, int]:
    """Return the forms with a final result, and all forms."""
    connection = await connect(endpoints.postgres_dsn)
    try:
        row: Any = await connection.fetchrow(_FILE, ticket)
    finally:
        await connection.close()
    return row["final"], row["forms"]


async def unwritten(endpoints: Endpoints) -> bool:
    """Return whether a result or an answer is not in the folder yet."""
    connection = await connect(endpoints.postgres_dsn)
    try:
        return bool(
            await connection.fetchval(
                """SELECT EXISTS (SELECT FROM files.results WHERE answer IS NULL)
                OR EXISTS (SELECT FROM files.answers WHERE written_at IS NULL)"""
            )
        )
    finally:
        await connection.close()


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run the proof on a stack of its own; exit with 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.files", description=__doc__)
    parser.add_argument("--forms", type=int, default=FORMS)
    parser.add_argument("--no-kills", action="store_true", help="kill no process")
    arguments = parser.parse_args()
    stack = Stack(FOLDER, services=SERVICES, say=_tell)
    stack.start()
    try:
        victims = () if arguments.no_kills else _VICTIMS
        figures = asyncio.run(prove(stack, arguments.forms, victims))
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(asdict(figures), indent=1) + "\n")
    _tell(json.dumps(asdict(figures), indent=1))
    sys.exit(0 if figures.sound else 1)


if __name__ == "__main__":
    main()

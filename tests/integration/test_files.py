"""Files of expeditors from upload to notification, on running services, with OpenSSH's client (ADR 28)."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import asyncssh
import pytest
from typer.testing import CliRunner, Result

from deploy.local.deployment import Endpoints
from services.cli.main import commands
from services.files.handling.api import DECLARE
from shared.runtime.database import connect
from tests import official
from tests.days import today
from tests.file_senders import FileSender, cancel, engage, file_of, query_of, until
from tests.oauth import assertion, grant, key_of, post
from tests.web import ask

pytestmark = pytest.mark.stack

SAMPLE = Path(__file__).parents[2] / "samples" / "python" / "by_file.py"
UNKNOWN_PERIOD = 600027876089


@pytest.fixture
def sender(served: Endpoints, tmp_path: Path) -> FileSender:
    """Return an expeditor of the service provider, which may declare for the orchard."""
    return FileSender(served, "provider", tmp_path)


async def rows(served: Endpoints, statement: str, *values: object) -> list[Any]:
    """Return rows of the database, as its owner."""
    connection = await connect(served.postgres_dsn)
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


def orchard(sender: FileSender, worker: int) -> str:
    """Return the content of an IN of a worker for the orchard."""
    data = sender.endpoints.data
    number = data.organizations["orchard"].enterprise_number
    return engage(number, data.workers[worker], today())


def texts(root: Element, path: str) -> list[str | None]:
    """Return the texts of the elements at a path."""
    return [element.text for element in root.findall(path)]


async def test_a_file_is_acknowledged_and_each_form_is_notified(sender: FileSender) -> None:
    name = sender.new_name()
    forms = [orchard(sender, 150), cancel(UNKNOWN_PERIOD)]
    await sender.send(name, file_of(forms, sender.endpoints.data.today))
    (acknowledged,) = await sender.answers("ACRF", name)
    assert texts(acknowledged, "Form/ReceptionResult/ResultCode") == ["1"]
    (ticket,) = texts(acknowledged, "Form/FileReference/ReferenceNbr")
    (notified,) = await sender.answers("NOTI", name)
    assert texts(notified, "Form/HandlingResult/ResultCode") == ["1", "0"]
    assert len(notified.findall("Form/HandlingResult/ImpactReport/DimonaImpactReport/DimonaPeriodAfter")) == 1
    assert texts(notified, "Form/HandlingResult/AnomalyReport/ErrorID") == ["00913-354"]
    stored = await rows(
        sender.endpoints,
        "SELECT message_id, channel FROM intake.declarations WHERE message_id LIKE $1 ORDER BY 1",
        f"{ticket}#%",
    )
    assert [tuple(row) for row in stored] == [(f"{ticket}#1", "sftp"), (f"{ticket}#2", "sftp")]


async def test_a_repeated_file_has_no_second_effect(sender: FileSender) -> None:
    """It gets its acknowledgement again; equal content under another name is another file."""
    name, content = sender.new_name(), file_of([cancel(UNKNOWN_PERIOD)], sender.endpoints.data.today)
    await sender.send(name, content)
    (first,) = await sender.answers("ACRF", name)
    await sender.answers("NOTI", name)
    for path in sender.out.glob("*.ACRF.*"):
        path.unlink()
    await sender.send(name, content)
    (again,) = await sender.answers("ACRF", name)
    (ticket,) = texts(first, "Form/FileReference/ReferenceNbr")
    assert texts(again, "Form/FileReference/ReferenceNbr") == [ticket]
    statement = "SELECT count(*) FROM intake.declarations WHERE message_id LIKE $1"
    assert [tuple(row) for row in await rows(sender.endpoints, statement, f"{ticket}#%")] == [(1,)]
    files = await rows(sender.endpoints, "SELECT ticket FROM files.files WHERE name = $1", f"FI.{name}")
    assert [row["ticket"] for row in files] == [ticket]
    assert len(await sender.answers("NOTI", name)) == 1


async def test_a_query_is_answered_with_the_periods_of_an_employer(sender: FileSender) -> None:
    """The provider has a mandate of the orchard; the answer has the period that it declared in a file."""
    declared, day = sender.new_name(), today()
    await sender.send(declared, file_of([orchard(sender, 150)], day))
    await sender.answers("NOTI", declared)
    number = sender.endpoints.data.organizations["orchard"].enterprise_number
    name = sender.new_name("PFRQ")
    await sender.send(name, query_of(number, day, (day, day)))
    (acknowledged,) = await sender.answers("ACRF", name)
    assert texts(acknowledged, "Form/ReceptionResult/ResultCode") == ["1"]
    (answered,) = await sender.answers("PFAN", name)
    assert texts(answered, "Form/PersonnelFileConsult/ResultCodeResearch") == ["0"]
    assert texts(answered, "Form/Reference/ReferenceNbr") == ["query-1"]
    workers = texts(answered, "Form/PersonnelFileConsult/DimonaPeriod/NaturalPerson/INSS")
    assert sender.endpoints.data.workers[150] in workers


async def test_an_unreadable_query_is_refused_and_a_foreign_employer_is_an_anomaly(
    sender: FileSender,
) -> None:
    day, data = sender.endpoints.data.today, sender.endpoints.data
    content = query_of(data.organizations["nursery"].enterprise_number, day)
    broken, foreign = sender.new_name("PFRQ"), sender.new_name("PFRQ")
    await sender.send(broken, content[:-9])
    await sender.send(foreign, content)
    (refused,) = await sender.answers("ACRF", broken)
    assert texts(refused, "Form/ReceptionResult/ErrorID") == ["ACRF-102"]
    (notified,) = await sender.answers("NOTI", foreign)
    assert texts(notified, "Form/HandlingResult/AnomalyReport/ErrorID") == ["90256-155"]


def truncated(content: bytes) -> bytes:
    """Return a file without its end."""
    return content[:-30]


def with_entity(content: bytes) -> bytes:
    """Return a file with an entity that names a file of the server."""
    head, _, rest = content.partition(b"\n")
    return head + b'<!DOCTYPE Dimona [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rest


@pytest.mark.parametrize("harm", [truncated, with_entity])
async def test_an_unreadable_file_is_refused_as_a_whole(
    sender: FileSender, harm: Callable[[bytes], bytes]
) -> None:
    """None of its forms counts (threat T11)."""
    name = sender.new_name()
    await sender.send(name, harm(file_of([cancel(UNKNOWN_PERIOD)] * 3, sender.endpoints.data.today)))
    (refused,) = await sender.answers("ACRF", name)
    assert texts(refused, "Form/ReceptionResult/ResultCode") == ["0"]
    assert texts(refused, "Form/ReceptionResult/ErrorID") == ["ACRF-102"]
    (ticket,) = texts(refused, "Form/FileReference/ReferenceNbr")
    found = await rows(sender.endpoints, "SELECT state, forms FROM files.files WHERE ticket = $1", ticket)
    assert [tuple(row) for row in found] == [("refused", 0)]
    statement = "SELECT count(*) FROM intake.declarations WHERE message_id LIKE $1"
    assert [tuple(row) for row in await rows(sender.endpoints, statement, f"{ticket}#%")] == [(0,)]


@pytest.mark.parametrize("sample", ["Dimona_20222_1.xml", "Dimona_20223_1.xml", "Dimona_20231_1.xml"])
async def test_an_official_sample_is_readable_and_its_form_is_refused(
    sender: FileSender, sample: str
) -> None:
    """Its day of creation is too old."""
    name = sender.new_name()
    await sender.send(name, official.sample(sample))
    (acknowledged,) = await sender.answers("ACRF", name)
    assert texts(acknowledged, "Form/ReceptionResult/ResultCode") == ["1"]
    (notified,) = await sender.answers("NOTI", name)
    assert texts(notified, "Form/HandlingResult/ResultCode") == ["0"] * len(notified.findall("Form"))
    assert texts(notified, "Form/HandlingResult/AnomalyReport/ErrorID") == ["00218-003"]


@pytest.mark.parametrize("sample", ["NOTIFICATION_20223_1.xml", "IDFLUX_20231_1.xml"])
async def test_an_official_sample_of_an_answer_is_refused(sender: FileSender, sample: str) -> None:
    """The system writes such files, and does not read them."""
    name = sender.new_name()
    await sender.send(name, official.sample(sample))
    (refused,) = await sender.answers("ACRF", name)
    assert texts(refused, "Form/ReceptionResult/ResultCode") == ["0"]
    assert texts(refused, "Form/ReceptionResult/ErrorID") == ["ACRF-089"]


async def test_a_form_with_a_wrong_structure_is_refused_with_its_place(sender: FileSender) -> None:
    """It does not affect the other forms of the file."""
    name = sender.new_name()
    forms = ["<DimonaCancel><Period>1</Period></DimonaCancel>", cancel(UNKNOWN_PERIOD)]
    await sender.send(name, file_of(forms, sender.endpoints.data.today))
    (notified,) = await sender.answers("NOTI", name)
    assert texts(notified, "Form/HandlingResult/ResultCode") == ["0", "0"]
    first = notified.findall("Form")[0]
    assert texts(first, "HandlingResult/AnomalyReport/ErrorID")[0] == "90379-092"
    assert len(first.findall("HandlingResult/AnomalyReport/AnomalyLocation/LineNbr")) >= 1


async def test_a_sending_can_be_canceled_before_it_starts(sender: FileSender) -> None:
    name = sender.new_name()
    await sender.send(name, file_of([cancel(UNKNOWN_PERIOD)], sender.endpoints.data.today), start=False)
    empty = sender.folder / "empty"
    await sender.run(f"put {empty} IN/TD.{name.rpartition('.')[0]}")
    folder = sender.out.parent / "IN"
    await until(lambda: not list(folder.glob(f"*{name.rpartition('.')[0]}*")), "the files to disappear")
    assert await rows(sender.endpoints, "SELECT FROM files.files WHERE name = $1", f"FI.{name}") == []


async def test_an_operator_sees_the_state_of_a_file(sender: FileSender, tmp_path: Path) -> None:
    name = sender.new_name()
    await sender.send(name, file_of([cancel(UNKNOWN_PERIOD)], sender.endpoints.data.today))
    (acknowledged,) = await sender.answers("ACRF", name)
    await sender.answers("NOTI", name)
    (ticket,) = texts(acknowledged, "Form/FileReference/ReferenceNbr")
    shown = await dimona(sender, "file", "show", str(ticket))
    assert shown.exit_code == 0
    for word in (f"FI.{name}", "accepted", "FO.ACRF.", "FO.NOTI."):
        assert word in shown.output
    assert "no file" in (await dimona(sender, "file", "show", "38X")).output
    assert sender.expeditor in (await dimona(sender, "file", "expeditor", "list")).output
    key = tmp_path / "key.pub"
    key.write_text("no key")
    add = await dimona(sender, "file", "expeditor", "add", "200001", sender.client_id, str(key))
    assert add.exit_code == 2


async def test_the_sample_sends_a_file_and_prints_its_results(sender: FileSender) -> None:
    """It is `samples/python/by_file.py`, unchanged."""
    file, transfer = sender.folder / "file.xml", sender.endpoints.transfer
    file.write_bytes(file_of([cancel(UNKNOWN_PERIOD)] * 2, sender.endpoints.data.today))
    host_key = asyncssh.read_private_key(transfer.host_key).export_public_key().decode()
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, str(SAMPLE), str(file)], capture_output=True, text=True, check=False,
        env={
            "DIMONA_SFTP_URL": f"sftp://{sender.expeditor}@127.0.0.1:{transfer.port}",
            "DIMONA_SFTP_KEY": str(transfer.keys[sender.expeditor]), "DIMONA_SFTP_HOST_KEY": host_key,
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sent, acknowledged, *results = done.stdout.splitlines()
    assert sent.startswith("sent FI.DIMN.")
    assert acknowledged.split() == ["ACRF", "1"]
    assert results == [f"NOTIFICATION ref-{n} 0 00913-354" for n in (1, 2)]


def program(sender: FileSender, role: str, **scope: str) -> tuple[str, dict[str, str]]:
    """Return the address of the API, and the header of a technical client, with all its scopes or one."""
    document = sender.endpoints.document()
    client_id = sender.endpoints.data.client_of(role).client_id
    signed = assertion(client_id, document["token_url"], key_of(document, client_id))
    answer = post(document["token_url"], grant(signed, **scope))
    assert answer.status == 200, answer.body
    token = answer.json()["access_token"]
    return f"{document['api']['files']}/files", {"Authorization": f"Bearer {token}"}


async def test_a_file_can_be_uploaded_and_followed_over_http(sender: FileSender) -> None:
    """A repeat gets the earlier ticket; files of others are answered like missing ones (threat T6)."""
    name = f"FI.{sender.new_name()}"
    body = file_of([cancel(UNKNOWN_PERIOD)], sender.endpoints.data.today)
    url, mine = await asyncio.to_thread(program, sender, "provider")
    _, other = await asyncio.to_thread(program, sender, "nursery")
    uploads = [await asyncio.to_thread(ask, f"{url}?fileName={name}", "POST", mine, body) for _ in range(2)]
    assert [upload.status for upload in uploads] == [201, 200]
    (ticket,) = {upload.json()["ticket"] for upload in uploads}

    def state() -> dict[str, Any]:
        found: dict[str, Any] = ask(f"{url}/{ticket}", "GET", mine).json()
        return found

    for _ in range(900):
        shown = await asyncio.to_thread(state)
        if len(shown["answers"]) == 2:
            break
        await asyncio.sleep(0.1)
    assert (shown["fileName"], shown["state"]) == (name, "accepted")
    assert (shown["forms"], shown["finalForms"]) == (1, 1)
    acknowledgement, notification = (
        fromstring(ask(f"{url}/{ticket}/answers/{each}", "GET", mine).body)  # noqa: S314 - our own
        for each in shown["answers"]
    )
    assert texts(acknowledgement, "Form/FileReference/ReferenceNbr") == [ticket]
    assert texts(notification, "Form/FileReceptionInformation/Channel") == ["13"]
    missing = ask(f"{url}/3800000000000", "GET", mine)
    assert missing.status == 404
    for path in (ticket, f"{ticket}/answers/{shown['answers'][0]}"):
        forbidden = ask(f"{url}/{path}", "GET", other)
        assert (forbidden.status, forbidden.json()["detail"]) == (404, missing.json()["detail"])
    assert ask(f"{url}?fileName={name}", "POST", other, body).status == 403
    assert ask(f"{url}?fileName=FI.x", "POST", mine, body).status == 400
    _, declaring = await asyncio.to_thread(program, sender, "provider", scope=DECLARE)
    query = query_of("0477472701", sender.endpoints.data.today)
    address = f"{url}?fileName=FI.{sender.new_name('PFRQ')}"
    assert [ask(address, "POST", who, query).status for who in (declaring, mine)] == [403, 201]
    assert ask(f"{url}?fileName={name}", "POST", mine, b"").status == 400
    latin = ask(f"{url}?fileName={name}", "POST", mine, "<Dimona>é</Dimona>".encode("latin-1"))
    assert (latin.status, "UTF-8" in latin.json()["issues"][0]["detail"]) == (400, True)
    assert ask(f"{url}?fileName={name}", "POST", mine, b"x" * (2 * 1024 * 1024 + 1)).status == 413


@pytest.mark.parametrize("bomb", [False, True], ids=["valid file", "bomb"])
async def test_a_compressed_upload_is_not_unpacked(sender: FileSender, bomb: bool) -> None:
    """Its bytes are no text, whatever the header says (threat T12)."""
    valid = file_of([cancel(UNKNOWN_PERIOD)], sender.endpoints.data.today)
    body = gzip.compress(bytes(50_000_000) if bomb else valid)
    url, mine = await asyncio.to_thread(program, sender, "provider")
    address, headers = f"{url}?fileName=FI.{sender.new_name()}", mine | {"Content-Encoding": "gzip"}
    assert (await asyncio.to_thread(ask, address, "POST", headers, body)).status == 400


async def dimona(sender: FileSender, *arguments: str) -> Result:
    """Run a command of an operator of the deployment."""
    environment = {"DIMONA_DATABASE_DSN": sender.endpoints.postgres_dsn}

    def invoke() -> Result:
        return CliRunner().invoke(commands, arguments, env=environment)

    return await asyncio.to_thread(invoke)

"""Signed files, from the folder IN to the acknowledgement, on a database and without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from xml.etree import ElementTree

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.files.handling.handler.pickup import Pickup
from services.files.handling.handler.reading import Reading
from services.files.handling.handler.writing import content_of
from services.files.handling.rules import Backlog
from services.files.handling.store.answers import load_unwritten, store_written
from services.files.transfer.channels.folders import Folders
from shared.runtime.database import transaction
from shared.runtime.stage import Stage
from shared.topology import Deployment
from tests.file_senders import cancel, file_of, query_of
from tests.outgoing import silent_stage
from tests.signing import Signer, authority

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

AUTHORITY = authority()
MOST = Backlog(1000, 10**9, 10**6)
_serials = count(1)


@dataclass
class Signed:
    """A deployment that asks for signatures, and an expeditor of it with its certificate."""

    endpoints: Endpoints
    stage: Stage
    folders: Folders
    expeditor: str
    signer: Signer

    @property
    def content(self) -> bytes:
        return file_of([cancel(600027876089)], self.endpoints.data.today)

    async def send(self, content: bytes, fs: bytes | None, kind: str = "DIMN") -> list[str | None]:
        """Put a file with its signature into the folder IN, and return the codes of its acknowledgement."""
        day, serial = self.endpoints.data.today, f"{next(_serials):05}"
        sending = f"{kind}.{self.expeditor}.{day:%Y%m%d}.{serial}.R.1"
        folder = self.folders.home(self.expeditor) / "IN"
        (folder / f"FI.{sending}.1").write_bytes(content)
        if fs is not None:
            (folder / f"FS.{sending}.1").write_bytes(fs)
        (folder / f"GO.{sending}").touch()
        await Pickup(self.folders, self.stage, MOST, [AUTHORITY.certificate]).run_once()
        await Reading(self.folders, self.stage, MOST.forms).run_once()
        assert list(folder.iterdir()) == list((self.folders.root / "taken").iterdir()) == []
        (answer,) = await load_unwritten(self.stage.pool, set())
        root = ElementTree.fromstring(b"".join(await content_of(self.stage.pool, answer)))  # noqa: S314
        async with transaction(self.stage.pool) as tx:
            await store_written(tx, answer.answer)
        assert answer.file_name == f"FI.{sending}.1"
        return [each.text for each in root.iter("ErrorID")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def signed(stack: Stack) -> AsyncIterator[Signed]:
    endpoints = await asyncio.to_thread(stack.provision, Deployment("signed"), "signed")
    client = endpoints.data.client_of("provider").client_id
    expeditor = next(each for each, known in endpoints.transfer.clients.items() if known == client)
    enterprise = endpoints.data.client_of("provider").organization
    async with silent_stage(endpoints, "files") as stage:
        folders = Folders.of(endpoints.transfer.folder, endpoints.deployment).make()
        yield Signed(endpoints, stage, folders, expeditor, AUTHORITY.issue(f"NTRBE-{enterprise}"))


async def test_a_signed_file_is_accepted_and_its_signature_is_kept(signed: Signed) -> None:
    fs = signed.signer.sign(signed.content)
    assert await signed.send(signed.content, fs) == []
    query = query_of("0477472701", signed.endpoints.data.today)
    assert await signed.send(query, signed.signer.sign(query), "PFRQ") == []
    kept = await signed.stage.pool.fetch("SELECT content FROM signatures WHERE reason IS NULL")
    assert fs in [row["content"] for row in kept]


async def test_a_file_without_a_right_signature_is_refused(signed: Signed) -> None:
    """None of its forms and no query counts."""
    content, query = signed.content, query_of("0477472701", signed.endpoints.data.today)
    assert await signed.send(content, None) == ["ACRF-122"]
    assert await signed.send(content, b"no signature") == ["ACRF-125"]
    assert await signed.send(content, signed.signer.sign(content + b" ")) == ["ACRF-125"]
    stranger = authority().issue("NTRBE-0477472701")
    assert await signed.send(content, stranger.sign(content)) == ["ACRF-125"]
    other = AUTHORITY.issue("NTRBE-0400767772")
    assert await signed.send(content, other.sign(content)) == ["ACRF-153"]
    assert await signed.send(query, None, "PFRQ") == ["ACRF-122"]
    counted = await signed.stage.pool.fetchrow(
        "SELECT (SELECT sum(forms) FROM files WHERE state = 'refused') AS forms, "
        "(SELECT count(*) FROM queries JOIN files USING (ticket) WHERE state = 'refused') AS queries"
    )
    assert counted is not None
    assert tuple(counted) == (0, 0)


async def test_a_file_can_have_a_wrong_signature_and_be_unreadable(signed: Signed) -> None:
    assert await signed.send(signed.content[:-9], None) == ["ACRF-122", "ACRF-102"]

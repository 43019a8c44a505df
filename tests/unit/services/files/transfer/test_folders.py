"""The folders on disk: which files a GO file starts, and repetitions after a crash."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

import pytest

from services.files.handling.handler import sweeping
from services.files.transfer.channels.folders import Folders, chunks_of, digest
from services.files.transfer.rules import FileName, Kind, parse_name
from shared.runtime import file_metrics
from shared.topology import Deployment

EXPEDITOR = "123456"
SENDING = f"DIMN.{EXPEDITOR}.20260213.00001"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders.of(tmp_path, Deployment()).make()


def put(folders: Folders, *names: str) -> None:
    for name in names:
        (folders.home(EXPEDITOR) / "IN" / name).write_bytes(name.encode())


def named(text: str) -> FileName:
    name = parse_name(text)
    assert name is not None
    return name


def left(folders: Folders) -> set[str]:
    return {path.name for path in (folders.home(EXPEDITOR) / "IN").iterdir()}


FILES = (f"FI.{SENDING}.R.1.1", f"FI.{SENDING}.R.1.2")
GO = f"GO.{SENDING}.R.1"
START = named(GO)


def test_a_go_file_takes_the_files_of_its_sending(folders: Folders) -> None:
    other = f"FI.{SENDING}.R.2.1"
    put(folders, *FILES, f"FS.{SENDING}.R.1.1", GO, other, "FI.filepart")
    incoming = folders.scan(EXPEDITOR)[START.sending]
    assert incoming.commands == {Kind.START: START}
    assert folders.begin(START, incoming)
    assert [name.kind for name in folders.taken()] == [Kind.START]
    folders.take_sending(START, incoming)
    assert sorted(name.text for name in folders.taken()) == sorted((*FILES, f"FS.{SENDING}.R.1.1"))
    assert left(folders) == {other, "FI.filepart"}


def test_a_signature_stays_as_long_as_its_file(folders: Folders) -> None:
    put(folders, *FILES, GO)
    signature = folders.path_in(EXPEDITOR, f"FS.{SENDING}.R.1.1")
    signature.write_bytes(b"signature")
    folders.uploads.begin(signature)
    assert not begin(folders), "a session writes the signature"
    folders.uploads.end(signature)
    assert begin(folders)
    folders.take_sending(START, folders.scan(EXPEDITOR)[START.sending])
    folders.drop_signatures()
    assert [folders.signature_of(named(file)) for file in FILES] == [b"signature", None]
    folders.spool(named(FILES[0]), "T")
    folders.drop_signatures()
    assert folders.signature_of(named(FILES[0])) is None


def begin(folders: Folders) -> bool:
    """Scan the folder, and take the GO file if its files are there."""
    return folders.begin(START, folders.scan(EXPEDITOR)[START.sending])


def test_a_go_file_waits_for_its_files(folders: Folders) -> None:
    put(folders, GO)
    assert not begin(folders)
    assert folders.scan(EXPEDITOR)[START.sending].waits_since <= time.time()
    put(folders, FILES[0])
    path = folders.path_in(EXPEDITOR, FILES[0])
    folders.uploads.begin(path)
    assert not begin(folders), "a session writes the file"
    folders.uploads.end(path)
    assert begin(folders)


def test_files_that_change_after_the_scan_are_not_taken(folders: Folders) -> None:
    """The scan is made in a thread, while sessions go on."""
    put(folders, *FILES, GO)
    incoming = folders.scan(EXPEDITOR)[START.sending]
    path = folders.path_in(EXPEDITOR, FILES[0])
    folders.uploads.begin(path)
    assert not folders.begin(START, incoming), "it was opened again"
    folders.uploads.end(path)
    path.unlink()
    assert not folders.begin(START, incoming), "it was removed"
    put(folders, FILES[0])
    folders.path_in(EXPEDITOR, GO).unlink()
    assert not folders.begin(START, incoming), "the GO file was removed"
    assert left(folders) == set(FILES)


def test_a_file_of_one_name_is_in_work_once(folders: Folders) -> None:
    """A second file of this name waits, so that it does not replace the first one."""
    for _ in range(2):
        put(folders, FILES[0], GO)
        if begin(folders):
            folders.take_sending(START, folders.scan(EXPEDITOR)[START.sending])
    assert left(folders) == {FILES[0], GO}
    (name,) = folders.taken()
    folders.spool(name, "38A")
    assert begin(folders)


def test_a_td_file_deletes_the_files_of_its_sending(folders: Folders) -> None:
    other = f"FI.{SENDING}.R.2.1"
    cancel = named(f"TD.{SENDING}.R.1")
    put(folders, *FILES, GO, other, cancel.text)
    folders.drop_sending(cancel, folders.scan(EXPEDITOR)[cancel.sending])
    assert left(folders) == {other}


def test_an_answer_appears_complete(folders: Folders) -> None:
    """Its empty GO file comes after it; a repetition writes an equal file."""
    folder, name = folders.home(EXPEDITOR) / "OUT", "FO.ACRF.999999.20260213.00001.R"
    for _ in range(2):
        folders.write_answer(folder, name, iter([b"<A", b"/>"]))
    assert (folder / name).read_bytes() == b"<A/>"
    assert sorted(path.name for path in folder.iterdir()) == [name, name.replace("FO", "GO", 1)]
    assert digest(folder / name)[1] == len(b"".join(chunks_of(folder / name)))


def age(path: Path, seconds: float) -> None:
    """Set the modification time of a file into the past."""
    os.utime(path, times=(time.time() - seconds, time.time() - seconds))


def test_old_answers_are_deleted(folders: Folders) -> None:
    folder = folders.home(EXPEDITOR) / "OUT"
    for name, seconds in (("FO.old", 100), ("FO.new", 10)):
        (folder / name).touch()
        age(folder / name, seconds)
    put(folders, FILES[0])
    age(folders.path_in(EXPEDITOR, FILES[0]), 1000)
    assert folders.delete_answers(50) == 1
    assert [path.name for path in folder.iterdir()] == ["FO.new"]
    assert left(folders) == {FILES[0]}, "files of the expeditor stay"


def test_answers_in_the_folders_of_an_expeditor_are_measured(folders: Folders) -> None:
    assert folders.size_of_answers(EXPEDITOR) == 0
    for name, size in (("FO.one", 0), ("FO.two", 10_000)):
        (folders.home(EXPEDITOR) / "OUT" / name).write_bytes(b"x" * size)
    put(folders, FILES[0])
    assert folders.size_of_answers(EXPEDITOR) == 4096 + 10_000, "an empty file takes a block of the disk"


async def test_uploads_without_an_end_are_deleted(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that wait for their processing stay: files with a right name, and uploads with a row."""
    partial, growing = f"{FILES[0]}.filepart", f"{FILES[1]}.part"
    put(folders, *FILES, partial, f"{GO}.tmp", growing)
    for ticket in ("38A", "38B", "38C"):
        folders.keep(ticket, b"<Dimona/>")
    paths = [*folders.path_in(EXPEDITOR, "").iterdir(), *(folders.root / "unfinished").iterdir()]
    for path in paths:
        age(path, 1000 if path.name not in (growing, "38C") else 10)
    folders.uploads.begin(folders.path_in(EXPEDITOR, f"{GO}.tmp"))

    async def find_tickets(_: object, texts: Collection[str]) -> set[str]:
        return {"38A"} & set(texts)

    monkeypatch.setattr(sweeping, "find_tickets", find_tickets)
    before = file_metrics.FILE_UPLOADS_DELETED._value.get()
    await sweeping.sweep(folders, cast("Any", None), 50, 50)
    assert left(folders) == {*FILES, f"{GO}.tmp", growing}
    assert {path.name for path in (folders.root / "unfinished").iterdir()} == {"38A", "38C"}
    assert file_metrics.FILE_UPLOADS_DELETED._value.get() == before + 2


def test_each_environment_has_the_folders_of_its_answers(tmp_path: Path) -> None:
    def made(deployment: Deployment, root: Path) -> set[str]:
        return {path.name for path in Folders.of(root, deployment).home(EXPEDITOR).iterdir()}

    assert made(Deployment(), tmp_path / "real") == {"IN", "OUT"}
    assert made(Deployment("dimona.sim"), tmp_path / "sim") == {"IN", "OUTTEST", "OUTTEST-S"}

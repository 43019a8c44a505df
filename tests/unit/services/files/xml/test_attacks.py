"""Hostile and damaged files are refused at once, in little memory and without effect (threats T11, T12)."""

from __future__ import annotations

import gc
import gzip
import io
import random
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lxml import etree

from services.files.xml.noti import FileReference, notification_file, refusal_form
from services.files.xml.parsing import Limits
from services.files.xml.pfreq import read_request
from services.files.xml.reading import UnreadableFileError, count_forms, read_forms
from tests.unit.builders import RECEIVED
from tests.unit.services.files.xml.forms import CANCEL, HEAD, IN, REFERENCE, TODAY, XSI, file_of, read

QUICK = 0.05  # seconds of CPU, so that a busy machine does not decide
FORMS = 5_000  # mutated files
MOST_GROWTH = 10_000  # kB
ATTRIBUTES = " ".join(f"a{n}=''" for n in range(50_000))
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def attack(document: str) -> Callable[[str, int], bytes]:
    """Return a document with the path of a secret file and the port of a listener in it."""
    return lambda secret, port: document.replace("SECRET", secret).replace("PORT", str(port)).encode()


def archive_of(name: str, content: bytes, mode: int = 0o644) -> bytes:
    """Return an archive with one member. Mode 0o120777 makes it a link to its content."""
    file, member = io.BytesIO(), zipfile.ZipInfo(name)
    member.external_attr, member.compress_type = mode << 16, zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, content)
    return file.getvalue()


def nested_archive() -> bytes:
    """Return an archive of archives that would have 10 GB after five levels."""
    content = bytes(10_000_000)
    for level in range(5):
        content = archive_of(f"{level}.zip", content) * 4
    return content


#: By name: the document, and the reason for which it is refused.
DOCUMENTS: dict[str, tuple[Callable[[str, int], bytes], str]] = {
    "external file entity": (
        attack('<!DOCTYPE Dimona [<!ENTITY x SYSTEM "file://SECRET">]><Dimona><Form>&x;</Form></Dimona>'),
        "102",
    ),
    "external address entity": (
        attack('<!DOCTYPE d [<!ENTITY x SYSTEM "http://127.0.0.1:PORT/">]><Dimona><Form>&x;</Form></Dimona>'),
        "102",
    ),
    "external document type": (
        attack('<!DOCTYPE Dimona SYSTEM "http://127.0.0.1:PORT/d.dtd"><Dimona><Form/></Dimona>'),
        "102",
    ),
    "parameter entity": (
        attack('<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:PORT/p">%p;]><Dimona><Form/></Dimona>'),
        "102",
    ),
    "empty document type": (attack("<!DOCTYPE Dimona><Dimona><Form/></Dimona>"), "102"),
    "billion laughs": (
        attack(f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]><Dimona><Form>&l9;</Form></Dimona>'),
        "102",
    ),
    "quadratic growth": (
        attack(f'<!DOCTYPE d [<!ENTITY a "{"a" * 50_000}">]><Dimona>{"&a;" * 50_000}</Dimona>'),
        "102",
    ),
    "unknown entity": (attack("<Dimona><Form>&x;</Form></Dimona>"), "102"),
    "deep nesting": (attack(f"<Dimona><Form>{'<a>' * 100_000}"), "102"),
    "wide form": (attack(f"<Dimona><Form>{'<a/>' * 100_000}</Form></Dimona>"), "102"),
    "style sheet": (
        attack('<?xml-stylesheet href="http://127.0.0.1:PORT/x.xsl"?><Dimona><Form/></Dimona>'),
        "102",
    ),
    "inclusion": (
        attack('<Dimona><Form><x:include xmlns:x="http://x" href="file://SECRET"/></Form></Dimona>'),
        "139",
    ),
    "included root": (
        attack('<x:Dimona xmlns:x="http://127.0.0.1:PORT/"><Form/></x:Dimona>'),
        "089",
    ),
    "schema of the attacker": (
        attack(f'<Dimona {XSI} xsi:noNamespaceSchemaLocation="http://127.0.0.1:PORT/a.xsd"><Form/></Dimona>'),
        "088",
    ),
    "default namespace": (attack('<Dimona xmlns="http://127.0.0.1:PORT/"><Form/></Dimona>'), "139"),
    "wide encoding": (lambda *_: "<!DOCTYPE d><Dimona/>".encode("utf-16"), "138"),
    "encoding with shifts": (attack('<?xml version="1.0" encoding="utf-7"?>+ADw-Dimona/+AD4-'), "138"),
    "long tag": (attack(f"<Dimona><Form><{'a' * 200_000}"), "102"),
    "long comment": (attack(f"<Dimona><!--{'a' * 200_000}"), "102"),
    "many attributes": (attack(f"<Dimona {ATTRIBUTES}/>"), "102"),
    "long text": (attack(f"<Dimona><Form>{'a' * 200_000}</Form></Dimona>"), "102"),
    "compressed bomb": (lambda *_: gzip.compress(bytes(10_000_000)), "102"),
    "archive in an archive": (lambda *_: nested_archive(), "102"),
    "archive with a path": (lambda secret, _: archive_of(f"../../..{secret}", b"<Dimona/>"), "102"),
    "archive with a link": (lambda secret, _: archive_of("Dimona.xml", secret.encode(), 0o120777), "102"),
    "zeros": (lambda *_: bytes(1_000), "138"),
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Yield a socket that listens and at which no connection should arrive."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@contextmanager
def without_collector() -> Iterator[None]:
    """Measure without the collector of cycles, which looks at the objects of all tests of this process."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_attack_is_refused_at_once_and_opens_nothing(
    name: str, listener: socket.socket, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET OF THE SERVER")
    document, reason = DOCUMENTS[name]
    content = document(str(secret), listener.getsockname()[1])
    for consume in (lambda: list(read_forms([content], TODAY)), lambda: [count_forms([content])]):
        with without_collector():
            began = time.thread_time()
            with pytest.raises(UnreadableFileError) as refused:
                consume()
            assert time.thread_time() - began < QUICK
        assert refused.value.code == f"90372-{reason}"
        assert "SECRET" not in refused.value.detail
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_control_a_careless_reader_opens_a_connection(listener: socket.socket) -> None:
    """The listener would notice a parser that follows addresses."""
    with socket.create_connection(listener.getsockname()) as reader:
        listener.setblocking(True)
        connection, address = listener.accept()
        connection.close()
        assert address == reader.getsockname()


#: Parts of endless files: the beginning, and a part that is repeated until 20 MB are read or refused.
ENDLESS = [
    "<Dimona><!--,a", "<Dimona><Form>,a", "<Dimona><Form>,<a>", "<Dimona><Form>,<a/>", "<Dimona>, ",
    "<Dimona><?a ,a", '<Dimona a=",a', '<!DOCTYPE a [<!ENTITY b ",c', "<Dimona>,<Form/>", "<Dimona><Form a,a",
]  # fmt: skip
PROGRAM = """
import resource, sys
from datetime import date
from services.files.xml.parsing import Limits
from services.files.xml.reading import UnreadableFileError, read_forms
def endless(part):
    begin, unit = part.split(",")
    yield begin.encode()
    piece = (unit * 65_536)[:65_536 - 65_536 % len(unit)].encode()
    for _ in range(320):
        yield piece
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
list(read_forms([b"<Dimona><Form/></Dimona>"], date(2026, 2, 20)))
before = peak()
for part in sys.argv[1:]:
    try:
        for form in read_forms(endless(part), date(2026, 2, 20), Limits(forms=20_000)):
            pass
    except UnreadableFileError as refused:
        print(refused.code)
print(peak() - before)
"""


def test_endless_files_need_little_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *ENDLESS], capture_output=True, text=True, check=False
    )
    *codes, growth = done.stdout.split()
    assert (len(codes), done.stderr) == (len(ENDLESS), "")
    assert set(codes) == {"90372-102", "90372-172"}
    assert int(growth) < MOST_GROWTH


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(size=1_000), "184"),
        (Limits(forms=1), "172"),
        (Limits(depth=3), "102"),
        (Limits(elements=20), "102"),
        (Limits(text=100), "102"),
    ],
    ids=["bytes", "forms", "levels", "elements", "text"],
)
def test_each_limit_refuses_the_file(limits: Limits, reason: str) -> None:
    content = file_of(f"{HEAD}{IN}", f"{HEAD}{IN}")
    for consume in (
        lambda: list(read_forms([content], TODAY, limits)),
        lambda: [count_forms([content], limits)],
    ):
        with pytest.raises(UnreadableFileError) as refused:
            consume()
        assert refused.value.code == f"90372-{reason}"
    assert len(read(content)) == 2


def test_a_file_that_is_cut_anywhere_is_refused_with_its_place() -> None:
    content = file_of(f"{HEAD}{REFERENCE}{CANCEL}", f"{HEAD}{CANCEL}")
    for length in range(len(content) - len(b"</Dimona>"), 0, -1):
        with pytest.raises(UnreadableFileError) as refused:
            list(read_forms([content[:length]], TODAY))
        assert refused.value.code in ("90372-102", "90372-001")
        assert refused.value.line is not None


SEEDS = [
    file_of(f"{HEAD}{REFERENCE}{IN}", f"{HEAD}{CANCEL}"),
    file_of(f"{HEAD}{IN}").replace(b"UTF-8", b"ISO-8859-1"),
    f"<PersonnelFileConsultationRequest {XSI}><Form>{HEAD}{REFERENCE}<EmployerId/></Form>"
    "</PersonnelFileConsultationRequest>".encode(),
]
TOKENS = [
    b"<", b">", b"</", b"/>", b"&", b"&#0;", b"&#x10FFFF;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?x?>",
    b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3", b'a="b"', b"xmlns='u'", b"<!DOCTYPE a>", b"9" * 400, b"<Form>",
    b"</Form>", b"<DimonaIn/>", b"<INSS>1</INSS>", b" ", "\u2028".encode(),
]  # fmt: skip


LEAF = re.compile(rb"<(\w+)>([^<]*)</\1>")
TEXTS = [
    b"", b" ", b"0", b"-1", b"9" * 30, b"2026-02-30", b"x" * 2_000, b"&lt;", "\u20ac".encode(), b"<a>1</a>"
]  # fmt: skip


def rearranged(content: bytes, chance: random.Random) -> bytes:
    """Return a file with changed elements: removed, doubled, replaced, renamed, or with another text."""
    for _ in range(chance.randint(1, 3)):
        leaves = list(LEAF.finditer(content))
        leaf, other = chance.choice(leaves), chance.choice(leaves)
        changes = [
            b"",
            leaf[0] * 2,
            other[0],
            leaf[0].replace(leaf[1], other[1]),
            leaf[0].replace(b">" + leaf[2] + b"<", b">" + chance.choice(TEXTS) + b"<"),
            leaf[0].replace(b">", b" nil='true'>", 1),
        ]
        content = content[: leaf.start()] + chance.choice(changes) + content[leaf.end() :]
    return content


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a file with some changes of bytes: a part removed, doubled or overwritten, or a token put in."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(changed) + 1)
        end = min(len(changed), start + chance.choice([1, 2, 10, 100]))
        part = bytes(changed[start:end])
        changed[start:end] = chance.choice(
            [b"", part * 2, chance.randbytes(end - start), part + chance.choice(TOKENS)]
        )
    return bytes(changed)


def test_mutated_files_are_read_or_refused() -> None:
    """No mutated file raises another error, and a refusal for its forms can always be written."""
    chance = random.Random(13)
    file = FileReference("FI.DIMN.123456.20260220.00001.R.1.1", "T", "123456", RECEIVED)
    outcomes = {"refused file": 0, "refused form": 0, "declaration": 0, "request": 0}
    for nth in range(FORMS):
        content = chance.choice([rearranged, damaged])(SEEDS[nth % len(SEEDS)], chance)
        try:
            if b"<Personnel" in content[:200]:
                read_request([content], TODAY)
                outcomes["request"] += 1
                continue
            forms = list(read_forms([content], TODAY))
            assert count_forms([content]) == len(forms)
        except UnreadableFileError:
            outcomes["refused file"] += 1
            with pytest.raises(UnreadableFileError):
                count_forms([content])
            continue
        for form in forms:
            assert (form.declared is None) == bool(form.anomalies)
            outcomes["refused form" if form.anomalies else "declaration"] += 1
            if form.anomalies:
                etree.fromstring(b"".join(notification_file([refusal_form(file, form, RECEIVED)])))
    assert all(count > 50 for count in outcomes.values()), outcomes

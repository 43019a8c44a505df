"""Complaints without a login: limited per source, and no text of a stranger in an official letter."""

from __future__ import annotations

from datetime import date

import pytest

from services.contact.complaint.rules import (
    BURST,
    SECONDS_EACH,
    Purpose,
    Sources,
    letter,
    salutation,
)
from shared.runtime.rate import source_of


def test_one_source_does_not_block_another() -> None:
    sources = Sources()
    answers = [sources.wait("192.0.2.1", 100.0) for _ in range(1000)]
    assert answers[:BURST] == [0.0] * BURST
    assert set(answers[BURST:]) == {SECONDS_EACH}
    assert sources.wait("192.0.2.2", 100.0) == 0.0


def test_a_source_may_send_again_after_the_given_seconds() -> None:
    sources = Sources()
    while not (wait := sources.wait("192.0.2.1", 100.0)):
        pass
    assert sources.wait("192.0.2.1", 100.0 + wait - 1) > 0
    assert sources.wait("192.0.2.1", 100.0 + wait) == 0.0
    assert sources.wait("192.0.2.1", 100.0 + wait) > 0


def test_many_sources_use_bounded_memory() -> None:
    sources = Sources()
    for n in range(20_000):
        sources.wait(str(n), 0.0)
    assert len(sources._free_at) == 10_000


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("testclient", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_source_is_an_address_or_a_network_of_one_customer(host: str | None, source: str) -> None:
    assert source_of(host) == source


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Odile D'Hondt-Müller", "Odile D'Hondt-Müller"),
        ("J.P. Jansens", "J. P. Jansens"),
        ("Odile\r\n\r\nPay at https://evil.example/x now", "Odile Pay at https evil. example x now"),
        ("Odile\u2028\u202emoc.live", "Odile moc. live"),
        ("<a href='x'>Odile</a>", "a href 'x' Odile a"),
        ("odile@evil.example", "odile evil. example"),
        ("x" * 200, "x" * 80),
        ("1234 //", ""),
    ],
)
def test_a_name_is_one_line_without_links(name: str, written: str) -> None:
    assert salutation(name) == written
    words = letter(Purpose.ACKNOWLEDGEMENT, "en", name, "4711", date(2026, 3, 25), assigned=False)
    first, _, rest = words.body.partition("\n\n")
    assert first == f"{written}," if written else words.body.startswith("We have received")
    assert "\n\n" not in rest

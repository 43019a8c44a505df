"""No number of a person is in a log line, in any form of the call (threat T21)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime import metrics
from shared.runtime.logs import about, configure, masked
from shared.runtime.parts import PartEndedError

BORN_BEFORE_2000 = "85073003328"
BORN_SINCE_2000 = f"030405017{97 - 2_030_405_017 % 97:02}"
BIS = f"854730033{97 - 854_730_033 % 97:02}"
NUMBERS = (BORN_BEFORE_2000, BORN_SINCE_2000, BIS)
HUMAN = "85.07.30-033.28"


@dataclass(frozen=True)
class Person:
    """An object that JSON cannot represent."""

    ssin: str


def ssins() -> st.SearchStrategy[str]:
    """Return valid numbers of both centuries."""

    def number(first: int, later: bool) -> str:
        return f"{first:09}{97 - (2_000_000_000 * later + first) % 97:02}"

    return st.builds(number, st.integers(0, 999_999_999), st.booleans())


@pytest.fixture(autouse=True)
def _configuration() -> Iterator[None]:
    """Restore the logging configuration of this process."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def configured() -> Any:
    """Return a logger as services have it; the shared one keeps the first stdout."""
    configure("test")
    return structlog.get_logger()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the lines logged since the last call."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("number", [*NUMBERS, HUMAN, "85 07 30 033 28", "850730-033.28"])
def test_a_number_is_masked_in_any_notation(number: str) -> None:
    assert masked(f"worker {number}, again: <{number}>") == "worker [ssin], again: <[ssin]>"


@pytest.mark.parametrize(
    "text",
    [
        "85073003329",  # its check digits are wrong
        "185073003328",  # twelve digits: a Dimona number
        "2026-11-22T08:13:01.123456Z",
        "0123456789",  # an enterprise number
    ],
)
def test_other_numbers_are_not_masked(text: str) -> None:
    assert masked(text) == text


@given(ssins(), st.text(st.characters(exclude_categories=["Nd"]), max_size=5))
def test_every_valid_number_is_masked(number: str, around: str) -> None:
    assert number not in masked(f"{around}x{number}x{around}")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_masked_anywhere_in_a_line(capsys: pytest.CaptureFixture[str], number: str) -> None:
    log = configured()
    sentence = f"worker {number}"
    log.info(sentence, value=number, plain=int(number) if number[0] != "0" else number)
    log.info("nested", deep={"list": [number, (number,), {number}], number: 1}, person=Person(number))
    log.info("in bytes", body=f'{{"ssin": "{number}"}}'.encode())
    log.warning("failed", error=ValueError(number))
    said = lines(capsys)
    assert len(said) == 4
    assert number not in json.dumps(said)
    assert json.dumps(said).count("[ssin]") == 9
    assert said[3]["error_type"] == "ValueError"


def test_our_own_errors_are_quoted_and_others_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    log = configured()
    log.critical("service_failed", error=PartEndedError("run `dimona migrate` first: intake/0002_open.sql"))
    log.critical("service_failed", error=RuntimeError("row (Peeters, Jan)"))
    ours, other = lines(capsys)
    assert ours["error"] == "run `dimona migrate` first: intake/0002_open.sql"
    assert ours["error_type"] == "PartEndedError"
    assert other["error_type"] == "RuntimeError"
    assert "Peeters" not in json.dumps(other)


def test_other_values_keep_their_type(capsys: pytest.CaptureFixture[str]) -> None:
    log = configured()
    log.info("settled", declarations=[185073003328], waiting=0, late=True, share=0.5, none=None)
    (said,) = lines(capsys)
    assert said["declarations"] == [185073003328]
    assert (said["waiting"], said["late"], said["share"], said["none"]) == (0, True, 0.5, None)


def test_the_text_of_a_library_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    try:
        raise KeyError(BORN_BEFORE_2000)
    except KeyError:
        logging.getLogger("some.library").exception("row %s", BORN_BEFORE_2000)
    (said,) = lines(capsys)
    assert BORN_BEFORE_2000 not in json.dumps(said)
    assert (said["logger"], said["error_type"]) == ("some.library", "KeyError")


def test_control_without_the_mask_the_number_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Control: the search for numbers above finds them."""
    plain = structlog.wrap_logger(
        structlog.PrintLogger(), processors=[structlog.processors.JSONRenderer()], context_class=dict
    )
    plain.info("x", value=BORN_BEFORE_2000, person=Person(BORN_BEFORE_2000))
    assert capsys.readouterr().out.count(BORN_BEFORE_2000) == 2


@dataclass(frozen=True)
class Declaration:
    """The number of a declaration, as messages hold it."""

    number: int


@dataclass(frozen=True)
class Admitted:
    """A message about a declaration."""

    declaration: Declaration


def test_a_line_about_one_message_holds_its_declaration_number(capsys: pytest.CaptureFixture[str]) -> None:
    log = configured()
    with about([Admitted(Declaration(605114838201))]):
        log.info("parked")
    log.info("later")
    parked, later = lines(capsys)
    assert parked["declaration"] == 605114838201
    assert "declaration" not in later


def test_a_line_about_a_batch_lists_its_declarations(capsys: pytest.CaptureFixture[str]) -> None:
    log = configured()
    with about([Admitted(Declaration(605114838201)), Declaration(605114838302), "no declaration"]):
        log.info("split")
        with about([Declaration(605114838302)]):
            log.info("alone")
        log.info("named", declaration=7)
    split, alone, named = lines(capsys)
    assert split["declarations"] == [605114838201, 605114838302]
    assert (alone["declaration"], "declarations" in alone) == (605114838302, False)
    assert named["declaration"] == 7


def test_repeated_lines_of_a_library_are_limited(capsys: pytest.CaptureFixture[str]) -> None:
    """A stranger can make the accept loop log any number of times (threat T14)."""
    configured()
    before = metrics.LOG_SUPPRESSED._value.get()
    for _ in range(1000):
        logging.getLogger("asyncio").error("socket.accept() out of system resource")
    logging.getLogger("asyncio").error("another place")
    assert len(lines(capsys)) == 11
    assert metrics.LOG_SUPPRESSED._value.get() == before + 990

"""`dimona gen` prints numbers that the rules of the system accept, and other libraries too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stdnum.be import bis, nn, vat
from typer.testing import CliRunner

from services.cli.main import commands
from shared.domain.identifiers import (
    looks_provisional,
    parse_employer_id,
    parse_enterprise_number,
    parse_ssin,
)

MANY = ("--count", "200")


def printed(*arguments: str) -> list[str]:
    done = CliRunner().invoke(commands, ["gen", *arguments])
    assert done.exit_code == 0, done.output
    return done.output.split()


@pytest.mark.parametrize(
    ("arguments", "accepts"),
    [
        (("niss",), lambda number: parse_ssin(number) and nn.is_valid(number)),
        (("bis",), lambda number: parse_ssin(number) and bis.is_valid(number)),
        (("enterprise",), lambda number: parse_enterprise_number(number) and vat.is_valid(number)),
        (("employer",), lambda number: parse_employer_id(int(number)) and len(number) < 10),
        (("employer", "--provisional"), lambda n: parse_employer_id(int(n)) and looks_provisional(int(n))),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_numbers_are_valid(arguments: tuple[str, ...], accepts: Callable[[str], bool]) -> None:
    numbers = printed(*arguments, *MANY)
    assert len(numbers) == 200
    assert all(accepts(number) for number in numbers)


@pytest.mark.parametrize(("gender", "odd"), [("f", False), ("m", True)])
@pytest.mark.parametrize(("born", "beginning"), [("1999-12-31", "991231"), ("2003-02-01", "030201")])
def test_a_number_tells_birth_date_and_sex(born: str, beginning: str, gender: str, odd: bool) -> None:
    for number in printed("niss", "--born", born, "--gender", gender, *MANY):
        assert number.startswith(beginning)
        assert int(number[6:9]) % 2 == odd
        assert str(nn.get_birth_date(number)) == born


@pytest.mark.parametrize("wrong", [("--born", "31/12/1999"), ("--gender", "x")])
def test_a_wrong_wish_is_refused(wrong: tuple[str, str]) -> None:
    assert CliRunner().invoke(commands, ["gen", "niss", *wrong]).exit_code == 2

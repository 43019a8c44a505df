"""`dimona gen`: invented numbers with right check digits, for tests."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Annotated, Final

import typer

from shared.domain.identifiers import parse_employer_id, parse_enterprise_number, parse_ssin

gen = typer.Typer(no_args_is_help=True, help="Invent valid numbers of persons and enterprises.")

CountOption = Annotated[int, typer.Option("--count", min=1, max=1000, help="How many.")]
BornOption = Annotated[str, typer.Option("--born", metavar="YYYY-MM-DD", help="By default a day from 1960.")]
GenderOption = Annotated[str, typer.Option("--gender", help="f or m.")]

#: Months of bis numbers: 20 more when the sex is unknown, 40 more when it is known.
_BIS_MONTHS: Final = 40
_DAYS: Final = 45 * 365


@gen.command()
def niss(born: BornOption = "", gender: GenderOption = "", count: CountOption = 1) -> None:
    """Print invented NISS of the national register."""
    _print_ssins(born, gender, count, 0)


@gen.command()
def bis(born: BornOption = "", gender: GenderOption = "", count: CountOption = 1) -> None:
    """Print invented numbers of the bis register. The month in them is 40 higher than the month of birth."""
    _print_ssins(born, gender, count, _BIS_MONTHS)


@gen.command()
def enterprise(count: CountOption = 1) -> None:
    """Print invented enterprise numbers.

    The check digits are 97 minus the remainder of the first eight digits modulo 97.
    """
    for _ in range(count):
        body = f"{random.randrange(2_000_000, 20_000_000):08}"  # noqa: S311 - no secret
        print(next(n for n in _checked(body) if parse_enterprise_number(n)))


@gen.command()
def employer(
    count: CountOption = 1,
    provisional: Annotated[bool, typer.Option("--provisional", help="Ten digits, from 5.")] = False,
) -> None:
    """Print invented NSSO numbers of employers. The remainder of such a number modulo 97 is 96."""
    lowest, highest = (50_000_010, 59_999_990) if provisional else (1_010, 1_999_990)
    for _ in range(count):
        body = str(random.randrange(lowest, highest))  # noqa: S311 - no secret
        print(next(n for n in _checked(body) if parse_employer_id(int(n))))


def _print_ssins(born: str, gender: str, count: int, months: int) -> None:
    if gender not in ("", "f", "m"):
        raise typer.BadParameter("the gender is f or m")
    for _ in range(count):
        day = _day(born)
        serial = random.randrange(499) * 2 + {"f": 2, "m": 1}.get(gender, random.choice((1, 2)))  # noqa: S311
        body = f"{day.year % 100:02}{day.month + months:02}{day.day:02}{serial:03}"
        print(_ssin(body, day.year))


def _ssin(body: str, year: int) -> str:
    """Return the number with its check digits.

    For a birth in 2000 or later, they are computed with the digit 2 before the number.
    """
    check = 97 - int(("2" if year >= 2000 else "") + body) % 97
    number = f"{body}{check:02}"
    assert parse_ssin(number), number
    return number


def _day(born: str) -> date:
    if not born:
        return date(1960, 1, 1) + timedelta(random.randrange(_DAYS))  # noqa: S311 - no secret
    try:
        return date.fromisoformat(born)
    except ValueError:
        raise typer.BadParameter("the day is written YYYY-MM-DD") from None


def _checked(body: str) -> list[str]:
    """Return 100 numbers: these first digits with each pair of check digits from 00 to 99."""
    return [f"{body}{check:02}" for check in range(100)]

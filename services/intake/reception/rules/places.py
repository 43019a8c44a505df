"""Rows of the rule table about two addresses of an IN: the user undertaking, a student's place of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from services.intake.reception.rules.facts import Facts, names_a_city
from services.intake.reception.rules.row import IN, Predicate, Row, is_bad_text
from services.intake.reception.rules.worker import (
    bad_box_number,
    bad_city,
    bad_country_of,
    bad_house_number,
    bad_post_code,
    bad_street,
)
from shared.domain.declared import Address
from shared.domain.features import STUDENT, TEMPORARY_AGENCY_WORK

Find = Callable[[Facts], Address | None]
Given = Callable[[Address], bool]
Bad = Callable[[Address | None, date], bool]

#: Zone → field, test for a given value, test for a bad value.
_ZONES: Final[dict[str, tuple[str, Given, Bad]]] = {
    "00517": ("street", lambda a: a.street is not None, lambda a, _: bad_street(a, 42)),
    "00518": ("houseNumber", lambda a: a.house_number is not None, lambda a, _: bad_house_number(a)),
    "00519": ("boxNumber", lambda a: a.box_number is not None, lambda a, _: bad_box_number(a)),
    "00520": ("postCode", lambda a: a.post_code is not None, lambda a, _: bad_post_code(a)),
    "00522": ("municipality", names_a_city, bad_city),
    "00523": ("country", lambda a: a.country is not None, lambda a, _: bad_country_of(a)),
}
_OPTIONAL: Final = frozenset({"00519"})
_EMPTY: Final = Address()


def _of_user(f: Facts) -> Address | None:
    return f.user.address if f.user is not None else None


def _needed_for_user(f: Facts) -> bool:
    """Return whether the address of the user undertaking is compulsory.

    It is compulsory in work through a temporary agency, if the declaration does not give the number of the
    user, or if it gives a part of the address.
    """
    if f.joint_commission != TEMPORARY_AGENCY_WORK:
        return False
    return f.user_number is None or _of_user(f) is not None


def _of_student(f: Facts) -> Address | None:
    return f.place_of_work.address if f.place_of_work is not None else None


def _needed_for_student(f: Facts) -> bool:
    """Return whether the address of the place of work is compulsory.

    It is compulsory for a student, if the declaration has the block with the name and the address of the
    place of work.
    """
    return f.worker_type == STUDENT and f.place_of_work is not None


def _rows_of(path: str, address: Find, needed: Predicate, forbidden: Predicate) -> Iterator[Row]:
    for zone, (field, given, bad) in _ZONES.items():
        if zone not in _OPTIONAL:
            yield Row(f"{zone}-001", IN, f"{path}.{field}", _missing(address, needed, given))
        yield Row(f"{zone}-003", IN, f"{path}.{field}", _wrong(address, bad))
        yield Row(f"{zone}-005", IN, f"{path}.{field}", _out_of_place(address, forbidden, given))


def _missing(address: Find, needed: Predicate, given: Given) -> Predicate:
    return lambda f: needed(f) and not given(address(f) or _EMPTY)


def _wrong(address: Find, bad: Bad) -> Predicate:
    return lambda f: bad(address(f), f.today)


def _out_of_place(address: Find, forbidden: Predicate, given: Given) -> Predicate:
    return lambda f: (found := address(f)) is not None and forbidden(f) and given(found)


USER_ROWS: Final = tuple(
    _rows_of(
        ".features.usingEmployer.address",
        _of_user,
        _needed_for_user,
        lambda f: f.joint_commission != TEMPORARY_AGENCY_WORK,
    )
)

STUDENT_ROWS: Final = (
    Row(
        "00776-003",
        IN,
        ".studentPlaceOfWork.name",
        lambda f: f.place_of_work is not None and is_bad_text(f.place_of_work.name, 96),
    ),
    Row(
        "00776-005",
        IN,
        ".studentPlaceOfWork.name",
        lambda f: (
            f.place_of_work is not None and f.place_of_work.name is not None and f.worker_type != STUDENT
        ),
    ),
    *_rows_of(
        ".studentPlaceOfWork.address", _of_student, _needed_for_student, lambda f: f.worker_type != STUDENT
    ),
)

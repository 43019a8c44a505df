"""Identifiers: published examples, and the laws of numbers and keys."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.identifiers import (
    DimonaNumbers,
    EnterpriseNumber,
    looks_provisional,
    order_key,
    order_key_of_in,
    parse_dimona_number,
    parse_employer_id,
    parse_enterprise_number,
    parse_ssin,
    pseudonym,
    with_check,
)

KEY = b"a key of the tests, not a secret"
OTHER_KEY = b"another key of the tests, as long"
PRODUCTION = DimonaNumbers(KEY)
GOLDEN = [702559828024, 582073331289, 888790024354]
SIMULATION = DimonaNumbers(KEY, simulation=True)


@pytest.mark.parametrize(
    "value",
    [
        "01410199955",
        "80111405125",
        "29111114418",
        "29311104266",
        "93051822361",
        "87062315653",
        "95041448452",
    ],
)
def test_a_national_register_or_bis_number_is_a_ssin(value: str) -> None:
    assert parse_ssin(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "93051822362",
        "9305182236",
        "930518223610",
        "93.05.18-223.61",
        " 93051822361",
        "93051822361\n",
        "٩٣٠٥١٨٢٢٣٦١",
    ],
)
def test_anything_else_is_no_ssin(value: str) -> None:
    assert parse_ssin(value) is None


@pytest.mark.parametrize(
    "value", ["1999999943", "0400767772", "0449888671", "0477472701", "1028230781", "1009237290"]
)
def test_an_enterprise_number_is_read_with_and_without_its_leading_zero(value: str) -> None:
    assert parse_enterprise_number(value) == value
    assert parse_enterprise_number(value.removeprefix("0")) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "0000000000",
        "0400253292",
        "0477.472.701",
        "BE0477472701",
        "2477472701",
        "47747270",
        "00477472701",
        "0477472798",
        "0477472701\n",
    ],
)
def test_anything_else_is_no_enterprise_number(value: str) -> None:
    assert parse_enterprise_number(value) is None


@given(st.integers(1, 19_999_999))
def test_each_enterprise_number_has_one_check(first_eight: int) -> None:
    read = [check for check in range(100) if parse_enterprise_number(f"{first_eight:08}{check:02}")]
    assert read == [97 - first_eight % 97]


@pytest.mark.parametrize(
    "value",
    [
        175110801,
        70500472,
        162518843,
        935467,
        125482497,
        51357716,
        100006,
        199999934,
        5000000120,
        5999999989,
    ],
)
def test_an_nsso_or_provisional_number_is_96_modulo_97(value: int) -> None:
    assert parse_employer_id(value) == value


@pytest.mark.parametrize("value", [0, -1, 96, 100006 - 97, 199999934 + 97, 125482498, 156065072, 5000000121])
def test_anything_else_is_no_employer_id(value: int) -> None:
    assert parse_employer_id(value) is None


@pytest.mark.parametrize(
    "value",
    [
        600027876089,
        656309292174,
        656309296521,
        656309314911,
        656309322385,
        658690837083,
        660353824281,
        501986975557,
    ],
)
def test_a_dimona_number_ends_with_its_rest_modulo_97(value: int) -> None:
    assert parse_dimona_number(value) == value
    assert with_check(value // 100) == value


@pytest.mark.parametrize("value", [0, -656309292174, 656309292175, 56309292174, 1656309292174, 97 * 10**9])
def test_anything_else_is_no_dimona_number(value: int) -> None:
    assert parse_dimona_number(value) is None


@pytest.mark.parametrize("first_ten", [10**9 - 1, 10**10, 10**10 + 1])
def test_a_dimona_number_has_twelve_digits_and_does_not_begin_with_zero(first_ten: int) -> None:
    assert parse_dimona_number(with_check(first_ten)) is None


@pytest.mark.parametrize(
    ("value", "provisional"), [(125482497, False), (10**9 - 1, False), (10**9, True), (5000000120, True)]
)
def test_ten_digits_are_meant_as_a_provisional_number(value: int, provisional: bool) -> None:
    assert looks_provisional(value) is provisional


def test_a_remainder_of_zero_is_written_97() -> None:
    assert 1_000_000_063 % 97 == 0
    assert with_check(1_000_000_063) == 100000006397
    assert parse_dimona_number(100000006300) is None


@given(st.integers(10**9, 10**10 - 1))
def test_one_check_in_a_hundred_is_right(first_ten: int) -> None:
    right = [check for check in range(100) if parse_dimona_number(first_ten * 100 + check)]
    assert right == [with_check(first_ten) % 100]


@given(st.integers(0, 8 * 10**9 - 1))
def test_production_numbers_are_dimona_numbers_of_their_range(sequence: int) -> None:
    number = PRODUCTION.number(sequence)
    assert parse_dimona_number(number) == number
    assert 1 * 10**11 <= number < 9 * 10**11


@given(st.integers(0, 10**9 - 1))
def test_simulation_numbers_have_a_range_of_their_own(sequence: int) -> None:
    number = SIMULATION.number(sequence)
    assert parse_dimona_number(number) == number
    assert number >= 9 * 10**11


@pytest.mark.parametrize(("numbers", "capacity"), [(PRODUCTION, 8 * 10**9), (SIMULATION, 10**9)])
def test_a_range_is_used_to_its_last_number_and_no_further(numbers: DimonaNumbers, capacity: int) -> None:
    assert numbers.capacity == capacity
    assert numbers.number(0) != numbers.number(capacity - 1)
    for outside in (-1, capacity, capacity + 1):
        with pytest.raises(ValueError, match="exhausted"):
            numbers.number(outside)


def test_two_places_of_the_sequence_have_different_numbers() -> None:
    assert len({PRODUCTION.number(sequence) for sequence in range(20_000)}) == 20_000


def test_the_numbers_do_not_show_their_order() -> None:
    drawn = [PRODUCTION.number(sequence) for sequence in range(1_000)]
    rising = sum(earlier < later for earlier, later in pairwise(drawn))
    assert 400 < rising < 600


def test_another_key_gives_other_numbers() -> None:
    assert DimonaNumbers(OTHER_KEY).number(1) != PRODUCTION.number(1)


def test_the_permutation_of_numbers_never_changes() -> None:
    """A change would give numbers twice."""
    assert [PRODUCTION.number(sequence) for sequence in (0, 1, 2)] == GOLDEN


def test_a_key_is_stable_and_differs_by_employer_and_worker() -> None:
    employer, other = EnterpriseNumber("0477472701"), EnterpriseNumber("0400767772")
    key = order_key(KEY, employer, "93051822361")
    assert key == order_key(KEY, employer, "93051822361")
    assert len(key) == 32
    assert len({key, order_key(KEY, other, "93051822361"), order_key(KEY, employer, "95041448452")}) == 3
    assert key != order_key(OTHER_KEY, employer, "93051822361")


def test_keys_never_change() -> None:
    """Declarations that wait in the order of a key are found by it also after an update."""
    assert order_key(KEY, EnterpriseNumber("0477472701"), "93051822361").startswith("9ece33ff0442a5fd")
    assert order_key_of_in(KEY, 656309292174).startswith("2c8703cf18e7b0fb")
    assert pseudonym(KEY, "93051822361") == "28859aca977027cf"


def test_a_keyed_hash_differs_by_purpose() -> None:
    assert len(order_key_of_in(KEY, 656309292174)) == 32
    assert pseudonym(KEY, "656309292174") not in order_key_of_in(KEY, 656309292174)
    assert pseudonym(KEY, "93051822361") != pseudonym(OTHER_KEY, "93051822361")


def test_a_secret_has_at_least_sixteen_bytes() -> None:
    assert pseudonym(b"s" * 16, "93051822361") != pseudonym(b"s" * 17, "93051822361")


@pytest.mark.parametrize("secret", [b"", b"short", b"s" * 15])
def test_an_invalid_secret_is_refused(secret: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        pseudonym(secret, "93051822361")

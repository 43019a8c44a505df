"""Numbers of persons, employers and declarations: parsing, check digits, keyed hashes.

A `parse_…` function returns the canonical value or None. Canonical means digits only: spaces, dots and dashes
are refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NewType

from stdnum.be import ssn, vat

Ssin = NewType("Ssin", str)
EnterpriseNumber = NewType("EnterpriseNumber", str)
EmployerId = NewType("EmployerId", int)
DimonaNumber = NewType("DimonaNumber", int)

_SSIN: Final = re.compile(r"[0-9]{11}")
_ENTERPRISE: Final = re.compile(r"[01]?[0-9]{9}")
_NSSO: Final = range(100_006, 199_999_934 + 1)
_PROVISIONAL: Final = range(5_000_000_120, 5_999_999_989 + 1)


@lru_cache(maxsize=1)  # the rules and the order key ask for one number in turn
def parse_ssin(value: str) -> Ssin | None:
    """Return the NISS (national register or bis number) in a text, or None if it is not valid.

    A valid NISS has 11 digits. Its check digits are right for a birth before 2000, or for a birth from 2000
    on.
    """
    return Ssin(value) if _SSIN.fullmatch(value) and ssn.is_valid(value) else None


@lru_cache(maxsize=4096)  # employers come back all day; workers do not, and their numbers are kept nowhere
def parse_enterprise_number(value: str) -> EnterpriseNumber | None:
    """Return a valid enterprise number of 10 digits, or None. 9 digits get a leading zero (client Q18)."""
    if not _ENTERPRISE.fullmatch(value):
        return None
    number = value.zfill(10)
    # The library reads the check as a sum, which also lets 00, 98 and 99 pass where 97, 01 and 02 belong.
    return EnterpriseNumber(number) if vat.is_valid(number) and 1 <= int(number[8:]) <= 97 else None


def parse_employer_id(value: int) -> EmployerId | None:
    """Return the value if it is a valid NSSO number or provisional number, else None.

    A valid number lies in the range of its kind, and its remainder modulo 97 is 96.
    """
    known = value in _NSSO or value in _PROVISIONAL
    return EmployerId(value) if known and value % 97 == 96 else None


def looks_provisional(value: int) -> bool:
    """Return whether a number is as long as a provisional number: 10 digits or more (zone 00948)."""
    return value >= 10**9


def with_check(first_ten: int) -> DimonaNumber:
    """Return the Dimona number that begins with these ten digits.

    Its two check digits are the remainder of the ten digits modulo 97, or 97 if the remainder is 0.
    """
    return DimonaNumber(first_ten * 100 + (first_ten % 97 or 97))


def parse_dimona_number(value: int) -> DimonaNumber | None:
    """Return a valid Dimona or period number (12 digits, no leading zero, right check digits), or None."""
    first_ten = value // 100
    return DimonaNumber(value) if 10**9 <= first_ten < 10**10 and with_check(first_ten) == value else None


class DimonaNumbers:
    """A secret permutation of intake's sequence into Dimona numbers, which hides their order (decision D17).

    The permutation is a Feistel network on a pair of numbers, `left` and `right`. The product of their ranges
    is exactly the size of the range of Dimona numbers, so every result lies in that range. The key must never
    change: with another key, numbers that are already used would be given a second time.
    """

    _ROUNDS = 8

    def __init__(self, key: bytes, *, simulation: bool = False) -> None:
        self._hash = _keyed_hash(key, b"dimona number", 8)
        self._lowest = 9 * 10**9 if simulation else 10**9
        self._left, self._right = (25_000, 40_000) if simulation else (80_000, 100_000)

    @property
    def capacity(self) -> int:
        """Return how many Dimona numbers exist. The sequence runs from 0 to this number less one."""
        return self._left * self._right

    def number(self, sequence: int) -> DimonaNumber:
        """Return the Dimona number of a place in the sequence. Raise ValueError outside the range."""
        if not 0 <= sequence < self.capacity:
            raise ValueError("the range of Dimona numbers is exhausted")
        left, right = divmod(sequence, self._right)
        for round_ in range(0, self._ROUNDS, 2):
            left = (left + self._scramble(round_, right)) % self._left
            right = (right + self._scramble(round_ + 1, left)) % self._right
        return with_check(self._lowest + left * self._right + right)

    def _scramble(self, round_: int, half: int) -> int:
        state = self._hash.copy()
        state.update(b"%d/%d" % (round_, half))
        return int.from_bytes(state.digest(), "big")


def order_key(secret: bytes, employer: EnterpriseNumber, ssin: str) -> str:
    """Return the order key of one employer and one worker (decision D1)."""
    return _keyed(secret, b"order", f"{employer}/{ssin}", 16)


def order_key_of_in(secret: bytes, number: int) -> str:
    """Return the order key of an IN without NISS and of the changes of its period (decision D1).

    `number` is the Dimona number of the IN.
    """
    return _keyed(secret, b"order of in", str(number), 16)


def pseudonym(secret: bytes, value: str) -> str:
    """Return an irreversible code of an identifier for logs, equal for equal values (decision D27)."""
    return _keyed(secret, b"pseudonym", value, 8)


def _keyed(secret: bytes, purpose: bytes, text: str, size: int) -> str:
    state = _keyed_hash(secret, purpose, size)
    state.update(text.encode())
    return state.hexdigest()


def _keyed_hash(secret: bytes, purpose: bytes, size: int) -> blake2b:
    """Return a hash keyed by secret and purpose. Raise ValueError for a secret below 16 bytes."""
    if len(secret) < 16:
        raise ValueError("a secret has at least 16 bytes (and at most 64)")
    return blake2b(key=secret, person=purpose, digest_size=size)

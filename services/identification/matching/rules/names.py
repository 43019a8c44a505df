"""Comparison of names: folded to plain capitals, word by word, and with a tolerance."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from rapidfuzz import fuzz

from shared.domain.characters import BEYOND_ANNEX, TRANSLITERATED

#: Plain forms of letters that civil registrars replace, and Unicode does not decompose.
_TRANSLITERATED: Final = str.maketrans({**TRANSLITERATED, **BEYOND_ANNEX})
#: Words before a family name that are often left out.
_PARTICLES: Final = frozenset(
    (
        "VAN", "DEN", "DER", "DE", "TER", "TEN", "HET", "T", "S", "D", "DU", "DES", "LE", "LA", "LES", "L",
        "VON", "ZU", "ZUM", "ZUR", "EL", "AL", "BEN", "DI", "DA", "DOS", "VANDEN", "VANDER", "VANDE",
    )
)  # fmt: skip
#: Particles joined to the name that follows; a search key without them finds more.
_RUN_TOGETHER: Final = re.compile("^(VANDEN|VANDER|VANDE|VAN|DEN|DER|DE|DU|D|LE|LA)(?=.{2})")
_NO_LETTERS: Final = re.compile("[^A-Z]+")
_KEY_LETTERS: Final = 5
#: Below this likeness the words are not compared one by one: most candidates are another person.
_UNRELATED: Final = 0.4

#: Likeness of equal words in another order or without a particle: Van den Berg, Berg.
SAME_WORDS: Final = 0.95
#: Likeness if one name contains all words of the other: Janssens, Janssens-Peeters; Anne, Anne-Marie.
CONTAINED: Final = 0.9


def fold(name: str) -> str:
    """Return a name in its form for comparison: letters only, in capitals, without accents."""
    if name.isascii():
        return _NO_LETTERS.sub("", name.upper())
    return "".join(letter for letter in _plain(name) if letter.isalpha())


def likeness(one: str, other: str) -> float:
    """Return the likeness of two names, from 0 to 1. Names with equal folded forms have 1."""
    first, second = fold(one), fold(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    ratio = fuzz.ratio(first, second) / 100
    if ratio < _UNRELATED:
        return ratio
    words, others = _words(one), _words(other)
    if words == others:
        return SAME_WORDS
    if words < others or others < words:
        return CONTAINED
    return min(ratio, SAME_WORDS)


def name_key(name: str, birth_date: str) -> str:
    """Return the search key of a person: the year of birth, then the first five letters of a name.

    The name is folded (`fold`), and particles at its start, such as VAN or DE, are left out.
    """
    folded = fold(name)
    return birth_date[:4] + _RUN_TOGETHER.sub("", folded)[:_KEY_LETTERS]


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.upper().translate(_TRANSLITERATED))
    return "".join(letter for letter in decomposed.upper() if not unicodedata.combining(letter))


def _words(name: str) -> frozenset[str]:
    """Return the words of a name without particles such as VAN; if it has only particles, return them."""
    if name.isascii():
        words = _NO_LETTERS.sub(" ", name.upper()).split()
    else:
        words = "".join(letter if letter.isalpha() else " " for letter in _plain(name)).split()
    return frozenset(word for word in words if word not in _PARTICLES) or frozenset(words)

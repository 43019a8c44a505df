"""Annex 24 (version 2017/1): the admitted characters of names and their transliteration."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

#: Characters that stay as they are; small letters become capitals.
UNCHANGED: Final = frozenset(" '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ#%()*+,./:=?@\\{|}&<>")
_ACCENTED: Final = {
    "A": "ÁãàäÀÅÃâÄÂ", "C": "Çç", "D": "Đ", "N": "Ññ", "Y": "Ý", "E": "ëÉËÊÈêèé", "I": "ÎÍîÎÏï",
    "O": "öÒÓõÔÖôÕØó°", "U": "ÚÜùüÙûÛ",
}  # fmt: skip
#: Accented characters of the annex.
TRANSLITERATED: Final[Mapping[str, str]] = MappingProxyType(
    {character: plain for plain, characters in _ACCENTED.items() for character in characters}
)
#: Characters outside the annex that real names contain: letters without a decomposition, and punctuation.
BEYOND_ANNEX: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Æ": "AE", "Œ": "OE", "Ø": "O", "Ð": "D", "Ł": "L", "Þ": "TH", "Ħ": "H", "ẞ": "SS",
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "–": "-", "\u00a0": " ",
    }
)  # fmt: skip


def transliterate(text: str) -> str | None:
    """Return the text in the unchanged characters of Annex 24; None if a character has no such form.

    An accent that the annex does not list is removed: small á, í, ò and ú, for example, are missing there.
    """
    parts = [_transliterated(character) for character in text]
    return None if None in parts else "".join(filter(None, parts))


@lru_cache(maxsize=4096)
def _transliterated(character: str) -> str | None:
    if character in TRANSLITERATED:
        return TRANSLITERATED[character]
    upper = character.upper()
    if character in BEYOND_ANNEX or upper in BEYOND_ANNEX:
        return BEYOND_ANNEX.get(character) or BEYOND_ANNEX[upper]
    if unicodedata.combining(character):
        return ""
    bare = "".join(c for c in unicodedata.normalize("NFD", upper) if not unicodedata.combining(c))
    return bare if bare and all(c in UNCHANGED for c in bare) else None

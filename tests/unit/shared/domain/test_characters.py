"""Annex 24: permitted characters of names, and their plain form."""

from __future__ import annotations

import unicodedata

import pytest

from shared.domain.characters import TRANSLITERATED, UNCHANGED, transliterate


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Peeters", "PEETERS"), ("D'Hondt-Ñuñez", "D'HONDT-NUNEZ"), ("Ørsted", "ORSTED"),
        ("Đoković", "DOKOVIC"),
        ("Weiß", "WEISS"), ("Łukasz", "LUKASZ"), ("àéîöù", "AEIOU"), ("áíòú", "AIOU"), ("O’Neill", "O'NEILL"),
        ("e\u0301", "E"), ("Çelik", "CELIK"), ("Yılmaz", "YILMAZ"), ("", ""), ("n°", "NO"),
    ],
)  # fmt: skip
def test_a_permitted_name_has_a_plain_form(text: str, plain: str) -> None:
    assert transliterate(text) == plain


#: The accented characters of Annex 24, in its order.
ANNEX = "ÁãàäÀÅÃâÄÂÇçĐÑñÝëÉËÊÈêèéÎÍîÎÏïöÒÓõÔÖôÕØó°ÚÜùüÙûÛ"
#: Those of them that are no letter with an accent.
OWN_FORM = {"Đ": "D", "Ø": "O", "°": "O"}


@pytest.mark.parametrize("character", ANNEX)
def test_a_character_of_the_annex_loses_its_accent(character: str) -> None:
    plain = OWN_FORM.get(character) or unicodedata.normalize("NFD", character)[0].upper()
    assert TRANSLITERATED[character] == plain
    assert transliterate(f"X{character}") == f"X{plain}"


def test_the_table_has_the_characters_of_the_annex_only() -> None:
    assert set(TRANSLITERATED) == set(ANNEX)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Æœð", "AEOED"), ("øþħ", "OTHH"), ("ẞ", "SS"), ("‘’ʼ`´", "'''''"), ("A–B", "A-B"),
        ("A\u00a0B", "A B"), ("Łß", "LSS"),
    ],
)  # fmt: skip
def test_letters_and_signs_outside_the_annex_have_a_form(text: str, plain: str) -> None:
    assert transliterate(text) == plain


@pytest.mark.parametrize(
    "text", ["Иванов", "山田", "Jan!", "a\tb", "[x]", "x_y", "A;B", "😀", 'A"B', "$", "^", "~"]
)
def test_other_characters_have_no_plain_form(text: str) -> None:
    assert transliterate(text) is None


def test_the_annex_has_103_characters_beside_small_letters() -> None:
    """129 distinct characters of the annex are the unchanged ones, 26 small letters and the accented ones."""
    assert all(plain in UNCHANGED for plain in TRANSLITERATED.values())
    assert {transliterate(character) for character in UNCHANGED} == UNCHANGED

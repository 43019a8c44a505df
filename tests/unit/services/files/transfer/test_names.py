"""Names of files: their parts, the sending they belong to, and the names of answers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.transfer.rules import (
    OUT_FOLDERS,
    AnswerKind,
    Content,
    Environment,
    Kind,
    answer_name,
    content_in,
    in_base_36,
    parse_name,
)

DAY = date(2026, 2, 13)


def test_a_right_name_has_its_parts() -> None:
    name = parse_name("FI.DIMN.123456.20260213.0a0Z1.R.1.2")
    assert name is not None
    assert (name.kind, name.sending.expeditor) == ("FI", "123456")
    assert (name.sending.created_on, name.sending.serial) == (DAY, "0a0Z1")
    assert (name.sending.environment, name.sending.number) == (Environment.PRODUCTION, ".1")


@pytest.mark.parametrize(
    ("files", "start"),
    [
        (("FI.DIMN.123456.20260213.00001.R.1.1", "FI.DIMN.123456.20260213.00001.R.1.2"), "R.1"),
        (("FS.DIMN.123456.20260213.00001.R.1.1",), "R.1"),
        (("FI.DIMN.123456.20260213.00001.R.1",), "R.1"),
        (("FI.DIMN.123456.20260213.00001.R",), "R"),
    ],
)
def test_a_start_belongs_to_the_files_of_its_sending(files: tuple[str, ...], start: str) -> None:
    for kind in ("GO", "TD"):
        found = parse_name(f"{kind}.DIMN.123456.20260213.00001.{start}")
        assert found is not None
        for text in files:
            name = parse_name(text)
            assert name is not None
            assert name.sending == found.sending


@pytest.mark.parametrize(
    "text",
    [
        "", "FI", "fi.DIMN.123456.20260213.00001.R.1.1",
        "FO.DIMN.123456.20260213.00001.R.1.1",  # a kind that only the authority writes
        "FI.ACRF.123456.20260213.00001.R.1.1",
        "FI.DIMN.12345.20260213.00001.R.1.1", "FI.DIMN.123456.20260230.00001.R.1.1",
        "FI.DIMN.123456.20260213.0001.R.1.1", "FI.DIMN.123456.20260213.00001.P.1.1",
        "FI.DIMN.123456.20260213.00001.R.1.1.1", "GO.DIMN.123456.20260213.00001.R.1.1",
        "TD.DIMN.123456.20260213.00001.R.1.1",
        "FI.DIMN.123456.20260213.00001.R.1.1\n", "../FI.DIMN.123456.20260213.00001.R.1.1",
        "FI.DIMN.123456.20260213.0000/.R.1.1", "FI.DIMN.١٢٣٤٥٦.20260213.00001.R.1.1",
        "FI.DIMN.123456.20260213.00001.R." + "1" * 100,
    ],
)  # fmt: skip
def test_other_texts_are_no_names(text: str) -> None:
    assert parse_name(text) is None


@given(st.from_regex(r"(FI|GO)\.DIMN\.\d{6}\.\d{8}\.\w{5}\.[RTS](\.\d){0,3}", fullmatch=True))
def test_a_name_is_kept_as_it_was_written(text: str) -> None:
    name = parse_name(text)
    assert name is None or (name.text == text and text.isascii())


def test_a_query_is_another_sending() -> None:
    declarations, query = (parse_name(f"FI.{each}.123456.20260213.00001.R.1.1") for each in Content)
    assert declarations is not None
    assert query is not None
    assert (query.sending.content, content_in(query.text)) == (Content.QUERY, Content.QUERY)
    assert declarations.sending != query.sending


def test_answers_are_named_by_their_number() -> None:
    name = answer_name(AnswerKind.ACKNOWLEDGEMENT, DAY, 1, Environment.PRODUCTION)
    assert name == "FO.ACRF.999999.20260213.00001.R"
    last = answer_name(AnswerKind.NOTIFICATION, DAY, 36**5 - 1, Environment.TEST)
    assert last == "FO.NOTI.999999.20260213.ZZZZZ.T"
    assert answer_name(AnswerKind.NOTIFICATION, DAY, 36**5, Environment.TEST).split(".")[4] == "00000"


@given(st.integers(min_value=0, max_value=10**15))
def test_base_36_keeps_the_number(number: int) -> None:
    assert int(in_base_36(number, 5), 36) == number


def test_each_environment_has_an_own_folder() -> None:
    assert len(set(OUT_FOLDERS.values())) == len(Environment)
    assert set(Kind) == {"FI", "FS", "GO", "TD"}

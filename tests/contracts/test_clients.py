"""Each statement about real clients (`docs/clients.md`) has a test with its number in the name."""

from __future__ import annotations

import re

from tests.contracts.contract import ROOT


def test_every_statement_has_a_test_of_its_name() -> None:
    page = (ROOT / "docs" / "clients.md").read_text()
    stated = {int(number) for number in re.findall(r"^\| Q(\d+) \|", page, re.MULTILINE)}
    assert stated == set(range(1, 49))
    tested = {
        int(number)
        for path in (ROOT / "tests").rglob("test_*.py")
        for numbers in re.findall(r"def test_client((?:_q\d+)+)_", path.read_text())
        for number in re.findall(r"\d+", numbers)
    }
    assert stated == tested

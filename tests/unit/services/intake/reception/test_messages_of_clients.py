"""Messages in the form in which real clients send them are readable and admitted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.intake.reception.rules import admit
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import DimonaNumber
from tests.unit.builders import EMPLOYER, KNOWN, RECEIVED

RECORDED = Path(__file__).parents[5].parent / "shared" / "domain" / "wire-contract.md"


def messages() -> Iterator[dict[str, Any]]:
    """Yield the recorded messages: the JSON documents of the first block of section 5."""
    block = RECORDED.read_text().partition("\n## 5.")[2].partition("```json\n")[2].partition("```")[0]
    decoder, at = json.JSONDecoder(), 0
    while at < len(block.rstrip()):
        document, end = decoder.raw_decode(block, at)
        yield document
        at = end + len(block[end:]) - len(block[end:].lstrip())


def test_recorded_messages_are_admitted() -> None:
    if not RECORDED.is_file():
        pytest.skip("the reference pages with the recorded messages are absent")
    kinds = []
    for document in messages():
        declared = Declaration.model_validate(document)
        kinds.append(declared.kind)
        number = None if declared.kind is Kind.IN else DimonaNumber(declared.period_id or 0)
        period = None if number is None else replace(KNOWN, number=number)
        assert admit(declared, EMPLOYER, True, period, RECEIVED) == (), document
    assert kinds == [Kind.IN] * 5 + [Kind.OUT, Kind.UPDATE, Kind.UPDATE, Kind.CANCEL]

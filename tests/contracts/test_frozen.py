"""The files that are made from others say what would be made today; a message does not change unseen."""

from __future__ import annotations

import json
from difflib import unified_diff
from pathlib import Path

import pytest

from shared.messages import MESSAGES
from tests.contracts.contract import ROOT
from tests.contracts.freeze import INTERNAL, generated, internal

FILES = dict(generated())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_is_up_to_date(path: Path) -> None:
    kept = path.read_text().splitlines() if path.exists() else []
    diff = list(unified_diff(kept, FILES[path].splitlines(), "kept", "would be made", lineterm=""))
    assert not diff, "\n".join(
        [f"{path.relative_to(ROOT)} is not what would be made; if that is meant: make contracts", *diff[:80]]
    )


def test_every_internal_message_is_frozen() -> None:
    assert json.loads(INTERNAL.read_text())["messages"].keys() == MESSAGES.keys()


def test_control_a_model_that_drifts_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = internal()
    monkeypatch.delitem(MESSAGES, next(iter(MESSAGES)))
    assert internal() != before

"""Generated files are up to date, so a change of a message shows in its commit."""

from __future__ import annotations

import json
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.messages import MESSAGES
from tests.contracts.contract import CONTRACTS, ROOT
from tests.contracts.freeze import INTERNAL, generated, internal

FILES = dict(generated())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_is_up_to_date(path: Path) -> None:
    kept = path.read_text().splitlines() if path.exists() else []
    diff = list(unified_diff(kept, FILES[path].splitlines(), "kept", "would be made", lineterm=""))
    assert not diff, "\n".join(
        [f"{path.relative_to(ROOT)} is not what would be made; if that is meant: make contracts", *diff[:80]]
    )


def test_every_internal_message_has_a_generated_file() -> None:
    assert json.loads(INTERNAL.read_text())["messages"].keys() == MESSAGES.keys()


def test_control_a_changed_model_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = internal()
    monkeypatch.delitem(MESSAGES, next(iter(MESSAGES)))
    assert internal() != before


@pytest.mark.parametrize("file", sorted(CONTRACTS.rglob("*.yaml")), ids=lambda file: file.name)
def test_a_string_stays_a_string_in_yaml_1_2(file: Path) -> None:
    """YAML 1.2 reads more strings as numbers than 1.1: an employer's number would lose its zero."""
    waiting: list[Any] = [yaml.compose(file.read_text(), yaml.SafeLoader)]
    seen: list[str] = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            if node.style is None and node.tag == "tag:yaml.org,2002:str":
                seen.append(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting += [each for pair in node.value for each in pair]
        else:
            waiting += node.value
    assert seen
    assert [text for text in seen if is_number(text)] == []


def is_number(text: str) -> bool:
    """Return whether YAML 1.2 could read the text as a number."""
    try:
        float(text)
    except ValueError:
        return text.startswith(("0x", "0o"))
    return True

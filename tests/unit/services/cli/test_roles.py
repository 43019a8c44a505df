"""The file of passwords of roles is checked before anything is changed, and never printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from services.cli.roles import read_passwords

GOOD: Final = "x" * 16


def written(folder: Path, document: Any) -> Path:
    file = folder / "roles.json"
    file.write_text(json.dumps(document))
    return file


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert read_passwords(written(tmp_path, {"dimona_intake": GOOD})) == {"dimona_intake": GOOD}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"postgres": GOOD}, "no role of a service: postgres"),
        ({"dimona_owner": GOOD}, "no role of a service"),
        ({"dimona_feed": "short"}, "dimona_feed"),
        ({"dimona_feed": "with a space and a '"}, "dimona_feed"),
        ({"dimona_feed": 1234567890123456}, "dimona_feed"),
        ({}, "no object"),
        ([GOOD], "no object"),
    ],
)
def test_another_document_is_refused(tmp_path: Path, document: Any, said: str) -> None:
    with pytest.raises(typer.BadParameter, match=said) as refused:
        read_passwords(written(tmp_path, document))
    assert "short" not in refused.value.message
    assert GOOD not in refused.value.message


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="cannot read"):
        read_passwords(tmp_path / "none")

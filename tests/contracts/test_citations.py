"""Every citation leads to a definition in the repository, and every definition is cited."""

from __future__ import annotations

from typing import Final

import pytest

from tests.contracts import citations

FILES: Final = citations.tree()


def test_every_citation_is_defined() -> None:
    assert not citations.undefined(FILES)


def test_every_definition_is_cited() -> None:
    assert not citations.unused(FILES)


def test_every_citation_has_a_kind_and_stays_inside_the_repository() -> None:
    assert not citations.unclear(FILES)


def test_every_path_exists() -> None:
    assert not citations.missing(FILES)


def test_every_decision_record_has_a_number_of_its_own() -> None:
    numbers = [path.name.partition("-")[0] for path in (citations.ROOT / "docs" / "adr").glob("*.md")]
    assert len(numbers) == len(set(numbers)) > 20


PAGES: Final = {
    "docs/law.md": "| Rule | Asks | Modules |\n|---|---|---|\n"
    "| R1 | Declare in time. | `services/a.py` |\n",
    "docs/threats.md": "| Threat | Attack | State | Tests |\n|---|---|---|---|\n"
    "| T1 | Forgery. | shown | |\n"
    "| T2 | Flood. | later: limits | |\n\n"
    "| Promise | Holds | State | Tests |\n|---|---|---|---|\n| R1 | No loss. | shown | |\n",
    "docs/decisions.md": "| Decision | Subject |\n|---|---|\n"
    "| D1 | Order. |\n"
    "| D2 | Finals. |\n| D3 | Replies. |\n",
    "docs/clients.md": "| Client | Subject |\n|---|---|\n",
    "docs/adr/0001-a.md": "# 1. A\n",
    "services/a.py": '"""Judge dates (rule R1, decisions D1 to D3; ADR 1, `docs/law.md`)."""\n',
    "tests/test_a.py": 'def test_forged() -> None:\n    """Refuse them: threat T1 and\n    promise R1."""\n',
}  # fmt: skip


def test_control_a_tree_without_fault() -> None:
    assert not citations.undefined(PAGES)
    assert not citations.unused(PAGES)
    assert not citations.unclear(PAGES)
    assert not citations.missing(PAGES)


@pytest.mark.parametrize(
    ("path", "text", "check", "found"),
    [
        ("services/b.py", "# rule R2\n", citations.undefined, "rule R2 is not defined"),
        ("services/b.py", "# rules R1,\n# R2\n", citations.undefined, "rule R2 is not defined"),
        ("docs/x.md", "See decision\nD9.\n", citations.undefined, "decision D9 is not defined"),
        ("services/b.py", "# ADR 2\n", citations.undefined, "no ADR 2"),
        ("services/b.py", '"""Judge (R1)."""\n', citations.unclear, "R1 without its word"),
        ("services/b.py", "# as dimona.md §7 has it\n", citations.unclear, "leads outside"),
        ("services/b.py", "# what seed 003 asks\n", citations.unclear, "leads outside"),
        ("services/b.py", 'x = "docs/gone.md"\n', citations.missing, "docs/gone.md does not exist"),
        ("docs/x.md", "[a](adr/0009-b.md)\n", citations.missing, "docs/adr/0009-b.md does not exist"),
        ("docs/x.md", "`services/gone.py`\n", citations.missing, "services/gone.py does not exist"),
        ("tests/test_a.py", '"""Promise R1."""\n', citations.unused, "nothing cites threat T1"),
        ("tests/test_b.py", '"""Threat T2."""\n', citations.unused, "threat T2 is marked later"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(path: str, text: str, check: citations.Check, found: str) -> None:
    assert any(found in each for each in check({**PAGES, path: text}))


def test_a_worker_type_and_a_quarter_are_no_citations() -> None:
    assert not citations.unclear({**PAGES, "services/b.py": "# T17 in Q2 2020, `R1`, RFC 7523 §3\n"})


def test_the_columns_follow_the_citations() -> None:
    made = citations.with_columns(PAGES)
    assert made["docs/law.md"] == PAGES["docs/law.md"]
    assert "| T1 | Forgery. | shown | `tests/test_a.py::test_forged` |" in made["docs/threats.md"]
    assert "| R1 | No loss. | shown | `tests/test_a.py::test_forged` |" in made["docs/threats.md"]

"""Docstrings and comments are in plain English: few have a subject that hides the thing it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tests.contracts import citations
from tests.contracts.citations import Passage

#: Words and beginnings that make a sentence about code hard to read. Some uses are good, hence a limit.
FORBIDDEN: Final = re.compile(
    r"\b(who|whoever|whom|whose|nobody|somebody|anybody|everybody|he|his|him|she)\b"
    r"|\b(is|are|was|were) told\b"
    r"|\bwhat (is|are|was|were|it|one|the|a|an|this|may|must|can|has|have|comes|goes|no|some|they)\b"
    r"|(^|[.;:(]\s*)(what|where|who|the same)\b",
    re.IGNORECASE,
)
MOST: Final = 40


def read(files: citations.Tree) -> Iterator[Passage]:
    """Yield the docstrings and comments of production code and of the helpers of tests."""
    for passage in citations.passages(
        {
            path: text
            for path, text in files.items()
            if path.endswith(".py")
            and path.startswith(("shared/", "services/", "deploy/", "tests/"))
            and not path.rpartition("/")[2].startswith("test_")
        }
    ):
        if passage.strict:
            yield passage


def hard_to_read(files: citations.Tree) -> list[str]:
    """Return the place and the beginning of each docstring or comment with forbidden words."""
    return [
        f"{passage.path}:{passage.line}: {passage.text[:100]}"
        for passage in read(files)
        if FORBIDDEN.search(passage.text)
    ]


def test_few_docstrings_and_comments_are_hard_to_read() -> None:
    found = hard_to_read(citations.tree())
    assert len(found) <= MOST, "\n".join([f"{len(found)} of at most {MOST}", *found])


def test_control_a_planted_sentence_is_found() -> None:
    planted = {
        "services/a.py": '"""Return the open cases."""\n\n# What nobody can read has no neighbors.\nX = 1\n',
        "tests/helper.py": '"""Whoever asks is told."""\n',
        "tests/test_a.py": '"""Nobody reads this."""\n',
    }
    assert [each.partition(": ")[0] for each in hard_to_read(planted)] == [
        "services/a.py:3",
        "tests/helper.py:1",
    ]

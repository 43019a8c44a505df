"""Docstrings, comments and names of tests are in plain English: few have a subject that hides the thing."""

from __future__ import annotations

import ast
import re
from typing import Final

from tests.contracts import citations

#: Words and beginnings that make a sentence about code hard to read. Some uses are good, hence a limit.
FORBIDDEN: Final = re.compile(
    r"\b(who|whoever|whom|whose|nobody|somebody|anybody|everybody|he|his|him|she)\b"
    r"|\b(is|are|was|were) told\b"
    r"|\bwhat (is|are|was|were|it|one|the|a|an|this|may|must|can|has|have|comes|goes|no|some|they)\b"
    r"|(^|[.;:(]\s*)(what|where|who|the same)\b",
    re.IGNORECASE,
)
MOST: Final = 20
#: Words that make the name of a test a riddle. No name has one.
RIDDLES: Final = re.compile(
    r"_(who|whoever|whom|nobody|somebody|anybody|everybody|he|his|him|she|what|told)(_|$)|^test_the_same_"
)


def sources(files: citations.Tree) -> dict[str, str]:
    """Return the modules of production code and tests by path."""
    folders = ("shared/", "services/", "deploy/", "tests/")
    return {path: text for path, text in files.items() if path.endswith(".py") and path.startswith(folders)}


def hard_to_read(files: citations.Tree) -> list[str]:
    """Return the place and the beginning of each docstring or comment with forbidden words."""
    return [
        f"{passage.path}:{passage.line}: {passage.text[:100]}"
        for passage in citations.passages(sources(files))
        if passage.strict and FORBIDDEN.search(passage.text)
    ]


def riddles(files: citations.Tree) -> list[str]:
    """Return the path and the name of each test with a name that is hard to read."""
    return [
        f"{path}: {node.name}"
        for path, text in sources(files).items()
        if path.rpartition("/")[2].startswith("test_")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.name.startswith("test_") and RIDDLES.search(node.name)
    ]


def test_few_docstrings_and_comments_are_hard_to_read() -> None:
    found = hard_to_read(citations.tree())
    assert len(found) <= MOST, "\n".join([f"{len(found)} of at most {MOST}", *found])


def test_names_of_tests_are_statements() -> None:
    assert riddles(citations.tree()) == []


def test_control_a_planted_sentence_is_found() -> None:
    planted = {
        "services/a.py": '"""Return the open cases."""\n\n# What nobody can read has no neighbors.\nX = 1\n',
        "tests/helper.py": '"""Whoever asks is told."""\n',
        "tests/test_a.py": '"""Nobody reads this."""\n',
    }
    assert [each.partition(": ")[0] for each in hard_to_read(planted)] == [
        "services/a.py:3",
        "tests/helper.py:1",
        "tests/test_a.py:1",
    ]


def test_control_a_planted_name_is_found() -> None:
    planted = {
        "tests/test_a.py": "def test_what_nobody_asks(): ...\ndef test_a_person_asks(): ...\n",
        "tests/a.py": "def test_who_asks(): ...\n",
    }
    assert riddles(planted) == ["tests/test_a.py: test_what_nobody_asks"]

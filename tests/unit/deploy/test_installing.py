"""The files of image, compose and units keep to the code, and a planted mistake of each kind is found.

`make check-deploy` has the checks that need further tools.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from deploy.check.__main__ import CHECKS
from deploy.check.mistakes import MISTAKES, plant
from deploy.local.deployment import ROOT

#: Checks that need nothing but this project.
PLAIN: Final = (
    "generated files", "image: promises", "compose: settings", "compose: confinement", "compose: order",
    "units: settings", "units: processes",
)  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_the_files_pass(name: str) -> None:
    assert CHECKS[name](ROOT) == []


@pytest.mark.parametrize(
    "mistake",
    [each for each in MISTAKES if each.check in PLAIN],
    ids=lambda each: f"{each.check}: {each.old[:30]}",
)
def test_a_planted_mistake_is_found(mistake: object, tmp_path: Path) -> None:
    (planted,) = [each for each in MISTAKES if each is mistake]
    assert CHECKS[planted.check](plant(planted, tmp_path)) != []


def test_every_check_has_a_planted_mistake() -> None:
    assert {mistake.check for mistake in MISTAKES} == set(CHECKS)


def test_every_planted_mistake_changes_its_file() -> None:
    for mistake in MISTAKES:
        assert mistake.old in (ROOT / mistake.file).read_text(), mistake
        assert mistake.old != mistake.new

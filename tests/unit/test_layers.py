"""The direction of imports: the tree keeps every contract, and a planted violation breaks one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")

#: Planted violations: (file, line) → the contract that must break.
PLANTS = {
    (
        "services/access/commands/users.py",
        "import services.contact.settings",
    ): "services know nothing of one another",
    (
        "services/intake/reception/rules/table.py",
        "import asyncpg",
    ): "what is pure does no I/O and knows no clock",
    ("services/personnel_file/feed/rules.py", "import os"): "what is pure does no I/O and knows no clock",
    ("services/notifier/letters/rules/addressee.py", "from shared.runtime.logs import log"): (
        "what is pure does no I/O and knows no clock"
    ),
    ("shared/domain/calendar.py", "import asyncio"): "what is pure does no I/O and knows no clock",
    (
        "services/intake/reception/handler/receive.py",
        "import services.notifier.letters.store",
    ): "services know nothing of one another",
    (
        "services/cli/topology.py",
        "import services.identification.registers.store",
    ): "services know nothing of one another",
    ("services/identification/registers/store.py", "import services.identification.cases.handler"): (
        "inside identification: main, service, API, decision, cases, registers, matching"
    ),
    ("services/intake/dialogue/store.py", "import services.intake.dialogue.handler"): (
        "inside a subject: API, handler, channels, store, rules"
    ),
    ("services/files/xml/structure.py", "import services.files.xml.reading"): (
        "inside the XML formats: messages, structure and rules, elements"
    ),
    ("shared/messages.py", "import shared.topology"): (
        "shared: runtime, topology, messages, domain, in that order"
    ),
    ("shared/answer.py", "import shared.problems"): (
        "shared: runtime, topology, messages, domain, in that order"
    ),
    ("shared/runtime/stage.py", "import services.intake.reception.store"): (
        "deploy uses services, services use shared, never the other way"
    ),
    (
        "services/access/oauth/rules/scopes.py",
        "import services.access.oauth.store.clients",
    ): "inside a subject of access: API, handler, store, rules",
    (
        "services/cli/topology.py",
        "import aio_pika",
    ): "AMQP is spoken in broker, bursts and frames",
    ("services/identification/registers/store.py", "import asyncpg"): (
        "PostgreSQL is spoken in shared.runtime.database"
    ),
    ("services/intake/reception/handler/receive.py", "import prometheus_client"): (
        "metrics and logs are declared in shared.runtime"
    ),
}


def lint(tree: Path) -> tuple[int, set[str], str]:
    """Return exit code, names of the broken contracts, and the whole output of import-linter about a tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    done = subprocess.run(
        [LINT, "--no-cache", "--no-logo"],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    return done.returncode, set(re.findall(r"^(.+?) BROKEN\b", said, re.MULTILINE)), said


def copy_of_the_tree(folder: Path) -> Path:
    for name in ("shared", "services", "deploy"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.sql"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_tree_keeps_every_contract() -> None:
    code, broken, said = lint(ROOT)
    assert (code, broken) == (0, set()), said
    assert said.count(" KEPT") >= 9


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[int, set[str], str]]:
    """Return the report of import-linter about each plant; judge two trees at a time."""
    # tmp_path_factory is not safe in threads: its first two calls at once delete each other's folder.
    folder = tmp_path_factory.mktemp("trees")

    def judge(plant: tuple[str, str]) -> tuple[int, set[str], str]:
        tree = copy_of_the_tree(folder / str(list(PLANTS).index(plant)))
        file, line = tree / plant[0], plant[1]
        file.write_text(f"{file.read_text()}\n{line}\n")
        return lint(tree)

    with ThreadPoolExecutor(2) as executor:
        return dict(zip(PLANTS, executor.map(judge, PLANTS), strict=True))


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant[0]}: {plant[1]}")
def test_a_planted_violation_is_caught(
    plant: tuple[str, str], verdicts: dict[tuple[str, str], tuple[int, set[str], str]]
) -> None:
    code, broken, said = verdicts[plant]
    assert code == 1, said
    assert PLANTS[plant] in broken, said
    assert plant[0].removesuffix(".py").replace("/", ".") in said

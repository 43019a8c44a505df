"""The hooks before a commit run the commands of `make check`, and download nothing."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def recipe(target: str) -> list[str]:
    """Return the commands of a target of the Makefile."""
    _, _, rest = (ROOT / "Makefile").read_text().partition(f"\n{target}: ")
    lines = rest.splitlines()[1:]
    end = next((n for n, line in enumerate(lines) if not line.startswith("\t")), len(lines))
    return [line.strip().lstrip("@").replace("$(BIN)", ".venv/bin") for line in lines[:end]]


def test_the_hooks_run_the_commands_of_make_check() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == recipe("check")
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    assert all(hook["always_run"] and not hook["pass_filenames"] for hook in repository["hooks"])

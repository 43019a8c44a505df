"""The settings and commands in docs/operations.md are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from services.access.settings import AccessSettings
from services.canary.settings import CanarySettings
from services.cli.main import commands
from services.contact.settings import ContactSettings
from services.feed.settings import FeedSettings
from services.files.settings import FilesSettings
from services.identification.settings import IdentificationSettings
from services.intake.settings import IntakeSettings
from services.notifier.settings import NotifierSettings
from services.portal.settings import PortalSettings
from shared.runtime.operator import Operator

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
TEXT = (ROOT / "docs" / "operations.md").read_text()
METRICS = {
    name
    for module in ("metrics", "file_metrics")
    for name in re.findall(r'"(dimona_[a-z_]+)"', (ROOT / f"shared/runtime/{module}.py").read_text())
}


def command_names() -> set[str]:
    """Return every command of `dimona`, with its group."""
    names = set()
    for name, group in get_command(commands).commands.items():  # type: ignore[attr-defined]
        inner = getattr(group, "commands", None)
        names |= {name} if inner is None else {f"{name} {each}" for each in inner}
    return names


#: Every setting that a service or the command has.
SETTINGS = {
    name
    for kind in (
        AccessSettings,
        CanarySettings,
        ContactSettings,
        FeedSettings,
        FilesSettings,
        IdentificationSettings,
        IntakeSettings,
        NotifierSettings,
        PortalSettings,
        Operator,
    )
    for name in kind.model_fields
}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting_is_described(name: str) -> None:
    assert re.search(rf"`dimona_{name}`", TEXT, re.IGNORECASE)


def test_every_described_setting_exists() -> None:
    said = {name.lower() for name in re.findall(r"`(?:DIMONA|dimona)_([A-Z_]+|[a-z_]+)`", TEXT)}
    metrics = {name for name in said if f"dimona_{name}" in METRICS}
    names = {"owner", "operator", "intake", "ledger", "portal", "canary"}  # roles, and a client
    assert said - metrics - names <= SETTINGS | {"secrets_dir"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_described_command_exists(page: Path) -> None:
    """In every page: `dimona <group> <command>`."""
    groups = {name.split()[0] for name in command_names()}
    for group, command in re.findall(r"`dimona ([a-z]+)(?: ([a-z]+))?", page.read_text()):
        assert group in groups
        assert not command or {group, f"{group} {command}"} & command_names(), f"{group} {command}"


def test_every_command_is_mentioned() -> None:
    for name in command_names():
        assert f"dimona {name}" in TEXT, name

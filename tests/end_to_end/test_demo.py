"""The demonstration on the whole pipeline, and its failure when a result is wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local.demo import play as demo
from deploy.local.demo.data import DemoData
from deploy.local.demo.script import Scene, script
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from tests.serving import serving

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own."""
    with serving(stack, "demo") as endpoints:
        yield endpoints


async def _play(endpoints: Endpoints, folder: Path) -> tuple[bool, str]:
    """Play the demo; return whether it went as scripted, and its output."""
    file = folder / "endpoints.json"
    file.write_text(json.dumps(endpoints.document()))
    console = Console(file=io.StringIO(), width=150)
    sound = await demo.play(endpoints.document(), file, console)
    assert isinstance(console.file, io.StringIO)
    return sound, console.file.getvalue()


async def test_every_declaration_ends_as_scripted(endpoints: Endpoints, tmp_path: Path) -> None:
    sound, printed = await _play(endpoints, tmp_path)
    declarations = sum(
        bool(act.results) and act.repeats is None for scene in script(endpoints.data) for act in scene.acts
    )
    assert sound, printed
    assert printed.splitlines()[-1] == (
        f"demo: {declarations} declarations, {declarations} final notifications, 0 lost"
    )
    assert "One IN over REST" in printed
    assert (tmp_path / "call.wav").exists() or "The call has no sound: " in printed


async def test_the_demo_can_be_repeated(endpoints: Endpoints, tmp_path: Path) -> None:
    sound, printed = await _play(endpoints, tmp_path)
    assert sound, printed


async def test_control_the_demo_fails_on_an_unexpected_result(
    endpoints: Endpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(data: DemoData, take: int) -> tuple[Scene, ...]:
        (first, *_) = script(data, take)
        act, *others = first.acts
        told_wrong = replace(act, errors=("90373-460",), notified="secretariat")
        return (Scene(first.title, (told_wrong, *others)),)

    monkeypatch.setattr(demo, "script", wrong)
    sound, printed = await _play(endpoints, tmp_path)
    assert not sound
    assert "baker in: expected 90373-460" in printed
    assert "baker in: notified to bakery" in printed
    assert "not as the script says: baker in" in printed

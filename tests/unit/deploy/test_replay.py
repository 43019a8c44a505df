"""The steps of a Dockerfile have in a tree of files the effect that they have in an image."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.check import replay
from deploy.check.base import release_of
from deploy.check.replay import ReplayError
from deploy.local.debian import Unavailable

DOCKERFILE = """\
FROM debian:trixie-slim AS build
COPY list.txt /build/
COPY shared /app/shared
FROM debian:trixie-slim
COPY --from=build /app /opt/app
ENV A=1 PATH=/opt/bin
WORKDIR /opt/app
USER 10001:10001
ENTRYPOINT ["python3", "-m"]
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a checkout with two files in its context and one outside; the base image is an empty tree."""
    base, root = tmp_path / "base", tmp_path / "root"
    for folder in (base / "etc", root / "shared/inner", root / "deploy/image"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(replay, "base_tree", lambda _image: base)
    (root / "list.txt").write_text("list")
    (root / "shared/inner/a.py").write_text("a")
    (root / "shared/secret.env").write_text("never sent")
    (root / ".dockerignore").write_text("*\n!shared\n!list.txt\n**/*.env\n")
    (root / "deploy/image/Dockerfile").write_text(DOCKERFILE)
    return root


def write(root: Path, step: str) -> None:
    (root / "deploy/image/Dockerfile").write_text(f"FROM debian:trixie-slim\n{step}\n")


def test_the_last_stage_is_the_image(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    image = replay.replay(checkout, tmp_path / "work")
    files = {str(file.relative_to(image.tree)) for file in image.tree.rglob("*") if file.is_file()}
    assert files == {"opt/app/shared/inner/a.py"}
    assert (tmp_path / "work/stage0/build/list.txt").read_text() == "list"
    assert (image.environment["A"], image.environment["PATH"]) == ("1", "/opt/bin")
    assert (image.folder, image.user, image.entrypoint) == ("/opt/app", "10001:10001", ("python3", "-m"))


def test_a_file_outside_the_context_cannot_be_copied(checkout: Path, tmp_path: Path) -> None:
    write(checkout, "COPY shared/secret.env /")
    (tmp_path / "work").mkdir()
    with pytest.raises(ReplayError, match="the context has no such file"):
        replay.replay(checkout, tmp_path / "work")


def test_a_failed_command_stops_the_build(checkout: Path, tmp_path: Path) -> None:
    """Also without the rights of root, which the command needs."""
    write(checkout, "RUN false")
    (tmp_path / "work").mkdir()
    with pytest.raises(ReplayError, match="RUN false"):
        replay.replay(checkout, tmp_path / "work")


def test_only_slim_images_of_debian_can_be_made() -> None:
    assert release_of("debian:trixie-slim") == "trixie"
    with pytest.raises(Unavailable, match="not python"):
        release_of("python:3.13")

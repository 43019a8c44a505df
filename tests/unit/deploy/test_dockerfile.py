"""A Dockerfile and a .dockerignore are read as Docker reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.check.dockerfile import DockerfileError, context, is_sent, parse

TEXT = """\
# a comment
FROM debian:trixie-slim AS build
# hadolint ignore=DL3008
RUN one \\
    # a comment between
    && two
ENV A=1 \\
    B=2
FROM build
COPY --from=build /a /b
ENTRYPOINT ["python3", "-m"]
"""


def test_stages_have_their_base_and_their_steps() -> None:
    first, last = parse(TEXT)
    assert (first.base, first.name, last.base, last.name) == ("debian:trixie-slim", "build", "build", "")
    assert [step.keyword for step in (*first.steps, *last.steps)] == ["RUN", "ENV", "COPY", "ENTRYPOINT"]
    assert first.steps[0].rest.split() == ["one", "&&", "two"]
    assert first.environment() == {"A": "1", "B": "2"}
    assert last.steps[1].words == ("python3", "-m")


def test_an_unknown_instruction_is_an_error() -> None:
    with pytest.raises(DockerfileError, match="ONBUILD"):
        parse("FROM a\nONBUILD RUN x\n")


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("services/intake/api.py", True),
        ("services/intake/__pycache__/api.pyc", False),
        ("uv.lock", False),
        ("deploy/processes.py", True),
        ("deploy/local/stack.py", False),
    ],
)
def test_the_last_matching_pattern_counts(path: str, sent: bool) -> None:
    patterns = ["*", "!services", "!deploy/processes.py", "**/__pycache__", "**/*.pyc"]
    assert is_sent(path, patterns) is sent


def test_the_context_has_the_files_that_are_let_in(tmp_path: Path) -> None:
    for name in ("shared/a.py", "shared/__pycache__/a.pyc", "secret.txt", ".env"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    (tmp_path / ".dockerignore").write_text("# only code\n*\n!shared\n**/__pycache__\n")
    assert set(context(tmp_path)) == {"shared/a.py"}

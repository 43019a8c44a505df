"""One thing that is wrong with what somebody asks for. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """What is wrong, as `shared.problems` knows it, the field that it concerns, and what to do."""

    kind: str
    field: tuple[str, ...]
    detail: str

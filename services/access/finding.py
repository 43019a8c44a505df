"""Value for one fault in a request: the field and the reason. No I/O."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """A fault: its kind in `shared.problems`, the field concerned, and how to correct it."""

    kind: str
    field: tuple[str, ...]
    detail: str

"""Rows of the tests of tables of rules."""

from __future__ import annotations

from typing import Any, NamedTuple


class Row(NamedTuple):
    """A row of a table of rules: a declaration that raises it, and a similar one that does not."""

    code: str
    path: str
    raised_by: Any
    silent_for: Any

    @property
    def name(self) -> str:
        """The code, the path and the declaration that raises it."""
        given = self.raised_by
        told = described(given) if isinstance(given, dict) else getattr(given, "name", "")
        return f"{self.code} {self.path} {told}".strip()


def described(given: dict[str, Any]) -> str:
    """Return the given values with their names, in short."""
    return " ".join(f"{name}={value}" for name, value in given.items())[:100]

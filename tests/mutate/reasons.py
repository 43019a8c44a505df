"""Why some mutants may live: a table, by module and by the line before and after.

A reason whose mutant is noticed after all, or is no more, is named by `make mutate` and has to go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Classes of reasons."""

    EQUIVALENT = "equivalent"  #: no input tells it from the original
    COST = "cost only"  #: the answer is the same, it comes later
    PRESENTATION = "presentation only"  #: for people, no program reads it


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a survivor may be one; `before` and `after` are parts of the lines that are changed."""

    module: str
    before: str
    after: str
    kind: Kind
    why: str

    def is_of(self, module: str, before: str, after: str) -> bool:
        """Whether this is the reason of a survivor."""
        return module == self.module and self.before in before and self.after in after


REASONS: Final[tuple[Reason, ...]] = ()

"""Problems that the operations of the directory raise."""

from __future__ import annotations

from collections.abc import Sequence

from services.access.finding import Finding
from shared.problems import issue
from shared.runtime.api import ProblemError


def check(findings: Sequence[Finding]) -> None:
    """Raise ProblemError (400) with a list of the findings, if there are any."""
    if findings:
        raise ProblemError(
            "badRequest",
            "The input message is incorrect",
            issues=[issue(kind, field, detail=detail) for kind, field, detail in findings],
        )


def conflict(detail: str) -> ProblemError:
    """Return a ProblemError (409) with this detail, for the caller to raise."""
    return ProblemError("conflict", detail)

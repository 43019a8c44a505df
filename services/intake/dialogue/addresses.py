"""Addresses in an answer over REST. Its stored text serves every channel and has none (ADR 16)."""

from __future__ import annotations

import json
from typing import Any


def with_addresses(base: str, number: int, answer: str) -> dict[str, Any]:
    """Return the answer to a declaration with its address and that of its period, below a base address."""
    document: dict[str, Any] = json.loads(answer)
    period = document["declarationStatus"].get("period")
    if period is not None:
        period["href"] = f"{base}/periods/{period['id']}"
    return {"href": f"{base}/declarations/{number}", **document}

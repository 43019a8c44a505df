"""The addresses (`href`) in an answer over REST.

The stored answer has no addresses, because all channels use it (ADR 16).
"""

from __future__ import annotations

import json
from typing import Any


def with_addresses(base: str, number: int, answer: str, pages: str | None = None) -> dict[str, Any]:
    """Return the answer to a declaration with the addresses of the declaration, its period and its anomalies.

    Args:
        base: The address of the REST API.
        number: The Dimona number.
        answer: The stored answer, a JSON text.
        pages: The address of the documentation; None if it is not served. Then the anomalies
            get no address.
    """
    document: dict[str, Any] = json.loads(answer)
    for anomaly in document["declarationStatus"].get("anomalies", ()) if pages is not None else ():
        anomaly["href"] = f"{pages}/anomalies/{anomaly['errorId']}"
    period = document["declarationStatus"].get("period")
    if period is not None:
        period["href"] = f"{base}/periods/{period['id']}"
    return {"href": f"{base}/declarations/{number}", **document}

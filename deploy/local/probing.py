"""The probe of a service of the local stack."""

from __future__ import annotations

import http.client
from collections.abc import Callable


def ready_at(port: int) -> Callable[[], bool]:
    """Return a function that returns whether the service with this ops port is ready."""

    def answers() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return answers

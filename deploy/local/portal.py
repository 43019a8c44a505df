"""The settings of the portal on a local stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from shared.topology import SERVICES


def portal_settings(
    api_url: Callable[[str], str], ops_url: Callable[[str], str], with_api: Iterable[str]
) -> dict[str, str]:
    """Return the environment of the portal.

    Args:
        api_url: returns the address of the API of a service.
        ops_url: returns the address of the ops port of a service.
        with_api: the services that have an API.
    """
    return {
        "DIMONA_PORTAL_URL": api_url("portal"),
        "DIMONA_PORTAL_DOCUMENTATION": f"{api_url('intake')}/doc",
        "DIMONA_PORTAL_APIS": json.dumps({name: api_url(name) for name in with_api}),
        "DIMONA_PORTAL_HEALTH": json.dumps({name: f"{ops_url(name)}/health" for name in SERVICES}),
    }

"""The canary of the local sandbox: its organization, its client and its test worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.local.demo.directory import Employer, Organization
from deploy.local.demo.numbers import make_employer_id, make_enterprise_number
from deploy.local.processes import write_private
from deploy.local.sandbox.workers import worker_of

ORGANIZATION: Final = Organization(
    "canary", make_enterprise_number(91_000), "Canari du Sable SA", "fr", Employer(make_employer_id(9_100))
)
CLIENT: Final = "dimona_canary"
#: A place behind those of all scenarios, whose workers are born one day after another.
WORKER: Final = worker_of(3_000)


def client() -> dict[str, Any]:
    """Return the client in the form of the file that services/access loads."""
    return {"clientId": CLIENT, "organization": ORGANIZATION.enterprise_number, "queue": False}


def settings(api_url: Callable[[str], str]) -> dict[str, str]:
    """Return the environment variables of the canary; `api_url` returns the address of an API by service."""
    return {
        "DIMONA_REST_URL": f"{api_url('intake')}/REST/dimona/v2",
        "DIMONA_CANARY_EMPLOYER": ORGANIZATION.enterprise_number,
        "DIMONA_CANARY_WORKER": WORKER.ssin,
    }


def write_secrets(secrets: Path, key: Path) -> None:
    """Write the secret file of the canary. `key` is the file with the private key of its client."""
    write_private(secrets / "canary" / "dimona_canary_private_key", key.read_text(), 0o400)

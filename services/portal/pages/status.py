"""The status of the service: which functions work now. A visitor sees no name of a service and no figure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from services.portal.visit import Answer, Need, Page, View, Visit
from shared.words import later

#: The functions that people know, with the services that each needs.
FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    later("Declare, and get the result"): ("intake", "identification", "personnel_file"),
    later("Personnel file"): ("intake", "personnel_file"),
    later("Notifications and e-Box"): ("notifier",),
    later("Login, rights and mandates"): ("access",),
    later("Contestations and complaints"): ("contact",),
    later("Files over SFTP"): ("files",),
    later("Data for institutions"): ("feed",),
}
STATES: Final[Mapping[bool | None, str]] = {
    True: later("works"),
    False: later("does not work now"),
    None: later("not known"),
}


def state_of(services: tuple[str, ...], states: Mapping[str, bool]) -> bool | None:
    """Return whether a function works: None if the state of a service is not known, and none is down."""
    known = [states.get(service) for service in services]
    if False in known:
        return False
    return None if None in known else True


async def status(visit: Visit) -> Answer:
    """Show the state of each function, and the instant of the look."""
    assert visit.probes is not None, "the gate gives them to every page"
    states = await visit.probes.states()
    values = {
        "functions": {text: STATES[state_of(services, states)] for text, services in FUNCTIONS.items()},
        "at": datetime.fromtimestamp(visit.probes.at, UTC).isoformat(),
    }
    return View("everybody/status.html", values)


PAGES: Final = (Page("GET", "/status", Need.NOTHING, status),)

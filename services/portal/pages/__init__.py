"""The table of all pages, except those of the login, and the menu."""

from __future__ import annotations

from typing import Final

from services.portal.pages import (
    access,
    agents,
    complaint,
    correct,
    declare,
    ebox,
    ebox_marking,
    enterprise,
    everybody,
    personnel,
    privacy,
    spreadsheet,
    status,
    today,
    worker,
)
from services.portal.session.rules import Session
from services.portal.visit import Page
from shared.domain.rights import Right
from shared.words import later

PAGES: Final[tuple[Page, ...]] = (
    *everybody.PAGES, *enterprise.PAGES, *today.PAGES, *correct.PAGES, *declare.PAGES,
    *personnel.PAGES, *ebox.PAGES,
    *access.PAGES,
    *spreadsheet.PAGES, *complaint.PAGES, *privacy.PAGES, *status.PAGES,
    *ebox_marking.PAGES,
    *worker.PAGES, *agents.PAGES,
)  # fmt: skip
#: Path and text of each entry of the menu of a person that has chosen an employer.
MENU: Final[tuple[tuple[str, str], ...]] = (
    ("/today", later("Today")),
    ("/declare", later("Declare")),
    ("/spreadsheet", later("Many at once")),
    ("/personnel", later("Personnel file")),
    ("/ebox", later("e-Box")),
    ("/access", later("Access")),
)
#: Path of an entry → the right in the chosen organization without which it is left out.
RIGHTS: Final = {"/declare": Right.DECLARE, "/spreadsheet": Right.DECLARE}
#: The entry of every person that has logged in.
OWN: Final = ("/person", later("My data"))
#: The entry of a person that is an agent of the authority, and acts for it.
WORK: Final = ("/agents", later("Work lists"))


def menu_of(session: Session | None) -> tuple[tuple[str, str], ...]:
    """Return the menu of a person: without acts that need a missing right, and empty before the login."""
    if session is None:
        return ()
    work = (WORK,) if agents.is_agent(session) else ()
    entries = MENU if session.employer else ()
    allowed = (each for each in entries if each[0] not in RIGHTS or session.may(RIGHTS[each[0]]))
    return (*work, *allowed, OWN)


def first_page_of(session: Session) -> str:
    """Return the page after a login: own data without a right for an enterprise, work lists for an agent."""
    if agents.is_agent(session):
        return WORK[0]
    return "/" if session.organizations else OWN[0]

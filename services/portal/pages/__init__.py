"""The table of all pages, except those of the login, and the menu."""

from __future__ import annotations

from typing import Final

from services.portal.pages import (
    access,
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
)
from services.portal.visit import Page
from shared.words import later

PAGES: Final[tuple[Page, ...]] = (
    *everybody.PAGES, *enterprise.PAGES, *today.PAGES, *correct.PAGES, *declare.PAGES,
    *personnel.PAGES, *ebox.PAGES,
    *access.PAGES,
    *spreadsheet.PAGES, *complaint.PAGES, *privacy.PAGES, *status.PAGES,
    *ebox_marking.PAGES,
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

"""The table of all pages, except those of the login, and the menu."""

from __future__ import annotations

from typing import Final

from services.portal.pages import enterprise, everybody
from services.portal.visit import Page

PAGES: Final[tuple[Page, ...]] = (*everybody.PAGES, *enterprise.PAGES)
#: Path and text of each entry of the menu of a person that has chosen an employer.
MENU: Final[tuple[tuple[str, str], ...]] = ()

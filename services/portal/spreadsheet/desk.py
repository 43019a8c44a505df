"""The objects with which a page serves the spreadsheets of one browser."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.portal.forms import Upload
from services.portal.spreadsheet.checking import Checking
from services.portal.spreadsheet.store import Sheet, Sheets


@dataclass(frozen=True, slots=True)
class Desk:
    """The spreadsheets of the session of a cookie, and the file of the present request, if it has one."""

    cookie: str
    sheets: Sheets
    checking: Checking
    upload: Upload | None = None

    async def own(self, id_: UUID) -> Sheet | None:
        """Return a spreadsheet of this session by its id, or None."""
        return next((sheet for sheet in await self.sheets.of(self.cookie) if sheet.id == id_), None)

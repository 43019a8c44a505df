"""A request for a page, the answers of a page, and the rows of the table of pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import Enum, auto
from typing import Any

from services.portal.apis import Apis
from services.portal.probes import Probes
from services.portal.session.rules import Session, organizations_of
from services.portal.spreadsheet.desk import Desk
from shared.domain.calendar import SATURDAY_AND_SUNDAY, local_date
from shared.runtime.errors import OurError
from shared.words import Words


class Need(Enum):
    """The needs of a page. Each includes those before it."""

    NOTHING = auto()
    PERSON = auto()  #: a login
    EMPLOYER = auto()  #: the choice of an organization and an employer


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page, after the checks of form and session."""

    words: Words
    apis: Apis
    session: Session | None
    parameters: Mapping[str, Any] = field(default_factory=dict)  #: of the path
    fields: Mapping[str, str] = field(default_factory=dict)  #: of the form
    #: Weekdays (0 is Monday) that do not count for the last day to contest.
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    desk: Desk | None = None  #: for spreadsheets
    probes: Probes | None = None  #: of the other services
    source: str = ""  #: network address of the visitor

    @property
    def person(self) -> Session:
        """Return the session of a page that needs a person."""
        assert self.session is not None
        return self.session

    async def with_present_organizations(self) -> Session:
        """Return the session with the organizations and rights that the directory gives the person now."""
        found = await self.apis.get("access", "/users/self")
        return replace(self.person, organizations=organizations_of(found))


@dataclass(frozen=True, slots=True)
class View:
    """The answer of a page: a template with its values.

    `session` replaces the session of the browser, if it is not None.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """The answer of a form that leads to another page of the portal, by its path."""

    path: str
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The answer of a page that is a document, shown without scripts and apart, or a file with a name."""

    content: bytes
    media_type: str
    name: str = ""  #: of a file that the browser stores; ASCII without quotes


@dataclass(frozen=True, slots=True)
class Download:
    """The answer of a form that is a file of any length, passed on while it arrives.

    `after` is called when the transfer has ended, also when it broke off.
    """

    chunks: AsyncGenerator[bytes]
    media_type: str
    name: str
    after: Callable[[], Awaitable[None]]


class LostError(OurError):
    """The error for a page without anything to show: an unknown number, or one of another organization."""


Answer = View | Next | Document | Download
Handler = Callable[[Visit], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Page:
    """A row of the table of pages."""

    method: str  #: GET or POST
    path: str  #: pattern of Starlette
    need: Need
    handler: Handler
    takes_file: bool = False  #: whether its form has a file
    has_secret: bool = False  #: whether a person may have typed a secret into its form

    @property
    def may_wait(self) -> bool:
        """Whether its form may wait in the session for a login, and be shown again after it."""
        return self.method == "POST" and not self.takes_file and not self.has_secret


def fixed(template: str, **values: Any) -> Handler:
    """Return the handler of a page without data."""

    async def handler(_visit: Visit) -> Answer:
        return View(template, values)

    return handler


def present_day() -> date:
    """Return the present day in Belgium."""
    return local_date(datetime.now(UTC))

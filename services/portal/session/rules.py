"""A session and its time limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=8)
#: Seconds before the end of a token at which a page gets a new one.
SOON: Final = 60.0


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization of the person, with the names of the person's rights there."""

    number: str  #: enterprise number
    name: str
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A form that waits for a login: its path and its fields."""

    path: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A login: token, person, the chosen organization and employer, and a form that waits."""

    token: str
    expires: float  #: end of the token, in seconds since 1970
    user_id: str
    name: str
    organizations: tuple[Organization, ...]
    organization: str = ""  #: enterprise number of the organization for which the person acts; empty: none
    employer: str = ""  #: enterprise number of the employer: that organization, or a mandator of it
    waiting: Waiting | None = None
    language: str = ""  #: of the person in the directory; empty for a session from before an update

    @property
    def acting_for(self) -> Organization | None:
        """Return the organization for which the person acts, or None before the choice."""
        return next((each for each in self.organizations if each.number == self.organization), None)

    def has_token(self, now: float, seconds: float = 0.0) -> bool:
        """Return whether the token is valid for some seconds more."""
        return now + seconds < self.expires

    def waits(self, path: str) -> bool:
        """Return whether a form for this path waits."""
        return self.waiting is not None and self.waiting.path == path

    def may(self, right: str) -> bool:
        """Return whether the person has a right in the chosen organization. The APIs decide, not this."""
        return self.acting_for is not None and right in self.acting_for.rights


def organizations_of(person: Mapping[str, Any]) -> tuple[Organization, ...]:
    """Return the organizations of a person as the directory shows the person."""
    return tuple(
        Organization(
            each["enterpriseNumber"], each["name"], tuple({right["right"] for right in each["rights"]})
        )
        for each in person["organizations"]
    )


def read(document: Mapping[str, Any]) -> Session:
    """Return the session in a document that `dataclasses.asdict` made."""
    waiting = document["waiting"]
    return Session(
        **{
            **document,
            "organizations": tuple(
                Organization(each["number"], each["name"], tuple(each["rights"]))
                for each in document["organizations"]
            ),
            "waiting": waiting
            and Waiting(waiting["path"], tuple((name, value) for name, value in waiting["fields"])),
        }
    )

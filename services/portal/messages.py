"""The pages with one message, for everything that goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.words import later


@dataclass(frozen=True, slots=True)
class Message:
    """A page with one message."""

    status: int
    heading: str
    text: str
    #: Where the person can help themselves: path and text.
    links: tuple[tuple[str, str], ...] = ()


MESSAGES: Final[Mapping[str, Message]] = {
    "lost": Message(
        404, later("Nothing here"), later("This page does not exist, or you have no right to see it.")
    ),
    "method": Message(
        405, later("Nothing here"), later("This page is reached through a form. Go back and use the form.")
    ),
    "form": Message(
        403,
        later("The form is too old"),
        later("Nothing was sent. Open the page again and repeat your input."),
    ),
    "unsent": Message(
        403,
        later("Nothing was sent"),
        later("Your login or choice of an enterprise had ended. Log in, choose, and repeat your input."),
    ),
    "refused": Message(
        403,
        later("No right"),
        later(
            "You have no right for this enterprise, or it has no technical client. Ask its access manager."
        ),
        (
            ("/access/users", later("Users and rights")),
            ("/access/clients", later("Technical clients")),
            ("/contact", later("Contact")),
        ),
    ),
    "rejected": Message(
        400,
        later("Not accepted"),
        later("The request was not accepted, and nothing was changed. Go back and correct your input."),
    ),
    "large": Message(
        413,
        later("The file is too large"),
        later("Nothing was sent. A file has at most 2 megabytes. Divide it, and upload the parts."),
    ),
    "away": Message(
        503,
        later("Not available now"),
        later("A service does not answer. Nothing was lost; try again in a moment."),
    ),
    "busy": Message(429, later("Too many requests"), later("Wait a few seconds, then load the page again.")),
    "failed": Message(500, later("An error"), later("The error has been logged. Go back and try again.")),
    "no_factor": Message(
        403,
        later("No second factor"),
        later("This needs a second factor, and your login has none. Ask your access manager."),
    ),
    "no_login": Message(
        403,
        later("Not logged in"),
        later("The login did not succeed. Begin again from the first page."),
    ),
}

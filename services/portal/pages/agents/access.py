"""The rights of an agent, and the answer for all others. The APIs decide; the menu only shows lists."""

from __future__ import annotations

from functools import wraps
from typing import Final

from services.portal.apis import RefusedError
from services.portal.session.rules import Session
from services.portal.visit import Answer, Handler, View, Visit
from shared.domain.rights import AUTHORITY, Right
from shared.words import later

_FORBIDDEN: Final = 403
NO_AGENT: Final = (
    later("No right"),
    later(
        "This is for agents of the authority with the right for it. "
        "An agent who is concerned by a case does not decide about it."
    ),
)


def rights_of(session: Session) -> frozenset[str]:
    """Return the rights of an agent that the person has at the authority, whatever enterprise is chosen."""
    held = {right for each in session.organizations if each.number == AUTHORITY for right in each.rights}
    return frozenset(held & {Right.AGENT, Right.PRIVACY})


def is_agent(session: Session) -> bool:
    """Return whether the person is an agent of the authority."""
    return bool(rights_of(session))


def for_agents(handler: Handler) -> Handler:
    """Return a handler that answers with a page about the rights of agents to all others, and after a 403.

    An API may show a person the own registration or report; the pages of agents show it to agents only.
    """

    @wraps(handler)
    async def answered(visit: Visit) -> Answer:
        if not is_agent(visit.person):
            return _refused()
        try:
            return await handler(visit)
        except RefusedError as error:
            if error.status != _FORBIDDEN or error.acr:
                raise
            return _refused()

    return answered


def _refused() -> View:
    heading, text = NO_AGENT
    return View("message.html", {"heading": heading, "text": text}, _FORBIDDEN)

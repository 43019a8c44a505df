"""The senders of requests over REST: a technical client, or a person for an organization.

A person declares as a technical client of the organization, so that the limits, the history and the answers
are those of the organization (ADR 33). A repeated command of a person is found by the organization and the
person, because the technical clients of the organization can change between two requests.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from fastapi import Request

from shared.domain.rights import Right
from shared.messages import Channel
from shared.runtime.api import ProblemError
from shared.runtime.security_log import SecurityEvent, store_event
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller

#: The enterprise number of the organization for which a person acts.
ORGANIZATION: Final = "Dimona-Organization"
_CLIENT: Final = """
SELECT c.client_id FROM access.clients c
WHERE c.organization = $2::text AND EXISTS (
    SELECT FROM access.rights r
    WHERE r.user_id = $1 AND r.enterprise_number = $2::text AND r.what = ANY($3::text[]))
ORDER BY c.queue, c.client_id LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a request: the technical client, and the channel of its declarations."""

    client_id: str
    channel: Channel
    person: UUID | None = None  #: opaque user id
    party: str | None = None  #: the party under which repeats of a person are found; None for a client

    def key(self, key: str | None) -> str | None:
        """Return the Idempotency-Key of a command. That of a person has the user id, and is never None."""
        return key if self.person is None else f"{self.person}/{key or uuid4()}"


async def sender_of(
    stage: Stage, caller: Caller, request: Request, rights: Collection[Right], operation: str
) -> Sender:
    """Return the sender that a request has.

    Raises ProblemError (403) for a person without one of these rights for the organization of the header, and
    for an organization without technical client. The refusal of a person that the directory knows is stored
    in the security log.
    """
    if not caller.is_person:
        return Sender(caller.subject, Channel.REST)
    try:
        user_id = UUID(caller.subject)
    except ValueError:  # an issuer outside names persons that the directory does not know
        raise _refused() from None
    number = request.headers.get(ORGANIZATION, "")
    async with stage.work() as (tx, _):
        client_id = await tx.connection.fetchval(_CLIENT, user_id, number, list(rights))
        if client_id is None:
            event = SecurityEvent("refusal", "refused", caller.subject, caller.client_id, operation)
            await store_event(tx.connection, event)
    if client_id is None:
        raise _refused()
    # A slash is in no client id.
    return Sender(client_id, Channel.WEB, user_id, f"organization/{number}")


def _refused() -> ProblemError:
    detail = f"Name in {ORGANIZATION} an organization with a technical client for which you have this right"
    return ProblemError("missingPermission", detail)

"""HTTP routes: the consent of an enterprise to digital documents only, and the print jobs for agents."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from services.notifier.ebox.api.operations import EnterpriseNumber, MessageId, Operation, in_ebox
from services.notifier.ebox.store import paper
from services.notifier.ebox.store.paper import Consent
from shared.domain.rights import AUTHORITY
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Called
from shared.runtime.database import Record
from shared.runtime.guard import guarded_routes

#: The text of the consent, stored with each consent. A change of the text applies to new consents only.
STATEMENT: Final = (
    "I ask that all documents that are available in digital form be sent to this enterprise "
    "in digital form only."
)


class Preferences(BaseModel):
    """The body of a request that stores or withdraws the consent to digital documents only."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, hide_input_in_errors=True, strict=True
    )

    is_exclusively_digital: bool


routes = guarded_routes()


@routes.get("/eboxes/{enterpriseNumber}/preferences", name=Operation.READ)
async def preferences(enterprise_number: EnterpriseNumber, call: Called) -> dict[str, Any]:
    """Return whether an enterprise gets digital documents only, and its consent if there is one."""
    async with in_ebox(call, enterprise_number) as (tx, _):
        return _shown(await paper.consent(tx, enterprise_number))


@routes.put("/eboxes/{enterpriseNumber}/preferences", name=Operation.CONSENT)
async def change(enterprise_number: EnterpriseNumber, wanted: Preferences, call: Called) -> dict[str, Any]:
    """Store or withdraw the consent to digital documents only; return the preferences after the change."""
    caller = call.caller
    async with in_ebox(call, enterprise_number) as (tx, _):
        if wanted.is_exclusively_digital:
            await paper.agree(tx, enterprise_number, caller.subject, caller.level, STATEMENT)
        else:
            await paper.withdraw(tx, enterprise_number, caller.subject)
        return _shown(await paper.consent(tx, enterprise_number))


@routes.get("/printJobs", name=Operation.PRINT)
async def jobs(
    call: Called,
    state: Literal["waiting", "written", "sent", "failed"] = "written",
    after: UUID | None = None,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Return a page of the print jobs in a state, the oldest first, for agents that print and send.

    A full page has `nextAfter`, the id to send as `after` in the request for the next page.
    """
    async with call.begin_for(AUTHORITY) as work:
        rows = await paper.print_jobs(work.tx, state, after, page_size)
    page: dict[str, Any] = {"items": [_job(row) for row in rows]}
    return page | ({"nextAfter": str(rows[-1]["message_id"])} if len(rows) == page_size else {})


@routes.put("/printJobs/{messageId}/sending", name=Operation.PRINT, status_code=204, response_class=Response)
async def sending(message_id: MessageId, call: Called) -> None:
    """Store that a printed document was sent.

    Raise ProblemError (404) if no document with this id is in the state `written`.
    """
    async with call.begin_for(AUTHORITY) as work:
        if not await paper.sent(work.tx, message_id, call.caller.subject):
            raise ProblemError("resourceNotFound", "No written document with this id waits for sending")


def _shown(consent: Consent | None) -> dict[str, Any]:
    if consent is None:
        return {"isExclusivelyDigital": False}
    return {
        "isExclusivelyDigital": True,
        "consent": {
            "agreedAt": consent.agreed_at.isoformat(),
            "agreedBy": consent.agreed_by,
            "assuranceLevel": consent.level,
            "statement": consent.statement,
        },
    }


def _job(row: Record) -> dict[str, Any]:
    document = {
        "messageId": str(row["message_id"]),
        "state": row["state"],
        "madeAt": row["made_at"].isoformat(),
    }
    return document | ({"file": row["file"]} if row["file"] else {})

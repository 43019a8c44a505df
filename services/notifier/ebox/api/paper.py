"""Routes: the consent to digital documents only, and the print jobs of all other enterprises."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from services.notifier.ebox import store
from services.notifier.ebox.api.operations import EnterpriseNumber, MessageId, Operation, as_agent, in_ebox
from services.notifier.ebox.store import Consent, Reader
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Authorization
from shared.runtime.database import Record, Transaction
from shared.runtime.tokens import Caller

#: The text of the consent, stored with each one. A new wording counts for new consents only.
STATEMENT: Final = (
    "I ask that all documents that are available in digital form be sent to this enterprise "
    "in digital form only."
)


class Preferences(BaseModel):
    """The preferences of an enterprise."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, hide_input_in_errors=True, strict=True
    )

    is_exclusively_digital: bool


def add(routes: APIRouter, authorization: Authorization, reader: Any, manager: Any) -> None:
    """Add the routes for preferences: each reader may see them, a manager may change them."""

    @routes.get("/eboxes/{enterpriseNumber}/preferences")
    async def preferences(enterprise_number: EnterpriseNumber, caller: Caller = reader) -> dict[str, Any]:
        async def act(tx: Transaction, _: Reader) -> Consent | None:
            return await store.consent(tx, enterprise_number)

        return _shown(await in_ebox(authorization, caller, enterprise_number, Operation.READ, act))

    @routes.put("/eboxes/{enterpriseNumber}/preferences")
    async def change(
        enterprise_number: EnterpriseNumber, wanted: Preferences, caller: Caller = manager
    ) -> dict[str, Any]:
        async def act(tx: Transaction, _: Reader) -> Consent | None:
            if wanted.is_exclusively_digital:
                await store.agree(tx, enterprise_number, caller.subject, caller.level, STATEMENT)
            else:
                await store.withdraw(tx, enterprise_number, caller.subject)
            return await store.consent(tx, enterprise_number)

        return _shown(await in_ebox(authorization, caller, enterprise_number, Operation.CONSENT, act))


def add_for_agents(routes: APIRouter, authorization: Authorization, agent: Any) -> None:
    """Add the routes for the work list of agents that print and send."""

    @routes.get("/printJobs")
    async def jobs(
        state: Literal["waiting", "written", "sent", "failed"] = "written",
        after: UUID | None = None,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=200)] = 50,
        caller: Caller = agent,
    ) -> dict[str, Any]:
        async def act(tx: Transaction) -> list[Record]:
            return await store.print_jobs(tx, state, after, page_size)

        rows = await as_agent(authorization, caller, Operation.PRINT, act)
        page: dict[str, Any] = {"items": [_job(row) for row in rows]}
        return page | ({"nextAfter": str(rows[-1]["message_id"])} if len(rows) == page_size else {})

    @routes.put("/printJobs/{messageId}/sending", status_code=204, response_class=Response)
    async def sending(message_id: MessageId, caller: Caller = agent) -> None:
        async def act(tx: Transaction) -> bool:
            return await store.sent(tx, message_id, caller.subject)

        if not await as_agent(authorization, caller, Operation.PRINT, act):
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

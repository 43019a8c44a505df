"""The routes to send a complaint and to confirm an e-mail address. They need no token."""

from __future__ import annotations

import math
import time
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from services.contact.complaint import store
from services.contact.complaint.handler import code_digest, open_complaint
from services.contact.complaint.rules import CONTACTS, Sources, Subject
from services.contact.complaint.store import Complainant
from shared.runtime.api import ProblemError
from shared.runtime.guard import guarded_routes
from shared.runtime.inputs import NOT_NULL
from shared.runtime.rate import source_of
from shared.runtime.stage import Stage

_RETRY_SECONDS: Final = 60


def _text(most: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most, pattern=r"^[^\x00]*$")


_Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
_Number = Annotated[str, Field(pattern=r"^[01]\d{9}$")]


class ComplaintRequest(BaseModel):
    """The body of a request that sends a complaint. Name, address and description are required."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    name: Annotated[str, _text(200)]
    address: Annotated[str, _text(500)]
    description: Annotated[str, _text(10_000)]
    subject: Subject = Subject.SERVICE
    email: Annotated[_Email | None, NOT_NULL] = None
    language: Literal["fr", "nl", "de", "en"] = "fr"
    enterprise_number: Annotated[_Number | None, NOT_NULL] = None
    service_concerned: Annotated[Annotated[str, _text(200)] | None, NOT_NULL] = None


class ConfirmationRequest(BaseModel):
    """The body of a request that confirms an e-mail address: the code in the letter that was sent to it."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    code: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


def router(stage: Stage) -> APIRouter:
    """Return the two routes of complainants: to send a complaint, and to confirm an e-mail address."""
    routes, sources, attempts = guarded_routes(), Sources(), Sources()

    @routes.post("/complaints", status_code=201)
    async def create(request: ComplaintRequest, connection: Request) -> dict[str, Any]:
        _count(sources, connection)
        complainant = Complainant(
            request.name, request.address, request.email, request.language, request.service_concerned
        )
        async with stage.work() as (tx, _):
            case = await open_complaint(
                tx, request.subject, request.description, request.enterprise_number, complainant
            )
        if case is None:
            raise _too_many(_RETRY_SECONDS)
        return {
            "complaintId": str(case.id),
            "receivedAt": case.opened_at.isoformat(),
            "answerDueOn": str(case.due_on),
            "contact": CONTACTS[case.kind],
        }

    @routes.post("/complaints/{complaintId}/confirmations", status_code=204, response_class=Response)
    async def confirm(
        complaint_id: Annotated[UUID, Path(alias="complaintId")],
        request: ConfirmationRequest,
        connection: Request,
    ) -> None:
        _count(attempts, connection)
        async with stage.work() as (tx, _):
            confirmed = await store.confirm_address(tx, complaint_id, code_digest(request.code))
        if not confirmed:
            raise ProblemError("resourceNotFound", "This code is wrong, or was used before")

    return routes


def _count(sources: Sources, connection: Request) -> None:
    """Count a request for its source. Raise ProblemError (429) if the source has sent too many requests."""
    source = source_of(connection.client.host if connection.client else None)
    if wait := sources.wait(source, time.monotonic()):
        raise _too_many(math.ceil(wait))


def _too_many(seconds: int) -> ProblemError:
    return ProblemError(
        "tooManyRequests",
        "Too many complaints. Send it again after the number of seconds in Retry-After",
        headers={"Retry-After": str(seconds)},
        retryAfterSec=seconds,
    )

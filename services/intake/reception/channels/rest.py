"""The REST channel: the body of `POST /declarations` becomes a command to receive a declaration."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from shared.domain.declared import Declaration, SubmittedDeclaration
from shared.messages import Channel
from shared.problems import invalid
from shared.problems import problem as problem_of
from shared.runtime import metrics
from shared.runtime.commands import Command
from shared.runtime.structure import StructureError, check

#: A REST request has no message id and no source: each request is a command of its own (client Q28).
SOURCE: Final = "urn:dimona:rest"
_BODY: Final[TypeAdapter[Declaration]] = TypeAdapter(SubmittedDeclaration)


def read(client_id: str, body: bytes) -> Command[Declaration]:
    """Return the command in the body of a request; a structural fault becomes its problem (decision D4)."""
    declaration, problem = None, None
    try:
        check(body)
        declaration = _BODY.validate_json(body)
    except StructureError as error:
        problem = problem_of("badRequest", str(error))
    except ValidationError as error:
        problem = invalid(error)
    if problem is not None:
        metrics.UNREADABLE.labels("invalid").inc()
    return Command(
        client_id, str(uuid4()), SOURCE, Channel.REST, hashlib.sha256(body).digest(),
        declaration, problem, None, False, None,
    )  # fmt: skip

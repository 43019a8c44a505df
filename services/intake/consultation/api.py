"""`POST /declarations/search`: find the declarations of the caller's organization that have a result."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from services.intake.consultation import store
from services.intake.consultation.store import Criteria
from services.intake.dialogue.addresses import with_addresses
from services.intake.dialogue.api import CONSULT, PATH, client_of
from services.intake.settings import IntakeSettings
from shared.runtime.api import Bearer, ProblemError
from shared.runtime.authorization import require_valid
from shared.runtime.inputs import NOT_NULL
from shared.runtime.negotiation import json_only
from shared.runtime.searching import (
    AS_LIST,
    Codes,
    Days,
    Employer,
    Number,
    Paging,
    Part,
    Ssin,
    Texts,
    several,
    wrong,
)
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller

_MOST_DIGITS: Final = 18
_Kinds = Annotated[
    list[Literal["in", "out", "update", "cancel", "daily"]], AS_LIST, Field(min_length=1, max_length=5)
]
_Results = Annotated[list[Literal["A", "W", "B", "S"]], AS_LIST, Field(min_length=1, max_length=4)]


class _Worker(Part):
    ssin: Ssin


class _Features(Part):
    joint_commission_number: Annotated[Codes | None, NOT_NULL] = None
    worker_type: Annotated[Texts | None, NOT_NULL] = None


class DeclarationSearch(Part):
    """The body of a search. A declaration is found only if it matches every property that is given."""

    employer: Annotated[Employer | None, NOT_NULL] = None
    worker: Annotated[_Worker | None, NOT_NULL] = None
    declaration_id: Annotated[Number | None, NOT_NULL] = None
    period_id: Annotated[Number | None, NOT_NULL] = None
    reception_period: Annotated[Days | None, NOT_NULL] = None
    features: Annotated[_Features | None, NOT_NULL] = None
    kind: Annotated[_Kinds | None, NOT_NULL] = None
    result: Annotated[_Results | None, NOT_NULL] = None

    def criteria(self, employer: str | None) -> Criteria:
        """Return the criteria of this search.

        `employer` is the enterprise number of the employer that the search names; None if it names none.
        """
        features, received = self.features or _Features(), self.reception_period or Days()
        return Criteria(
            employer=employer,
            number=self.declaration_id,
            ssin=None if self.worker is None else self.worker.ssin,
            period=self.period_id,
            kind=several(self.kind),
            result=several(self.result),
            worker_type=several(features.worker_type),
            joint_commission=several(features.joint_commission_number),
            received_from=received.start_date,
            received_until=received.end_date,
        )


def add_routes(routes: APIRouter, settings: IntakeSettings, stage: Stage, bearer: Bearer) -> None:
    """Add the operation `POST /declarations/search`."""
    reader: Any = Depends(bearer.needs(CONSULT))
    base = settings.base_url

    @routes.post(f"{PATH}/search", dependencies=[Depends(json_only)])
    async def search(
        request: DeclarationSearch, paging: Annotated[Paging, Query()], caller: Caller = reader
    ) -> dict[str, Any]:
        client_id, walked, after = client_of(caller), paging.walked, _after(paging)
        async with stage.work() as (tx, _):
            await require_valid(tx, caller)
            organization = await store.begin(tx, client_id)
            if organization is None:
                raise ProblemError("missingPermission", "This client is not registered here")
            employer = None if request.employer is None else request.employer.ten_digits
            if request.employer is not None and request.employer.employer_id is not None:
                employer = await store.load_employer(tx, request.employer.employer_id) or ""
            size = walked + paging.page_size
            found = await store.search(tx, organization, request.criteria(employer), after, size)
            shown = found.rows[walked:]
            await store.record(tx, client_id, organization, [row["number"] for row in shown])
        answer: dict[str, Any] = {
            "items": [with_addresses(base, row["number"], row["answer"], settings.pages) for row in shown],
            "page": paging.page,
            "pageSize": paging.page_size,
        }
        if found.rest is not None:
            answer["next"] = paging.next(f"{base}/declarations/search", str(found.rest), {})
        return answer


def _after(paging: Paging) -> int:
    """Return the Dimona number after which the page begins; 0 for the first page.

    Raise ProblemError (400) if `after` is not a number of at most 18 digits.
    """
    after = paging.after or "0"
    if not (after.isascii() and after.isdigit() and len(after) <= _MOST_DIGITS):
        raise wrong("after")
    return int(after)

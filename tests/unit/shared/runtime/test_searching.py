"""Bodies of searches are bounded before their validation, and values have one form each."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from shared.runtime.guard import face, guarded_routes
from shared.runtime.inputs import NOT_NULL
from shared.runtime.request_queue import RequestQueue
from shared.runtime.searching import Codes, Part
from tests.asgi import call


class Search(Part):
    """The body of a search."""

    codes: Annotated[Codes | None, NOT_NULL] = None


def app() -> FastAPI:
    api, routes = face(RequestQueue()), guarded_routes()

    @routes.post("/search")
    async def search(request: Search) -> list[str]:
        return request.codes or []

    api.include_router(routes)
    return api


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({f"p{n}": 1 for n in range(3_000)}),
        f'{{"codes": {"[" * 700}{"]" * 700}}}',
        '{"codes": "1", "codes": "2"}',
        json.dumps({"codes": [[1]] * 257}),
    ],
    ids=["properties", "levels", "twice", "items"],
)
async def test_a_body_beyond_the_limits_is_a_problem_without_issues(body: str) -> None:
    """Validation, which would report each part, does not begin."""
    answer = await call(app(), "POST", "/search", {"content-type": "application/json"}, body.encode())
    assert answer.status == 400
    assert "issues" not in answer.json()


async def test_a_joint_commission_may_be_a_number() -> None:
    """Client Q19."""
    answer = await call(app(), "POST", "/search", body={"codes": [124, "XXX"]})
    assert answer.json() == ["124", "XXX"]


@pytest.mark.parametrize("codes", [[["124"]], [True], {"a": 1}])
def test_a_code_is_a_text_or_a_number(codes: Any) -> None:
    with pytest.raises(ValidationError):
        Search.model_validate({"codes": codes})

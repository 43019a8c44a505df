"""Stored searches: of an export, or saved by a user. Criteria about the worker are not allowed in them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from services.personnel_file.consultation.channels.files import Form
from services.personnel_file.consultation.channels.request import SearchRequest
from services.personnel_file.consultation.rules import Level, Order, Query
from services.personnel_file.consultation.store.exports import Export
from shared.domain.wire_values import given
from shared.runtime.searching import Part


class StoredCriteria(SearchRequest):
    """The criteria of a stored search. A search with criteria about the worker is refused."""

    @field_validator("worker", mode="before")
    @classmethod
    def _without_worker(cls, _: object) -> None:
        raise PydanticCustomError("extra_forbidden", "a search that is kept names no worker")


class StoredSearch(Part):
    """A search that the database stores, for an export or for a user."""

    level: Level = Level.PERIOD
    sort: Order = Order.NUMBER
    criteria: StoredCriteria

    def query(self, size: int) -> Query:
        """Return this search as a query with pages of `size` rows, but without its `employerId`.

        The handler reads this number separately, and adds the enterprise number of the employer to the query.
        """
        return Query(self.level, self.criteria.criteria(), self.sort, size=size)

    @property
    def text(self) -> str:
        """The search as JSON for the database, with only the properties that were given."""
        return self.model_dump_json(by_alias=True, exclude_unset=True, include={"level", "sort", "criteria"})


class ExportRequest(StoredSearch):
    """The body of a request for an export: the search, and the format of the file."""

    form: Annotated[Form, Field(alias="format")] = Form.CSV


def export(found: Export, base: str) -> dict[str, Any]:
    """Return an export as an object of an answer; `base` is the public address of the API."""
    href = f"{base}/exports/{found.export_id}"
    return given(
        {
            "id": str(found.export_id),
            "href": href,
            "format": found.form,
            "state": found.state,
            "createdAt": found.created_at.isoformat(),
            "expiresAt": found.expires_at.isoformat(),
            "total": found.total,
            "isTotalComplete": found.whole,
            "deliveredRows": found.delivered_rows,
            "content": {"href": f"{href}/content"},
        }
    )

"""Models that the searches of REST v2 share: criteria in the body, and the page in the query.

The keyset of a page is the place after which the page begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shared.problems import invalid_request
from shared.runtime.api import ProblemError
from shared.runtime.inputs import HIGHEST, NOT_NULL

#: Maximum number of rows before a page without keyset. The database has to read all of them.
MOST_WALKED: Final = 1_000
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_text(value: object) -> object:
    """Return a number as text, and any other value unchanged.

    Some clients write a joint commission as a number (client Q19).
    """
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _written_as_day(value: object) -> object:
    """Return a text of the form YYYY-MM-DD unchanged. Raise PydanticCustomError for any other value.

    Pydantic alone would also convert an instant, or a number of seconds since 1970, to a day.
    """
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "not YYYY-MM-DD")
    return value


AS_LIST: Final = BeforeValidator(_as_list)  #: a value that is not a list becomes a list with this value
Text = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Texts = Annotated[list[Text], AS_LIST, Field(min_length=1, max_length=50)]
_Code = Annotated[Text, BeforeValidator(_as_text)]
Codes = Annotated[list[_Code], AS_LIST, Field(min_length=1, max_length=50)]
Ssin = Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")]
Day = Annotated[date, BeforeValidator(_written_as_day)]
Number = Annotated[int, Field(strict=True, ge=0, le=HIGHEST)]
#: Some clients drop the leading zero (client Q18).
Enterprise = Annotated[str, StringConstraints(pattern=r"^[0-9]{9,10}$")]


class Part(BaseModel):
    """Base class of the objects in the JSON of a search.

    Names are in camelCase, unknown fields are refused, and the objects are immutable.
    """

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, hide_input_in_errors=True, frozen=True
    )


class Employer(Part):
    """An employer in a search, given by exactly one of its two numbers."""

    employer_id: Annotated[Number | None, NOT_NULL] = None
    enterprise_number: Annotated[Enterprise | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Employer:
        if (self.employer_id is None) == (self.enterprise_number is None):
            raise PydanticCustomError("required_input", "employerId or enterpriseNumber")
        return self

    @property
    def ten_digits(self) -> str | None:
        """The enterprise number in ten digits; None for an employer given by `employer_id`."""
        return None if self.enterprise_number is None else self.enterprise_number.zfill(10)


class Days(Part):
    """The days from `start_date` to `end_date`, both included.

    Without `start_date` there is no first day, and without `end_date` there is no last day.
    """

    start_date: Annotated[Day | None, NOT_NULL] = None
    end_date: Annotated[Day | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _in_order(self) -> Days:
        if self.start_date is not None and self.end_date is not None and self.end_date < self.start_date:
            raise PydanticCustomError("invalid_period", "the end lies before the start")
        return self


class Paging(BaseModel):
    """The parameters in the query of a URL that select one page of the results of a search."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    page_size: Annotated[int, Field(ge=1, le=100)] = 50
    page: Annotated[int, Field(ge=1, le=10**9)] = 1
    after: Annotated[str | None, StringConstraints(max_length=40)] = None  #: the keyset

    @property
    def walked(self) -> int:
        """The number of rows before this page that the database has to read: 0 for a page with keyset.

        Raise ProblemError (400) for more than MOST_WALKED rows.
        """
        rows = 0 if self.after is not None else (self.page - 1) * self.page_size
        if rows > MOST_WALKED:
            raise wrong("page")
        return rows

    def next(self, url: str, after: str, more: Mapping[str, str]) -> str:
        """Return the URL of the next page, with its keyset `after` and the parameters in `more`."""
        given: dict[str, Any] = {"pageSize": self.page_size, "page": self.page + 1, "after": after, **more}
        return f"{url}?{urlencode(given)}"


def wrong(parameter: str) -> ProblemError:
    """Return the ProblemError (400) for a wrong parameter of the query."""
    return ProblemError.of(invalid_request([{"type": "invalid_input", "loc": ("query", parameter)}]))


def several(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the accepted values of a criterion as a tuple, or None for a criterion that is not given."""
    return None if values is None else tuple(values)

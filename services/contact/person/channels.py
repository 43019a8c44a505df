"""The bodies of requests of agents about a person."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from services.contact.person.rules.asking import Purpose, Reason
from shared.domain.identifiers import parse_ssin
from shared.runtime.inputs import NOT_NULL


def text(most: int) -> Any:
    """Return the constraints of a text of a person: not empty, and at most `most` characters."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most, pattern=r"^[^\x00]*$")


def number_of_person(text: str) -> str:
    """Return a NISS without separators. Raise PydanticCustomError for a text that is none."""
    if (found := parse_ssin(text)) is None:
        raise PydanticCustomError("invalid_structure", "no such number")
    return found


class AgentRequest(BaseModel):
    """The body of a look of an agent: the NISS, the reason, and words that say more.

    `shown_from` is for a covert inquiry: the person sees the look from this day on.
    """

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    ssin: Annotated[str, AfterValidator(number_of_person)]
    reason: Reason
    words: Annotated[str, text(2000)]
    shown_from: Annotated[date | None, NOT_NULL] = None

    @property
    def purpose(self) -> Purpose:
        """Return the purpose of the look."""
        return Purpose(self.reason, self.words, self.shown_from)

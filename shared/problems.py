"""Belgif problems (RFC 9457) as data: what was wrong with a message, in the sender's own terms. Pure.

A problem names the field and what to do, never the value: a value may be a NISS (decision D27).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

_BELGIF: Final = "https://www.belgif.be/specification/rest/api-guide"

#: name → (status, title); the types of the Belgif guide that this system answers with
PROBLEMS: Final[Mapping[str, tuple[int, str]]] = {
    "badRequest": (400, "Bad Request"),
    "noAccessToken": (401, "No Access Token"),
    "invalidAccessToken": (401, "Invalid Access Token"),
    "expiredAccessToken": (401, "Expired Access Token"),
    "missingScope": (403, "Missing Scope"),
    "missingPermission": (403, "Missing Permission"),
    "resourceNotFound": (404, "Resource Not Found"),
    "methodNotAllowed": (405, "Method Not Allowed"),
    "conflict": (409, "Conflict"),
    "payloadTooLarge": (413, "Payload Too Large"),
    "tooManyRequests": (429, "Too Many Requests"),
    "internalServerError": (500, "Internal Server Error"),
    "serviceUnavailable": (503, "Service is unavailable"),
}

#: pydantic's error type → issue type; whatever is not listed is a violation of the schema
_ISSUES: Final[Mapping[str, str]] = {
    "extra_forbidden": "belgif:input-validation:unknownInput",
    "exactly_one_of": "belgif-ext:input-validation:exactlyOneOfExpected",
    "invalid_structure": "belgif-ext:input-validation:invalidStructure",
    "invalid_period": "belgif-ext:input-validation:invalidPeriod",
    "required_input": "belgif-ext:input-validation:requiredInput",
    "invalid_input": "belgif:input-validation:invalidInput",
    "referenced_resource_not_found": "belgif:input-validation:referencedResourceNotFound",
}
_TITLES: Final[Mapping[str, str]] = {
    "schemaViolation": "Input value is invalid with respect to the schema",
    "unknownInput": "Unknown input",
    "exactlyOneOfExpected": "Exactly one of these inputs must be present",
    "invalidStructure": "Input value has an invalid structure",
    "invalidPeriod": "Period is invalid",
    "requiredInput": "Input value is required in this context",
    "invalidInput": "Invalid input",
    "referencedResourceNotFound": "Referenced resource not found",
}
#: What a property of a contract may be called; numbers of persons are not.
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,40}[A-Za-z0-9_]{0,8}")
#: A document can be wrong in thousands of places; its answer has to fit into a message.
ISSUES_MOST: Final = 50
_SCHEMA_VIOLATION: Final = "belgif:input-validation:schemaViolation"

#: pydantic's error type → what to do about it; the rest say what was expected instead
_DETAILS: Final[Mapping[str, str]] = {
    "extra_forbidden": "This property is unknown here; leave it out",
    "missing": "This property is required",
    "exactly_one_of": (
        "Give exactly one of dimonaIn, dimonaOut, dimonaUpdate, dimonaCancel, dimonaDailyRegistration"
    ),
    "daily_alone": "A daily registration goes without employer and worker: its period says who they are",
    "invalid_structure": "The number is not written as such numbers are, or its check digits are wrong",
    "invalid_period": "The end lies before the beginning",
    "required_input": "This is needed here",
    "referenced_resource_not_found": "What this names is not known here",
    "string_too_short": "An empty text is not allowed; leave the property out",
    "string_pattern_mismatch": "The text is not written as the contract prescribes",
    "string_type": "A text is expected",
    "int_type": "A whole number is expected",
    "int_from_float": "A whole number is expected",
    "int_parsing": "A whole number is expected",
    "model_type": "An object is expected",
    "dict_type": "An object is expected",
    "json_invalid": "The body is not valid JSON",
}


def problem(name: str, detail: str, **extras: Any) -> dict[str, Any]:
    """A problem of the Belgif guide. `detail` is our own sentence. Raises KeyError for an unknown name."""
    status, title = PROBLEMS[name]
    return {
        "type": f"urn:problem-type:belgif:{name}",
        "href": f"{_BELGIF}/problems/{name}.html",
        "status": status,
        "title": title,
        "detail": detail,
        **extras,
    }


def invalid(error: ValidationError, under: Sequence[str] = ()) -> dict[str, Any]:
    """The problem of a document that a model refuses; `under` is the path that leads to the document."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return invalid_request([{"type": each["type"], "loc": ("body", *under, *each["loc"])} for each in found])


def invalid_request(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The problem of a request: pydantic's errors, whose `loc` begins with body, query, path or header."""
    return problem(
        "badRequest",
        "The input message is incorrect",
        issues=[issue(each["type"], each["loc"][1:], each["loc"][0]) for each in found[:ISSUES_MOST]],
        **({"moreIssues": len(found) - ISSUES_MOST} if len(found) > ISSUES_MOST else {}),
    )


def issue(
    kind: str, location: Sequence[str | int], where: str = "body", detail: str | None = None
) -> dict[str, Any]:
    """One thing that is wrong with an input: pydantic's type of error, the place, our own words for it."""
    type_ = _ISSUES.get(kind, _SCHEMA_VIOLATION)
    guide, _, name = type_.partition(":input-validation:")
    found = {
        "type": f"urn:problem-type:{type_}",
        "href": f"{_BELGIF}/issues/{'ext/' if guide == 'belgif-ext' else ''}{name}.html",
        "title": _TITLES[name],
        "in": where,
        "detail": detail or _DETAILS.get(kind, "The value does not fit the schema"),
    }
    return found | ({"name": path} if (path := _path(location)) else {})


def _path(location: Sequence[str | int]) -> str:
    """`("dimonaIn", "features")` → `dimonaIn.features`; positions become `[0]`.

    An unknown property is named only if it looks like a name: it is the sender's text, and kept.
    """
    parts = (f"[{part}]" if isinstance(part, int) else f".{_named(part)}" for part in location)
    return "".join(parts).lstrip(".")


def _named(part: str) -> str:
    return part if _NAME.fullmatch(part) else "…"

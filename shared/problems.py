"""Belgif problems (RFC 9457) as data. The functions are pure: they have no I/O.

A problem names the field and the remedy, never the value, which may be a NISS (decision D27).
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
    "notAcceptable": (406, "Not Acceptable"),
    "conflict": (409, "Conflict"),
    "payloadTooLarge": (413, "Payload Too Large"),
    "unsupportedMediaType": (415, "Unsupported Media Type"),
    "tooManyRequests": (429, "Too Many Requests"),
    "internalServerError": (500, "Internal Server Error"),
    "notImplemented": (501, "Not Implemented"),
    "serviceUnavailable": (503, "Service is unavailable"),
}

#: pydantic's error type → issue type; all other error types are violations of the schema
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
#: The form of property names in the contracts; no NISS has this form.
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,40}[A-Za-z0-9_]{0,8}")
_POSITION: Final = re.compile(r"at line (\d+) column (\d+)$")
#: A document can have thousands of mistakes, but its answer has to fit into a message.
ISSUES_MOST: Final = 50
_SCHEMA_VIOLATION: Final = "belgif:input-validation:schemaViolation"

#: pydantic's error type → the remedy, or the expected value
_DETAILS: Final[Mapping[str, str]] = {
    "extra_forbidden": "This property is unknown here; leave it out",
    "missing": "This property is required",
    "exactly_one_of": (
        "Give exactly one of dimonaIn, dimonaOut, dimonaUpdate, dimonaCancel, dimonaDailyRegistration"
    ),
    "daily_alone": "Leave out employer and worker: a daily registration takes them from its period",
    "invalid_structure": "The number has a wrong form or wrong check digits",
    "invalid_period": "The end lies before the start",
    "required_input": "This input is required here",
    "referenced_resource_not_found": "The referenced resource does not exist",
    "string_too_short": "An empty text is not allowed; leave the property out",
    "string_pattern_mismatch": "The text does not have the form of the contract",
    "string_type": "A text is expected",
    "null_value": "null is not allowed; leave the property out",
    "int_type": "A whole number is expected",
    "int_from_float": "A whole number is expected",
    "int_parsing": "A whole number is expected",
    "model_type": "An object is expected",
    "dict_type": "An object is expected",
    "json_invalid": "The body is not valid JSON",
    "encoding_invalid": "The body is not text in UTF-8, or it contains the character U+0000",
}


def problem(name: str, detail: str, **extras: Any) -> dict[str, Any]:
    """Return a problem of the Belgif guide.

    Args:
        name: A name of PROBLEMS; another name raises KeyError.
        detail: A sentence without values of the sender.
        **extras: More members of the problem.
    """
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
    """Return the problem for a document that pydantic refuses.

    `under` is the path to the document in the body.
    """
    found = error.errors(include_url=False, include_input=False)
    return invalid_request([{**each, "loc": ("body", *under, *each["loc"])} for each in found])


def invalid_request(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the problem for a refused HTTP request, with at most ISSUES_MOST issues.

    `found` has the errors of pydantic; the `loc` of each error begins with body, query, path or header.
    """
    return problem(
        "badRequest",
        "The input message is incorrect",
        issues=[
            issue(each["type"], each["loc"][1:], each["loc"][0], _position(each))
            for each in found[:ISSUES_MOST]
        ],
        **({"moreIssues": len(found) - ISSUES_MOST} if len(found) > ISSUES_MOST else {}),
    )


def no_json(line: int, column: int) -> str:
    """Return the detail of a problem for a body that stops being JSON at this position, counted from 1."""
    return f"{_DETAILS['json_invalid']}: line {line}, column {column}"


def _position(found: Mapping[str, Any]) -> str | None:
    """Return the detail for broken JSON with the position of the error; None for another error.

    The text of pydantic is not used, because it may quote the document.
    """
    said = found["type"] == "json_invalid" and _POSITION.search(found.get("ctx", {}).get("error", ""))
    return no_json(int(said[1]), int(said[2])) if said else None


def issue(
    kind: str, location: Sequence[str | int], where: str = "body", detail: str | None = None
) -> dict[str, Any]:
    """Return one entry of the list `issues` of a problem.

    Args:
        kind: pydantic's type of error.
        location: The path of the field.
        where: The part of the request: body, query, path or header.
        detail: The remedy; by default the remedy for the type of error.
    """
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
    """Return the path as text: `("dimonaIn", "features")` → `dimonaIn.features`; an index becomes `[0]`.

    A name that does not look like a property name becomes `…`, because it may be a personal number and
    answers are stored.
    """
    parts = (f"[{part}]" if isinstance(part, int) else f".{_named(part)}" for part in location)
    return "".join(parts).lstrip(".")


def _named(part: str) -> str:
    return part if _NAME.fullmatch(part) else "…"

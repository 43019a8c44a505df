"""Parameters of the requests of OAuth (RFC 6749 §3.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.access.oauth.rules.refusal import Refusal


def once(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return parameters by name, without empty ones. Raises Refusal for a parameter that occurs twice."""
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise Refusal("invalid_request", "a parameter occurs twice")
        if value:
            parameters[name] = value
    return parameters


def needed(parameters: Mapping[str, str], name: str) -> str:
    """Return a required parameter. If it is missing, raises Refusal with its name."""
    try:
        return parameters[name]
    except KeyError:
        raise Refusal("invalid_request", f"the parameter {name} is missing") from None

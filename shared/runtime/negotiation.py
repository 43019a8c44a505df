"""The check of the media types of requests and answers, with errors 415 and 406 (Belgif)."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from shared.runtime.api import ProblemError

_JSON: Final = "application/json"
_ACCEPTED: Final = frozenset({_JSON, "application/problem+json", "application/*", "*/*"})


async def json_only(request: Request) -> None:
    """Raise ProblemError: 415 for a body that is not JSON, 406 for a client that does not accept JSON.

    A body without media type is read as JSON. This function is a coroutine, because FastAPI
    runs other functions in threads.
    """
    given = _bare(request.headers.get("content-type", ""))
    if given not in ("", _JSON) and request.method not in ("GET", "HEAD"):
        raise ProblemError("unsupportedMediaType", "Send the body as application/json")
    accepted = request.headers.get("accept", "")
    if accepted and not {_bare(each) for each in accepted.split(",")} & _ACCEPTED:
        raise ProblemError("notAcceptable", "The answer is application/json")


def _bare(media_type: str) -> str:
    """Return a media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()

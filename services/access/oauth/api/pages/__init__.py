"""The pages of the login, rendered on the server, without scripts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from services.access.oauth.rules.texts import LANGUAGES, TEXTS

Step = Literal["password", "second_factor", "refused", "ended"]
Failure = Literal["wrong", "stale"]

_HEADINGS: Final[Mapping[Step, str]] = {
    "password": "title",
    "second_factor": "second_title",
    "refused": "refused_title",
    "ended": "ended_title",
}
_TEMPLATE: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
).get_template("login.html")


def page(
    step: Step,
    language: str,
    *,
    path: str = "",
    parameters: Mapping[str, str] | None = None,
    form: str = "",
    failure: Failure | None = None,
) -> Response:
    """Return the HTML page of a step, with status 400 for a refusal or failure.

    The address of its form repeats the client's parameters, so the server stores none.

    Args:
        step: Step of the login, or `refused`, or `ended` after a logout.
        language: Key of `TEXTS`.
        path: Path to which the browser sends the form.
        parameters: Parameters of the client's request.
        form: Random text that the cookie of the browser has to repeat.
        failure: Reason why the previous step failed; None if it did not.
    """
    query = dict(parameters or {})
    nonce = secrets.token_urlsafe(16)
    texts = TEXTS[language]
    html = _TEMPLATE.render(
        step=step,
        language=language,
        texts=texts,
        heading=texts[_HEADINGS[step]],
        nonce=nonce,
        action=_address(path, query),
        form=form,
        failure=failure,
        translations=[
            {"language": code, "name": name, "address": _address(path, query | {"ui_locales": code})}
            for code, name in LANGUAGES.items()
        ]
        if query
        else [],
    )
    failed = step == "refused" or failure is not None
    return HTMLResponse(html, 400 if failed else 200, _headers(nonce, query.get("redirect_uri")))


def _address(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters)}"


def _headers(nonce: str, redirect_uri: str | None) -> dict[str, str]:
    """Return headers that forbid scripts, frames and foreign styles.

    They allow forms to be sent only to this server, and by redirect to the client.
    """
    targets = "'self'"
    if redirect_uri is not None:
        parts = urlsplit(redirect_uri)
        targets += f" {parts.scheme}://{parts.netloc}" if parts.netloc else f" {parts.scheme}:"
    policy = {
        "default-src": "'none'",
        "style-src": f"'nonce-{nonce}'",
        "form-action": targets,
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "X-Frame-Options": "DENY",
        # With no-referrer, which other answers have, browsers send `Origin: null` with the form of the page.
        "Referrer-Policy": "same-origin",
    }

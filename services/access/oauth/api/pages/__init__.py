"""The pages that somebody sees who logs in: rendered here, without a script."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from services.access.oauth.rules.texts import LANGUAGES, TEXTS

Step = Literal["password", "second_factor", "refused"]
Trouble = Literal["wrong", "stale"]

_HEADINGS: Final[Mapping[Step, str]] = {
    "password": "title",
    "second_factor": "second_title",
    "refused": "refused_title",
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
    trouble: Trouble | None = None,
) -> Response:
    """A step of the login. Its form goes to `path` with the client's own parameters, so that nothing is kept.

    `form` is the word that the browser's cookie has to repeat.
    """
    said = dict(parameters or {})
    nonce = secrets.token_urlsafe(16)
    texts = TEXTS[language]
    html = _TEMPLATE.render(
        step=step,
        language=language,
        texts=texts,
        heading=texts[_HEADINGS[step]],
        nonce=nonce,
        action=_address(path, said),
        form=form,
        trouble=trouble,
        translations=[
            {"language": each, "name": name, "address": _address(path, said | {"ui_locales": each})}
            for each, name in LANGUAGES.items()
        ]
        if said
        else [],
    )
    failed = step == "refused" or trouble is not None
    return HTMLResponse(html, 400 if failed else 200, _headers(nonce, said.get("redirect_uri")))


def _address(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters)}"


def _headers(nonce: str, redirect_uri: str | None) -> dict[str, str]:
    """No script, no frame, no stranger's style; a form goes here, and from here to where the client is."""
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
    }

"""A visitor of the portal without JavaScript: it follows links and redirects, and fills forms."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import pyotp

from tests.asgi import Answer
from tests.oauth import FORM
from tests.web import ask

_MOST_REDIRECTS: Final = 8
_TOO_MANY: Final = 429
_PATIENCE: Final = 60.0  #: seconds
_VOID: Final = frozenset({"input", "link", "meta", "br", "hr", "img"})


@dataclass
class Form:
    """A form: its target, its fields with their values, and its buttons as pairs of name and value."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Document(HTMLParser):
    """A page: language, title, links, forms and visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.language, self.title, self.text = "", "", ""
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._open: list[str] = []
        self._select = ""
        self.feed(html)

    def form(self, action: str) -> Form:
        """Return the form with this target."""
        return next(form for form in self.forms if form.action == action)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "html":
            self.language = said["lang"]
        if tag == "a":
            self.links.append(said["href"])
        if tag == "form":
            self.forms.append(Form(said["action"]))
        if tag in ("input", "textarea", "select", "button", "option") and self.forms:
            self._take_field(tag, said)

    def _take_field(self, tag: str, said: Mapping[str, str]) -> None:
        form = self.forms[-1]
        if tag == "button":
            form.buttons.append((said.get("name", ""), said.get("value", "")))
        elif tag == "select":
            self._select = said["name"]
            form.fields[self._select] = ""
        elif tag == "option":
            if "selected" in said:
                form.fields[self._select] = said["value"]
        elif self._has_value(said):
            form.fields[said["name"]] = said.get("value", "")

    @staticmethod
    def _has_value(said: Mapping[str, str]) -> bool:
        """Return whether a browser sends an untouched input with these attributes."""
        chosen = said.get("type") not in ("checkbox", "radio") or "checked" in said
        return "name" in said and said.get("type") != "file" and chosen

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "title" in self._open:
            self.title += data
        elif not {"script", "style"} & set(self._open):
            self.text += data


class Visitor:
    """A browser at the portal of a deployment, with its cookies and the page that it shows."""

    def __init__(self, document: Mapping[str, Any], language: str = "en") -> None:
        self.endpoints, self.base, self.language = document, str(document["portal_url"]), language
        self.cookies: dict[str, str] = {}
        self.url, self.answer = self.base, Answer(0, {}, b"")

    @property
    def page(self) -> Document:
        """Return the page that is shown."""
        return Document(self.answer.body.decode())

    def get(self, path: str, *, follow: bool = True, headers: Mapping[str, str] | None = None) -> Answer:
        """Open an address of the portal, or a whole address."""
        return self._send(
            "GET", path if path.startswith("http") else f"{self.base}{path}", b"", follow, headers or {}
        )

    def post(
        self, path: str, fields: Mapping[str, str], *, follow: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """Send fields to an address, as they are."""
        url = path if path.startswith("http") else f"{self.base}{path}"
        return self._send("POST", url, urlencode(fields).encode(), follow, {**FORM, **(headers or {})})

    def submit(self, action: str, *, follow: bool = True, **typed: str) -> Answer:
        """Fill the form of the page with this target, and send it."""
        form = self.page.form(action)
        parts = urlsplit(self.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        url = action if action.startswith("http") else f"{origin}{action}"
        return self.post(url, form.fields | typed, follow=follow, headers={"Origin": origin})

    def upload(
        self, action: str, name: str, content: bytes, fields: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a form with a file; `fields` are those of the form of the page, if they are None."""
        given = self.page.form(action).fields if fields is None else fields
        boundary = "=====boundary====="
        parts = [f'name="{field}"\r\n\r\n{value}\r\n'.encode() for field, value in given.items()]
        parts.append(f'name="file"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n")
        head = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
        body = b"".join(head + part for part in parts) + f"--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._send("POST", f"{self.base}{action}", body, True, headers)

    def log_in(self, name: str) -> Answer:
        """Log a person of the demo in, with password and authenticator."""
        user = self.endpoints["users"][name]
        self.get("/login")
        action = self.page.forms[0].action
        self.submit(action, user_name=user["user_name"], password=user["password"])
        code = pyotp.TOTP(user["totp_secret"]).at(int(time.time()))
        return self.submit(self.page.forms[0].action, code=code)

    def _send(self, method: str, url: str, body: bytes, follow: bool, headers: Mapping[str, str]) -> Answer:
        for _ in range(_MOST_REDIRECTS):
            said = {"Accept-Language": self.language, "Cookie": self._cookies(), **headers}
            self.url, self.answer = url, self._ask(url, method, said, body)
            for line in self.answer.cookies:
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
                    if not morsel.value or morsel["max-age"] == "0":
                        del self.cookies[name]
            if not follow or self.answer.status != 303:
                return self.answer
            method, url, body, headers = "GET", self.answer.headers["location"], b"", {}
        raise AssertionError("too many redirects")

    def _ask(self, url: str, method: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request, and again after a second while this network address has asked too much."""
        end = time.monotonic() + _PATIENCE
        while True:
            answer = ask(url, method, headers, body)
            if answer.status != _TOO_MANY or time.monotonic() > end:
                return answer
            time.sleep(1)

    def _cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


#: A function that opens a browser; with the name of a person, one that has logged in.
Open = Callable[..., Visitor]

"""The login page: refused requests, texts, and forms that are accepted."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import pytest

from tests.oauth import parameters_of
from tests.portal import AUTHORIZE, Portal
from tests.web import ask

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "scope:dimona:ebox"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid scope:dimona:everything"}, "invalid_scope"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "https://attacker.example"}, "request_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"nonce": "a\0b"}, "invalid_request"),
    ],
)
def test_an_error_of_the_client_is_sent_to_its_redirect_address(
    portal: Portal, changed: dict[str, str | None], error: str
) -> None:
    answer = portal.begin(**changed)
    assert answer.status == 303
    said = parameters_of(answer)
    assert said.keys() == {"error", "error_description", "state", "iss"}
    assert (said["error"], said["state"]) == (error, "where-I-was")


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": None},
        {"redirect_uri": "http://127.0.0.1:8400/callback/"},
        {"redirect_uri": "http://127.0.0.1:8400/callback?x=1"},
        {"redirect_uri": "http://127.0.0.1:8400/Callback"},
        {"redirect_uri": "http://127.0.0.1:8400@attacker.example/callback"},
        {"redirect_uri": "https://attacker.example/"},
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": "a\0b"},
        {"state": "s" * 3000},
    ],
    ids=str,
)
def test_an_answer_goes_only_to_a_registered_address(portal: Portal, changed: dict[str, str | None]) -> None:
    answer = portal.begin(**changed)
    assert answer.status == 400
    assert "location" not in answer.headers
    assert b"attacker" not in answer.body


@pytest.mark.parametrize("language", ["fr", "nl", "de", "en"])
def test_the_page_speaks_four_languages_without_script(portal: Portal, language: str) -> None:
    for page in (
        portal.begin(ui_locales=language),
        portal.browser._take(
            ask(
                f"{portal.issuer}{AUTHORIZE}?{_query(portal)}",
                headers={"Accept-Language": f"{language};q=0.9"},
            )
        ),
    ):
        assert portal.browser.page is not None
        assert portal.browser.page.language == language
        assert b"<script" not in page.body
        for name in ("user_name", "password"):
            assert f'<label for="{name}">'.encode() in page.body
    portal.begin(ui_locales=language)
    wrong = portal.password("bakery.local", password="certainly not this one")
    assert wrong.status == 400
    assert b'role="alert"' in wrong.body
    assert wrong.body.count(b'aria-describedby="failure" aria-invalid="true"') == 2


def _query(portal: Portal) -> str:
    return urlencode(portal.asked())


def test_the_page_forbids_frames_and_other_form_targets(portal: Portal) -> None:
    page = portal.begin()
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    where = urlsplit(portal.redirect_uri)
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == f"'self' {where.scheme}://{where.netloc}"
    nonce = policy["style-src"].removeprefix("'nonce-").removesuffix("'")
    assert f'<style nonce="{nonce}">'.encode() in page.body
    assert page.headers["cache-control"] == "no-store"
    (cookie,) = page.cookies
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_the_name_of_a_client_is_shown_as_text(portal: Portal) -> None:
    page = portal.begin(state='"><script>alert(1)</script>')
    assert b"<script" not in page.body


def test_a_form_of_another_site_does_not_log_in(portal: Portal, another: Callable[[], Portal]) -> None:
    """Login CSRF: a form value of another browser, no form value, no cookie, another site."""
    stranger = another()
    stranger.begin()
    assert stranger.browser.page is not None
    for typed, headers in (
        ({"form": stranger.browser.page.fields["form"]}, {}),
        ({"form": ""}, {}),
        ({}, {"Cookie": ""}),
        ({}, {"Origin": "https://attacker.example"}),
        ({}, {"Origin": "null"}),
    ):
        portal.begin()
        user = portal.document["users"]["bakery.local"]
        answer = portal.browser.submit(
            headers, user_name=user["user_name"], password=user["password"], **typed
        )
        assert answer.status == 400
        assert "dimona_session" not in portal.browser.cookies
    portal.begin()
    assert portal.password("bakery.local").status == 303, "control: our own form, in the same browser"

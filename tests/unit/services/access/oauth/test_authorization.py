"""Requirements of a login: levels, ages and prompts as a table; proofs of possession; languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.oauth.rules.authorization import LoginRequest, Need, Session, need, proves, read_request
from services.access.oauth.rules.refusal import Refusal
from services.access.oauth.rules.texts import LANGUAGES, TEXTS, language
from shared.domain.assurance import LEVELS, acr_of
from tests.oauth import Proof

NOW = datetime(2026, 2, 21, 12, 0, tzinfo=UTC)
PARAMETERS = {
    "response_type": "code", "scope": "openid", "code_challenge": Proof().challenge,
    "code_challenge_method": "S256",
}  # fmt: skip


def session(level: int = 200, seconds: float = 0) -> Session:
    return Session("somebody", level, NOW - timedelta(seconds=seconds))


def said(**more: str) -> LoginRequest:
    return read_request(PARAMETERS | more, ())


@pytest.mark.parametrize(
    ("wish", "there", "entering", "expected"),
    [
        ({}, None, False, Need.PASSWORD),
        ({}, session(), False, Need.NOTHING),
        ({}, session(seconds=3000), False, Need.NOTHING),
        ({"acr_values": acr_of(400)}, session(), False, Need.SECOND_FACTOR),
        ({"acr_values": acr_of(400)}, session(400), False, Need.NOTHING),
        ({"acr_values": f"{acr_of(400)} {acr_of(300)}"}, session(), False, Need.SECOND_FACTOR),
        ({"acr_values": f"{acr_of(400)} {acr_of(100)}"}, session(), False, Need.NOTHING),
        ({"acr_values": "urn:of:somebody:else"}, session(), False, Need.NOTHING),
        ({"max_age": "60"}, session(seconds=60), False, Need.NOTHING),
        ({"max_age": "60"}, session(seconds=61), False, Need.PASSWORD),
        ({"max_age": "60"}, session(seconds=61), True, Need.NOTHING),
        ({"max_age": "0"}, session(seconds=0.1), False, Need.PASSWORD),
        ({"max_age": "0", "acr_values": acr_of(400)}, session(seconds=20), True, Need.SECOND_FACTOR),
        ({"prompt": "login"}, session(400), False, Need.PASSWORD),
        ({"prompt": "login"}, session(seconds=20), True, Need.NOTHING),
        ({"prompt": "login"}, session(seconds=181), True, Need.PASSWORD),
        ({"prompt": "select_account consent"}, session(), False, Need.PASSWORD),
        ({"prompt": "consent"}, session(), False, Need.NOTHING),
    ],
)
def test_missing_factors_of_a_login(
    wish: dict[str, str], there: Session | None, entering: bool, expected: Need
) -> None:
    assert need(said(**wish), there, NOW, entering=entering) is expected


def test_an_unreachable_level_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        said(acr_values=f"{acr_of(450)} {acr_of(500)}")
    assert refused.value.code == "unmet_authentication_requirements"


def test_names_of_levels_agree_with_the_federal_service() -> None:
    assert LEVELS[acr_of(400)] == 400
    assert "urn:be:fedict:iam:fas:Level500" in LEVELS


def test_a_verifier_proves_its_own_challenge_only() -> None:
    """The example of RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert proves(verifier, challenge)
    assert not proves(challenge, challenge), "the method plain"
    assert not proves(verifier[:-1] + "l", challenge)


@given(st.text(max_size=150))
def test_another_text_is_no_proof(text: str) -> None:
    assert not proves(text, Proof().challenge)


@pytest.mark.parametrize(
    ("ui_locales", "accept", "expected"),
    [
        ("", "", "fr"),
        ("nl-BE", "de", "nl"),
        ("it nl", "de", "nl"),
        ("it", "es, de-BE;q=0.5, en;q=0.8", "en"),
        ("", "nl;q=0.5,de;q=nonsense", "nl"),
        ("", ";;,,q=;", "fr"),
        ("FR", "nl", "fr"),
    ],
)
def test_the_language_is_that_of_the_client_or_the_browser(
    ui_locales: str, accept: str, expected: str
) -> None:
    assert language(ui_locales, accept) == expected


def test_every_language_has_every_text() -> None:
    assert TEXTS.keys() == LANGUAGES.keys()
    assert len({frozenset(texts) for texts in TEXTS.values()}) == 1
    assert all(text for texts in TEXTS.values() for text in texts.values())

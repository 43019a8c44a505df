"""The canary starts only with a client, an employer and a test worker that can exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from services.canary.settings import CanarySettings
from shared.runtime.tls import UntrustedError

KEY = RSAKey.generate_key(2048).as_pem(private=True).decode()
GIVEN = {
    "PUBLIC_URL": "https://access.example.be",
    "REST_URL": "https://intake.example.be/REST/dimona/v2",
    "CANARY_PRIVATE_KEY": KEY,
    "CANARY_EMPLOYER": "0999100097",
    "CANARY_WORKER": "98032099202",
}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.delenv("DIMONA_SECRETS_DIR", raising=False)
    for name, value in GIVEN.items():
        monkeypatch.setenv(f"DIMONA_{name}", value)
    return dict(GIVEN)


def test_the_settings_need_neither_database_nor_broker(given: dict[str, str]) -> None:
    settings = CanarySettings.load()
    assert settings.canary_client_id == "dimona_canary"
    assert settings.private_key().thumbprint() == RSAKey.import_key(KEY).thumbprint()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CANARY_EMPLOYER", "0999100098"),
        ("CANARY_WORKER", "98032099203"),
        ("CANARY_PRIVATE_KEY", "no key"),
        ("CANARY_PRIVATE_KEY", ECKey.generate_key("P-256").as_pem(private=True).decode()),
    ],
)
def test_a_wrong_setting_ends_the_process_with_its_name_only(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"DIMONA_{name}", value)
    with pytest.raises(SystemExit) as ended:
        CanarySettings.load()
    assert str(ended.value) == f"settings: wrong dimona_{name.lower()}"


def test_missing_authorities_end_the_process_with_one_line(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DIMONA_API_AUTHORITIES_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SystemExit, match=r"^settings: dimona_api_authorities_file: "):
        CanarySettings.load()
    with pytest.raises(UntrustedError):
        CanarySettings(**lowered(given), api_authorities_file=tmp_path / "none.pem").context()


def lowered(given: dict[str, str]) -> dict[str, Any]:
    return {name.lower(): value for name, value in given.items()}


def test_a_replaced_key_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        (tmp_path / f"dimona_{name.lower()}").write_text(value)
    monkeypatch.setenv("DIMONA_SECRETS_DIR", str(tmp_path))
    settings = CanarySettings.load()
    new = RSAKey.generate_key(2048)
    (tmp_path / "dimona_canary_private_key").write_text(new.as_pem(private=True).decode())
    assert settings.private_key().thumbprint() == new.thumbprint()
    (tmp_path / "dimona_canary_private_key").write_text("no key")
    with pytest.raises(ValueError, match="no private key"):
        settings.private_key()

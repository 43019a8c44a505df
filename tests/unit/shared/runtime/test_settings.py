"""The message of a process about missing or wrong settings: their names, never their values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.identification.settings import IdentificationSettings
from shared.runtime.sealing import SealBrokenError
from shared.runtime.settings import Settings

SECRET = "Tr0ub4dor"
DSN = f"postgresql://dimona_intake:{SECRET}@127.0.0.1:5432/dimona"


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Remove all settings except those of the test."""
    for name in ("DATABASE_DSN", "AMQP_URL", "KEY", "OPS_PORT", "DEPLOYMENT"):
        monkeypatch.delenv(f"DIMONA_{name}", raising=False)
    monkeypatch.setenv("DIMONA_SECRETS_DIR", str(tmp_path))
    (tmp_path / "dimona_database_dsn").write_text(DSN)
    return tmp_path


@pytest.mark.parametrize("kind", [Settings, IdentificationSettings])
def test_a_missing_setting_is_named(kind: type[Settings]) -> None:
    with pytest.raises(SystemExit) as caught:
        kind.load()
    assert caught.value.code == "settings: missing dimona_amqp_url, dimona_key"


def test_a_wrong_setting_is_named_without_its_value(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (outside / "dimona_amqp_url").write_text(f"amqp://x:{SECRET}@127.0.0.1")
    (outside / "dimona_key").write_text(SECRET)
    monkeypatch.setenv("DIMONA_OPS_PORT", SECRET)
    with pytest.raises(SystemExit) as caught:
        Settings.load()
    assert caught.value.code == "settings: wrong dimona_key, dimona_ops_port"


def test_the_error_of_pydantic_has_no_value(outside: Path) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(_secrets_dir=outside)
    assert SECRET not in str(caught.value)


def test_each_purpose_has_a_key_of_its_own(outside: Path) -> None:
    (outside / "dimona_amqp_url").write_text("amqp://nowhere")
    (outside / "dimona_key").write_text("5a" * 32)
    settings = Settings.load()
    keys = {settings.key_for(purpose) for purpose in ("webhooks", "authenticators", "login source")}
    assert len(keys | {settings.secret}) == 4
    assert settings.key_for("webhooks") in keys, "it is derived, so each start finds it again"
    assert {len(key) for key in keys} == {32}


def test_an_address_is_read_again_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"database_dsn": "one", "amqp_url": "two", "key": "00"}.items():
        monkeypatch.delenv(f"DIMONA_{name.upper()}", raising=False)
        (tmp_path / f"dimona_{name}").write_text(value)
    monkeypatch.setenv("DIMONA_SECRETS_DIR", str(tmp_path))
    settings = Settings.load()
    assert (settings.dsn(), settings.amqp()) == ("one", "two")
    (tmp_path / "dimona_database_dsn").write_text("rotated\n")
    (tmp_path / "dimona_amqp_url").unlink()
    assert (settings.dsn(), settings.amqp()) == ("rotated", "two"), "a missing file leaves the loaded value"
    (tmp_path / "dimona_amqp_url").write_text("two")
    monkeypatch.setenv("DIMONA_DATABASE_DSN", "environment")
    assert Settings.load().dsn() == "environment"


def test_the_keys_that_seal_are_read_again(outside: Path) -> None:
    """A file with a wrong document leaves the keys of the start in use."""
    (outside / "dimona_amqp_url").write_text("amqp://nowhere")
    (outside / "dimona_key").write_text("5a" * 32)
    sealer = Settings.load().sealer("webhooks")
    first = sealer.seal("secret", "owner")
    file = outside / "dimona_sealing_keys"
    file.write_text(json.dumps({"current": 2, "keys": {"2": "22" * 32}}))
    second = sealer.seal("secret", "owner")
    assert [sealer.open(sealed, "owner") for sealed in (first, second)] == ["secret", "secret"]
    file.write_text(json.dumps({"current": 2, "oldest": 2, "keys": {"2": "22" * 32}}))
    assert sealer.open(second, "owner") == "secret"
    with pytest.raises(SealBrokenError):
        sealer.open(first, "owner")
    file.write_text("no JSON")
    assert sealer.open(first, "owner") == "secret"


def test_wrong_keys_that_seal_end_the_process(outside: Path) -> None:
    (outside / "dimona_amqp_url").write_text("amqp://nowhere")
    (outside / "dimona_key").write_text("5a" * 32)
    (outside / "dimona_sealing_keys").write_text(json.dumps({"current": 2, "keys": {"3": SECRET}}))
    with pytest.raises(SystemExit) as caught:
        Settings.load()
    assert caught.value.code == "settings: wrong dimona_sealing_keys"

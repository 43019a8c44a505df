"""`dimona client` and `dimona user` on the real database: their changes are effective at once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey
from typer.testing import CliRunner, Result

from deploy.local.deployment import Endpoints
from services.cli.main import commands
from shared.runtime.database import connect
from tests.certificates import BEFORE, self_signed
from tests.directory import make_client, managed
from tests.oauth import assertion, grant, post
from tests.portal import LEVEL, Portal

pytestmark = pytest.mark.stack


@pytest.fixture
def file(document: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "endpoints.json"
    path.write_text(json.dumps(document))
    return path


def dimona(file: Path, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(
        commands, [*arguments, "--endpoints", str(file)], input=typed, catch_exceptions=False
    )


def test_client_q11_a_client_replaces_its_key(
    file: Path, document: dict[str, Any], served: Endpoints, tmp_path: Path
) -> None:
    """Two keys at a time, no third, self-signed; an ended key is refused at once (client Q11)."""
    number, manager = managed(served, "bakery.representative")
    client_id, first = make_client(manager, number)
    url = document["token_url"]
    second, third = (rsa.generate_private_key(65537, 2048) for _ in range(2))

    def works(key: Any) -> bool:
        return post(url, grant(assertion(client_id, url, key))).status == 200

    def add(key: Any, **term: Any) -> Result:
        certificate = tmp_path / "certificate.pem"
        certificate.write_text(self_signed(key, **term))
        return dimona(file, "client", "key", "add", client_id, str(certificate))

    assert works(first)
    assert not works(RSAKey.import_key(second))
    added = add(second)
    assert added.exit_code == 0, added.output
    assert works(first)
    assert works(RSAKey.import_key(second))
    assert "two keys" in add(third).output
    assert "has, or had, this key" in add(second).output
    assert "no longer valid" in add(third, before=BEFORE, after=BEFORE + timedelta(hours=1)).output
    assert dimona(file, "client", "key", "revoke", client_id, first.thumbprint()).exit_code == 0
    assert not works(first)
    assert works(RSAKey.import_key(second))
    assert add(third).exit_code == 0
    listed = dimona(file, "client", "key", "list", client_id).output
    assert first.thumbprint() in listed
    assert RSAKey.import_key(third).thumbprint() in listed


def test_an_unsuitable_key_of_a_client_is_refused(file: Path, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("hello")
    assert "neither a certificate" in dimona(file, "client", "key", "add", "nobody", str(text)).output
    text.write_text(json.dumps(RSAKey.generate_key(2048, private=False).as_dict(private=False)))
    assert "no such client" in dimona(file, "client", "key", "add", "nobody", str(text)).output
    assert dimona(file, "client", "key", "revoke", "nobody", "x").exit_code == 2
    assert "no key" in dimona(file, "client", "key", "list", "nobody").output


async def _person(served: Endpoints) -> str:
    connection = await connect(served.postgres_dsn)
    try:
        return str(
            await connection.fetchval(
                """WITH known AS (SELECT user_id FROM access.person WHERE ssin = '93051822361'),
                    made AS (
                        INSERT INTO access.person (ssin, family_name, given_name, language)
                        SELECT '93051822361', 'Test', 'Employee', 'nl' WHERE NOT EXISTS (SELECT FROM known)
                        RETURNING user_id)
                SELECT user_id FROM known UNION ALL SELECT user_id FROM made"""
            )
        )
    finally:
        await connection.close()


def test_a_user_gets_a_password_and_an_authenticator(
    file: Path, document: dict[str, Any], served: Endpoints
) -> None:
    person, name = asyncio.run(_person(served)), "test.employee"
    password = ("user", "password", name)
    assert "no person has this name" in dimona(file, *password, typed="correct horse battery\n").output
    assert "12 to 256" in dimona(file, *password, "--person", person, typed="short\n").output
    assert "12 to 256" in dimona(file, *password, "--person", person, typed="my test.employee!\n").output
    first = dimona(file, *password, "--person", person, typed="correct horse battery\n")
    assert first.exit_code == 0, first.output
    portal = Portal(document)
    document["users"][name] = {"user_name": name, "password": "correct horse battery"}
    assert portal.logged_in(name)["token_type"] == "Bearer"
    made = dimona(file, "user", "totp", name)
    assert made.output.startswith("otpauth://totp/Dimona:test.employee?secret=")
    assert portal.begin().status == 200, "his session has ended"
    said = parse_qs(urlsplit(made.output.strip()).query)
    document["users"][name]["totp_secret"] = said["secret"][0]
    portal.begin(acr_values=f"{LEVEL}400")
    assert portal.password(name).status == 200
    assert portal.totp(name).status == 303
    given = dimona(file, "user", "totp", name, "--stdin", typed="A" * 32 + "\n")
    assert given.output == f"{name} has a new authenticator\n"
    assert "base32" in dimona(file, "user", "totp", name, "--stdin", typed="not base32\n").output
    assert dimona(file, *password, typed="another horse battery\n").exit_code == 0
    portal.begin()
    assert portal.password(name).status == 400, "the old one"


def test_the_login_of_another_person_is_not_taken_over(file: Path, served: Endpoints) -> None:
    person = asyncio.run(_person(served))
    taken = dimona(
        file, "user", "password", "bakery.principal", "--person", person, typed="correct horse battery\n"
    )
    assert taken.exit_code == 2
    assert "unknown" in taken.output
    assert "3 to 100" in dimona(file, "user", "password", "x", typed="correct horse battery\n").output

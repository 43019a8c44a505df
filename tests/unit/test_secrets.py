"""No file of the repository looks like a secret, and a planted secret is found (threat T30)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest

from tests.leaks import secrets

ROOT = Path(__file__).parents[2]
#: Files of others: public hashes, and a library.
SKIPPED = {
    "uv.lock",
    "deploy/documentation/redoc/redoc.standalone.js",
    "services/portal/static/manifest.toml",
    "deploy/image/requirements.txt",
    "deploy/image/sbom.txt",
}
#: Texts that look like a secret and are none, with their file.
HARMLESS = {
    ("docs/how-to/tls.md", "password"),  # the place of the password in an address
    ("services/access/oauth/api/login.py", "password"),  # the name of a step of the login
    ("tests/unit/services/access/oauth/test_authorization.py", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ("tests/unit/services/access/oauth/test_authorization.py", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ("deploy/local/demo/integrator.py", "password"),
    ("tests/unit/services/cli/test_topology.py", "secret"),  # of an operator that does not exist
    ("shared/runtime/settings.py", "password"),
    ("tests/integration/security/test_rights.py", "careless"),  # of a user that lives for a second
    ("tests/unit/shared/runtime/test_settings.py", "Tr0ub4dor"),  # planted, to see that it is not printed
    ("tests/unit/shared/domain/test_declaration.py", "cb91b9a1dc052c3d47346e1adc3c4d7d"),  # a digest
    ("tests/contracts/looks.py", "platform.security_log"),  # the record of an operation about tokens
    ("tests/integration/portal/test_login.py", "dimona_portal"),  # the name of a cookie
    # The frame of a key that a browser makes, without a key.
    ("services/portal/static/keys.js", "-----BEGIN PRIVATE KEY-----"),
    ("tests/journeys/clients.py", "-----BEGIN PRIVATE KEY-----"),
    ("tests/integration/portal/test_login.py", "-----BEGIN PRIVATE KEY-----"),
    # Digests in examples of contracts.
    (
        "contracts/openapi/events.yaml",
        "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a",
    ),
    (
        "contracts/openapi/events.yaml",
        "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986",
    ),
    (
        "contracts/openapi/events.yaml",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    (
        "contracts/openapi/omissions.yaml",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    (
        "tests/unit/deploy/test_documentation.py",  # a digest
        "dcaf76612bc4a3fbcc923a8966dee2f6146a5f32e5ce1b6f02dd60cbbf89500b",
    ),
}


def tracked() -> list[str]:
    """Return the files of the repository, new ones included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this folder is no clone, so git cannot list the files of the repository")
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file() and name not in SKIPPED]


def test_no_secret_is_in_the_repository() -> None:
    names = tracked()
    assert len(names) > 200
    found = {
        (name, word)
        for name in names
        if name != "tests/unit/test_secrets.py"
        for _, word in secrets((ROOT / name).read_text(errors="replace"))
    }
    assert found - HARMLESS == set()


def test_every_exception_is_still_needed() -> None:
    for name, word in HARMLESS:
        assert word in {found for _, found in secrets((ROOT / name).read_text())}, name


def of_letters(alphabet: str, length: int) -> str:
    """Build a random-looking text here, so that this file holds none."""
    return "".join(Random(7).choices(alphabet, k=length))


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ANY = LETTERS + LETTERS.lower() + DIGITS


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("private key", "-----BEGIN " + "RSA PRIVATE KEY-----"),
        ("private key", "-----BEGIN " + "PRIVATE KEY-----"),
        ("cloud key", "AKIA" + of_letters(LETTERS + DIGITS, 16)),
        ("forge token", "ghp_" + of_letters(ANY, 36)),
        ("forge token", "glpat-" + of_letters(ANY, 20)),
        (
            "JSON web token",
            ".".join(("eyJ" + of_letters(ANY, 20),) * 2 + (of_letters(ANY, 43),)),
        ),
        ("password in an address", f"amqp://intake:{of_letters(ANY, 12)}@broker:5672"),
        ("password in an assignment", f'password = "{of_letters(ANY, 10)}"'),
        ("password in an assignment", f"DIMONA_KEY_TOKEN: '{of_letters(ANY, 10)}'"),
        ("random text", f"key {of_letters(DIGITS + 'abcdef', 64)} of a stack"),
        ("random text", f"cookie: {of_letters(DIGITS + 'abcdef', 32)}"),
        ("random text", of_letters(ANY + "+/", 43) + "="),
    ],
)
def test_control_a_planted_secret_is_found(kind: str, text: str) -> None:
    assert kind in {found for found, _ in secrets(f"x = 1\n{text}\n")}


@pytest.mark.parametrize(
    "text",
    [
        "amqp://{user}:{password}@127.0.0.1:{port}",
        'password = os.environ["X"]',
        "test_a_9_digit_number_names_the_employer_of_the_10_digit_one",
        "0" * 64,
        "https://www.belgif.be/specification/rest/api-guide/problems/badRequest.html",
    ],
)
def test_ordinary_text_is_no_secret(text: str) -> None:
    assert list(secrets(text)) == []

"""Allowed addresses of webhooks (threat T19), and their signature (threat T20)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

import pytest

from services.notifier.delivery.channels.webhook import (
    AddressError,
    Networks,
    Target,
    TrustedNetworks,
    Webhook,
    headers,
    new_secret,
)
from shared.redelivery import Outcome

PUBLIC, TRUSTING = Networks(), Networks(["127.0.0.0/8"])
OWNER, OTHER = "0477472701", "0990101368"
ID, AT, BODY = UUID("11111111-2222-3333-4444-555555555555"), 1_770_000_000, '{"id": "é"}'.encode()


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.be/dimona", "https://hooks.example.be:8443/a?b=c", "https://193.190.1.1/x",
        "https://[2001:6a8:1::1]/x",
    ],
)  # fmt: skip
def test_a_public_address_over_tls_is_allowed(url: str) -> None:
    assert PUBLIC.checked(url).scheme == "https"


FORBIDDEN = (
    "http://hooks.example.be/", "ftp://hooks.example.be/", "hooks.example.be", "https://", "https:///x",
    "https://user:pass@hooks.example.be/", "https://hooks.example.be/#part", "https://hooks.example.be:99999/",
    "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
    "https://localhost/", "https://broker.internal/", "https://printer.local/", "https://postgres/",
    "https://10.0.0.5/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest",
    "https://100.64.0.1/", "https://0.0.0.0/", "https://224.0.0.1/", "https://255.255.255.255/",
    "https://[::1]/", "https://[fd00::1]/", "https://[fe80::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::7f00:1]/", "javascript:alert(1)", "",
    "https://a..example.be/", f"https://{'a' * 64}.example.be/", "https://[fec0::1]/",
)  # fmt: skip


@pytest.mark.parametrize("url", FORBIDDEN)
def test_an_internal_or_invalid_address_is_refused(url: str) -> None:
    """Before a look-up or a connection (threat T19)."""
    with pytest.raises(AddressError):
        PUBLIC.checked(url)


def test_a_trusted_network_is_allowed_without_tls() -> None:
    assert TRUSTING.checked("http://127.0.0.1:8080/x").port == 8080
    with pytest.raises(AddressError):
        TRUSTING.checked("http://10.0.0.1/x")


@pytest.mark.parametrize("address", ["93.184.216.34", "2001:6a8:1::1"])
def test_a_name_may_resolve_to_the_public_internet(address: str) -> None:
    assert PUBLIC.allows(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "ff02::1", "::7f00:1",
        "64:ff9b:1::7f00:1", "fec0::1", "2002:7f00:1::", "4000::1",
    ],
)  # fmt: skip
def test_a_name_may_not_resolve_to_an_internal_network(address: str) -> None:
    """DNS rebinding: the resolved address is checked and connected to."""
    assert not PUBLIC.allows(address)


async def test_an_address_that_is_no_longer_allowed_is_a_refused_delivery() -> None:
    """A URL that was accepted under an older, less strict check."""
    webhook = Webhook(TrustedNetworks({OWNER: ["127.0.0.0/8"]}))
    attempt = await webhook.send(Target(OWNER, "http://127.0.0.1:9/", ["whsec_a"]), ID, "{}")
    await webhook.close()
    assert (attempt.outcome, attempt.reason) == (Outcome.REFUSED, "Error")


async def test_a_trusted_network_is_open_for_its_own_enterprise_only() -> None:
    """Another enterprise could find out its open ports (threat T19)."""
    trusted = TrustedNetworks({OWNER: ["127.0.0.0/8"]})
    assert trusted.of(OWNER).allows("127.0.0.1")
    assert not trusted.of(OTHER).allows("127.0.0.1")
    webhook = Webhook(trusted)
    outcomes = [
        (await webhook.send(Target(number, "http://127.0.0.1:9/", [new_secret()]), ID, "{}")).outcome
        for number in (OWNER, OTHER)
    ]
    assert outcomes == [Outcome.UNREACHABLE, Outcome.REFUSED]
    assert webhook._session(trusted.of(OWNER)) is not webhook._session(trusted.of(OTHER))
    await webhook.close()


def verified(said: dict[str, str], body: bytes, secret: str, now: int) -> bool:
    """Verify like a receiver, by the specification of Standard Webhooks and without our code."""
    if abs(now - int(said["webhook-timestamp"])) > 300:
        return False
    signed = said["webhook-id"].encode() + b"." + said["webhook-timestamp"].encode() + b"." + body
    digest = hmac.new(base64.b64decode(secret[len("whsec_") :]), signed, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(wanted, one) for one in said["webhook-signature"].split(" "))


def test_a_receiver_accepts_only_our_signed_events() -> None:
    """A forged or altered event is refused (threat T20)."""
    secret, other = new_secret(), new_secret()
    said = headers([secret], ID, AT, BODY)
    assert verified(said, BODY, secret, AT + 5)
    assert not verified(said, BODY + b" ", secret, AT + 5), "another body"
    assert not verified(said, BODY, other, AT + 5), "another secret"
    assert not verified(said, BODY, secret, AT + 301), "an old one"
    assert not verified({**said, "webhook-id": str(UUID(int=1))}, BODY, secret, AT), "another id"
    assert not verified({**said, "webhook-timestamp": str(AT + 1)}, BODY, secret, AT), "another time"


def test_two_secrets_are_valid_during_a_change() -> None:
    old, new = new_secret(), new_secret()
    said = headers([new, old], ID, AT, BODY)
    assert verified(said, BODY, old, AT)
    assert verified(said, BODY, new, AT)
    assert len(base64.b64decode(new.removeprefix("whsec_"))) == 32

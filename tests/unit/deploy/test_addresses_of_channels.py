"""The addresses of files and phones in `endpoints.json`: clients outside of this project read them."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import asyncssh

from deploy.local.telephony import FORMS, telephony
from deploy.local.transfer import plan_transfer

CLIENTS = ["client_b", "client_a"]


def test_each_expeditor_has_a_private_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    planned = plan_transfer(tmp_path, "dimona", CLIENTS)
    server = planned.document()
    assert (server["host"], server["port"]) == ("127.0.0.1", planned.port)
    assert list(server["users"]) == ["100001", "100002"]
    for user in server["users"].values():
        file = Path(user["key_file"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o400
        asyncssh.read_private_key(file)


def test_a_second_start_keeps_the_keys(tmp_path: Path) -> None:
    first, second = (plan_transfer(tmp_path, "dimona", CLIENTS) for _ in range(2))
    assert first.keys == second.keys
    assert first.host_key.read_text() == second.host_key.read_text()


def test_phones_have_an_address_for_sms_and_one_for_calls() -> None:
    planned = telephony(CLIENTS, lambda *parts: hashlib.sha256("/".join(parts).encode()).hexdigest())
    document = planned.document("http://127.0.0.1:80")
    assert document["sms_url"] == "http://127.0.0.1:80/phones/city/sms"
    assert document["voice_url"] == "http://127.0.0.1:80/phones/city/voice"
    assert set(document["gateways"]) == set(FORMS)
    assert set(document["phones"]) == set(CLIENTS)

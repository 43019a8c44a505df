"""The telephone gateways of a local stack, and a phone for each technical client of the demo data."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import asyncpg

from deploy.local.processes import free_port
from shared.domain.phones import PHONES, PIN_DIGITS, number_code, pin_code
from shared.runtime.settings import derived_key

#: The form of each gateway. The demo has one of its own: a gateway without a running program pauses after
#: an SMS, and would delay the demo.
FORMS: Final = {"city": "bodySigned", "demo": "bodySigned", "rural": "password", "coast": "urlSigned"}
#: The gateway of `sms_url` and `voice_url`.
CHOSEN: Final = "city"
_ENROLL: Final = """
INSERT INTO access.client_phone (client_id, label, language, number_code, pin_code)
VALUES ($1, 'Phone of the demo', 'fr', $2, $3)
ON CONFLICT (client_id, number_code) WHERE ended_at IS NULL DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway of the stack: its form, the shared secret, and the port where it takes an SMS."""

    form: str
    secret: str
    port: int

    def setting(self, name: str) -> dict[str, str]:
        """Return the setting of intake for this gateway."""
        url = f"http://127.0.0.1:{self.port}/messages"
        return {"form": self.form, "account": name, "secret": self.secret, "send_url": url}


@dataclass(frozen=True, slots=True)
class Phone:
    """The phone of a client, with its PIN."""

    number: str
    pin: str


@dataclass(frozen=True, slots=True)
class Telephony:
    """The gateways by name, and the phones by client id."""

    gateways: Mapping[str, Gateway]
    phones: Mapping[str, Phone]

    def settings(self) -> str:
        """Return the setting `phone_gateways` of intake, as JSON."""
        return json.dumps({name: gateway.setting(name) for name, gateway in self.gateways.items()})

    def document(self, intake_url: str) -> dict[str, Any]:
        """Return the addresses of the gateways in the form of `endpoints.json`."""
        url = f"{intake_url}/phones"
        return {
            "sms_url": f"{url}/{CHOSEN}/sms",
            "voice_url": f"{url}/{CHOSEN}/voice",
            "gateways": {
                name: gateway.setting(name)
                | {"sms_url": f"{url}/{name}/sms", "voice_url": f"{url}/{name}/voice", "port": gateway.port}
                for name, gateway in self.gateways.items()
            },
            "phones": {client: asdict(phone) for client, phone in self.phones.items()},
        }


def telephony(clients: Iterable[str], derived: Callable[..., str]) -> Telephony:
    """Return the gateways, and a phone for each client; `derived` makes secrets from the seed."""
    return Telephony(
        {name: Gateway(form, _secret(derived("gateway", name)), free_port()) for name, form in FORMS.items()},
        {
            client: Phone(f"+3247000{place:04}", _pin(derived("pin", client)))
            for place, client in enumerate(clients, 1)
        },
    )


async def enroll(dsn: str, key: str, enrolled: Mapping[str, Phone]) -> None:
    """Enroll the phones of the clients; a repetition changes nothing. `key` is that of the deployment."""
    codes = derived_key(bytes.fromhex(key), PHONES)
    connection = await asyncpg.connect(dsn)
    try:
        for client, phone in enrolled.items():
            await connection.execute(
                _ENROLL, client, number_code(codes, phone.number), pin_code(codes, phone.number, phone.pin)
            )
    finally:
        await connection.close()


def _pin(hexadecimal: str) -> str:
    return f"{int(hexadecimal, 16) % 10**PIN_DIGITS:0{PIN_DIGITS}}"


def _secret(hexadecimal: str) -> str:
    return f"whsec_{base64.b64encode(bytes.fromhex(hexadecimal)).decode()}"

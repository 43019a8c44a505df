"""One deployment on the nodes of a local stack: database, roles, vhosts, accounts, secrets, demo data.

Several deployments share one PostgreSQL and one RabbitMQ (decision D13). Roles and broker users exist on the
whole node, so every password is derived from one seed of the stack, and is equal in all deployments.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from joserfc.jwk import ECKey

from deploy.local.accounts import PROVISIONER, make_accounts, management_url
from deploy.local.certificates import Certificate
from deploy.local.credentials import Login, key_files, login_of, register
from deploy.local.database import OWNER, create_database
from deploy.local.demo.data import DemoData, generate
from deploy.local.demo.directory import login_document, reader_of
from deploy.local.loading import load_document
from deploy.local.portal import portal_settings
from deploy.local.postgres import Postgres
from deploy.local.processes import free_port, write_private
from deploy.local.rabbitmq import OPERATOR, RabbitMQ
from deploy.local.sandbox import canary
from deploy.local.sandbox.data import sandbox
from deploy.local.sandbox.rows import store_rows
from deploy.local.telephony import Telephony, enroll, telephony
from deploy.local.transfer import Transfer, plan_transfer, store_expeditors
from shared.definitions import Account, definitions
from shared.runtime.broker import with_vhost
from shared.runtime.migrations import PIPELINE
from shared.topology import JOBS, JOBS_OF_SIMULATION, SERVICES, Deployment, institution_queue, reply_queue

ROOT: Final = Path(__file__).parents[2]
DEMO_SEED: Final = 1
#: Audiences that some clients write into their assertions, for every server: the address of the official
#: token server, and the older name (client Q9).
REAL_AUDIENCES: Final = (
    "https://services.socialsecurity.be/REST/oauth/v5/token",
    "https://oauth.socialsecurity.be",
)
#: Services with an API of their own beside the ops port.
_WITH_API: Final = (*SERVICES, "portal")
_KEYED: Final = _WITH_API


class Seed:
    """The secret of a stack, from which all passwords and keys are derived."""

    def __init__(self, text: str) -> None:
        self._key = bytes.fromhex(text)

    def password(self, *of: str) -> str:
        """Return the secret for these names, such as ("role", role): 64 hexadecimal digits."""
        return hmac.new(self._key, "/".join(of).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a service at 127.0.0.1."""

    ops: int
    api: int | None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of one provisioned deployment, passwords included."""

    deployment: Deployment
    data: DemoData
    postgres_dsn: str  #: as owner
    superuser_dsn: str  #: of the same database
    management_url: str  #: with the operator's credentials
    operator_url: str  #: amqp://…, as operator, without a vhost
    dsns: Mapping[str, str]  #: by service, as its own role
    amqp_urls: Mapping[str, str]  #: by role (`service:intake`, `client:…`, `institution:…`), without a vhost
    key: str  #: DIMONA_KEY: 64 hexadecimal digits
    token_key: str  #: private JWK of the issuer of access tokens
    client_keys: Mapping[str, Path]  #: by client id: its private key, in PEM
    logins: Mapping[str, Login]  #: by name of a user
    secrets: Path  #: a folder of secret files per service
    accounts: Path  #: file for `dimona topology apply --accounts`
    ports: Mapping[str, Ports]  #: by service
    transfer: Transfer
    telephony: Telephony
    certificate: Certificate | None = None  #: of the APIs; None for plain HTTP

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment variables of a service's process; they hold no secret."""
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "DIMONA_SECRETS_DIR": str(self.secrets / service),
            "DIMONA_DEPLOYMENT": self.deployment.name,
            "DIMONA_LOG_LEVEL": os.environ.get("DIMONA_LOG_LEVEL", "INFO"),
            "DIMONA_OTLP_ENDPOINT": os.environ.get("DIMONA_OTLP_ENDPOINT", ""),
            "DIMONA_TOKEN_ISSUER": self.api_url("access"),
            "DIMONA_PUBLIC_URL": self.api_url("access"),
            "DIMONA_TOKEN_JWKS_URL": f"{self.api_url('access')}/jwks",
            "DIMONA_ASSERTION_AUDIENCES": json.dumps(REAL_AUDIENCES),
        }
        if service == "notifier":
            here = {each.enterprise_number: ["127.0.0.0/8"] for each in self.data.organizations.values()}
            environment["DIMONA_WEBHOOK_TRUSTED_NETWORKS"] = json.dumps(here)
            environment["DIMONA_FILES_DIR"] = str(self.files)
        if service == "intake":
            environment["DIMONA_PERSONNEL_FILE_URL"] = self.api_url("personnel_file")
            if self.documentation.exists():
                environment["DIMONA_DOCUMENTATION"] = str(self.documentation)
        if service == "personnel_file":
            environment["DIMONA_REST_URL"] = f"{self.api_url('intake')}/REST/dimona/v2"
        if service == "files":
            environment |= self.transfer.environment()
        if service == "portal":
            environment |= portal_settings(self.api_url, self.ops_url, _WITH_API)
        if service in JOBS_OF_SIMULATION:
            environment |= canary.settings(self.api_url)
        return environment | self._listening(service)

    def _listening(self, service: str) -> dict[str, str]:
        """Return the environment variables with the ports of a process, and with the TLS of APIs."""
        environment: dict[str, str] = {}
        if self.certificate is not None and service in (*_WITH_API, *JOBS_OF_SIMULATION):
            environment |= {
                "DIMONA_API_CERTIFICATE_FILE": str(self.certificate.certificate),
                "DIMONA_API_KEY_FILE": str(self.certificate.key),
                "DIMONA_API_AUTHORITIES_FILE": str(self.certificate.authorities),
            }
        if service in self.ports:
            environment["DIMONA_OPS_PORT"] = str(self.ports[service].ops)
            if self.ports[service].api is not None:
                environment["DIMONA_API_PORT"] = str(self.ports[service].api)
        return environment

    @property
    def files(self) -> Path:
        """Return the folder of the notification files."""
        return self.secrets.parent.parent / "files" / self.deployment.name

    @property
    def documentation(self) -> Path:
        """Return the folder of the pages of `/doc`, which `make up` writes."""
        return self.secrets.parent.parent / "documentation"

    def ops_url(self, service: str) -> str:
        """Return the address of the ops port of a service."""
        return f"http://127.0.0.1:{self.ports[service].ops}"

    def api_url(self, service: str) -> str:
        """Return the address of the API of a service."""
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self.ports[service].api}"

    def amqp_url(self, role: str, vhost: str) -> str:
        """Return the AMQP address of one vhost, with the credentials of a role or of `operator`."""
        url = self.operator_url if role == "operator" else self.amqp_urls[role]
        return with_vhost(url, vhost)

    def document(self) -> dict[str, Any]:
        """Return the document `.run/endpoints.json` for demo, tests, benchmarks and the `dimona` command."""
        internal, public = self.deployment.internal, self.deployment.public
        return {
            "deployment": self.deployment.name,
            "vhost": public,
            "integrators": {
                client.client_id: {
                    "amqp_url": self.amqp_url(f"client:{client.client_id}", public),
                    "reply_queue": reply_queue(client.client_id),
                    "employers": list(client.employers),
                    "private_key": str(self.client_keys[client.client_id]),
                }
                for client in self.data.clients
            },
            "workers": self.data.workers,
            "unknown_worker": self.data.unknown_worker,
            "institutions": {
                name: {
                    "amqp_url": self.amqp_url(
                        f"institution:{name}", self.deployment.vhost_of(institution_queue(name))
                    ),
                    "queue": institution_queue(name),
                    "events_url": f"{self.api_url('feed')}/events",
                    "client_id": reader_of(name),
                    "private_key": str(self.client_keys[reader_of(name)]),
                }
                for name in self.data.institutions
            },
            "users": {
                name: {
                    "user_id": user.user_id,
                    "enterpriseNumber": self.data.number_of(user),
                    "rights": user.granted(),
                    **self.logins[name].document(),
                }
                for name, user in self.data.users.items()
            },
            "management_url": self.management_url,
            "postgres_dsn": self.postgres_dsn,
            "operator": {"amqp_url": self.amqp_url("operator", internal)},
            "accounts": str(self.accounts),
            "files": str(self.files),
            "rest_url": f"{self.api_url('intake')}/REST/dimona/v2",
            **self.telephony.document(self.api_url("intake")),
            "login": {"issuer": self.api_url("access"), **login_document()},
            "portal_url": None if self.deployment.is_simulation else self.api_url("portal"),
            "token_url": f"{self.api_url('access')}/REST/oauth/v5/token",
            "sftp": self.transfer.document(),
            "api": {service: self.api_url(service) for service in _WITH_API},
            "ops": {service: self.ops_url(service) for service in self.ports},
        }


def plan(
    folder: Path, seed: Seed, deployment: Deployment, database: str, server: Postgres, broker: RabbitMQ
) -> Endpoints:
    """Return the addresses, ports and secrets that a deployment will have.

    Write the missing key files of clients. A client has one key in all deployments.
    """
    data_of = sandbox if deployment.is_simulation else generate
    data = data_of(datetime.now(ZoneInfo("Europe/Brussels")).date(), DEMO_SEED)
    accounts = make_accounts(seed.password, deployment, data, broker)
    roles = {service: f"dimona_{service}" for service in PIPELINE}
    return Endpoints(
        deployment=deployment,
        data=data,
        postgres_dsn=server.dsn(database, OWNER, seed.password("role", OWNER)),
        superuser_dsn=server.dsn(database),
        management_url=broker.management_url,
        operator_url=broker.url(OPERATOR, broker.password),
        dsns={name: server.dsn(database, role, seed.password("role", role)) for name, role in roles.items()},
        amqp_urls={role: broker.url(account.name, account.password) for role, account in accounts.items()},
        key=seed.password("key", deployment.name),
        token_key=json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True)),
        client_keys=key_files(folder / "secrets" / "clients", data.signers),
        logins={name: login_of(user, seed.password) for name, user in data.users.items()},
        secrets=folder / "secrets" / deployment.name,
        accounts=folder / "secrets" / deployment.name / "accounts.json",
        ports={
            service: Ports(free_port(), free_port() if service in _WITH_API else None)
            for service in (*SERVICES, *JOBS, *(JOBS_OF_SIMULATION if deployment.is_simulation else ()))
        },
        transfer=plan_transfer(folder, deployment.name, [client.client_id for client in data.clients]),
        telephony=telephony((client.client_id for client in data.clients), seed.password),
        certificate=broker.certificate,
    )


def write_secrets(endpoints: Endpoints, accounts: Mapping[str, Account]) -> None:
    """Write the secret files of each service, mode 0400, and the accounts file of the operator."""
    for service in PIPELINE:
        files = {"dimona_database_dsn": endpoints.dsns[service]}
        if service in _KEYED:
            files |= {"dimona_key": endpoints.key}
        if service in SERVICES:
            files |= {"dimona_amqp_url": endpoints.amqp_urls[f"service:{service}"]}
        if service == "access":
            files |= {"dimona_token_key": endpoints.token_key}
        if service == "files":
            files |= {"dimona_sftp_host_key": endpoints.transfer.host_key.read_text()}
        if service == "intake":
            files |= {"dimona_phone_gateways": endpoints.telephony.settings()}
        if service == "provisioner" and PROVISIONER in accounts:
            url = management_url(endpoints.management_url, accounts[PROVISIONER])
            files |= {"dimona_management_url": url}
        for name, text in files.items():
            write_private(endpoints.secrets / service / name, text, 0o400)
    rows = {role: asdict(account) for role, account in accounts.items()}
    write_private(endpoints.accounts, json.dumps(rows, indent=1))


def provision(
    folder: Path, seed: Seed, deployment: Deployment, database: str,
    server: Postgres, broker: RabbitMQ, *, test: bool, run: Callable[..., Any],
) -> Endpoints:  # fmt: skip
    """Create one deployment completely, up to the loaded demo data; a repetition is harmless.

    `run` runs a coroutine function to its end, from inside or outside an event loop.
    """
    endpoints = plan(folder, seed, deployment, database, server, broker)
    if canary.CLIENT in endpoints.client_keys:
        canary.write_secrets(endpoints.secrets, endpoints.client_keys[canary.CLIENT])
    write_secrets(endpoints, accounts := make_accounts(seed.password, deployment, endpoints.data, broker))
    run(create_database, server, seed.password, database, test=test or deployment.is_simulation)
    clients = [client.client_id for client in endpoints.data.clients]
    salt, institutions = bytes.fromhex(seed.password("salt"))[:4], endpoints.data.institutions
    broker.management.import_definitions(definitions(deployment, accounts, clients, institutions, salt))
    documents = {
        "access": endpoints.data.access_json(endpoints.api_url("portal")),
        "identification": endpoints.data.register_json(),
    }
    with ThreadPoolExecutor() as side_by_side:
        load, environments = partial(load_document, folder / "demo"), map(endpoints.environment, documents)
        list(side_by_side.map(load, documents, documents.values(), environments))
    run(register, endpoints.postgres_dsn, endpoints.client_keys, endpoints.logins.values())
    run(enroll, endpoints.postgres_dsn, endpoints.key, endpoints.telephony.phones)
    run(store_rows, endpoints.postgres_dsn, endpoints.data)
    run(store_expeditors, endpoints.postgres_dsn, endpoints.transfer)
    return endpoints

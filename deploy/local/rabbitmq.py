"""A private RabbitMQ node from Debian's package, installed or only unpacked.

The package's inner start script is used (its wrapper changes user), and this project starts epmd: an epmd
that Erlang starts listens on all interfaces and outlives its node.
"""

from __future__ import annotations

import http.client
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from deploy.local import debian
from deploy.local.processes import free_port, write_private
from deploy.local.supervisor import Process
from services.cli.management import Management
from shared.topology import BROKER_MESSAGE_BYTES

OPERATOR: Final = "operator"
_SCRIPT: Final = "/usr/lib/rabbitmq/bin/rabbitmq-server"

_ERLANG_ARGUMENTS: Final = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"

_CONFIGURATION: Final = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {prometheus}
# The first user of an empty node is this one instead of guest.
default_user = {user}
default_pass = {password}
default_user_tags.administrator = true
max_message_size = {largest}
consumer_timeout = 1800000
heartbeat = 10
channel_max = 64
disk_free_limit.absolute = 200MB
log.console = false
log.file.level = info
"""


@dataclass(frozen=True, slots=True)
class RabbitMQ:
    """A node: its folder, its ports on 127.0.0.1 and the operator's password."""

    home: Path
    root: Path  #: under which the package's files are
    amqp: int
    management_port: int
    prometheus: int
    distribution: int
    epmd: int
    password: str

    @property
    def ports(self) -> dict[str, int]:
        """Return every port on which this node listens."""
        return {
            "amqp": self.amqp,
            "management": self.management_port,
            "prometheus": self.prometheus,
            "distribution": self.distribution,
            "epmd": self.epmd,
        }

    def url(self, user: str, password: str, vhost: str | None = None) -> str:
        """Return the address of the broker, or of one vhost of it."""
        path = "" if vhost is None else f"/{quote(vhost, safe='')}"
        return f"amqp://{quote(user, safe='')}:{quote(password, safe='')}@127.0.0.1:{self.amqp}{path}"

    @property
    def management_url(self) -> str:
        """Return the address of the management API, with the operator's credentials."""
        return f"http://{OPERATOR}:{self.password}@127.0.0.1:{self.management_port}"

    @property
    def management(self) -> Management:
        """Return the management API with the operator's credentials."""
        return Management(self.management_url)

    def processes(self) -> list[Process]:
        """Return the processes that the supervisor has to run."""
        erlang = self.root / "usr" / "lib" / "erlang" / "bin"
        environment = {
            "PATH": f"{erlang}:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.home),  # Erlang's cookie lies there
            "ERL_EPMD_PORT": str(self.epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "LD_LIBRARY_PATH": debian.library_path(self.root),
        }
        broker = {
            "RABBITMQ_NODENAME": "dimona@localhost",
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.home / "generated"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG_ARGUMENTS,
            # Makes the script become the node instead of waiting for it, so that its pid is the node's.
            "RUNNING_UNDER_SYSTEMD": "true",
        }
        home = str(self.home)
        epmd = [str(erlang / "epmd"), "-address", "127.0.0.1", "-port", str(self.epmd)]
        script = str(self.root / _SCRIPT.lstrip("/"))
        return [
            Process("epmd", epmd, environment, home),
            Process("rabbitmq", [script], environment | broker, home),
        ]

    def is_ready(self) -> bool:
        """Return whether the node answers in AMQP and over its management API."""
        try:
            return _shakes_hands(self.amqp) and self.management.request("GET", "/api/overview")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def prepare(folder: Path) -> RabbitMQ:
    """Return a node for a stack's folder, on free ports; keep the data of an earlier start.

    Raise `debian.Unavailable` when the package is neither installed nor fetchable.
    """
    home, secret = folder / "rabbitmq", folder / "secrets" / "rabbitmq"
    root = debian.tree("rabbitmq-server", _SCRIPT)
    for name in ("data", "log", "generated"):
        (home / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    if not secret.exists():
        write_private(secret, secrets.token_hex(16))
        write_private(home / ".erlang.cookie", secrets.token_hex(16), 0o400)
    password = secret.read_text()
    amqp, management, prometheus, distribution, epmd = (free_port() for _ in range(5))
    text = _CONFIGURATION.format(
        amqp=amqp, management=management, prometheus=prometheus, user=OPERATOR, password=password,
        largest=BROKER_MESSAGE_BYTES,
    )  # fmt: skip
    write_private(home / "rabbitmq.conf", text)
    write_private(home / "advanced.config", "[].\n")
    write_private(home / "enabled_plugins", "[rabbitmq_management,rabbitmq_prometheus].\n")
    return RabbitMQ(home, root, amqp, management, prometheus, distribution, epmd, password)


def _shakes_hands(port: int) -> bool:
    """Return whether a port answers the AMQP 0-9-1 greeting with a method frame on channel 0."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        return connection.recv(3) == b"\x01\x00\x00"

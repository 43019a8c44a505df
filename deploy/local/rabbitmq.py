"""A private RabbitMQ broker from Debian's package, installed or only unpacked: one node or a cluster.

The inner start script of the package is used, because the outer script changes the user. This project starts
epmd, because an epmd that Erlang starts listens on all interfaces and outlives its node.
"""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import ssl
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from deploy.local import debian
from deploy.local.certificates import Certificate
from deploy.local.processes import free_port, write_private
from deploy.local.supervisor import Process
from shared.runtime.management import Management
from shared.topology import BROKER_MESSAGE_BYTES

OPERATOR: Final = "operator"
_SCRIPT: Final = "/usr/lib/rabbitmq/bin/rabbitmq-server"

_ERLANG_ARGUMENTS: Final = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"

_PLAIN: Final = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
"""
#: TLS only. A client with a certificate may log in with it instead of a password (EXTERNAL).
_TLS: Final = """\
listeners.tcp = none
listeners.ssl.1 = 127.0.0.1:{amqp}
ssl_options.cacertfile = {authorities}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = AMQPLAIN
auth_mechanisms.3 = EXTERNAL
ssl_cert_login_from = common_name
management.ssl.ip = 127.0.0.1
management.ssl.port = {management}
management.ssl.cacertfile = {authorities}
management.ssl.certfile = {certificate}
management.ssl.keyfile = {key}
"""
#: Erlang would keep a replaced certificate for up to two minutes.
_FRESH: Final = "[{ssl, [{bypass_pem_cache, true}]}].\n"
_CONFIGURATION: Final = """\
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
_CLUSTER: Final = """\
cluster_name = dimona
cluster_partition_handling = pause_minority
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.randomized_startup_delay_range.min = 0
cluster_formation.randomized_startup_delay_range.max = 1
"""


@dataclass(frozen=True, slots=True)
class RabbitMQ:
    """A node of the broker: its folder, its ports on 127.0.0.1, and the password of the operator.

    The first node also has the other nodes of its cluster, and the port of the balancer.
    """

    home: Path  #: with Erlang's cookie, shared by the nodes of a cluster
    root: Path  #: under which the package's files are
    amqp: int
    management_port: int
    prometheus: int
    distribution: int
    epmd: int
    password: str
    number: int = 1
    others: tuple[RabbitMQ, ...] = ()  #: the other nodes of the cluster; known to the first one
    balancer: int | None = None  #: the port in front of a cluster
    certificate: Certificate | None = None  #: with it, AMQP and management accept TLS only

    @property
    def name(self) -> str:
        """Return the name of the node's process."""
        return "rabbitmq" if self.number == 1 else f"rabbitmq{self.number}"

    @property
    def nodes(self) -> tuple[RabbitMQ, ...]:
        """Return all nodes of the cluster if this is its first node; otherwise return only this node."""
        return (self, *self.others)

    @property
    def folder(self) -> Path:
        """Return the folder of this node's data, configuration and log."""
        return self.home if self.number == 1 else self.home / f"node{self.number}"

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
        """Return the AMQP address of the broker, or of one vhost; for a cluster that of its balancer."""
        path = "" if vhost is None else f"/{quote(vhost, safe='')}"
        port = self.balancer or self.amqp
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"{self._scheme('amqp')}://{login}@127.0.0.1:{port}{path}{self._query}"

    def _scheme(self, plain: str) -> str:
        return plain if self.certificate is None else f"{plain}s"

    @property
    def _query(self) -> str:
        """Return the query of addresses, which names the authority of the certificate."""
        if self.certificate is None:
            return ""
        return "?" + urlencode({"cafile": self.certificate.authorities})

    @property
    def management_url(self) -> str:
        """Return the address of the management API, with the operator's credentials."""
        place = f"{OPERATOR}:{self.password}@127.0.0.1:{self.management_port}"
        return f"{self._scheme('http')}://{place}{self._query}"

    @property
    def management(self) -> Management:
        """Return a client of the management API with the operator's credentials."""
        return Management(self.management_url)

    def processes(self) -> list[Process]:
        """Return the processes for the supervisor: epmd, all nodes, and the balancer of a cluster."""
        processes = [self._epmd(), *(node.node() for node in self.nodes)]
        if self.balancer is not None:
            targets = [str(node.amqp) for node in self.nodes]
            argv = [sys.executable, "-m", "deploy.local.balancer", str(self.balancer), *targets]
            processes.append(
                Process("balancer", argv, {"PATH": "/usr/bin:/bin"}, str(Path(__file__).parents[2]))
            )
        return processes

    def _environment(self) -> dict[str, str]:
        erlang = self.root / "usr" / "lib" / "erlang" / "bin"
        return {
            "PATH": f"{erlang}:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.home),  # Erlang's cookie lies there
            "ERL_EPMD_PORT": str(self.epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "LD_LIBRARY_PATH": debian.library_path(self.root),
        }

    def _epmd(self) -> Process:
        program = str(self.root / "usr" / "lib" / "erlang" / "bin" / "epmd")
        argv = [program, "-address", "127.0.0.1", "-port", str(self.epmd)]
        return Process("epmd", argv, self._environment(), str(self.home))

    def node(self) -> Process:
        """Return the process that runs this node."""
        folder = self.folder
        broker = {
            "RABBITMQ_NODENAME": _node_name(self.number),
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG_ARGUMENTS,
            # Makes the script become the node instead of waiting for it, so that its pid is the node's.
            "RUNNING_UNDER_SYSTEMD": "true",
        }
        script = str(self.root / _SCRIPT.lstrip("/"))
        return Process(self.name, [script], self._environment() | broker, str(folder))

    def is_ready(self) -> bool:
        """Return whether the node answers in AMQP and over its management API, and sees its whole cluster."""
        try:
            if not _shakes_hands(self.amqp, self.certificate):
                return False
            status, answer = self.management.request("GET", "/api/nodes")
            running = sum(node["running"] for node in json.loads(answer)) if status == 200 else 0
            return running >= len(self.nodes)
        except (OSError, http.client.HTTPException):
            return False


def prepare(folder: Path, nodes: int = 1, certificate: Certificate | None = None) -> RabbitMQ:
    """Return a broker with this number of nodes for a stack's folder, on free ports; keep earlier data.

    With a certificate, AMQP and the management API accept TLS only.
    Raise `debian.Unavailable` when the package is neither installed nor fetchable.
    """
    home, secret = folder / "rabbitmq", folder / "secrets" / "rabbitmq"
    root = debian.tree("rabbitmq-server", _SCRIPT)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not secret.exists():
        write_private(secret, secrets.token_hex(16))
        write_private(home / ".erlang.cookie", secrets.token_hex(16), 0o400)
    password, epmd = secret.read_text(), free_port()
    made = []
    for number in range(1, nodes + 1):
        amqp, management, prometheus, distribution = (free_port() for _ in range(4))
        node = RabbitMQ(home, root, amqp, management, prometheus, distribution, epmd, password, number)
        made.append(replace(node, certificate=certificate))
    cluster = ""
    if nodes > 1:
        names = (
            f"cluster_formation.classic_config.nodes.{n} = {_node_name(n)}\n" for n in range(1, nodes + 1)
        )
        cluster = _CLUSTER + "".join(names)
    for node in made:
        _configure(node, cluster)
    if nodes == 1:
        return made[0]
    return replace(made[0], others=tuple(made[1:]), balancer=free_port())


def _node_name(number: int) -> str:
    return "dimona@localhost" if number == 1 else f"dimona{number}@localhost"


def _configure(node: RabbitMQ, cluster: str) -> None:
    for name in ("data", "log", "generated"):
        (node.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate = node.certificate
    listeners = _PLAIN if certificate is None else _TLS
    files = {} if certificate is None else asdict(certificate)
    text = (listeners + _CONFIGURATION).format(
        **files, amqp=node.amqp, management=node.management_port, prometheus=node.prometheus, user=OPERATOR,
        password=node.password, largest=BROKER_MESSAGE_BYTES,
    )  # fmt: skip
    write_private(node.folder / "rabbitmq.conf", text + cluster)
    write_private(node.folder / "advanced.config", "[].\n" if certificate is None else _FRESH)
    plugins = ["rabbitmq_management", "rabbitmq_prometheus"]
    if certificate is not None:
        plugins.append("rabbitmq_auth_mechanism_ssl")
    write_private(node.folder / "enabled_plugins", f"[{','.join(plugins)}].\n")


def _shakes_hands(port: int, certificate: Certificate | None) -> bool:
    """Return whether a port answers like a broker of AMQP 0-9-1. Raise OSError if nothing listens there."""
    with ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        if certificate is not None:
            context = ssl.create_default_context(cafile=certificate.authorities)
            connection = stack.enter_context(context.wrap_socket(connection, server_hostname="127.0.0.1"))
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        return connection.recv(3) == b"\x01\x00\x00"

"""The programs of samples, and the commands for integrators, against a deployment of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from deploy.local import debian
from deploy.local.stack import Stack
from services.cli.main import commands
from tests.late_clock import late_clock
from tests.node import ROOT, environment, installed, skipped_offline
from tests.serving import serving

pytestmark = pytest.mark.stack

SAMPLES = ROOT / "samples"
MOST_LINES = 80
HTTPYAC = "httpyac@6.16.7"
AMQPLIB = json.loads((SAMPLES / "node" / "package.json").read_text())["dependencies"]["amqplib"]
PHP = {"php8.2-cli": "/usr/bin/php8.2", "php8.4-cli": "/usr/bin/php8.4"}  #: of Debian 12 and 13
workers = count()


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Iterator[dict[str, Any]]:
    """Serve a deployment in which no other program reads the clients' queues."""
    with serving(stack, "example") as endpoints:
        yield endpoints.document()


@pytest.fixture(scope="module")
def settings(endpoints: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment that `dimona env` prints."""
    file = tmp_path_factory.mktemp("samples") / "endpoints.json"
    file.write_text(json.dumps(endpoints))
    printed = CliRunner().invoke(commands, ["env", "--endpoints", str(file)]).output
    shown = subprocess.run(
        ["sh", "-c", f"{printed}\nenv -0"], capture_output=True, text=True, check=True, env={}
    ).stdout
    return dict(line.split("=", 1) for line in shown.split("\0") if line)


def sample(
    settings: Mapping[str, str], *command: str | Path, base: Mapping[str, str] | None = None
) -> list[str]:
    """Run a sample with its settings and return its lines."""
    ended = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**(base or os.environ), **settings},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def person(settings: Mapping[str, str], endpoints: dict[str, Any]) -> tuple[str, str]:
    """Return an employer of the client, and a worker that no other sample declares."""
    return settings["EMPLOYER"], endpoints["workers"][next(workers)]


def check(printed: Sequence[str], first: str, last: str) -> None:
    """Check that a declaration was received and accepted; notifications of others may be in the queue."""
    assert any(line.startswith(first) for line in printed), printed
    answers = [line for line in printed if line.startswith(last)]
    assert json.loads(answers[-1].partition(" ")[2])["declarationStatus"]["result"] == "A"


def packages() -> Path:
    """Return the folder of the packages from npm; skip without a registry."""
    with skipped_offline():
        return installed("samples", [f"amqplib@{AMQPLIB}", HTTPYAC])


def node(folder: Path) -> str:
    """Return the program of Node in a folder of packages."""
    found = shutil.which("node", path=environment(folder)["PATH"])
    assert found is not None
    return found


def php() -> str:
    """Return the program of PHP, from a Debian package; skip without one."""
    if (found := shutil.which("php")) is not None:
        return found
    for package, path in PHP.items():
        try:
            return str(debian.binary(package, path))
        except debian.Unavailable as error:
            reason = str(error)
    pytest.skip(f"PHP cannot be installed: {reason}")


@pytest.mark.parametrize(
    "file", sorted(file for file in SAMPLES.rglob("*") if file.suffix != ".md" and file.is_file()), ids=str
)
def test_a_sample_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= MOST_LINES


def test_python_by_queue(endpoints: dict[str, Any], settings: dict[str, str]) -> None:
    script = SAMPLES / "python" / "by_queue.py"
    printed = sample(settings, sys.executable, script, *person(settings, endpoints))
    check(printed, "receivedReply {", "reply {")


def test_python_by_queue_declares_several_workers_in_one_message(
    endpoints: dict[str, Any], settings: dict[str, str]
) -> None:
    nisses = [person(settings, endpoints)[1] for _ in range(3)]
    script = SAMPLES / "python" / "by_queue.py"
    printed = sample(settings, sys.executable, script, settings["EMPLOYER"], *nisses)
    assert sorted(line.partition(" ")[0] for line in printed) == ["receivedReply"] * 3 + ["reply"] * 3


def test_python_by_queue_shows_a_refusal(settings: dict[str, str]) -> None:
    script = SAMPLES / "python" / "by_queue.py"
    *_, reply = sample(settings, sys.executable, script, settings["EMPLOYER"], "93051822300")
    assert '"result": "B"' in reply
    assert "00024-003" in reply


def test_python_by_rest(endpoints: dict[str, Any], settings: dict[str, str]) -> None:
    script = SAMPLES / "python" / "by_rest.py"
    printed = sample(settings, sys.executable, script, *person(settings, endpoints))
    check(printed, f"received {settings['DIMONA_CLIENT_REST_URL']}/declarations/", "answer {")


def test_python_gets_a_token(settings: dict[str, str]) -> None:
    identity = [settings[f"DIMONA_CLIENT_{name}"] for name in ("TOKEN_URL", "ID", "PRIVATE_KEY")]
    printed = sample(settings, sys.executable, SAMPLES / "python" / "access_token.py", *identity)
    assert json.loads("".join(printed))["access_token"]


def test_curl(endpoints: dict[str, Any], settings: dict[str, str]) -> None:
    printed = sample(settings, SAMPLES / "curl" / "by_rest.sh", *person(settings, endpoints))
    check(printed, f"received {settings['DIMONA_CLIENT_REST_URL']}/declarations/", "answer {")


@pytest.mark.parametrize("name", ["by_queue", "by_rest"])
def test_node(endpoints: dict[str, Any], settings: dict[str, str], tmp_path: Path, name: str) -> None:
    """With the package of package.json, beside a copy of the program."""
    folder = packages()
    copy = tmp_path / f"{name}.mjs"
    shutil.copy(SAMPLES / "node" / copy.name, copy)
    (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    printed = sample(settings, node(folder), copy, *person(settings, endpoints))
    check(printed, "receive", "reply {" if name == "by_queue" else "answer {")


def test_php(endpoints: dict[str, Any], settings: dict[str, str]) -> None:
    printed = sample(settings, php(), SAMPLES / "php" / "by_rest.php", *person(settings, endpoints))
    check(printed, f"received {settings['DIMONA_CLIENT_REST_URL']}/declarations/", "answer {")


def test_http_file(endpoints: dict[str, Any], settings: dict[str, str]) -> None:
    """With httpyac: the declaration is accepted, and the search finds its period."""
    folder = packages()
    (token,) = sample(settings, SAMPLES / "curl" / "token.sh")
    employer, niss = person(settings, endpoints)
    (today,) = sample({"TZ": "Europe/Brussels"}, "date", "+%F")
    variables = {
        "rest": settings["DIMONA_CLIENT_REST_URL"], "token": token, "employer": employer, "niss": niss,
        "today": today, "key": str(uuid4()),
    }  # fmt: skip
    given = [part for name, value in variables.items() for part in ("--var", f"{name}={value}")]
    httpyac = folder / "node_modules" / "httpyac" / "bin" / "httpyac.js"
    file = SAMPLES / "http" / "declare.http"
    printed = sample(
        {}, node(folder), httpyac, "send", file, "--all", "--json", *given, base=environment(folder)
    )
    declared, found = json.loads("\n".join(printed))["requests"]
    assert declared["response"]["statusCode"] == 201
    assert found["response"]["statusCode"] == 200
    assert niss in json.dumps(found)


def dimona(settings: Mapping[str, str], *arguments: str, given: str = "") -> tuple[int, list[str]]:
    """Run a command of the kit with these settings; return its exit code and its lines."""
    command = [*arguments, "--endpoints", "/nowhere"]
    done = CliRunner().invoke(commands, command, input=given, env=dict(settings))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout.splitlines()


def starts(employer: str, niss: str) -> dict[str, Any]:
    """Build an IN of today in the calendar of the employer."""
    (today,) = sample({"TZ": "Europe/Brussels"}, "date", "+%F")
    features = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
    return {
        "employer": {"enterpriseNumber": employer},
        "worker": {"ssin": niss},
        "dimonaIn": {"startDate": today, "features": features},
    }


def test_the_doctor_finds_a_sound_client_sound(settings: dict[str, str]) -> None:
    """Every check is made, and the round trip is answered with a problem."""
    code, lines = dimona(settings, "doctor")
    assert code == 0, lines
    found = {line[4:].partition(":")[0]: line for line in lines}
    checks = "settings|clock|token|further scopes|REST|broker|reply queue|round trip"
    assert [*found] == checks.split("|")
    assert "problemReply" in found["round trip"]
    assert not any(line.startswith("!!") for line in lines)


@pytest.mark.parametrize(
    ("setting", "value", "finding", "remedy"),
    [
        ("AMQP_URL", "{password}", "broker: ", "user name and password"),
        ("AMQP_URL", "{vhost}", "broker: ", "vhost"),
        ("AMQP_URL", "amqp://a:b@127.0.0.1:1/dimona.public", "broker: ", "host and port"),
        ("PRIVATE_KEY", "{key}", "token: ", "register the public key"),
        ("REST_URL", "{rest}/wrong", "REST: ", "check rest_url"),
        ("TOKEN_URL", "http://127.0.0.1:1/token", "token endpoint: ", "check token_url"),
        ("ID", "somebody_else", "token: ", "register the public key"),
    ],
)
def test_the_doctor_names_a_fault_and_its_remedy(
    settings: dict[str, str], tmp_path: Path, setting: str, value: str, finding: str, remedy: str
) -> None:
    url = settings["DIMONA_CLIENT_AMQP_URL"]
    key = tmp_path / "other.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    wrong = value.format(
        password=f"{url.partition('@')[0]}x@{url.partition('@')[2]}",
        vhost=urlsplit(url)._replace(path=f"{urlsplit(url).path}x").geturl(),
        key=key,
        rest=settings["DIMONA_CLIENT_REST_URL"],
    )
    code, lines = dimona({**settings, f"DIMONA_CLIENT_{setting}": wrong}, "doctor", "--no-round-trip")
    assert code == 1
    place = next(n for n, line in enumerate(lines) if line.startswith(f"!!  {finding}"))
    assert remedy in lines[place + 1]


def test_the_doctor_sees_a_wrong_clock(settings: dict[str, str]) -> None:
    with late_clock() as url:
        code, lines = dimona({**settings, "DIMONA_CLIENT_TOKEN_URL": url}, "doctor", "--no-round-trip")
    assert code == 1
    (line,) = (line for line in lines if "clock: " in line)
    found = re.match(r"!!  clock: (\d+) s ahead", line)
    assert found is not None, line
    assert abs(int(found[1]) - 3600) <= 10, "the seconds of a slow answer count by half"


@pytest.mark.parametrize("channel", ["queue", "rest"])
def test_send_declares_and_prints_the_result(
    endpoints: dict[str, Any], settings: dict[str, str], channel: str, tmp_path: Path
) -> None:
    """From a file or standard input; a repeat with its id has no second effect; tail and query find it."""
    employer, niss = person(settings, endpoints)
    declaration, id_ = json.dumps(starts(employer, niss)), str(uuid4())
    code, lines = dimona(settings, "send", "-", "--by", channel, "--id", id_, given=declaration)
    assert code == 0, lines
    final = json.loads(lines[-1])
    data = final["data"] if channel == "queue" else final
    assert data["declarationStatus"]["result"] == "A"
    file = tmp_path / "declaration.json"
    file.write_text(declaration)
    code, again = dimona(settings, "send", str(file), "--by", channel, "--id", id_)
    assert code == 0
    repeated = json.loads(again[-1])
    assert repeated.get("data", repeated)["declarationStatus"] == data["declarationStatus"]
    criteria = json.dumps({"employer": {"enterpriseNumber": employer}, "worker": {"ssin": niss}})
    code, found = dimona(settings, "query", "periods", "-", given=criteria)
    assert code == 0, found
    assert len(found) == 1
    if channel == "queue":
        _, seen = dimona(settings, "tail")
        assert id_ in "".join(seen)
        _, taken = dimona(settings, "tail", "--take")
        assert {*seen} <= {*taken}, "a look leaves all messages where they are"
        assert id_ not in "".join(dimona(settings, "tail")[1])


def test_send_says_that_a_declaration_cannot_be_read(settings: dict[str, str]) -> None:
    for channel in ("queue", "rest"):
        code, lines = dimona(settings, "send", "-", "--by", channel, given='{"employer": {}}')
        assert "badRequest" in lines[-1]
        assert code == 1
    assert dimona(settings, "send", "-", given="{")[0] == 2

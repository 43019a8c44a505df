"""`python -m deploy.local up | down | run`: the local stack of this checkout, in `.run/`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

from deploy.documentation import site as documentation
from deploy.local.demo.report import portal_login
from deploy.local.deployment import ROOT
from deploy.local.home import stop
from deploy.local.stack import AlreadyUpError, Stack

FOLDER: Final = ROOT / ".run"


def up(folder: Path, *, keep: bool, sandbox: bool, tls: bool) -> None:
    """Start the stack in the background, and return when all its processes answer.

    If the stack is already up, only print the file with its addresses.
    """
    began = time.monotonic()
    stack = Stack(folder, keep=keep, detached=True, test=False, sandbox=sandbox, tls=tls, say=_say)
    documentation.write(folder / "documentation")
    try:
        stack.start()
    except AlreadyUpError:
        print(f"the stack is already up; its addresses are in {folder / 'endpoints.json'}")
        return
    _tell(stack)
    print(f"up after {time.monotonic() - began:.0f} s; `make down` stops it")


def run(folder: Path, *, keep: bool, sandbox: bool, tls: bool) -> None:
    """Run the stack in the foreground until SIGINT or SIGTERM, then stop it."""
    stack = Stack(folder, keep=keep, test=False, sandbox=sandbox, tls=tls, say=_say)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = False
    try:
        documentation.write(folder / "documentation")
        stack.start()
        began = True
        _tell(stack)
        signal.pause()
    except KeyboardInterrupt:
        _say("stopping …")
    finally:
        if began:
            stack.stop()


def down(folder: Path, *, keep: bool) -> None:
    """Stop the stack, also one of another process. Without `keep`, delete its data and secrets."""
    stopped = stop(folder, keep=keep)
    print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")


def _say(text: str) -> None:
    print(text, flush=True)


def _tell(stack: Stack) -> None:
    broker, endpoints = stack.rabbitmq, stack.endpoints
    print(f"  PostgreSQL   127.0.0.1:{stack.postgres.port}, database dimona")
    print(f"  RabbitMQ     127.0.0.1:{broker.amqp}, vhost {endpoints.deployment.public}")
    if broker.certificate is not None:
        print(f"  authority    {broker.certificate.authorities}")
    print(f"  SFTP         127.0.0.1:{endpoints.transfer.port}, as one of its expeditors")
    scheme = "http" if broker.certificate is None else "https"
    print(f"  management   {scheme}://127.0.0.1:{broker.management_port}")
    for service in stack.services:
        print(f"  {service:12} {endpoints.ops_url(service)}/readyz, /metrics")
    if "portal" in stack.services:
        print(f"  portal       {portal_login(endpoints.document())}")
    print(f"  documentation {endpoints.api_url('intake')}/doc")
    print(f"  users, passwords and the rest: {stack.folder / 'endpoints.json'}")
    if (sandbox := stack.folder / "sandbox.json").exists():
        print(f"  the sandbox: {sandbox}")


def _is_set(name: str, usual: str) -> bool:
    return os.environ.get(name, usual) not in ("", "0")


def main() -> None:
    """Run the command of the command line, with three settings from the environment.

    KEEP=1 keeps the data from one start to the next; SANDBOX=0 starts no sandbox; TLS=1 uses TLS only.
    """
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "run"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the stack lives (default: .run)")
    arguments = parser.parse_args()
    folder, keep = arguments.folder.resolve(), _is_set("KEEP", "0")
    sandbox, tls = _is_set("SANDBOX", "1"), _is_set("TLS", "0")
    commands = {
        "up": lambda: up(folder, keep=keep, sandbox=sandbox, tls=tls),
        "down": lambda: down(folder, keep=keep),
        "run": lambda: run(folder, keep=keep, sandbox=sandbox, tls=tls),
    }
    try:
        commands[arguments.command]()
    except (TimeoutError, OSError, RuntimeError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()

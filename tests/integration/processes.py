"""The processes of a local stack as the system shows them: sockets, arguments, environments."""

from __future__ import annotations

from contextlib import suppress

import psutil

from deploy.local.stack import Stack


def family(stack: Stack) -> list[psutil.Process]:
    """Return every process of a stack: the supervisor and all below it."""
    top = psutil.Process(stack.pid("supervisor"))
    return [top, *top.children(recursive=True)]


def listening(stack: Stack) -> set[tuple[str, int]]:
    """Return (address, port) of every TCP socket on which a process of the stack listens."""
    found = set()
    for process in family(stack):
        with suppress(psutil.NoSuchProcess):
            found |= {
                (connection.laddr.ip, connection.laddr.port)
                for connection in process.net_connections("tcp")
                if connection.status == psutil.CONN_LISTEN
            }
    return found


def told(stack: Stack) -> set[str]:
    """Return the arguments and environments of the processes of a stack."""
    found = set()
    for process in family(stack):
        with suppress(psutil.NoSuchProcess):
            found |= {*process.cmdline(), *process.environ().values()}
    return found

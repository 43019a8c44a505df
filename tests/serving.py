"""Deployments that run inside a context, for fixtures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.topology import SERVICES, Deployment


@contextmanager
def running(stack: Stack, endpoints: Endpoints, services: Sequence[str] = SERVICES) -> Iterator[Endpoints]:
    """Run services of a deployment inside the context; stop all its processes at the end."""
    stack.serve(endpoints, services)
    try:
        yield endpoints
    finally:
        prefix = f"{endpoints.deployment.name}."
        stack.unserve(*(name for name in stack.names if name.startswith(prefix)))


@contextmanager
def serving(stack: Stack, name: str, services: Sequence[str] = SERVICES) -> Iterator[Endpoints]:
    """Make a deployment of this name, with a database of its own, and run it inside the context."""
    with running(stack, stack.provision(Deployment(name), name), services) as endpoints:
        yield endpoints

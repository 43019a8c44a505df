"""The file descriptors of a process, of which each connection takes one (ADR 18)."""

from __future__ import annotations

import resource
from typing import Final

#: Descriptors kept for the pipeline, the databases, requests to other services, the ops port and files.
RESERVED_DESCRIPTORS: Final = 240
_LEAST: Final = 16  #: minimum number of connections of an API, even with few descriptors


def raise_descriptors() -> int:
    """Set the soft limit of file descriptors to the hard limit, and return this limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def affordable(wanted: int, descriptors: int) -> int:
    """Return the number of connections of an API: `wanted`, or fewer if there are not enough descriptors."""
    unlimited = descriptors == resource.RLIM_INFINITY
    return wanted if unlimited else max(_LEAST, min(wanted, descriptors - RESERVED_DESCRIPTORS))

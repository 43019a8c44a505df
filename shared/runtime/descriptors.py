"""The file descriptors of a process, of which each connection takes one (ADR 18)."""

from __future__ import annotations

import resource
from typing import Final

#: Descriptors kept for the pipeline, the databases, requests to other services, the ops port and files.
RESERVED_DESCRIPTORS: Final = 240
_LEAST: Final = 16  #: connections of an API, however few descriptors there are


def raise_descriptors() -> int:
    """Raise the soft limit of descriptors to the hard one, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def affordable(wanted: int, descriptors: int) -> int:
    """Return how many connections an API may have with so many descriptors."""
    unlimited = descriptors == resource.RLIM_INFINITY
    return wanted if unlimited else max(_LEAST, min(wanted, descriptors - RESERVED_DESCRIPTORS))

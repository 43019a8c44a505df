"""Access as a service: the directory's API, and what it tells the other services."""

from __future__ import annotations

from functools import partial

from services.access.api import app
from services.access.settings import AccessSettings
from shared.runtime.service import Service


def service(settings: AccessSettings) -> Service:
    """Access as a service; it serves no queue."""
    return Service("access", steps=(), api=partial(app, settings))

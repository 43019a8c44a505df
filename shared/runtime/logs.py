"""JSON lines. The declaration number comes from a context variable; numbers of persons never get out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict

from shared.runtime.errors import OurError

#: Any 11 digits that stand alone, also in the human form 85.07.30-033.28: what a NISS looks like.
_SSIN = re.compile(r"(?<!\d)(\d{2})[. ]?(\d{2})[. ]?(\d{2})[- ]?(\d{3})[. ]?(\d{2})(?!\d)")


def _is_ssin(digits: str) -> bool:
    number, check = int(digits[:9]), int(digits[9:])
    return check in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def masked(text: str) -> str:
    """The text with every number that could be a NISS replaced; other numbers stay."""

    def replace(match: re.Match[str]) -> str:
        return "[ssin]" if _is_ssin("".join(match.groups())) else match.group()

    return _SSIN.sub(replace, text)


def _mask_values(value: Any) -> Any:
    """The same value as JSON can hold it, masked; what JSON cannot hold becomes its masked `repr`."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        text = masked(str(value))
        return value if text == str(value) else text
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {masked(str(key)): _mask_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_mask_values(item) for item in value]
    return masked(repr(value))


def _mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Last processor before rendering: whatever the call site wrote, no NISS passes (T21)."""
    masked_event: EventDict = _mask_values(event)
    return masked_event


def _error_type(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """An exception is logged by its type: its text may quote a row. Only our own errors are quoted."""
    if (error := event.pop("error", None)) is not None:
        if isinstance(error, OurError):
            event["error"] = str(error)
        event["error_type"] = type(error).__name__ if isinstance(error, BaseException) else str(error)
    return event


def configure(service: str, level: str = "INFO") -> None:
    """Send structlog's and the libraries' records to stdout as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _error_type,
            _mask,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LibraryFormatter(service))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _LibraryFormatter(logging.Formatter):
    """Libraries log with the standard module: their text is not ours, so only its origin is kept."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "event": "library_record",
            "logger": record.name,
            "level": record.levelname.lower(),
            "service": self._service,
            "line": record.lineno,
        }
        if record.exc_info and record.exc_info[0] is not None:
            event["error_type"] = record.exc_info[0].__name__
        return str(structlog.processors.JSONRenderer()(None, "", event))


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

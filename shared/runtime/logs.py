"""The log as JSON lines. A line has the numbers of the handled declarations, and no number of a person."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import structlog
from structlog.typing import EventDict

from shared.runtime import metrics, tracing
from shared.runtime.errors import OurError
from shared.runtime.rate import TokenBuckets
from shared.runtime.tracing import number_of

_LINES_PER_SECOND: Final = 0.1
_LINES_AT_ONCE: Final = 10

#: The form of a NISS: 11 digits that stand alone, also as 85.07.30-033.28.
_SSIN = re.compile(r"(?<!\d)(\d{2})[. ]?(\d{2})[. ]?(\d{2})[- ]?(\d{3})[. ]?(\d{2})(?!\d)")


def _is_ssin(digits: str) -> bool:
    number, check = int(digits[:9]), int(digits[9:])
    return check in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def masked(text: str) -> str:
    """Return the text with every number that could be a NISS replaced; other numbers stay."""

    def replace(match: re.Match[str]) -> str:
        return "[ssin]" if _is_ssin("".join(match.groups())) else match.group()

    return _SSIN.sub(replace, text)


def _mask_values(value: Any) -> Any:
    """Return a value with masked texts, for JSON. A value of another type becomes its masked `repr`."""
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


#: The messages being handled. Their numbers are read only when a line is logged.
_HANDLED: ContextVar[Sequence[object]] = ContextVar("handled", default=())


@contextmanager
def about(messages: Sequence[object]) -> Iterator[None]:
    """Add the declaration numbers of these messages to every line logged within the block.

    One number is logged as `declaration`, several as `declarations`.
    """
    token = _HANDLED.set(messages)
    try:
        yield
    finally:
        _HANDLED.reset(token)


def _declarations(_logger: Any, _method: str, event: EventDict) -> EventDict:
    numbers = [number for message in _HANDLED.get() if (number := number_of(message)) is not None]
    if len(numbers) == 1:
        event.setdefault("declaration", numbers[0])
    elif numbers:
        event.setdefault("declarations", numbers)
    return event


def _mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Mask the whole event. After this processor only ids of spans are added (threat T21)."""
    masked_event: EventDict = _mask_values(event)
    return masked_event


def _trace(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Add the ids of trace and span, after the mask, because their digits could look like a NISS."""
    event.update(tracing.log_ids(event.get("declaration")))
    return event


def _error_type(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type, because its text may quote a row; keep the text of our errors."""
    if (error := event.pop("error", None)) is not None:
        if isinstance(error, OurError):
            event["error"] = str(error)
        event["error_type"] = type(error).__name__ if isinstance(error, BaseException) else str(error)
    return event


def configure(service: str, level: str = "INFO") -> None:
    """Configure logging: write the records of structlog and of the libraries to stdout as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _declarations,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _error_type,
            _mask,
            _trace,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LibraryFormatter(service))
    handler.addFilter(_Rate())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _Rate(logging.Filter):
    """A limit on the lines that one statement of a library logs.

    Without it, a client without a token could fill the log, for example with broken requests.
    """

    def __init__(self) -> None:
        super().__init__()
        self._buckets = TokenBuckets(_LINES_PER_SECOND, _LINES_AT_ONCE)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is logged. Count a line that is not logged."""
        if self._buckets.take(f"{record.name}:{record.lineno}") > 0.0:
            metrics.LOG_SUPPRESSED.inc()
            return False
        return True


class _LibraryFormatter(logging.Formatter):
    """A formatter for libraries: it keeps the origin of a record and drops its text, which may hold data."""

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

"""Let one bad file, answer or folder not stop the work on the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.runtime.logs import log


@contextmanager
def postponed(errors: list[Exception], **about: str) -> Iterator[None]:
    """Log an error of one file, answer or folder, and add it to the errors of the turn.

    The turn raises one of them at its end, so that a pause follows.
    """
    try:
        yield
    except Exception as error:
        log.warning("file_postponed", **about, error=error)
        errors.append(error)

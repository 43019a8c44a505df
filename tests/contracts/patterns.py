"""The patterns of names in the permissions of RabbitMQ, as the tests read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

#: Characters of a pattern that RabbitMQ 4.3 accepts.
MOST_PATTERN: Final = 1024


def near_misses(name: str) -> Iterator[str]:
    """Yield names close to this one: a pattern without anchors or escapes would allow them."""
    yield from (f"{name}x", f"x{name}", f"{name}.{name}", name[:-1], "")
    yield from (name[:at] + "x" + name[at + 1 :] for at, letter in enumerate(name) if letter == ".")


def allows(pattern: str, name: str) -> bool:
    """Return whether RabbitMQ allows the name: it searches, and does not anchor the pattern."""
    return re.search(pattern, name) is not None


def names_of(pattern: str) -> list[str]:
    """Return the names in a pattern: a common beginning, and alternatives in brackets."""
    common, _, rest = pattern[1:-1].partition("(")
    return [re.sub(r"\\(.)", r"\1", common + each) for each in rest.removesuffix(")").split("|") if rest]

"""Find numbers and names of persons, and secrets, in texts that may not contain any."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Eleven digits that stand alone, as they are stored or as people write them.
_ELEVEN = re.compile(r"(?<!\d)\d{2}[. ]?\d{2}[. ]?\d{2}[- ]?\d{3}[-. ]?\d{2}(?!\d)")
#: Random ids. Their digits can be a valid number by chance.
_UUID = re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")

#: Patterns of secrets, by kind.
SECRETS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "cloud key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "forge token": re.compile(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[A-Za-z0-9_-]{20}|xox[abprs]-[A-Za-z0-9-]{10,})"
    ),
    "JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "password in an address": re.compile(
        r"\b[a-z][a-z0-9+]*://[^\s/:@{}<>'\"]+:(?P<word>[^\s/@{}<>'\"$]{6,})@"
    ),
    "password in an assignment": re.compile(
        r"(?i)(?:password|passwd|secret|token|api_?key|cookie)[\"']?\s*[:=]\s*[\"'](?P<word>[^\"'\s{}]{8,})[\"']"
    ),
    "random text": re.compile(
        r"(?<![A-Za-z0-9+/_=-])(?P<word>[0-9a-f]{32,}|[A-Za-z0-9+/_-]{40,}={0,2})(?![A-Za-z0-9+/_=-])"
    ),
}
_SHORTEST = 20  #: characters of a random part between slashes
_BITS = 3.3  #: per character, from which a text counts as random; the seeds of a stack have about 3.8


def is_ssin(digits: str) -> bool:
    """Return whether eleven digits are a NISS (national register or bis number)."""
    number, check = int(digits[:9]), int(digits[9:])
    return check in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def ssins(text: str) -> list[str]:
    """Return the numbers of persons in a text, UUIDs left out."""
    found = (re.sub(r"\D", "", match.group()) for match in _ELEVEN.finditer(_UUID.sub("", text)))
    return [digits for digits in found if is_ssin(digits)]


def names(text: str, known: Iterable[str]) -> list[str]:
    """Return the names that occur in a text as whole words, in upper or lower case."""
    return [name for name in known if re.search(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", text)]


def labels(metrics: str) -> str:
    """Remove sample values from a metrics body: a time stamp as a float sometimes has eleven digits."""
    lines = (line if line.startswith("#") else line.rpartition(" ")[0] for line in metrics.splitlines())
    return "\n".join(lines)


def entropy(text: str) -> float:
    """Return the Shannon entropy of a text, in bits per character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def secrets(text: str) -> Iterator[tuple[str, str]]:
    """Yield texts that look like secrets: kind and value."""
    for kind, pattern in SECRETS.items():
        for match in pattern.finditer(text):
            word = match.groupdict().get("word", match.group())
            if kind != "random text" or _is_random(word):
                yield kind, word


def _is_random(word: str) -> bool:
    return any(_is_random_part(part) for part in word.split("/"))  # an address has short parts


def _is_random_part(part: str) -> bool:
    name = re.fullmatch(r"[a-z0-9]+(?:_[a-z0-9]+)+|[a-z0-9]+(?:-[a-z]+)+", part)  # of Python, or of a page
    mixed = re.search(r"\d", part) and re.search(r"[A-Za-z]", part)
    return bool(mixed) and not name and len(part) >= _SHORTEST and entropy(part) > _BITS


def files(folder: Path) -> dict[str, str]:
    """Return the text of every file below a folder by its path."""
    return {
        str(file.relative_to(folder)): file.read_text(errors="replace")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.is_symlink()
    }

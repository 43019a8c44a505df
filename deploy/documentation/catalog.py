"""The facts about each anomaly: cause, fields, remedy and allowed values, from the tables of the rules."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from services.identification.matching.rules.consistency import COMPARISONS
from services.intake.reception.rules.daily import DAILY_ROWS, UNKNOWN_ROWS
from services.intake.reception.rules.table import PERIOD_UNKNOWN, RULES
from services.personnel_file.settlement.rules import daily
from services.personnel_file.settlement.rules.change import UPDATE_ROWS
from shared.domain.anomalies import SUBJECTS, AnomalyType
from shared.domain.anomalies.row import rows_of
from shared.domain.declared import Kind
from shared.words import LANGUAGES, words

_DOCS: Final = Path(__file__).parents[2] / "docs"
_ROW: Final = re.compile(r"\| (.*) \|", re.MULTILINE)

#: The code lists with the allowed values of a zone, for its reasons "missing" and "not allowed".
_LISTS_OF_ZONES: Final[Mapping[str, tuple[str, ...]]] = {
    "00011": ("numbers",),
    "00014": ("numbers",),
    "00024": ("numbers",),
    "00033": ("postCodes",),
    "00034": ("postCodes",),
    "00035": ("countries",),
    "00046": ("jointCommissions",),
    "00119": ("countries",),
    "00131": ("numbers",),
    "00169": ("countries",),
    "00520": ("postCodes",),
    "00522": ("postCodes",),
    "00523": ("countries",),
    "00655": ("workerTypes",),
    "00913": ("numbers",),
    "00948": ("numbers",),
    "01085": ("numbers",),
    "01135": ("workerTypes",),
}
_REASONS_OF_VALUES: Final = frozenset({"001", "003"})
#: The code lists of single anomalies; they replace the code lists of the zone.
_LISTS_OF_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "00041-521": ("activitiesWithRisk",),
    "00655-350": ("workerTypes",),
    "00910-008": ("workerTypes",),
    "00911-001": ("workerTypes",),
    "00911-008": ("workerTypes",),
    "01135-005": ("workerTypes",),
    "90017-369": ("quotas",),
    "90256-369": ("quotas",),
    "90373-421": ("workerTypes",),
    "90374-349": ("pairings",),
    "90378-421": ("workerTypes",),
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A row of a table of `docs/`: the text of its first cell and of its second cell."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """All facts that the catalogue shows about one anomaly."""

    anomaly: AnomalyType
    subject: str  #: the name of its file
    remedy: Mapping[str, str]  #: by language
    fields: tuple[str, ...]  #: the paths of the properties, where a table names them
    laws: tuple[Passage, ...]  #: the rules of the law that it serves
    decisions: tuple[Passage, ...]  #: our decisions where the sources are silent
    lists: tuple[str, ...]  #: the code lists with the allowed values


def entries() -> Iterator[Entry]:
    """Yield an entry for each anomaly, in the order of the subjects."""
    for subject in SUBJECTS:
        for row in rows_of(subject):
            laws = tuple(each for each in _table("law.md", "R") if concerns(each.text, row.code))
            yield Entry(
                row,
                subject,
                {language: words("notifier", language)(row.hint) for language in LANGUAGES},
                fields().get(row.code, ()),
                laws,
                tuple(each for each in _table("rules.md", "") if _decides(each, row.code, laws)),
                lists_of(row.code),
            )


def lists_of(code: str) -> tuple[str, ...]:
    """Return the names of the code lists with the allowed values for an anomaly."""
    zone, reason = code.split("-")
    by_zone = _LISTS_OF_ZONES.get(zone, ()) if reason in _REASONS_OF_VALUES else ()
    return _LISTS_OF_CODES.get(code, by_zone)


def concerns(text: str, code: str) -> bool:
    """Return whether a text names an anomaly, by its code or by a part of its code.

    A code is a zone and a reason: 00910-008. A text may name only the zone (`00910`) or only the reason
    (`reason 008`).
    """
    zone, reason = code.split("-")
    by_zone = re.search(rf"(?<!\d){zone}(?![-\d])", text)
    by_reason = re.search(rf"\breason {reason}\b", text)
    return code in text or by_zone is not None or by_reason is not None


@cache
def fields() -> Mapping[str, tuple[str, ...]]:
    """Return the paths of the fields of each anomaly, by its code, from the tables of the rules."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for rules in RULES.values():
        for rule in rules:
            found[rule.anomaly.code].add(rule.anomaly.path)
    for rule in PERIOD_UNKNOWN.values():
        found[rule.anomaly.code].add(rule.anomaly.path)
    for row in (*DAILY_ROWS, *UNKNOWN_ROWS, *daily.DAILY_ROWS):
        found[row.code].add(f"{Kind.DAILY.block}.{row.field}".rstrip("."))
    for change in (*UPDATE_ROWS, *COMPARISONS):
        found[change.code].add(change.path)
    return {code: tuple(sorted(paths)) for code, paths in found.items()}


@cache
def _table(page: str, begins: str) -> tuple[Passage, ...]:
    """Return the rows of the tables on a page of `docs/` that have a first cell with this beginning."""
    cells = (row.split(" | ") for row in _ROW.findall((_DOCS / page).read_text()))
    return tuple(Passage(row[0], row[1]) for row in cells if len(row) > 1 and row[0].startswith(begins))


def _decides(passage: Passage, code: str, laws: tuple[Passage, ...]) -> bool:
    """Return whether a decision (`passage`) is about an anomaly.

    This is so if the decision names the anomaly, or if its first cell names a rule in `laws`.
    """
    by_rule = any(re.search(rf"\b{law.heading}\b", passage.heading) for law in laws)
    return by_rule or concerns(f"{passage.heading} {passage.text}", code)

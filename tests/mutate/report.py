"""The results of a run: `.run/mutation.json`, the table on the screen, and the tables of docs/mutation.md."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.mutate.judge import Verdict
from tests.mutate.mutants import EXCLUSIONS, Mutant
from tests.mutate.reasons import REASONS, Reason
from tests.mutate.scope import LEFT_OUT, ROOT

LEAST: Final = 0.85
NOT_JUDGED: Final = "no reason given"
RESULT: Final = ROOT / ".run" / "mutation.json"
DOCUMENT: Final = ROOT / "docs" / "mutation.md"
_BEGIN, _END = "<!-- begin: made by make mutate -->\n", "<!-- end: made by make mutate -->\n"


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed, and the reason for it."""

    file: str
    line: int
    key: str  #: of the mutant
    before: str
    after: str
    kind: str  #: the class of the reason
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A module and the verdicts on its mutants; a mutant that exceeds its time counts as killed."""

    module: str
    digest: str  #: of the source that was judged
    mutants: int
    killed: int
    timeouts: int
    seconds: float
    survivors: tuple[Survivor, ...]

    @property
    def survived(self) -> int:
        """Return the number of mutants that no test noticed."""
        return len(self.survivors)

    @property
    def share(self) -> float:
        """Return the share of mutants that were noticed; 1 for a module without mutants."""
        return 1 - self.survived / self.mutants if self.mutants else 1.0


def judged(module: str, verdicts: Sequence[tuple[Mutant, Verdict]], seconds: float) -> Judged:
    """Return the figures of one module."""
    source = (ROOT / module).read_text()
    counts = [verdict for _, verdict in verdicts]
    return Judged(
        module,
        digest(source),
        len(counts),
        counts.count(Verdict.KILLED),
        counts.count(Verdict.TIMEOUT),
        round(seconds, 1),
        tuple(
            survivor(module, source, mutant)
            for mutant, verdict in sorted(verdicts, key=lambda pair: (pair[0].line, pair[0].key))
            if verdict is Verdict.SURVIVED
        ),
    )


def again(known: Judged, verdicts: Sequence[tuple[Mutant, Verdict]], seconds: float) -> Judged:
    """Return the figures of a module after its survivors were judged again with more tests."""
    anew = judged(known.module, verdicts, seconds)
    return replace(
        known,
        killed=known.killed + anew.killed,
        timeouts=known.timeouts + anew.timeouts,
        survivors=anew.survivors,
    )


def digest(source: str) -> str:
    """Return a digest of the source."""
    return sha256(source.encode()).hexdigest()[:16]


def survivor(module: str, source: str, mutant: Mutant) -> Survivor:
    """Return the lines that a mutant changes, before and after."""
    changed = list(difflib.unified_diff(source.splitlines(), mutant.source(source).splitlines(), n=0))[3:]
    before, after = (
        " ".join(line[1:].strip() for line in changed if line.startswith(sign)) for sign in ("-", "+")
    )
    reason = reason_for(module, before, after)
    kind, why = (str(reason.kind), reason.why) if reason is not None else (NOT_JUDGED, "")
    return Survivor(module, mutant.line, mutant.key, before, after, kind, why)


def reason_for(module: str, before: str, after: str) -> Reason | None:
    """Return the first reason of the table for this mutant."""
    return next((known for known in REASONS if known.is_of(module, before, after)), None)


def total(modules: Sequence[Judged]) -> Judged:
    """Return the sum over all modules."""
    return Judged(
        "all",
        "",
        sum(each.mutants for each in modules),
        sum(each.killed for each in modules),
        sum(each.timeouts for each in modules),
        round(sum(each.seconds for each in modules), 1),
        tuple(survivor for each in modules for survivor in each.survivors),
    )


def stale(modules: Sequence[Judged]) -> Iterator[Reason]:
    """Return the reasons without survivor: a test notices it now, or the line has changed."""
    used = {reason_for(each.file, each.before, each.after) for each in total(modules).survivors}
    names = {each.module for each in modules}
    return (reason for reason in REASONS if reason.module in names and reason not in used)


def last() -> dict[str, Judged]:
    """Return every module with its last verdicts, read from `.run/mutation.json`."""
    if not RESULT.exists():
        return {}
    found = {}
    for figures in json.loads(RESULT.read_text())["modules"]:
        survivors = tuple(Survivor(**each) for each in figures.pop("survivors"))
        del figures["survived"], figures["share"]
        found[figures["module"]] = Judged(**figures, survivors=survivors)
    return found


def write_json(modules: Sequence[Judged]) -> None:
    """Write `.run/mutation.json`."""
    whole = _figures(total(modules))
    survivors = whole.pop("survivors")
    document = {"modules": [_figures(each) for each in modules], "total": whole, "survivors": survivors}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(document, indent=1) + "\n")


def _figures(each: Judged) -> dict[str, Any]:
    return {**asdict(each), "survived": each.survived, "share": round(each.share, 4)}


def show(modules: Sequence[Judged], console: Console) -> None:
    """Print the table and the survivors without a reason."""
    shown = Table("module", "mutants", "killed", "timeout", "survived", "share", "seconds")
    for each in (*modules, total(modules)):
        shown.add_row(*_cells(each))
    console.print(shown, markup=False)
    for left in total(modules).survivors:
        if left.kind == NOT_JUDGED:
            console.print(
                f"{left.file}:{left.line}: {left.before}  →  {left.after}", markup=False, soft_wrap=True
            )


def _cells(each: Judged) -> list[str]:
    counts = (each.mutants, each.killed, each.timeouts, each.survived)
    return [each.module, *map(str, counts), f"{each.share:.1%}", f"{each.seconds:.0f}"]


def write_document(modules: Sequence[Judged]) -> None:
    """Write the tables of docs/mutation.md; the text around them is written by hand."""
    text = DOCUMENT.read_text()
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    DOCUMENT.write_text("\n".join((head + _BEGIN, *_lines(modules), "", _END + tail)))


def _lines(modules: Sequence[Judged]) -> Iterator[str]:
    yield "### Left out\n"
    yield from _table("what", "why")
    yield from (_row(each.what, each.reason) for each in EXCLUSIONS)
    yield from (_row(f"`{path}`", reason) for path, reason in LEFT_OUT.items())
    yield "\n### Modules\n"
    yield from _table("module", "mutants", "killed", "timeout", "survived", "share", "seconds")
    yield from (_row(*_cells(each)) for each in (*modules, total(modules)))
    yield "\n### Survivors\n"
    yield from _table("where", "line", "mutant", "class", "why it may live")
    for left in total(modules).survivors:
        yield _row(f"{left.file}:{left.line}", _code(left.before), _code(left.after), left.kind, left.why)


def _table(*names: str) -> tuple[str, str]:
    return _row(*names), "|" + "---|" * len(names)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")

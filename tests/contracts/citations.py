"""Read the citations of the repository, and the definitions in `docs/` that they lead to.

A citation is a word and a number: rule, promise, decision, threat, client or ADR. The definitions are the
rows of the tables in `PAGES`. All functions take the tree as a mapping from path to text, so a test can
plant a fault.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
Tree = Mapping[str, str]
Check = Callable[[Tree], list[str]]

#: The letter of each kind of citation, and the page with its definitions.
PAGES: Final = {
    "rule": ("R", "docs/law.md"),
    "promise": ("R", "docs/threats.md"),
    "decision": ("D", "docs/decisions.md"),
    "client": ("Q", "docs/clients.md"),
    "threat": ("T", "docs/threats.md"),
}
_TEXTS: Final = {".md", ".yaml", ".yml", ".sql", ".html", ".toml", ".sh", ""}
#: Written by programs, or full of numbers that mean something else.
_SKIPPED: Final = (
    "uv.lock",
    "LICENSE",
    "tests/contracts/test_citations.py",
    "contracts/asyncapi.bundled.yaml",
    "contracts/openapi/dimona.yaml",
)
#: Applied migrations never change, so their comments keep the older form. It has to resolve all the same.
_FROZEN: Final = "/migrations/"
#: The pages that follow the official texts line by line, and their test.
_SEEDS: Final = ("docs/seeds.md", "tests/unit/test_seeds.py")

_NUMBER: Final = r"[RDQT]\d{1,2}\b"
_LIST: Final = rf"{_NUMBER}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+|\s+to\s+){_NUMBER})*"
_CITATION: Final = re.compile(rf"\b({'|'.join(PAGES)})s?\s+({_LIST})", re.IGNORECASE)
#: A worker type and calendar quarters look like numbers of threats and clients.
_BARE: Final = re.compile(rf"(?<![\w.])(?!T17\b|Q[1-4] \d{{4}})(?<!\d{{4}} )(?<!\d{{4}}-){_NUMBER}(?!\.\d)")
_ADR: Final = re.compile(r"\bADRs?\s+(\d{1,4}(?:(?:,| and| or) \d{1,4})*)")
_FOREIGN: Final = re.compile(
    r"§\s?\d|\b(?:dimona|reliability|wire-contract|belgif|security|architecture|anchors|ecosystem)\.md\b"
    r"|\bwire[- ]contract\b|\bseeds?\s+0\d\d|\bseed line|\.\./shared/|\bI\d{1,2}\b|docs/adr/\d{4}\b(?!-)"
)
_STANDARD: Final = re.compile(r"\b(?:RFC \d+|OpenID Connect Core),? §\s?[\d.]+(?:(?:,| and) §\s?[\d.]+)*")
_CODE: Final = re.compile(r"``[^`]+``|`[^`\n]+`")
_FENCE: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
#: Tables of the last run of `make mutate`: they name the modules of that run.
_GENERATED: Final = re.compile(r"<!-- begin: made by make mutate -->.*", re.DOTALL)
_PATH: Final = re.compile(r"(?<![\w/.\-])(?:docs|contracts)/[\w./\-]*\w")
_CODE_PATH: Final = re.compile(r"(?<![\w/.\-])(?:services|shared|deploy|tests)/[\w./\-]*\w")
_LINK: Final = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_ROW: Final = re.compile(r"^\| ?([A-Za-z]\w*) ?\|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A comment, docstring or paragraph. In other strings (not `strict`) only full citations count."""

    path: str
    line: int
    text: str
    strict: bool = True


def tree() -> dict[str, str]:
    """Return every text file of the repository by its path."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {
        name: (ROOT / name).read_text()
        for name in names
        if name not in _SKIPPED
        and (Path(name).suffix == ".py" or Path(name).suffix in _TEXTS)
        and (ROOT / name).is_file()
    }


def definitions(files: Tree) -> dict[tuple[str, str], str]:
    """Return the row of each definition by kind and number. Raise ValueError for a double definition."""
    found: dict[tuple[str, str], str] = {}
    for kind, (letter, page) in PAGES.items():
        current = ""
        for row in files.get(page, "").splitlines():
            if (first := _ROW.match(row)) is None:
                continue
            if not re.fullmatch(r"[A-Z]\d{1,2}", first[1]):
                current = first[1].lower()
            elif current == kind and first[1].startswith(letter):
                if (kind, first[1]) in found:
                    raise ValueError(f"{page} defines {kind} {first[1]} twice")
                found[kind, first[1]] = row
    return found


def cited(files: Tree) -> dict[tuple[str, str], list[Passage]]:
    """Return the passages that cite each kind and number; of a list `R8 to R11` also the numbers between."""
    found: dict[tuple[str, str], list[Passage]] = {}
    known = definitions(files)
    for passage in passages(files):
        for match in _CITATION.finditer(_without_code(passage)):
            kind = match[1].lower()
            for number in _numbers(kind, match[2], known):
                found.setdefault((kind, number), []).append(passage)
        if _FROZEN in passage.path:
            for match in _BARE.finditer(passage.text):
                kind = {"R": "rule", "D": "decision", "Q": "client", "T": "threat"}[match[0][0]]
                found.setdefault((kind, match[0]), []).append(passage)
    return found


def _numbers(kind: str, listed: str, known: Mapping[tuple[str, str], str]) -> Iterator[str]:
    parts = re.split(r"(\s+to\s+)|\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+", listed)
    numbers = [part for part in parts if part]
    for index, part in enumerate(numbers):
        if part.strip() != "to":
            yield part
            continue
        letter, first, last = part, int(numbers[index - 1][1:]), int(numbers[index + 1][1:])
        letter = numbers[index - 1][0]
        yield from (f"{letter}{n}" for n in range(first + 1, last) if (kind, f"{letter}{n}") in known)


def undefined(files: Tree) -> list[str]:
    """Return each citation that no page defines, and each ADR that does not exist."""
    known = definitions(files)
    lost = [
        f"{passage.path}:{passage.line}: {kind} {number} is not defined in {PAGES[kind][1]}"
        for (kind, number), all_passages in cited(files).items()
        for passage in all_passages
        if (kind, number) not in known
    ]
    adrs = {int(name[9:13]) for name in files if re.match(r"docs/adr/\d{4}-", name)}
    for passage in passages(files):
        for match in _ADR.finditer(passage.text):
            lost += [
                f"{passage.path}:{passage.line}: there is no ADR {number}"
                for number in re.findall(r"\d+", match[1])
                if int(number) not in adrs
            ]
    return lost


def unused(files: Tree) -> list[str]:
    """Return each definition without citation, and each row marked later that a test cites."""
    uses = {key: [p for p in found if p.path != PAGES[key[0]][1]] for key, found in cited(files).items()}
    lost = []
    for (kind, number), row in definitions(files).items():
        later = kind in {"threat", "promise"} and "| later:" in row
        if not later and not uses.get((kind, number)):
            lost.append(f"{PAGES[kind][1]}: nothing cites {kind} {number}")
        if later and any(p.path.startswith("tests/") for p in uses.get((kind, number), ())):
            lost.append(f"{PAGES[kind][1]}: {kind} {number} is marked later, and a test cites it")
    return lost


def unclear(files: Tree) -> list[str]:
    """Return each number without its word, and each reference to a document outside the repository."""
    lost = []
    for passage in passages(files):
        if not passage.strict or _FROZEN in passage.path:
            continue
        text = _STANDARD.sub("", _CITATION.sub("", _without_code(passage)))
        found = [f"{match[0]} without its word" for match in _BARE.finditer(text)]
        if passage.path not in _SEEDS:
            found += [f"{match[0]!r} leads outside the repository" for match in _FOREIGN.finditer(text)]
        lost += [f"{passage.path}:{passage.line}: {each}" for each in found]
    return lost


def missing(files: Tree) -> list[str]:
    """Return each missing path in `docs/` and `contracts/`; in pages also each missing link and module."""
    folders = {str(parent) for name in files for parent in Path(name).parents}
    lost = []
    for name, whole in files.items():
        text = _GENERATED.sub("", whole) if name.endswith(".md") else whole.replace("\\.", ".")
        wanted = _PATH.findall(text)
        if name.endswith(".md"):
            wanted += _CODE_PATH.findall(text)
            wanted += [
                (ROOT / name).parent.joinpath(target).resolve().relative_to(ROOT).as_posix()
                for target in _LINK.findall(text)
                if "://" not in target and not target.startswith("mailto:")
            ]
        lost += [
            f"{name}: {path} does not exist"
            for path in dict.fromkeys(wanted)
            if _FROZEN not in name
            and path not in files
            and path not in folders
            and not (ROOT / path).exists()
        ]
    return lost


def passages(files: Tree) -> Iterator[Passage]:
    """Yield comments, docstrings and strings of modules, and the whole text of other files."""
    for name, text in files.items():
        if name.endswith(".py"):
            yield from _of_module(name, text)
        elif name.endswith(".toml"):
            comments = "\n".join(line.partition("# ")[2] for line in text.splitlines())
            yield Passage(name, 1, comments)
        else:
            for paragraph in re.finditer(r"(?:.+\n?)+", text):
                line = text.count("\n", 0, paragraph.start()) + 1
                yield Passage(name, line, _joined(_without_definitions(name, paragraph[0])))


@cache
def _of_module(name: str, text: str) -> tuple[Passage, ...]:
    return tuple(_passages_of(name, text))


def _passages_of(name: str, text: str) -> Iterator[Passage]:
    docstrings = {}
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr):
            value = node.body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                docstrings[value.lineno, value.col_offset] = value.value
    block: list[str] = []
    start = last = -1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != last + 1 and block:
                yield Passage(name, start, " ".join(block))
                block = []
            if not block:
                start = token.start[0]
            block.append(token.string.lstrip("#: "))
            last = token.start[0]
        elif token.type == tokenize.STRING:
            docstring = docstrings.get(token.start)
            yield Passage(
                name, token.start[0], _joined(docstring or token.string), strict=docstring is not None
            )
    if block:
        yield Passage(name, start, " ".join(block))


def _joined(text: str) -> str:
    return re.sub(r"[ \t]*\n[ \t]*(?:(?:#+:?|--|//|>)[ \t]+)?", " ", text)


def _without_definitions(name: str, text: str) -> str:
    pages = {page for _, page in PAGES.values()}
    return re.sub(r"^\| ?[A-Z]\d{1,2} ?\|", "|", text, flags=re.MULTILINE) if name in pages else text


def _without_code(passage: Passage) -> str:
    return _CODE.sub("", _FENCE.sub("", passage.text))


def with_columns(files: Tree) -> dict[str, str]:
    """Return the pages with a last column that lists the modules or tests that cite each row."""
    uses = cited(files)
    return {
        "docs/law.md": _filled(files, "docs/law.md", "rule", _modules(uses)),
        "docs/threats.md": _filled(
            {**files, "docs/threats.md": _filled(files, "docs/threats.md", "threat", _tests(files, uses))},
            "docs/threats.md", "promise", _tests(files, uses),
        ),
    }  # fmt: skip


def _filled(files: Tree, page: str, kind: str, cells: Mapping[tuple[str, str], str]) -> str:
    text = files[page]
    for (found_kind, number), row in definitions(files).items():
        if found_kind == kind:
            head = row.rstrip().removesuffix("|").rpartition("|")[0]
            text = text.replace(row, f"{head}| {cells.get((kind, number), '')} |".replace("|  |", "| |"))
    return text


def _modules(uses: Mapping[tuple[str, str], Iterable[Passage]]) -> dict[tuple[str, str], str]:
    return {
        key: " ".join(
            f"`{path}`"
            for path in sorted({p.path for p in found})
            if path.startswith(("shared/", "services/")) and path.endswith(".py")
        )
        for key, found in uses.items()
    }


def _tests(files: Tree, uses: Mapping[tuple[str, str], Iterable[Passage]]) -> dict[tuple[str, str], str]:
    return {
        key: " ".join(
            f"`{name}`" for name in sorted({_test_at(files, p) for p in found if p.path.startswith("tests/")})
        )
        for key, found in uses.items()
    }


def _test_at(files: Tree, passage: Passage) -> str:
    """Return the path of a passage, with the name of the test around it."""
    inside = [
        node.name
        for node in ast.parse(files[passage.path]).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.lineno <= passage.line <= (node.end_lineno or 0)
        and node.name.startswith("test_")
    ]
    return "::".join([passage.path, *inside])

"""Prove that notifications are readable: `python -m tests.prove.notifications`.

Make pages of a thousand letters in four languages, and judge each page: a strict parser accepts its HTML; it
has the language of its addressee and no text of another language, its own number and dates, no resource from
outside, and no data of the person of another letter.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from pathlib import Path
from time import process_time
from typing import Final

import html5lib
from html5lib.html5parser import ParseError

from services.notifier.letters.rules.document import document
from shared.domain.anomalies import ANOMALIES
from shared.domain.declared import Kind
from shared.messages import DeclarationSettled
from shared.words import LANGUAGES, catalog, words
from tests.prove.letters import Sample, samples

ROOT: Final = Path(__file__).parents[2]
RESULT: Final = ROOT / ".run" / "prove-notifications.json"
_OUTSIDE: Final = re.compile(r"https?:|//|@import|url\(", re.IGNORECASE)
_ACTIVE: Final = frozenset({"script", "iframe", "object", "embed", "form", "link", "img", "base"})


class Page(HTMLParser):
    """The texts, language and elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.language: str | None = None
        self._inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count an element and keep its attributes, which may point outside."""
        self.elements[tag] += 1
        self._inside.append(tag)
        self.attributes += [
            (name, value or "") for name, value in attrs if name not in {"content", "charset"}
        ]
        if tag == "html":
            self.language = dict(attrs).get("lang")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element of the page."""
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Collect a text as it is read; a style sheet is none."""
        said = " ".join(data.split())
        if said and "style" not in self._inside:
            self.texts.append(said)


def untranslated(language: str) -> frozenset[str]:
    """Return whole texts of other languages that this language does not have, so no page may have them."""
    mine = {str(message.string) for message in catalog("notifier", language) if message.id}
    mine |= {row.label[language] for row in ANOMALIES.values()}
    others: set[str] = set()
    for other in LANGUAGES:
        if other != language:
            others |= {str(message.string) for message in catalog("notifier", other) if message.id}
            others |= {row.label[other] for row in ANOMALIES.values()}
    return frozenset(" ".join(text.split()) for text in others - mine)


@dataclass(frozen=True, slots=True)
class Judge:
    """Checks the pages of letters for missing, wrong and foreign data."""

    foreign: dict[str, frozenset[str]]  #: texts of other languages, by language
    people: frozenset[str]  #: names and numbers that one letter each may hold

    @classmethod
    def of(cls, everybody: Sequence[Sample]) -> Judge:
        """Return the judge of these letters."""
        people = frozenset(word for one in everybody for word in _own(one))
        return cls({language: untranslated(language) for language in LANGUAGES}, people)

    def complaints(self, one: Sample, html: str) -> Iterator[str]:
        """Return all faults of the page of a notification."""
        try:
            html5lib.HTMLParser(strict=True).parse(html)
        except ParseError as error:
            yield f"not HTML: {error}"
        page = Page(html)
        language = one.notice.addressee.language
        text = " ".join(page.texts)
        if page.language != language:
            yield f"lang is {page.language}, not {language}"
        if wrong := self.foreign[language].intersection(page.texts):
            yield f"not in {language}: {min(wrong)}"
        if "{" in text.replace("{{ Dupont }}", ""):
            yield "a value was not put in"
        if lacking := [word for word in _expected(one) if word not in text]:
            yield f"lacks {lacking[0]}"
        if found := _words(text) & (self.people - _own(one)):
            yield f"names somebody else: {len(found)} words"
        yield from _alone(page)
        yield from _accessible(page)


def _own(one: Sample) -> frozenset[str]:
    """Return the unique names and numbers of worker and employer of a letter."""
    number = one.person.ssin
    formatted = f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"
    return frozenset((formatted, number, one.person.family_name.rpartition("-")[2]))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w.-]*\w", text)) | frozenset(re.findall(r"\w+", text))


def _expected(one: Sample) -> Iterator[str]:
    """Yield the texts that a letter must hold."""
    notice = one.notice
    say = words("notifier", notice.addressee.language)
    yield str(notice.message.declaration.number)
    # A daily registration has no names, and intake does not know the worker of a refused day.
    of_nobody = notice.message.declaration.declared.kind is Kind.DAILY
    if not of_nobody or isinstance(notice.message, DeclarationSettled):
        yield one.person.family_name
    if notice.addressee.name is not None:
        yield notice.addressee.name
    if notice.deadline is not None:
        yield say.day(notice.deadline)
    for each in notice.message.outcome.anomalies:
        yield " ".join(ANOMALIES[each.code].label[say.language].split())
        yield " ".join(say(ANOMALIES[each.code].hint).split())


def _alone(page: Page) -> Iterator[str]:
    """Yield the faults of a page that loads outside resources or runs code."""
    if active := _ACTIVE & page.elements.keys():
        yield f"has <{min(active)}>"
    if any(_OUTSIDE.search(value) or name.startswith("on") for name, value in page.attributes):
        yield "refers to something outside"


def _accessible(page: Page) -> Iterator[str]:
    """Yield faults in the structure for screen readers."""
    if page.elements["h1"] != 1 or page.elements["main"] != 1:
        yield "not one heading and one main part"
    if page.elements["h2"] != page.elements["section"]:
        yield "a section without a heading"
    if page.elements["table"] != page.elements["caption"]:
        yield "a table without a caption"
    headings = [value for name, value in page.attributes if name == "scope"]
    if page.elements["th"] != len(headings):
        yield "a heading of a table that does not say of what"


@dataclass(frozen=True, slots=True)
class Found:
    """The result of the proof."""

    letters: int
    by_language: dict[str, int]
    by_result: dict[str, int]
    anomalies: int
    largest_bytes: int
    letters_per_cpu_second: float  #: content and letter, as the notifier makes them for every notification
    pages_per_cpu_second: float  #: the page of a letter, made when it is read
    wrong: list[str]


def prove(count: int) -> Found:
    """Make so many notifications, and judge each."""
    everybody = list(samples(count))
    started = process_time()
    letters = [one.letter for one in everybody]
    lettered = process_time()
    pages = [document(letter) for letter in letters]
    paged = process_time()
    judge = Judge.of(everybody)
    wrong = [f"{n}: {each}" for n, one in enumerate(everybody) for each in judge.complaints(one, pages[n])]
    outcomes = [one.notice.message.outcome for one in everybody]
    return Found(
        count,
        dict(Counter(letter.language for letter in letters)),
        dict(Counter(str(outcome.result) for outcome in outcomes)),
        len({each.code for outcome in outcomes for each in outcome.anomalies}),
        max(len(page.encode()) for page in pages),
        round(count / (lettered - started)),
        round(count / (paged - lettered)),
        wrong,
    )


def main() -> None:
    """Read the command line, prove, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.notifications", description=__doc__)
    parser.add_argument("--notifications", type=int, default=1000, help="default: 1,000")
    found = prove(parser.parse_args().notifications)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({**asdict(found), "passed": not found.wrong}, indent=1) + "\n")
    print(  # noqa: T201
        f"{'FAIL' if found.wrong else 'ok  '} notifications: n={found.letters}, {found.by_language}, "
        f"{found.by_result}, {found.anomalies} anomalies, {len(found.wrong)} complaints, largest page "
        f"{found.largest_bytes} bytes, {found.letters_per_cpu_second:.0f} letters and "
        f"{found.pages_per_cpu_second:.0f} pages per second of CPU"
    )
    for each in found.wrong[:10]:
        print(f"       {each}")  # noqa: T201
    sys.exit(bool(found.wrong))


if __name__ == "__main__":
    main()

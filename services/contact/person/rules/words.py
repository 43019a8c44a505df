"""The data of a person in plain words, written row by row in the language of the person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from services.contact.person.rules.asking import Person
from services.contact.person.rules.sections import SECTION_OF, Quotas, Row, shown
from shared.words import Words, later, words

_Item = Mapping[str, Any]
#: A function that returns the sentence about a row. It gets the translator, the row, and the names of
#: enterprises by number.
_Sentence = Callable[[Words, _Item, Mapping[str, str]], str]

_HEADINGS: Final[Mapping[str, str]] = {
    "identity": later("Who you are, as the registers say"),
    "careers": later("Your career by quarter, as far as it decides about flexi-jobs"),
    "relations": later("Your employers"),
    "periods": later("Your periods of work"),
    "days": later("Your registered days"),
    "findings": later("Worked days that wages, presence registers and inspectors show"),
    "declarations": later("Declarations about you, and their results"),
    "messages": later("Messages about you to employers and secretariats"),
    "files": later("Files about you"),
    "cases": later("Contestations about you, and your reports of errors"),
    "account": later("Your login, and what you may do for enterprises"),
}
_KINDS: Final[Mapping[str, str]] = {
    "in": later("start of a job"),
    "out": later("end of a job"),
    "update": later("change"),
    "cancel": later("cancellation"),
    "daily": later("registration of days"),
}
_RESULTS: Final[Mapping[str, str]] = {
    "A": later("accepted"),
    "W": later("accepted with a warning"),
    "B": later("refused"),
    "S": later("provisional: the worker is being identified"),
}
_FLAGS: Final[Mapping[str, str]] = {
    "isCanceled": later("canceled"),
    "isLocked": later("locked by the authority"),
    "isLate": later("declared late"),
    "isQuotaExceeded": later("beyond a quota"),
}


class TextWriter:
    """A writer of the data of a person as a text of headings and sentences, in one language.

    The rows come in the order of the sections. Each method returns the next part of the text.
    """

    media_type = "text/plain; charset=utf-8"

    def __init__(self, person: Person, now: datetime, language: str) -> None:
        """Create the writer; the language is fr, nl, de or en."""
        self._person, self._now, self._say = person, now, words("contact", language)
        self._quotas = Quotas()
        self._headed = 0  #: number of sections with a heading
        self._others: dict[str, int] = {}  #: rows of the section without a sentence, by table
        self._is_empty = True  #: whether the section has no row yet

    def begin(self) -> str:
        """Return the head: the numbers of the person and the instant."""
        say = self._say
        lines = [
            say("Data of the person with number {ssin}", ssin=self._person.ssin),
            say("Made on {moment}", moment=say.moment(self._now)),
        ]
        if former := self._person.former_ssins:
            lines.append(say("Former numbers: {numbers}", numbers=", ".join(former)))
        return _text(lines)

    def add(self, rows: Sequence[Row], names: Mapping[str, str]) -> str:
        """Return a sentence for each row. `names` has the names of enterprises by number."""
        self._quotas.add(rows)
        return _text(line for row in rows for line in self._row(row, names))

    def end(self) -> str:
        """Return the end: the sections without rows, and the use of quotas."""
        lines = [*self._head_until(len(_HEADINGS)), *self._end_section()]
        return _text([*lines, "", self._say("Your use of quotas"), *_quotas(self._say, self._quotas.rows())])

    def _row(self, row: Row, names: Mapping[str, str]) -> Iterator[str]:
        yield from self._head_until(list(_HEADINGS).index(SECTION_OF[row.place]) + 1)
        self._is_empty = False
        if (sentence := _SENTENCES.get(row.place)) is None:
            self._others[row.place] = self._others.get(row.place, 0) + 1
        else:
            yield "- " + sentence(self._say, shown(row), names)

    def _head_until(self, count: int) -> Iterator[str]:
        """End the section and begin the next ones, up to `count` of all sections."""
        while self._headed < count:
            if self._headed:
                yield from self._end_section()
            yield from ("", self._say(list(_HEADINGS.values())[self._headed]))
            self._headed += 1
            self._is_empty = True

    def _end_section(self) -> Iterator[str]:
        if self._is_empty:
            yield "- " + self._say("nothing")
        for source, count in self._others.items():
            yield "- " + self._say(
                "{count} more records ({source}); the JSON has them", count=count, source=source
            )
        self._others = {}


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _quotas(say: Words, rows: Sequence[_Item]) -> Iterator[str]:
    if not rows:
        yield "- " + say("nothing")
    for row in rows:
        yield "- " + say(
            "{year}, type {type}: {hours} announced hours, {days} announced days, in {periods} periods",
            year=row["year"],
            type=row["workerType"],
            hours=row["plannedHours"],
            days=row["plannedDays"],
            periods=row["periods"],
        )


def _person(say: Words, item: _Item, _names: Mapping[str, str]) -> str:
    address = " ".join(
        str(item[name]) for name in ("street", "postCode", "municipality") if item.get(name) is not None
    )
    text = say(
        "{given} {family}, number {ssin}, born on {birth}, nationality {nationality}, gender {gender}",
        given=item["givenName"],
        family=item["familyName"],
        ssin=item["ssin"],
        birth=item["birthDate"],
        nationality=item["nationality"],
        gender=item["gender"],
    )
    parts = [text, say("address: {address}", address=address) if address else ""]
    if "deceasedOn" in item:
        parts.append(say("deceased on {day}", day=item["deceasedOn"]))
    if "replacedBy" in item:
        parts.append(say("replaced by number {ssin}", ssin=item["replacedBy"]))
    return "; ".join(part for part in parts if part)


def _career(say: Words, item: _Item, _names: Mapping[str, str]) -> str:
    return say(
        "quarter {quarter}: share of full time {share}",
        quarter=item["quarter"],
        share=item.get("share", say("unknown")),
    )


def _relation(say: Words, item: _Item, names: Mapping[str, str]) -> str:
    return f"{_enterprise(names, item['employer'])}: {_span(say, item)}"


def _period(say: Words, item: _Item, names: Mapping[str, str]) -> str:
    text = say(
        "period {number} with {employer}: {span}, worker type {type}",
        number=item["periodId"],
        employer=_enterprise(names, item["employer"]),
        span=_span(say, item),
        type=item["features"]["worker_type"],
    )
    return ", ".join([text, *_flags(say, item)])


def _day(say: Words, item: _Item, _names: Mapping[str, str]) -> str:
    text = say("period {number}: {span}", number=item["periodId"], span=_span(say, item))
    return ", ".join([text, *_flags(say, item)])


def _finding(say: Words, item: _Item, names: Mapping[str, str]) -> str:
    return f"{_enterprise(names, item['employer'])}: {say.day(date.fromisoformat(item['day']))}"


def _declaration(say: Words, item: _Item, names: Mapping[str, str]) -> str:
    kind = _KINDS[item["kind"]]
    return say(
        "{moment}: {kind}, number {number}, sent by {sender} for {employer}, channel {channel}",
        moment=say.moment(datetime.fromisoformat(item["receivedAt"])),
        kind=say(kind),
        number=item["number"],
        sender=_enterprise(names, item["organization"]),
        employer=_enterprise(names, item.get("employer", "?")),
        channel=item["channel"],
    )


def _result(say: Words, item: _Item, _names: Mapping[str, str]) -> str:
    result = _RESULTS[item["result"]]
    return say("number {number}: {result}", number=item["number"], result=say(result))


def _message(say: Words, item: _Item, names: Mapping[str, str]) -> str:
    return say(
        "{moment}: message {type} in the e-Box of {enterprise}",
        moment=say.moment(datetime.fromisoformat(item["depositedAt"])),
        type=item["messageType"],
        enterprise=_enterprise(names, item["enterpriseNumber"]),
    )


def _form(say: Words, item: _Item, _names: Mapping[str, str]) -> str:
    return say(
        "{moment}: a form in the file {ticket}",
        moment=say.moment(datetime.fromisoformat(item["receivedAt"])),
        ticket=item["ticket"],
    )


def _case(say: Words, item: _Item, names: Mapping[str, str]) -> str:
    return say(
        "{moment}: {enterprise} wrote: {words}",
        moment=say.moment(datetime.fromisoformat(item["openedAt"])),
        enterprise=_enterprise(names, item.get("enterpriseNumber", "?")),
        words=item["said"],
    )


def _report(say: Words, item: _Item, _names: Mapping[str, str]) -> str:
    return say(
        "{moment}: you reported: {words}",
        moment=say.moment(datetime.fromisoformat(item["openedAt"])),
        words=item["said"],
    )


def _right(say: Words, item: _Item, names: Mapping[str, str]) -> str:
    return say(
        "right {right} for {enterprise}",
        right=item["right"],
        enterprise=_enterprise(names, item["enterpriseNumber"]),
    )


_SENTENCES: Final[Mapping[str, _Sentence]] = {
    "identification.persons": _person,
    "identification.careers": _career,
    "personnel_file.relations": _relation,
    "personnel_file.periods": _period,
    "personnel_file.daily_registrations": _day,
    "personnel_file.omission_findings": _finding,
    "intake.declarations": _declaration,
    "intake.results": _result,
    "notifier.messages": _message,
    "files.forms": _form,
    "contact.cases": _case,
    "contact.reports": _report,
    "access.granted": _right,
}


def _enterprise(names: Mapping[str, str], number: str) -> str:
    return f"{names[number]} ({number})" if number in names else number


def _span(say: Words, item: _Item) -> str:
    first = say.day(date.fromisoformat(item["startDate"]))
    if "endDate" not in item:
        return say("from {first}, without end", first=first)
    return say("from {first} to {last}", first=first, last=say.day(date.fromisoformat(item["endDate"])))


def _flags(say: Words, item: _Item) -> Iterator[str]:
    return (say(text) for name, text in _FLAGS.items() if item.get(name))

"""The keypad dialogue of a voice call: a pure function from the state and the keyed digits to the next turn.

The state travels with the call, sealed, in the fields of the gateway; nothing is stored here. Each field is
checked when it is keyed, so that the person can correct it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from services.intake.phones.rules.values import READERS, Field, Values, read_day, read_hour, required
from shared.domain.declared import Kind
from shared.domain.features import FLEXI, OCCASIONAL
from shared.domain.phones import PIN_DIGITS

#: Wrong inputs in a row after which the call ends.
MOST_MISTAKES: Final = 3

_LANGUAGE_KEYS: Final = {"1": "fr", "2": "nl", "3": "de", "4": "en"}
_KIND_KEYS: Final = {"1": Kind.IN, "2": Kind.OUT, "3": Kind.UPDATE, "4": Kind.CANCEL}
#: The worker types that have a key; other types come by SMS or another channel.
_TYPE_KEYS: Final = {"1": "OTH", "2": "STU", "3": "EXT", "4": "FLX"}
_SEND, _AGAIN = "1", "2"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the dialogue: the numbers of digits that it takes, and the reading of them."""

    most: int
    read: Callable[[str], str | None]
    least: int | None = None  #: None: exactly `most` digits; 0: may be skipped with # alone

    def answer(self, digits: str) -> str | None:
        """Return the value of keyed digits, an empty one for a skipped field; None for wrong digits."""
        if not digits and self.least == 0:
            return ""
        least = self.most if self.least is None else max(self.least, 1)
        fits = digits.isascii() and digits.isdigit() and least <= len(digits) <= self.most
        return self.read(digits) if fits else None


_DAY: Final = Question(8, read_day)
_HOUR: Final = Question(4, read_hour)
QUESTIONS: Final[Mapping[Field, Question]] = {
    Field.PIN: Question(PIN_DIGITS, READERS[Field.PIN]),
    Field.KIND: Question(1, _KIND_KEYS.get),
    Field.EMPLOYER: Question(10, READERS[Field.EMPLOYER]),
    Field.WORKER: Question(11, READERS[Field.WORKER]),
    Field.COMMISSION: Question(3, READERS[Field.COMMISSION], 0),
    Field.WORKER_TYPE: Question(1, _TYPE_KEYS.get),
    Field.START_DAY: _DAY,
    Field.START_HOUR: _HOUR,
    Field.END_DAY: _DAY,
    Field.END_HOUR: _HOUR,
    Field.HOURS: Question(3, READERS[Field.HOURS], 1),
    Field.USER: Question(10, READERS[Field.USER], 0),
    Field.PERIOD: Question(12, READERS[Field.PERIOD]),
}
_CHOICE_OF_LANGUAGE: Final = Question(1, _LANGUAGE_KEYS.get)
_CONFIRMATION: Final = Question(1, {_SEND: _SEND, _AGAIN: _AGAIN}.get)
#: The fields of each kind in the order of asking. Fields that a declaration need not have can be skipped.
_ORDER: Final[Mapping[Kind, tuple[Field, ...]]] = {
    Kind.IN: (
        Field.EMPLOYER, Field.WORKER, Field.COMMISSION, Field.WORKER_TYPE, Field.START_DAY, Field.START_HOUR,
        Field.END_DAY, Field.END_HOUR, Field.HOURS, Field.USER,
    ),
    Kind.OUT: (Field.PERIOD, Field.END_DAY),
    Kind.UPDATE: (Field.PERIOD, Field.START_DAY, Field.START_HOUR, Field.END_DAY, Field.END_HOUR),
    Kind.CANCEL: (Field.PERIOD,),
}  # fmt: skip
_AGENCY: Final = "322"


@dataclass(frozen=True, slots=True)
class State:
    """The state of a call: the language, the values so far, and the wrong inputs in a row."""

    language: str | None = None
    values: Values = field(default_factory=dict)
    mistakes: int = 0
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """The pending question of a state: its field, None for the language or the confirmation."""

    field: Field | None
    question: Question


def pending(state: State) -> Asking | None:
    """Return the pending question of a state; None if the declaration is confirmed."""
    if state.language is None:
        return Asking(None, _CHOICE_OF_LANGUAGE)
    for each, skippable in _asked(state.values):
        if each not in state.values:
            question = QUESTIONS[each]
            return Asking(each, replace(question, least=0) if skippable else question)
    return None if state.confirmed else Asking(None, _CONFIRMATION)


def advance(state: State, digits: str) -> State:
    """Return the state after keyed digits. A wrong input only adds to the mistakes."""
    asking = pending(state)
    assert asking is not None, "a confirmed call asks nothing"
    value = asking.question.answer(digits)
    if value is None:
        return replace(state, mistakes=state.mistakes + 1)
    state = replace(state, mistakes=0)
    if asking.field is not None:
        return replace(state, values={**state.values, asking.field: value})
    if state.language is None:
        return replace(state, language=value)
    if value == _AGAIN:
        return replace(state, values={Field.PIN: state.values[Field.PIN]})
    return replace(state, confirmed=True)


def _asked(values: Values) -> Iterator[tuple[Field, bool]]:
    """Yield the fields to ask, as far as the values decide them, and whether each may be skipped."""
    yield Field.PIN, False
    yield Field.KIND, False
    kind = Kind(values[Field.KIND])
    needed = set(required(values))
    for each in _ORDER[kind]:
        if kind is not Kind.IN or _applies(each, values, needed):
            yield each, each not in needed


def _applies(each: Field, values: Values, needed: set[Field]) -> bool:
    """Return whether an IN with these values has this field, as far as they decide it."""
    if each in (Field.START_HOUR, Field.END_HOUR):
        return values.get(Field.WORKER_TYPE) in (OCCASIONAL, FLEXI)
    if each is Field.HOURS:
        return each in needed
    return each is not Field.USER or values.get(Field.COMMISSION) == _AGENCY

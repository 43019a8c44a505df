"""The texts of answers by SMS and of prompts by voice, in the language of the sender.

An SMS has at most 160 characters of the GSM alphabet, so the texts are short. No text has a NISS, a PIN, a
number of a phone, or the excess of a quota (decision D33).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from services.intake.phones.rules.dialogue import Asking, State, pending
from services.intake.phones.rules.short_form import Message, label_of
from services.intake.phones.rules.values import Field
from shared.messages import Result
from shared.words import LANGUAGES, Words, later, words

SMS_CHARACTERS: Final = 160
#: The part of the GSM 7-bit alphabet (3GPP TS 23.038) beyond ASCII that the four languages use. Another
#: character would make an SMS three times as expensive, so it loses its accent.
_GSM: Final = frozenset("èéùìòàäöñüÄÖÑÜß§£")

RECEIVED: Final = later("Dimona {number}: received. The result follows by SMS.")
NOT_KNOWN: Final = later(
    "Not received: this phone or this PIN is not known, or there were too many attempts."
)
TOO_MANY_WORKERS: Final = later("Not received: too many new workers today. Declare them tomorrow.")
NOT_RECEIVED: Final = later("Not received. Send it again later, or through another channel.")
ID_USED: Final = later("Not received: another message came under this id. Send it again.")
_MISSING: Final = later("Not received. Missing: {missing}.")
_WRONG: Final = later("Not received. Wrong: {wrong}.")
_BOTH: Final = later("Not received. Missing: {missing}. Wrong: {wrong}.")
_RESULTS: Final[Mapping[Result, str]] = {
    Result.ACCEPTED: later("Dimona {number}: accepted."),
    Result.WARNING: later("Dimona {number}: accepted, with a warning: {codes}. Details: e-Box."),
    Result.REFUSED: later("Dimona {number}: refused: {codes}. Details: e-Box."),
}
#: Codes that an SMS names; the e-Box has all of them.
_CODES_MOST: Final = 4

_PROMPTS: Final[Mapping[Field, str]] = {
    Field.PIN: later("Enter your PIN of six digits."),
    Field.KIND: later(
        "For the start of a job, press 1. For the end of a job, press 2. For a change, press 3. "
        "For a cancellation, press 4."
    ),
    Field.EMPLOYER: later("Enter the ten digits of the enterprise number of the employer."),
    Field.WORKER: later("Enter the eleven digits of the national number of the worker."),
    Field.COMMISSION: later("Enter the three digits of the joint commission."),
    Field.WORKER_TYPE: later(
        "Type of worker: for an ordinary worker, press 1. For a student, press 2. For occasional work, "
        "press 3. For a flexi-job, press 4."
    ),
    Field.START_DAY: later(
        "Enter the start date: two digits for the day, two for the month, four for the year."
    ),
    Field.START_HOUR: later("Enter the start hour: two digits for the hour, two for the minutes."),
    Field.END_DAY: later("Enter the end date: two digits for the day, two for the month, four for the year."),
    Field.END_HOUR: later("Enter the end hour: two digits for the hour, two for the minutes."),
    Field.HOURS: later("Enter the number of planned hours, then the hash key."),
    Field.USER: later("Enter the ten digits of the enterprise number of the user undertaking."),
    Field.PERIOD: later("Enter the twelve digits of the Dimona number of the start of the job."),
}
_SKIP: Final = later("To skip this, press the hash key.")
_LANGUAGE: Final = later("For English, press 4.")
_CONFIRM: Final = later("To send the declaration, press 1. To begin again, press 2.")
_INVALID: Final = later("This is not correct.")
TOO_MANY_MISTAKES: Final = later("There were too many mistakes. Goodbye.")
_SPOKEN: Final = later(
    "Your declaration is received. The Dimona number is: {digits}. Again: {digits}. Goodbye."
)

Said = tuple[str, str]  #: a language and a sentence


def translator(language: str) -> Words:
    """Return the translator of the texts of intake into a language."""
    return words("intake", language)


def mistakes_of(message: Message, language: str) -> str:
    """Return the answer to an SMS with missing or wrong fields. It names their labels, never a value."""
    missing, wrong = (
        ", ".join(label_of(field, language) for field in fields)
        for fields in (message.missing, message.wrong)
    )
    text = _BOTH if missing and wrong else _MISSING if missing else _WRONG
    return translator(language)(text, missing=missing, wrong=wrong)


def result_of(number: int, result: Result, codes: Sequence[str], language: str) -> str:
    """Return the SMS with the final result of a declaration and the codes of its anomalies."""
    named = ", ".join(codes[:_CODES_MOST])
    return translator(language)(_RESULTS[result], number=number, codes=named)


def sms(text: str) -> str:
    """Return a text in the characters of an SMS: a letter outside the GSM alphabet loses its accent."""
    return "".join(
        character if character.isascii() or character in _GSM else _base(character) for character in text
    )


def prompt_of(state: State) -> Iterator[Said]:
    """Yield the sentences that ask the pending question of a state."""
    asking = pending(state)
    assert asking is not None, "a confirmed call asks nothing"
    if state.language is None:
        yield from ((language, translator(language)(_LANGUAGE)) for language in LANGUAGES)
        return
    say = translator(state.language)
    if state.mistakes:
        yield state.language, say(_INVALID)
    yield state.language, say(_CONFIRM if asking.field is None else _PROMPTS[asking.field])
    if _can_skip(asking):
        yield state.language, say(_SKIP)


def number_spoken(number: int, language: str) -> Said:
    """Return the last sentence of a call. It says the digits of the Dimona number one by one, twice."""
    return language, translator(language)(_SPOKEN, digits=" ".join(str(number)))


def _can_skip(asking: Asking) -> bool:
    return asking.question.least == 0


def _base(character: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii()) or "'"

"""The interfaces of voice gateways: JSON, and VoiceXML 2.1 in HTML forms. Both carry the state in the body.

A gateway speaks the sentences of the answer, collects digits, and sends them with the state that it got. No
field is in an address, because addresses are written to logs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from services.intake.phones.channels.gateways import ID_CHARACTERS, form_fields

_MOST_CHARACTERS: Final = 4000
_LOCALES: Final = {"fr": "fr-BE", "nl": "nl-BE", "de": "de-DE", "en": "en-GB"}
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><vxml version="2.1" xmlns="http://www.w3.org/2001/vxml">'
)
#: The first document of a call: the gateway sends its id and the number of the caller in a body.
START: Final = (
    f'{_HEAD}<form><var name="call" expr="session.sessionid"/>'
    '<var name="from" expr="session.connection.remote.uri"/>'
    '<block><submit next="voice" method="post" namelist="call from"/></block></form></vxml>'
)


@dataclass(frozen=True, slots=True)
class Turn:
    """The input of a turn: the call, the caller, the keyed digits and the state of the earlier answer.

    The digits are None at the beginning of a call.
    """

    call: str
    caller: str
    digits: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Spoken:
    """The answer to a turn: sentences with their languages, the digits to collect, and the new state.

    A call with `digits` None ends after the sentences.
    """

    sentences: Sequence[tuple[str, str]]
    digits: tuple[int, int] | None = None  #: fewest and most digits
    state: str | None = None


@dataclass(frozen=True, slots=True)
class VoiceForm:
    """The interface of a kind of voice gateways."""

    read: Callable[[bytes], Mapping[str, Any]]
    write: Callable[[Turn, Spoken], tuple[str, str]]


def read(form: VoiceForm, body: bytes) -> Turn | None:
    """Return the turn in the body of a request; None for a body that has none."""
    try:
        fields = form.read(body)
        values = [fields.get(name) for name in ("call", "from", "digits", "state")]
    except (ValueError, AttributeError):
        return None
    if not all(map(_fits, values)):
        return None
    call, caller, digits, state = values
    if not call or not caller or not call.isprintable() or len(call) > ID_CHARACTERS:
        return None
    return Turn(call, _number(caller), digits, state or None)


def _fits(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= _MOST_CHARACTERS)


def _number(caller: str) -> str:
    """Return the number in the address of a caller, such as tel:+32… or sip:+32…@host."""
    return caller.removeprefix("tel:").removeprefix("sip:").partition("@")[0].partition(";")[0]


def _write_json(_: Turn, spoken: Spoken) -> tuple[str, str]:
    document: dict[str, Any] = {
        "say": [{"language": language, "text": text} for language, text in spoken.sentences]
    }
    if spoken.digits is not None:
        least, most = spoken.digits
        document |= {"digits": {"least": least, "most": most}, "state": spoken.state}
    return "application/json", json.dumps(document, ensure_ascii=False)


def _write_voicexml(turn: Turn, spoken: Spoken) -> tuple[str, str]:
    prompt = "".join(
        f'<prompt xml:lang="{_LOCALES[language]}">{escape(text)}</prompt>'
        for language, text in spoken.sentences
    )
    if spoken.digits is None:
        return "application/voicexml+xml", f"{_HEAD}<form><block>{prompt}<exit/></block></form></vxml>"
    least, most = spoken.digits
    state = {"call": turn.call, "from": turn.caller, "state": spoken.state or ""}
    variables = "".join(
        f"<var name={quoteattr(name)} expr={quoteattr(_literal(value))}/>" for name, value in state.items()
    )
    submit = '<submit next="voice" method="post" namelist="call from state digits"/>'
    # The hash key alone is no input in VoiceXML, and skips an optional field.
    skip = f'<noinput><assign name="digits" expr="\'\'"/>{submit}</noinput>' if least == 0 else ""
    field = (
        f'<field name="digits" type="digits?minlength={max(least, 1)};maxlength={most}">{prompt}{skip}'
        f"<filled>{submit}</filled></field>"
    )
    return "application/voicexml+xml", f"{_HEAD}<form>{variables}{field}</form></vxml>"


def _literal(value: str) -> str:
    """Return a text as a literal of ECMAScript."""
    return json.dumps(value)


def _document(body: bytes) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(body)
    return document


VOICE_FORMS: Final[Mapping[str, VoiceForm]] = {
    "bodySigned": VoiceForm(_document, _write_json),
    "password": VoiceForm(form_fields, _write_voicexml),
}

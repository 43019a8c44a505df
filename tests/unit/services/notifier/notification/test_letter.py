"""The content of letters; the proof of pages finds planted faults."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape

import pytest

from services.notifier.letters.rules.addressee import Party
from services.notifier.letters.rules.document import document
from services.notifier.letters.rules.letter import Letter, Tone
from services.notifier.notification.rules import letter, particulars
from services.notifier.notification.rules.content import notification_data, search_words, subject_of
from services.notifier.notification.rules.letter import letter_of
from shared.domain.anomalies import ANOMALIES
from shared.domain.contacts import EmployerKind, Subject
from shared.domain.declared import DeclaredWorker, Kind
from shared.messages import Channel, DeclarationSettled, PeriodImpact, QuotaExcess, Result
from shared.words import LANGUAGES, words
from tests.contracts.contract import schemas
from tests.prove.letters import Sample, sample, samples
from tests.prove.notifications import Judge, prove

#: The official names of quotas, as the contract lists them.
QUOTAS = set(schemas()["QuotaExcess"]["properties"]["quotaType"]["enum"])


def headings(letter: Letter) -> list[str]:
    return [section.heading for section in letter.sections]


def table(letter: Letter, heading: str) -> tuple[tuple[str, ...], ...]:
    (found,) = [section.table for section in letter.sections if section.heading == heading]
    assert found is not None
    return found.rows


@pytest.mark.parametrize(
    ("result", "codes", "tone", "parts"),
    [
        (Result.ACCEPTED, [], Tone.GOOD, ["What changed in the personnel file", "If the data are not right"]),
        (
            Result.WARNING, ["90017-369"], Tone.REMARKS,
            ["What changed in the personnel file", "Remarks", "If the data are not right"],
        ),
        (Result.REFUSED, ["90373-333"], Tone.BAD, ["Why it was refused", "If the data are not right"]),
        (Result.PROVISIONAL, [], Tone.WAITING, ["What happens now"]),
    ],
)  # fmt: skip
def test_each_result_has_its_parts(result: Result, codes: list[str], tone: Tone, parts: list[str]) -> None:
    letter = sample(1, "en", result, Kind.IN, codes).letter
    assert letter.tone is tone
    assert headings(letter) == ["What was declared", *parts, "Whom to ask"]


def test_a_change_shows_the_period_before_and_after() -> None:
    letter = sample(1, "en", Result.ACCEPTED, Kind.OUT, []).letter
    assert table(letter, "What changed in the personnel file") == (
        ("State", "open", "closed"),
        ("Start", "1 February 2026, 09:00", "1 February 2026, 09:00"),
        ("End", "–", "28 February 2026, 17:30"),
        ("Planned hours", "40", "40"),
    )


def test_a_new_period_has_no_state_before() -> None:
    letter = sample(1, "en", Result.ACCEPTED, Kind.IN, []).letter
    assert table(letter, "What changed in the personnel file")[0] == ("State", "open")


def test_an_anomaly_has_its_remedy() -> None:
    letter = sample(1, "nl", Result.REFUSED, Kind.IN, ["90373-333"]).letter
    ((label, hint, path, code),) = table(letter, "Waarom ze geweigerd is")
    assert label == "Dezelfde periode is al aangegeven voor deze werknemer"
    assert hint == words("notifier", "nl")(ANOMALIES[code].hint) != ANOMALIES[code].hint
    assert (path, code) == ("dimonaIn", "90373-333")


def test_an_excess_is_in_hours_or_days() -> None:
    excess = (
        QuotaExcess(quota_type="STUDENT", exceeding_hours=24),
        QuotaExcess(quota_type="HORECA_WORKER", exceeding_days=1),
    )
    letter = sample(1, "fr", Result.WARNING, Kind.IN, ["90017-369"], excess).letter
    assert table(letter, "Contingents") == (
        ("Travail d'étudiant : année", "24 h"),
        ("Travail occasionnel dans l'Horeca, le travailleur : année", "1 j"),
    )


def test_the_printed_deadline_is_the_stored_one() -> None:
    one = sample(1, "fr", Result.ACCEPTED, Kind.IN, [])
    data = json.loads(notification_data(one.notice))
    assert data["contestation"] == {
        "openedOn": "2026-01-05", "deadline": "2026-01-12", "contact": data["contestation"]["contact"],
    }  # fmt: skip
    assert data["declaration"]["declarationStatus"]["contestationDeadline"] == "2026-01-12"
    assert "jusqu'au 12 janvier 2026 inclus" in unescape(document(one.letter))


def test_a_provisional_notification_opens_no_window() -> None:
    data = json.loads(notification_data(sample(1, "fr", Result.PROVISIONAL, Kind.IN, []).notice))
    assert "contestation" not in data
    assert "contestationDeadline" not in data["declaration"]["declarationStatus"]


def without_right(one: Sample) -> Sample:
    """Return the sample as intake refuses a declaration without a right: without employer (decision D4)."""
    ended = one.notice.message
    declaration = ended.declaration.model_copy(update={"employer": None})
    stranger = Party("0477472701", "Firma X", "en", EmployerKind.PRIVATE)
    refused = ended.model_copy(update={"declaration": declaration})
    notice = replace(one.notice, message=refused, addressee=stranger, employer=None)
    return replace(one, notice=notice)


def test_a_sender_without_right_gets_only_declared_data() -> None:
    """The answer has not even the name of the employer (decision D4)."""
    one = sample(1, "en", Result.REFUSED, Kind.IN, ["90256-155"])
    employer = one.notice.addressee
    told = without_right(one).letter
    assert employer.name is not None
    assert employer.name not in told.to_json()
    assert employer.enterprise_number[:4] not in told.to_json()
    assert "Employer" not in {fact.term for fact in told.sections[0].facts}


def test_the_public_sector_has_its_own_contact() -> None:
    one = sample(1, "en", Result.ACCEPTED, Kind.IN, [])
    local = replace(one.notice.addressee, kind=EmployerKind.PROVINCIAL_OR_LOCAL)
    notice = replace(one.notice, employer=local)
    rows = table(letter_of(notice), "Whom to ask")
    assert rows[0] == (
        "The content of the declaration",
        "NSSO Public Sector service",
        "–",
        "K11@onss.fgov.be",
    )


@pytest.mark.parametrize("result", Result)
def test_the_subject_names_the_declaration_and_no_person(result: Result) -> None:
    one = sample(1, "en", result, Kind.IN, ["90017-369"] if result is Result.WARNING else [])
    subjects = subject_of(one.notice)
    assert set(subjects) == set(LANGUAGES)
    assert len(set(subjects.values())) == 4
    for subject in subjects.values():
        assert str(one.notice.message.declaration.number) in subject
        assert one.person.family_name not in subject


def test_search_finds_names_and_anomalies_and_no_niss() -> None:
    one = sample(1, "nl", Result.REFUSED, Kind.IN, ["90373-333"])
    found = search_words(one.notice)
    for word in (one.person.family_name, "Vlierhof", "90373-333", "Firma"):
        assert word in found
    assert one.person.ssin not in found
    worker = one.notice.message.declaration.declared.worker
    assert worker is not None
    posing = worker.model_copy(update={"family_name": one.person.ssin})
    declared = one.notice.message.declaration.declared.model_copy(update={"worker": posing})
    declaration = one.notice.message.declaration.model_copy(update={"declared": declared})
    ended = one.notice.message.model_copy(update={"declaration": declaration})
    assert one.person.ssin not in search_words(replace(one.notice, message=ended)), "a NISS as a name"


def test_a_stored_letter_is_read_unchanged() -> None:
    letter = sample(1, "de", Result.REFUSED, Kind.IN, ["90373-333"]).letter
    assert Letter.from_json(letter.to_json()) == letter


def test_declared_data_are_escaped_on_the_page() -> None:
    """A name with markup (sample 3 has `<b>`) is shown as text."""
    page = document(sample(3, "en", Result.REFUSED, Kind.IN, []).letter)
    assert "&lt;b&gt;Lenoir&lt;/b&gt;" in page
    assert "<b>Lenoir" not in page


def test_a_long_name_is_cut() -> None:
    one = sample(1, "en", Result.REFUSED, Kind.IN, [])
    worker = DeclaredWorker(family_name="x" * 10_000, given_name="A")
    message = one.notice.message
    declared = message.declaration.declared.model_copy(update={"worker": worker})
    declaration = message.declaration.model_copy(update={"declared": declared})
    notice = replace(one.notice, message=message.model_copy(update={"declaration": declaration}))
    assert "x…" in document(letter_of(notice))
    assert len(document(letter_of(notice))) < 10_000


def test_pages_in_four_languages_pass_the_proof() -> None:
    """`make prove-notifications` in small; that makes a thousand."""
    found = prove(96)
    assert found.wrong == []
    assert found.by_language == dict.fromkeys(LANGUAGES, 24)
    assert found.by_result == dict.fromkeys("AWBS", 24)


PLANTED = {
    "a text left in English": ("Wat er aangegeven is", "What was declared", "not in nl"),
    "another language": ('lang="nl"', 'lang="en"', "lang is en"),
    "a tag that is not closed": ("</section>", "", "not HTML"),
    "a value that is missing": ("</h1>", " {number}</h1>", "a value was not put in"),
    "a table without a name": ("<caption>Wat in de aangifte is vastgesteld</caption>", "", "caption"),
    "a picture from outside": ("</main>", '<img src="https://example.org/x.png" alt=""></main>', "has <img>"),
    "a link to the outside": ("<main ", '<main data-x="//example.org" ', "outside"),
    "a heading left out": ("</h1>", "</h1><h1>Nog een</h1>", "not one heading"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_control_a_planted_fault_is_found(fault: str) -> None:
    good, bad, complaint = PLANTED[fault]
    one = sample(1, "nl", Result.REFUSED, Kind.IN, ["90373-333"])
    judge, page = Judge.of([one]), document(one.letter)
    assert list(judge.complaints(one, page)) == []
    assert good in page
    assert any(complaint in each for each in judge.complaints(one, page.replace(good, bad, 1)))


@pytest.mark.parametrize("what", ["name", "NISS", "written NISS"])
def test_control_another_person_on_a_page_is_found(what: str) -> None:
    one, other, *_ = samples(8)
    number = other.person.ssin
    leaked = {
        "name": other.person.family_name.rpartition("-")[2],
        "NISS": number,
        "written NISS": f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}",
    }[what]
    page = document(one.letter).replace("</footer>", f" {leaked}</footer>")
    assert any("names somebody else" in each for each in Judge.of([one, other]).complaints(one, page))


def test_control_a_missing_date_is_found() -> None:
    one = sample(1, "en", Result.ACCEPTED, Kind.IN, [])
    page = document(one.letter).replace("12 January 2026", "soon")
    assert any("lacks" in each for each in Judge.of([one]).complaints(one, page))


def test_several_periods_are_several_tables() -> None:
    one = sample(1, "en", Result.ACCEPTED, Kind.OUT, [])
    assert isinstance(one.notice.message, DeclarationSettled)
    (impact,) = one.notice.message.impact
    more = PeriodImpact(period_id=656309292174, after=impact.after)
    ended = one.notice.message.model_copy(update={"impact": (impact, more)})
    assert (
        headings(replace(one, notice=replace(one.notice, message=ended)).letter).count(
            "What changed in the personnel file"
        )
        == 2
    )


def test_every_table_of_words_is_complete() -> None:
    """A new kind, channel or quota needs its words before the first notification about it."""
    assert set(letter._OUTCOMES) == set(Result)
    assert set(letter._SUBJECTS) == set(Subject)
    assert set(letter._QUOTAS) == QUOTAS
    assert set(particulars._KINDS) == set(Kind)
    assert set(particulars._CHANNELS) == set(Channel)
    assert set(particulars._STATES) == {"OPEN", "CLOSED", "CANCELLED"}

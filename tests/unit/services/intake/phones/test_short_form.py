"""The short form of an SMS, in four languages, and the answers to its mistakes."""

from __future__ import annotations

import pytest

from services.intake.phones.rules.short_form import LABELS, label_of, read
from services.intake.phones.rules.texts import mistakes_of
from services.intake.phones.rules.values import Field
from shared.words import LANGUAGES
from tests.unit.services.intake.phones.test_values import ENTERPRISE, SSIN, document

FORMS = {
    "fr": "type: IN bce: {e} niss: {n} comp: 302 début: 01/12/2026 fin: 02/12/2026 type-trav: OTH pin: {p}",
    "nl": "type: IN kbo: {e} insz: {n} pc: 302 begin: 01/12/2026 einde: 02/12/2026 type-wn: OTH pin: {p}",
    "de": "typ: EIN zdu: {e} enss: {n} pk: 302 beginn: 01.12.2026 ende: 02.12.2026 typ-arb: OTH pin: {p}",
    "en": "type: IN cbe: {e} ssin: {n} jc: 302 start: 01/12/2026 end: 02/12/2026 worker-type: OTH pin: {p}",
}


def form(language: str = "fr") -> str:
    return FORMS[language].format(e=ENTERPRISE, n=SSIN, p="123456")


def declared(text: str) -> object:
    message = read(text)
    assert (message.missing, message.wrong) == ((), ())
    assert message.declaration is not None
    return message.declaration.model_dump(by_alias=True, exclude_none=True, mode="json")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_gives_one_declaration(language: str) -> None:
    message = read(form(language))
    assert (message.language, message.pin) == (language, "123456")
    assert declared(form(language)) == document(commission="302")


@pytest.mark.parametrize(
    "text",
    [
        form().upper(),
        form().replace("début", "DEBUT"),
        form().replace(": ", "="),
        form().replace(": ", " "),
        form().replace(" ", "\n").replace(":\n", ": "),
        form().replace(" bce", "; BCE").replace(" niss", ", NISS"),
        form().replace("type-trav", "Type Trav"),
        form().replace("type-trav", "typetrav"),
        "pin 123456 " + form().replace(" pin: 123456", ""),
        form() + " utilisateur:",
        form() + " type: in",
        form().replace(SSIN, "85.07.30-033.28").replace(ENTERPRISE, "BE0206.731.645"),
        "DIMONA " + form(),
    ],
)
def test_order_case_accents_and_separators_do_not_matter(text: str) -> None:
    assert declared(text) == document(commission="302")


def test_a_full_form_has_hours_and_a_user() -> None:
    text = form().replace("01/12/2026", "01/12/2026 8h00").replace("02/12/2026", "02/12/2026 17:00")
    text = text.replace("OTH", "FLX") + f" utilisateur: {ENTERPRISE}"
    assert declared(text) == document(
        commission="302", workerType="FLX", startHour="0800", endHour="1700", user=ENTERPRISE
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("type out dimona 100000000034 fin 2/12/2026", "out"),
        ("type: sortie dimona: 100000000034 fin: 2/12/2026", "out"),
        ("type wijziging dimona 100000000034 einde 2/12/2026", "update"),
        ("typ Änderung dimona 100000000034 ende 2.12.2026", "update"),
        ("type annulation dimona 100000000034", "cancel"),
        ("Typ Storno Dimona 100000000034", "cancel"),
    ],
)
def test_a_change_names_the_number_of_the_in(text: str, kind: str) -> None:
    found = declared(f"pin 123456 {text}")
    assert isinstance(found, dict)
    ((name, block),) = found.items()
    assert name == f"dimona{kind.capitalize()}"
    assert block["periodId"] == 100000000034


@pytest.mark.parametrize(
    ("text", "missing", "wrong"),
    [
        ("", ["pin", "kind"], []),
        ("hello", ["pin", "kind"], []),
        (form().replace(f"bce: {ENTERPRISE}", ""), ["employer"], []),
        (form().replace(ENTERPRISE, "0206731646"), [], ["employer"]),
        (form().replace(SSIN, "85073003329").replace("pin: 123456", ""), ["pin"], ["worker"]),
        (form().replace("123456", "12"), [], ["pin"]),
        (form().replace("OTH", "EXT"), ["startDay", "endDay"], []),
        (form().replace("OTH", "STU"), ["hours"], []),
        (form().replace("01/12/2026", "32/12/2026"), [], ["startDay"]),
        (form().replace("IN", "INN"), [], ["kind"]),
        (form() + " bce: 0999999922", [], ["employer"]),
        ("pin 123456 type update dimona 100000000034", ["endDay"], []),
    ],
)
def test_missing_and_wrong_fields_are_named(text: str, missing: list[str], wrong: list[str]) -> None:
    message = read(text)
    assert message.declaration is None
    assert ([*map(str, message.missing)], [*map(str, message.wrong)]) == (missing, wrong)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "Pas enregistré. Il manque: type-trav. Incorrect: bce."),
        ("nl", "Niet ontvangen. Ontbreekt: type-wn. Fout: kbo."),
        ("de", "Nicht empfangen. Es fehlt: typ-arb. Falsch: zdu."),
        ("en", "Not received. Missing: worker-type. Wrong: cbe."),
    ],
)
def test_a_mistake_is_answered_in_the_language_of_the_labels(language: str, said: str) -> None:
    label = LABELS[Field.WORKER_TYPE][language][0]
    message = read(form(language).replace(f"{label}: OTH", "").replace(ENTERPRISE, "123"))
    assert message.language == language
    assert mistakes_of(message, language) == said


def test_labels_of_several_languages_decide_nothing() -> None:
    assert read("pin: 123456").language is None
    assert read("bce: 1 kbo: 1").language is None
    assert read("type: in").language is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_a_label_in_every_language(language: str) -> None:
    assert all(label_of(field, language) for field in Field)


@pytest.mark.parametrize("text", ["type:" * 2000, "niss " * 500, ":" * 5000, "\0", "é" * 3000, "type-" * 900])
def test_any_text_gets_an_answer(text: str) -> None:
    assert read(text).declaration is None

"""The keypad dialogue: its questions by kind and type, the check of each input, and its prompts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.intake.phones.rules import texts
from services.intake.phones.rules.dialogue import QUESTIONS, Question, State, advance, pending
from services.intake.phones.rules.values import Field, declaration_of, read_hours
from shared.messages import Result
from shared.words import LANGUAGES, catalog
from tests.unit.services.intake.phones.test_values import ENTERPRISE, PERIOD, SSIN, document

BEGIN = ["1", "123456"]
STUDENT = [*BEGIN, "1", ENTERPRISE, SSIN, "", "2", "01122026", "02122026", "8"]


def after(inputs: Sequence[str]) -> State:
    """Return the state after inputs, each of which is right."""
    state = State()
    for digits in inputs:
        state = advance(state, digits)
        assert state.mistakes == 0, digits
    return state


def asked(state: State) -> Field | None:
    asking = pending(state)
    assert asking is not None
    return asking.field


def declared(inputs: Sequence[str]) -> object:
    state = after(inputs)
    assert state.confirmed
    assert pending(state) is None
    return declaration_of(state.values).model_dump(by_alias=True, exclude_none=True, mode="json")


def test_an_in_of_a_student() -> None:
    assert declared([*STUDENT, "1"]) == document(workerType="STU", hours="8")


@pytest.mark.parametrize(
    ("inputs", "fields"),
    [
        ([ENTERPRISE, SSIN, "302", "3", "01122026", "0800", "01122026", "1700"], {
            "workerType": "EXT", "commission": "302", "startHour": "0800", "endHour": "1700",
            "endDay": "2026-12-01",
        }),
        ([ENTERPRISE, SSIN, "200", "4", "01122026", "", "02122026", ""], {
            "workerType": "FLX", "commission": "XXX",
        }),
        ([ENTERPRISE, SSIN, "322", "1", "01122026", "02122026", ENTERPRISE], {
            "commission": "322", "user": ENTERPRISE,
        }),
        ([ENTERPRISE, SSIN, "322", "1", "01122026", "02122026", ""], {"commission": "322"}),
    ],
)  # fmt: skip
def test_the_questions_of_an_in_depend_on_its_answers(inputs: list[str], fields: dict[str, str]) -> None:
    assert declared([*BEGIN, "1", *inputs, "1"]) == document(**fields)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (["2", PERIOD, "02122026"], {"dimonaOut": {"periodId": int(PERIOD), "endDate": "2026-12-02"}}),
        (
            ["3", PERIOD, "", "", "02122026", "1700"],
            {"dimonaUpdate": {"periodId": int(PERIOD), "endDate": "2026-12-02", "endHour": "1700"}},
        ),
        (
            ["3", PERIOD, "01122026", "", "", ""],
            {"dimonaUpdate": {"periodId": int(PERIOD), "startDate": "2026-12-01"}},
        ),
        (["4", PERIOD], {"dimonaCancel": {"periodId": int(PERIOD)}}),
    ],
)
def test_a_change_asks_for_its_period(inputs: list[str], expected: object) -> None:
    assert declared([*BEGIN, *inputs, "1"]) == expected


def test_an_update_without_any_change_must_have_an_end() -> None:
    state = after([*BEGIN, "3", PERIOD, "", ""])
    assert asked(state) is Field.END_DAY
    assert advance(state, "").mistakes == 1


@pytest.mark.parametrize(
    ("inputs", "digits"),
    [
        ([], "5"), ([], ""), (["1"], "12345"), (["1"], "1234567"), (BEGIN, "5"),
        ([*BEGIN, "1"], "0206731646"), ([*BEGIN, "1", ENTERPRISE], "85073003329"),
        (STUDENT[:5], "20"), (STUDENT[:6], "9"), (STUDENT[:7], "31112026"), (STUDENT[:7], ""),
        (STUDENT[:9], "0"), (STUDENT[:9], ""), (STUDENT, "3"), (STUDENT[:3], "02067316४5"),
    ],
)  # fmt: skip
def test_a_wrong_input_is_asked_again_at_once(inputs: list[str], digits: str) -> None:
    state = after(inputs)
    wrong = advance(state, digits)
    assert (wrong.mistakes, wrong.values, wrong.language) == (1, state.values, state.language)
    assert advance(wrong, digits).mistakes == 2
    assert pending(wrong) == pending(state)


def test_a_right_input_forgets_mistakes() -> None:
    assert advance(advance(after(BEGIN), "9"), "1").mistakes == 0


def test_a_number_of_variable_length_has_bounds() -> None:
    question = Question(3, read_hours, 1)
    assert [question.answer(digits) for digits in ("", "8", "1234")] == [None, "8", None]


def test_beginning_again_keeps_the_pin() -> None:
    """It was checked, and the caller need not type it twice."""
    again = advance(after(STUDENT), "2")
    assert again.values == {Field.PIN: "123456"}
    assert asked(again) is Field.KIND


def test_every_question_has_a_prompt_in_every_language() -> None:
    for key, language in enumerate(LANGUAGES, 1):
        state = State()
        for digits in [str(key), *STUDENT[1:]]:
            assert list(texts.prompt_of(state))
            state = advance(state, digits)
        said = list(texts.prompt_of(state))
        assert {each for each, _ in said} == {language}
    assert set(QUESTIONS) == set(Field)


def test_the_first_prompt_is_in_all_languages() -> None:
    said = list(texts.prompt_of(State()))
    assert [language for language, _ in said] == list(LANGUAGES)
    assert [text[-2] for _, text in said] == ["1", "2", "3", "4"]


def test_a_prompt_names_a_wrong_input_and_the_skip_key() -> None:
    state = advance(after(STUDENT[:5]), "1")
    assert [text for _, text in texts.prompt_of(state)] == [
        "Ce n'est pas correct.",
        "Formez les trois chiffres de la commission paritaire.",
        "Pour passer, appuyez sur la touche dièse.",
    ]


def test_the_last_prompt_speaks_each_digit_of_the_number() -> None:
    language, text = texts.number_spoken(100000000034, "nl")
    assert language == "nl"
    assert text.count("1 0 0 0 0 0 0 0 0 0 3 4") == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_fits_into_one_sms(language: str) -> None:
    """At most 160 characters, all of the GSM alphabet."""
    known = {str(message.id): str(message.string) for message in catalog("intake", language) if message.id}
    sent = [texts.sms(known[text]) for text in (texts.NOT_KNOWN, texts.TOO_MANY_WORKERS, texts.NOT_RECEIVED)]
    codes = [f"0091{digit}-001" for digit in range(9)]
    sent += [texts.sms(texts.result_of(10**11, result, codes, language)) for result in (*Result,)[:3]]
    sent.append(texts.translator(language)(texts.RECEIVED, number=10**11))
    for text in sent:
        assert len(text) <= texts.SMS_CHARACTERS, text
        assert all(character.isascii() or character in "èéùìòàäöñüÄÖÑÜß§£" for character in text), text


def test_letters_outside_the_alphabet_of_sms_lose_their_accent() -> None:
    assert texts.sms("reçu, prêt, été, Größe, d’ici") == "recu, pret, été, Größe, d'ici"

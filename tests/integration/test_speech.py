"""The prompts of a call as sound, spoken by espeak-ng."""

from __future__ import annotations

import array
import wave
from itertools import combinations
from pathlib import Path

import pytest

from deploy.local.debian import Unavailable
from deploy.local.demo import speech
from deploy.local.demo.speech import Speaker
from services.intake.phones.rules.dialogue import State
from services.intake.phones.rules.texts import number_spoken, prompt_of
from shared.words import LANGUAGES

NUMBER = 605114838201


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    """Return the program; skip where it is neither installed nor can be fetched."""
    try:
        return Speaker()
    except Unavailable as error:
        pytest.skip(str(error))


def samples_of(file: Path) -> array.array[int]:
    """Return the samples of a file of sound."""
    with wave.open(str(file), "rb") as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        return array.array("h", sound.readframes(sound.getnframes()))


def test_the_last_prompt_is_spoken_in_each_language(speaker: Speaker, tmp_path: Path) -> None:
    """Each has its own sound, and 24 digits take at least five seconds."""
    spoken = {}
    for language in LANGUAGES:
        file = tmp_path / f"{language}.wav"
        assert speaker.speak([number_spoken(NUMBER, language)], file) > 5
        spoken[language] = samples_of(file)
        assert max(spoken[language]) > 1_000, f"{language} is silent"
    for one, other in combinations(LANGUAGES, 2):
        assert spoken[one] != spoken[other]


def test_sentences_follow_each_other_in_one_file(speaker: Speaker, tmp_path: Path) -> None:
    """The question for the language has one sentence in each."""
    sentences = list(prompt_of(State()))
    assert [language for language, _ in sentences] == list(LANGUAGES)
    alone = [speaker.speak([sentence], tmp_path / "one.wav") for sentence in sentences]
    assert speaker.speak(sentences, tmp_path / "all.wav") == pytest.approx(sum(alone), abs=0.1)


def test_without_the_package_the_reason_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine without apt and without the package says that espeak-ng is missing."""
    monkeypatch.setattr(speech, "_PROGRAM", "/usr/bin/absent")  # it may be installed here
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="espeak-ng"):
        Speaker()

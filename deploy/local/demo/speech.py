"""The voice of a gateway: sentences as sound, spoken by the program espeak-ng of Debian."""

from __future__ import annotations

import os
import subprocess
import tempfile
import wave
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from deploy.local import debian

_PACKAGE: Final = "espeak-ng"
_PROGRAM: Final = "/usr/bin/espeak-ng"
_VOICES: Final[Mapping[str, str]] = {"fr": "fr-be", "nl": "nl", "de": "de", "en": "en-gb"}
_WORDS_PER_MINUTE: Final = 150
_PAUSE_SECONDS: Final = 0.4  #: silence after each sentence


class Speaker:
    """The program espeak-ng. Raise `Unavailable` if it is neither installed nor can be fetched."""

    def __init__(self) -> None:
        root = debian.tree(_PACKAGE, _PROGRAM)
        self._program = root / _PROGRAM.lstrip("/")
        self._environment = {**os.environ, "LD_LIBRARY_PATH": debian.library_path(root)}
        # An unpacked program looks for its voices under the absolute path of the package.
        self._data = next(root.glob("usr/lib/*-linux-gnu*/espeak-ng-data")).parent

    def speak(self, sentences: Iterable[tuple[str, str]], file: Path) -> float:
        """Write sentences, each with its language, into one WAV file. Return the length in seconds."""
        with tempfile.TemporaryDirectory() as folder, wave.open(str(file), "wb") as call:
            sound = Path(folder) / "sentence.wav"
            for language, text in sentences:
                self._render(language, text, sound)
                with wave.open(str(sound), "rb") as sentence:
                    if call.getnframes() == 0:
                        call.setparams(sentence.getparams())
                    call.writeframes(sentence.readframes(sentence.getnframes()))
                    call.writeframes(bytes(round(sentence.getframerate() * _PAUSE_SECONDS) * 2))
            return call.getnframes() / call.getframerate()

    def _render(self, language: str, text: str, sound: Path) -> None:
        voice = ("-v", _VOICES[language], "-s", str(_WORDS_PER_MINUTE), f"--path={self._data}")
        subprocess.run(
            [self._program, *voice, "-w", sound, "--stdin"],
            env=self._environment, input=text, text=True, check=True, capture_output=True,
        )  # fmt: skip

"""The history of a period has the official code of each channel."""

from __future__ import annotations

import pytest

from services.personnel_file.consultation.channels.answer import change
from services.personnel_file.consultation.store import Change
from shared.messages import Channel
from tests.unit.builders import RECEIVED

#: Zone 00737 of the official glossary, for the channels of this system.
OFFICIAL = {
    "web": 3, "queue": 6, "mq": 6, "openWeb": 10, "sms": 11, "voice": 12, "rest": 13, "sftp": 14,
}  # fmt: skip


def changed(channel: str | None) -> dict[str, object]:
    """Return an event of a declaration through a channel, or of a register, as an object of an answer."""
    return change(Change({"type": "periodOpened"}, RECEIVED, 1, 7, channel, None, None), "")


@pytest.mark.parametrize("channel", Channel)
def test_an_event_has_the_code_of_its_channel(channel: Channel) -> None:
    assert changed(channel.value)["channelCode"] == OFFICIAL[channel]


def test_an_event_without_a_declaration_has_no_code() -> None:
    assert "channelCode" not in changed(None)

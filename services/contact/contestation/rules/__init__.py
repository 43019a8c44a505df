"""The rules of contestations: who may contest what until when, and what is written about it."""

from __future__ import annotations

from services.contact.contestation.rules.contesting import (
    Notified,
    Refusal,
    Refused,
    decision_number,
    refusal,
)
from services.contact.contestation.rules.letter import answer_letter

__all__ = ["Notified", "Refusal", "Refused", "answer_letter", "decision_number", "refusal"]

"""The rules of contestations: parties, deadlines, and letters."""

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

"""Write the acknowledgement of a file (ACRF): it is readable, or the reasons why it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.files.xml.blocks import file_reference, head
from services.files.xml.writing import block, document, zone

#: Numbers of the root elements of files. A reason for such an element concerns the whole file.
_ROOTS: Final = frozenset({"90372", "90426"})


def acrf(ticket: str, file_name: str, at: datetime, errors: Sequence[str] = ()) -> bytes:
    """Return the acknowledgement of a file.

    Args:
        ticket: The ticket of the file.
        file_name: The name of the file.
        at: The instant of the decision.
        errors: The codes of the reasons to refuse the file, such as 90372-102. Without a code it is readable.
    """
    result = block(
        "ReceptionResult",
        zone("ResultCode", 0 if errors else 1),
        *(zone("ErrorID", _error_id(code)) for code in errors),
    )
    form = block("Form", head("ACRF001", "FA", at), file_reference(file_name, ticket), result)
    return document("ACRF", "ACRF_20231", form)


def _error_id(code: str) -> str:
    """Return the code as the acknowledgement writes it: ACRF-102 for a reason that concerns the file."""
    number, _, reason = code.rpartition("-")
    return f"ACRF-{reason}" if number in _ROOTS else code

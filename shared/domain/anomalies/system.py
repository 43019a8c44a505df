"""Anomalies of failures of this system."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking

ROWS: Final = (
    # Beside the 201 codes of the Dimona message: block 90059 is the form, reason 163 "not processable".
    blocking(
        "90059-163",
        fr="La déclaration n'a pas pu être traitée par le système",
        nl="De aangifte kon door het systeem niet worden verwerkt",
        de="Die Meldung konnte vom System nicht verarbeitet werden",
        en="The declaration could not be processed by the system",
        hint="The mistake is not yours. Declare again; if that fails too, report both Dimona numbers.",
    ),
)

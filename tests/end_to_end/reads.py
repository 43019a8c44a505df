"""The names of looks as a person sees them, and the operations of reads that no scenario plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.contracts.looks import RECORDED

#: Contract and operation → name of the look, if the record has another one.
NAMES: Final[Mapping[tuple[str, str], str]] = {
    ("contact", "getContestations"): "readContestations",
    ("contact", "getContestation"): "readContestations",
    ("contact", "getCase"): "read",
    ("contact", "searchCases"): "search",
    ("declarations", "getDeclaration"): "readDeclaration",
    ("declarations", "searchDeclarations"): "readDeclaration",
    ("ebox", "getMessage"): "readMessage",
    ("ebox", "getAttachment"): "readMessage",
    ("events", "listEvents"): "pull",
}
#: Operations that are not played here, with the reason or the test that plays them.
ELSEWHERE: Final[Mapping[tuple[str, str], str]] = {
    ("consultation", "createExport"): "it returns a count; each page of the content is a look",
    ("contact", "getCases"): "a line of a case names no worker",
    ("contact", "getLetters"): "a letter answers a complaint, and no register knows its author",
    ("person", "readOpenReports"): "a line of a report names no person",
    ("person", "findUnusualLooks"): "it counts the workers of a reader, and names none",
    **{
        ("events", each): "tests/integration/test_disclosures.py"
        for each in ("readSnapshot", "listDisclosures", "searchDisclosures")
    },
    **{("access", each): "found as listUsers is" for each in ("listChanges", "listLooks")},
    **{
        ("identifications", each): "tests/integration/portal/test_identifying.py"
        for each in RECORDED["identifications"]
    },
    ("declarations", "getDeclarationResults"): "a row for each declaration, as getDeclaration has",
    **{("oauth", each): "it shows no data of a worker" for each in RECORDED["oauth"]},
}

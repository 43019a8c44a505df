"""The pages of the portal that no journey has asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from starlette.routing import compile_path

from services.portal.pages.agents.subjects import SUBJECTS
from services.portal.visit import Page

#: Later pages of lists and histories, which are longer than the data of a journey.
_LATER: Final = frozenset(
    {
        ("GET", "/periods/{number:int}/history/{after}"),
        *(("POST", path) for path in (
            "/access/changes", "/access/looks", "/access/mandates", "/access/affiliations", "/person/looks",
        )),
        *(("POST", f"/agents/{subject.name}") for subject in SUBJECTS),
    }
)  # fmt: skip


def unplayed(pages: Sequence[Page], asked: Iterable[Iterable[tuple[str, str]]]) -> list[str]:
    """Return method and path of each page without a request, except for later pages of lists.

    `asked` has method and path of the requests of each journey.
    """
    requests = {request for each in asked for request in each}
    return [
        f"{page.method} {page.path}"
        for page in pages
        if (page.method, page.path) not in _LATER and not _is_asked(page, requests)
    ]


def _is_asked(page: Page, requests: Iterable[tuple[str, str]]) -> bool:
    pattern, _, _ = compile_path(page.path)
    return any(method == page.method and pattern.match(path) for method, path in requests)

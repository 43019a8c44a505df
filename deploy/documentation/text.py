"""The conversion of Markdown pages to HTML; links lead to pages of the documentation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_FOREIGN: Final = re.compile(r"https?://")

#: Turns the target of a link into an address of the documentation, or None when there is no page for it.
Resolve = Callable[[str], str | None]


def html_of(text: str, resolve: Resolve) -> str:
    """Return a Markdown text as HTML, with an anchor for each heading.

    `resolve` gives the address for the file of a link. If it returns None, the link becomes plain text.
    """
    tokens = _MARKDOWN.parse(text)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            token.attrSet("id", anchor(following.content))
        for child in token.children or ():
            if child.type == "link_open":
                _lead(child, resolve)
            elif child.type == "image":  # only its description: no picture is among the files
                child.type, child.tag = "text", ""
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _lead(link: Token, resolve: Resolve) -> None:
    target = str(link.attrGet("href") or "")
    path, mark, fragment = target.partition("#")
    address = target if _FOREIGN.match(target) or not path else resolve(path)
    if address is None:
        link.attrs.clear()
    else:
        link.attrSet("href", f"{address}{mark}{fragment}" if path and address != target else address)

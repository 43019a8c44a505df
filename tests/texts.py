"""`make texts`: bring the catalogs of the texts of a service up to date with the code that uses them.

New texts are added untranslated (English is filled in as it stands), unused texts are dropped. A test fails
until every text is translated: the translations are written into the `.po` files by hand, or with any gettext
editor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from shared.domain.anomalies import ANOMALIES
from shared.words import LANGUAGES, catalog

ROOT: Final = Path(__file__).parents[1]
#: The services that have catalogs: letters of the notifier, answers by phone of intake, the statements of
#: contact, pages of the portal.
SPEAKING: Final = ("notifier", "intake", "contact", "portal")
#: The calls that say a text: at once, or later from a table.
_KEYWORDS: Final = {"say": None, "later": None}
_METHODS: Final = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_HINTS: Final = "shared/domain/anomalies"
#: The hints of anomalies are in letters, and in no answer by phone.
_WITH_HINTS: Final = "notifier"


def texts(service: str) -> dict[str, list[str]]:
    """Return every text that a service may say to people, with the files that contain it."""
    found: dict[str, list[str]] = {}
    folder = ROOT / "services" / service
    for file, _, message, _, _ in extract_from_dir(folder, _METHODS, keywords=_KEYWORDS):
        assert isinstance(message, str), "no text here has a plural of its own"
        found.setdefault(message, []).append(f"services/{service}/{file}")
    for row in ANOMALIES.values() if service == _WITH_HINTS else ():
        found.setdefault(row.hint, []).append(_HINTS)
    return {text: sorted(set(files)) for text, files in sorted(found.items(), key=_place)}


def _place(item: tuple[str, list[str]]) -> tuple[str, str]:
    return min(item[1]), item[0]


def updated(service: str, language: str) -> Catalog:
    """Return the complete catalog of a service in a language, with its present translations."""
    kept = catalog(service, language)
    fresh = Catalog(
        language,
        header_comment=f"# What {'' if service == 'intake' else 'the '}{service} says. "
        "`make texts` adds what is new; {names} stay as they are.",
        project="Dimona",
        version="1",
        last_translator=kept.last_translator,
        language_team=language,
        msgid_bugs_address="",
        creation_date=kept.creation_date,
        revision_date=kept.revision_date,
        fuzzy=False,
    )
    for text, files in texts(service).items():
        known = kept.get(text)
        fresh.add(
            text,
            text if language == "en" else known.string if known else "",
            locations=[(file, 0) for file in files],
        )
    return fresh


def main() -> None:
    """Write the catalogs, and say how much each lacks."""
    for service in SPEAKING:
        for language in LANGUAGES:
            fresh = updated(service, language)
            folder = ROOT / "services" / service / "locale" / language / "LC_MESSAGES"
            with (folder / f"{service}.po").open("wb") as file:
                write_po(file, fresh, width=110, include_lineno=False, ignore_obsolete=True)
            missing = sum(not message.string for message in fresh if message.id)
            print(f"{service} {language}: {len(fresh)} texts, {missing} without translation")  # noqa: T201


if __name__ == "__main__":
    main()

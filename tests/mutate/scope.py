"""The modules that are mutated, and the unit tests that have to notice the mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

_DOMAIN: Final = "tests/unit/shared/domain"
_INTAKE: Final = "tests/unit/services/intake/reception"
_PHONES: Final = "tests/unit/services/intake/phones"
_FILE: Final = "tests/unit/services/personnel_file"
_SETTLEMENT: Final = f"{_FILE}/settlement"
_OMISSION: Final = f"{_FILE}/omission"
_NOTIFIER: Final = "tests/unit/services/notifier"


@dataclass(frozen=True, slots=True)
class Scope:
    """Modules, and the tests that concern them: files or folders of tests/unit that take seconds."""

    modules: str  #: a path, or a pattern of files and folders
    tests: tuple[str, ...]

    def paths(self) -> list[str]:
        """Return the modules of this row in order; of a folder all modules, with its `__init__`."""
        found = list(ROOT.glob(self.modules))
        files = [file for path in found for file in (path.glob("*.py") if path.is_dir() else [path])]
        return sorted(str(file.relative_to(ROOT)) for file in files)


_SETTLING: Final = (
    f"{_FILE}/relation/test_relation.py",
    f"{_FILE}/mutation/test_mutation.py",
    *(
        f"{_SETTLEMENT}/test_{each}.py"
        for each in (
            "rows",
            "settle",
            "quota",
            "quota_rows",
            "quota_usage",
            "discarded",
            "settle_known",
            "settle_daily",
        )
    ),
)

#: Pure modules without planted mistakes, with the reason.
LEFT_OUT: Final = {
    "shared/domain/anomalies": "labels and hints are texts for people, and a code that is wrong is not found",
    "shared/domain/declared.py": "a wire model: pydantic checks it, the contract tests have its examples",
    "services/contact/person/rules/words.py": "sentences, for people",
    "services/notifier/letters/rules/": "except the addressee: texts, for people",
    "shared/domain/contacts.py": "names and telephone numbers, for people",
    "services/notifier/notification/rules/": "names, telephone numbers and texts, for people",
    "services/access": "rules of the directory, not of a declaration",
    "services/files/handling": "tickets, and shares of places",
    "services/files/transfer": "names of files, not a rule of a declaration",
    "services/intake/reference": "code lists for readers; tests compare them with the functions of the rules",
    "services/portal/session": "a value with a session, and its limits in time",
    "services/personnel_file/consultation": "a value with criteria; the oracle of searches compares results",
}

#: The first row that names a module decides.
SCOPES: Final = (
    Scope("services/contact/case/rules.py", ("tests/unit/services/contact",)),
    Scope("services/contact/contestation/rules/contesting.py", ("tests/unit/services/contact",)),
    Scope("services/contact/person/rules/asking.py", ("tests/unit/services/contact",)),
    Scope("services/contact/person/rules/looks.py", ("tests/unit/services/contact",)),
    Scope("services/contact/person/rules/sections.py", ("tests/unit/services/contact",)),
    Scope("services/contact/report/rules.py", ("tests/unit/services/contact",)),
    Scope("services/intake/phones/rules*", (_PHONES,)),
    Scope("services/intake/probing/rules.py", ("tests/unit/services/intake/test_probing.py",)),
    Scope("services/intake/reception/rules/daily.py", (f"{_INTAKE}/test_daily.py",)),
    Scope("services/files/xml/rules.py", ("tests/unit/services/files/xml/test_form_rules.py",)),
    Scope("services/intake/reception/rules*", (f"{_INTAKE}/test_table.py", f"{_INTAKE}/test_rules.py")),
    Scope("services/identification/matching/rules*", ("tests/unit/services/identification",)),
    Scope(
        "services/personnel_file/settlement/rules/daily.py",
        (f"{_SETTLEMENT}/test_daily.py", f"{_SETTLEMENT}/test_settle_daily.py"),
    ),
    Scope("services/personnel_file/settlement/rules/impact.py", (f"{_SETTLEMENT}/test_impact.py",)),
    Scope(
        "shared/domain/lateness.py",
        (f"{_FILE}/lateness/test_lateness.py", f"{_SETTLEMENT}/test_rows.py"),
    ),
    Scope("services/personnel_file/omission/rules/contribution.py", (f"{_OMISSION}/test_contribution.py",)),
    Scope("services/personnel_file/omission/rules/decision.py", (f"{_OMISSION}/test_decision.py",)),
    Scope("services/personnel_file/omission/rules*", (f"{_OMISSION}/test_judge.py",)),
    Scope(
        "services/personnel_file/settlement/rules/quota.py",
        tuple(
            f"{_SETTLEMENT}/test_{each}.py"
            for each in ("settle_known", "quota_rows", "quota_changes", "quota")
        ),
    ),
    Scope(
        "services/personnel_file/settlement/rules/quota_usage.py",
        tuple(f"{_SETTLEMENT}/test_{each}.py" for each in ("period_use", "quota_rows", "quota_usage")),
    ),
    Scope("services/personnel_file/settlement/rules*", _SETTLING),
    Scope("services/personnel_file/relation/rules.py", _SETTLING),
    Scope("services/personnel_file/mutation/rules.py", (f"{_FILE}/mutation/test_mutation.py",)),
    Scope("services/personnel_file/feed/rules*", (f"{_FILE}/feed/test_feed.py",)),
    Scope("services/feed/event/rules.py", ("tests/unit/services/feed/test_event.py",)),
    Scope("services/feed/inscription/rules.py", ("tests/unit/services/feed/test_inscription.py",)),
    Scope("services/feed/disclosure/rules.py", ("tests/unit/services/feed/test_disclosure.py",)),
    Scope("services/notifier/letters/rules/addressee.py", (f"{_NOTIFIER}/letters/test_addressee.py",)),
    Scope("shared/redelivery.py", ("tests/unit/shared/test_redelivery.py",)),
    Scope("shared/domain/span_rules.py", (f"{_DOMAIN}/test_span_rules.py",)),
    Scope("shared/domain/flexi.py", (f"{_DOMAIN}/test_flexi.py", f"{_DOMAIN}/test_reference.py")),
    Scope("shared/domain/starter_job.py", (f"{_DOMAIN}/test_starter_job.py", f"{_DOMAIN}/test_reference.py")),
    Scope("shared/domain/characters.py", (f"{_DOMAIN}/test_characters.py",)),
    Scope("shared/domain/feed_fields.py", (f"{_DOMAIN}/test_feed_fields.py",)),
    Scope("shared/domain/calendar.py", (f"{_DOMAIN}/test_calendar.py",)),
    Scope(
        "shared/domain/daily.py",
        (f"{_DOMAIN}/test_daily.py", f"{_INTAKE}/test_daily.py", f"{_SETTLEMENT}/test_daily.py"),
    ),
    Scope("shared/domain/declaration.py", (f"{_DOMAIN}/test_declaration.py", *_SETTLING)),
    Scope(
        "shared/domain/features.py",
        (f"{_DOMAIN}/test_features.py", f"{_DOMAIN}/test_reference.py", f"{_INTAKE}/test_table.py"),
    ),
    Scope("shared/domain/identifiers.py", (f"{_DOMAIN}/test_identifiers.py",)),
    Scope("shared/domain/lengths.py", (f"{_INTAKE}/test_table.py",)),
    Scope("shared/domain/small_statutes.py", (f"{_INTAKE}/test_table.py",)),
    Scope("shared/domain/phones.py", (_PHONES,)),
    Scope("shared/domain/processing.py", (f"{_DOMAIN}/test_processing.py",)),
    Scope(
        "shared/domain/places.py",
        (f"{_DOMAIN}/test_places.py", f"{_DOMAIN}/test_reference.py", f"{_INTAKE}/test_table.py"),
    ),
    Scope(
        "shared/domain/quotas.py",
        (f"{_DOMAIN}/test_quotas.py", f"{_DOMAIN}/test_reference.py", f"{_SETTLEMENT}/test_quota_rows.py"),
    ),
)


def modules() -> dict[str, tuple[str, ...]]:
    """Return every module of the scope with its tests, in the order of the table."""
    found: dict[str, tuple[str, ...]] = {}
    for scope in SCOPES:
        for path in scope.paths():
            found.setdefault(path, scope.tests)
    return found

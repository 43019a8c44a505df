"""A wrong file of the register of processing is an error that names its place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shared.domain.processing import AfterDeath, Category, Number, RegisterError, Subject, read_register

FILES: dict[str, dict[str, Any]] = {
    "platform": {
        "pipeline": {
            "outbox": {"purpose": "operation", "subject": "worker", "employment": ["body"], "ssin": ["body"]}
        },
    },
    "intake": {
        "has_pipeline": True,
        "defaults": {
            "subject": "worker",
            "purpose": "declarations",
            "legal_basis": "dimona",
            "recipients": ["declarant"],
            "term": "keep",
            "decision": "missing",
            "kept_after_death": "yes",
        },
        "tables": {
            "results": {
                "identification": ["worker", "client"],
                "employment": ["final", "answer"],
                "none": ["number"],
                "ssin": ["answer"],
                "keyed": ["worker"],
                "subjects": {"client": "organization"},
            }
        },
    },
}


def test_a_table_has_the_values_of_its_file_and_a_column_those_of_its_lists() -> None:
    outbox, results = read_register(FILES)
    assert (outbox.full_name, outbox.purpose, outbox.legal_basis) == ("intake.outbox", "operation", "dimona")
    assert (results.purpose, results.recipients) == ("declarations", ("declarant",))
    assert (results.term, results.decision, results.source) == ("keep", "missing", None)
    assert results.kept_after_death is AfterDeath.YES
    assert {(each.name, each.category, each.subject, each.number) for each in results.columns} == {
        ("worker", Category.IDENTIFICATION, Subject.WORKER, Number.KEYED),
        ("client", Category.IDENTIFICATION, Subject.ORGANIZATION, None),
        ("final", Category.EMPLOYMENT, Subject.WORKER, None),
        ("answer", Category.EMPLOYMENT, Subject.WORKER, Number.SSIN),
        ("number", Category.NONE, Subject.NONE, None),
    }


def changed(**values: Any) -> dict[str, dict[str, Any]]:
    """Return the files with other values in the table `intake.results`."""
    files = copy.deepcopy(FILES)
    files["intake"]["tables"]["results"] |= values
    return files


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"purpose": "curiosity"}, "purpose = 'curiosity' is none of declarations"),
        ({"recipients": ["neighbors"]}, "recipients = 'neighbors' is none of"),
        ({"term": "Ten years"}, "a term needs a source"),
        ({"decision": "made"}, "a term needs a source"),
        ({"colour": "red"}, "unknown keys: ['colour']"),
        ({"none": ["number", "answer"]}, "answer is employment and none"),
        ({"ssin": ["number", "nowhere"]}, "no category: ['nowhere']"),
        ({"subjects": {"nowhere": "user"}}, "no category: ['nowhere']"),
        ({"subject": "cat"}, "subject of worker = 'cat'"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_table_and_fault(values: dict[str, Any], said: str) -> None:
    with pytest.raises(RegisterError) as raised:
        read_register(changed(**values))
    assert str(raised.value).startswith("intake.results: ")
    assert said in str(raised.value)


def test_a_term_with_a_source_is_no_missing_decision() -> None:
    files = changed(term="Ten years", source="A law that a test invents")
    (table,) = (each for each in read_register(files) if each.full_name == "intake.results")
    assert (table.term, table.decision, table.source) == ("Ten years", None, "A law that a test invents")


def test_a_schema_without_pipeline_has_no_tables_of_it() -> None:
    files = copy.deepcopy(FILES)
    files["intake"]["has_pipeline"] = False
    assert [table.full_name for table in read_register(files)] == ["intake.results"]

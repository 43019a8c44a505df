"""The mistakes that are planted: operators of cosmic-ray, and three operators of our own for tables.

Left out, because they would make the score too good or show nothing:

* arithmetic and comparisons of another kind (`-` as `<<`, `is` as `<`): nearly all raise a TypeError at once;
* of the five other comparisons all but three: tests that notice these notice all (Kaminski, Ammann
  and Offutt, "Improving logic-based testing", 2013);
* `==` as `is` and back: of the texts and enumerations that rules compare they cannot differ;
* the code of an anomaly: one that the catalogue does not have cannot even be imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cosmic_ray.ast import get_ast
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator

Position = tuple[tuple[int, int], tuple[int, int]]

#: The replacements of each comparison: they differ at, below and above the boundary.
_COMPARISONS: Final = {
    "Eq": ("NotEq", "LtE", "GtE"),
    "NotEq": ("Eq", "Lt", "Gt"),
    "Lt": ("GtE", "LtE", "NotEq"),
    "LtE": ("Gt", "Lt", "Eq"),
    "Gt": ("LtE", "GtE", "NotEq"),
    "GtE": ("Lt", "Gt", "Eq"),
}
_CORE: Final = (
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    *(f"ReplaceComparisonOperator_{one}_{other}" for one in _COMPARISONS for other in _COMPARISONS[one]),
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Add",
    "ReplaceBinaryOperator_Mul_FloorDiv",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mod",
    "ReplaceBinaryOperator_Mod_FloorDiv",
    "ReplaceBinaryOperator_Pow_Mul",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_BitAnd_BitOr",
)
_CODE: Final = re.compile(r"\d{5}-\d{3}")


class Membership(Operator):  # type: ignore[misc]  # cosmic-ray ships no types
    """Replace `in` by `not in`, and the reverse."""

    _OTHER: Final = {"in": " not in", "not in": " in"}

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield each such operator of a comparison."""
        for _, operator in self._found(node):
            yield operator.start_pos, operator.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Exchange one operator."""
        place, operator = list(self._found(node))[index]
        node.children[place] = get_ast(self._OTHER[operator.get_code().strip()])
        return node

    def _found(self, node: Any) -> Iterator[tuple[int, Any]]:
        if node.type == "comparison":
            for place, child in enumerate(node.children):
                if place % 2 and child.get_code().strip() in self._OTHER:
                    yield place, child

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return examples of the operator."""
        return (Example("x in y", "x not in y"), Example("x not in y", "x in y"))


class Text(Operator):  # type: ignore[misc]
    """A text becomes another text; an empty text stays, because it means absence."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield texts with a meaning: no docstrings, no codes of anomalies, no elements of tables (Entry)."""
        if node.type == "fstring_string" or (node.type == "string" and self._matters(node)):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """Put letters in front of the text."""
        if node.type == "fstring_string":
            node.value = "XX" + node.value
        else:
            head = len(node.string_prefix) + 1
            node.value = node.value[:head] + "XX" + node.value[head:]
        return node

    def _matters(self, node: Any) -> bool:
        text = node.value[len(node.string_prefix) :].strip("'\"")
        is_docstring = node.parent.type in {"simple_stmt", "suite", "file_input"}
        return bool(text) and not is_docstring and not _CODE.search(text) and not _is_entry(node)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return examples of the operator."""
        return (Example("x = 'y'", "x = 'XXy'"), Example("x = f'{y}z'", "x = f'{y}XXz'"))


class Entry(Operator):  # type: ignore[misc]
    """A tuple, list, set or mapping of the module loses one entry."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield each entry of a table with two or more entries."""
        for entry in _entries(node):
            yield entry[0].start_pos, entry[-1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Leave one entry out."""
        left = [entry for place, entry in enumerate(_entries(node)) if place != index]
        inside = ",".join("".join(part.get_code() for part in entry) for entry in left)
        opened, closed = node.children[0], node.children[-1]
        return get_ast(f"{opened.get_code()}{inside},{closed.get_code()}")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return examples of the operator."""
        return (Example("x = (1, 2)", "x = ( 2,)"), Example("x = {1: 2, 3: 4}", "x = {1: 2,}", 1))


def _entries(node: Any) -> list[list[Any]]:
    """Return the entries of a table outside functions, each by its nodes; nothing for other nodes."""
    if node.type != "atom" or len(node.children) != 3 or _is_inside_function(node):
        return []
    inside = node.children[1]
    if inside.type not in {"testlist_comp", "dictorsetmaker"}:
        return []
    entries: list[list[Any]] = [[]]
    for child in inside.children:
        if child.type in {"comp_for", "sync_comp_for"}:
            return []
        if child.type == "operator" and child.value == ",":
            entries.append([])
        else:
            entries[-1].append(child)
    entries = [entry for entry in entries if entry]
    return entries if len(entries) > 1 else []


def _is_inside_function(node: Any) -> bool:
    while (node := node.parent) is not None:
        if node.type in {"funcdef", "lambdef"}:
            return True
    return False


def _is_entry(node: Any) -> bool:
    """Return whether the node is an entry of a table, or its key, where a change equals a removal."""
    display = node.parent.parent
    return display is not None and any(node is entry[0] for entry in _entries(display))


OPERATORS: Final[tuple[tuple[str, Operator], ...]] = (
    *((name, get_operator(f"core/{name}")()) for name in _CORE),
    *((kind.__name__, kind()) for kind in (Membership, Text, Entry)),
)

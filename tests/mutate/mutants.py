"""The mutants of a module: each operator in each place, except in places that decide nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.mutate.operators import OPERATORS, Position

_OPERATOR: Final = dict(OPERATORS)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: the nth place of an operator in a module."""

    operator: str
    occurrence: int
    line: int

    @property
    def key(self) -> str:
        """Return a key that is unique among the mutants of one source."""
        return f"{self.operator}:{self.occurrence}"

    def source(self, original: str) -> str:
        """Return the source of the module with the mistake."""
        mutated = mutate_code(original, _OPERATOR[self.operator], self.occurrence)
        assert isinstance(mutated, str), "a mutant has a place"
        return mutated


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Places without planted mistakes, with the reason."""

    what: str
    reason: str
    places: Callable[[ast.AST], Iterator[ast.AST]]


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield node.annotation
    if isinstance(node, ast.FunctionDef) and node.returns is not None:
        yield node.returns


def _aliases(node: ast.AST) -> Iterator[ast.AST]:
    """Return whether the node is an alias of a type, such as `Daily = CreateDaily | ModifyDaily`."""
    match node:
        case ast.Assign(value=ast.BinOp(op=ast.BitOr()) as value):
            yield value
        case ast.Assign(targets=[ast.Name(name)], value=ast.Subscript() as value) if name[-1].islower():
            yield value  # constants are written in capitals
        case ast.Assign(value=ast.Call(func=ast.Name("TypeVar" | "NewType")) as value):
            yield value


def _decorators(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if ast.unparse(called) in {"dataclass", "cache", "lru_cache"}:
                yield decorator


def _assertions(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Assert):
        yield node


def _exports(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        yield node.value


def _raised(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Raise) and node.exc is not None:
        yield node.exc


EXCLUSIONS: Final = (
    Exclusion("annotations", "never evaluated; mypy reads them", _annotations),
    Exclusion("type aliases, TypeVar, NewType", "only mypy reads them", _aliases),
    Exclusion("@dataclass and its options", "frozen and slots change no answer", _decorators),
    Exclusion("@cache, @lru_cache", "they change how fast an answer comes, never the answer", _decorators),
    Exclusion("assert", "tells the reader and mypy what is so; no input is checked with it", _assertions),
    Exclusion("__all__", "the imports of the tests say what a module offers", _exports),
    Exclusion("the text of an error", "it is for people", _raised),
    Exclusion("docstrings", "they are for people", lambda _: iter(())),  # Text leaves them out itself
)


def mutants(source: str) -> list[Mutant]:
    """Return all mutants of a module, in the order of its lines."""
    left_out = list(_left_out(source))
    nodes = list(ast_nodes(get_ast(source)))
    found = []
    for name, operator in OPERATORS:
        places = (place for node in nodes for place in operator.mutation_positions(node))
        for nth, (start, _) in enumerate(places):
            if not any(first <= start < last for first, last in left_out):
                found.append(Mutant(name, nth, start[0]))
    return sorted(found, key=lambda mutant: mutant.line)


def _left_out(source: str) -> Iterator[Position]:
    for node in ast.walk(ast.parse(source)):
        for exclusion in EXCLUSIONS:
            for place in exclusion.places(node):
                assert isinstance(place, ast.expr | ast.stmt)
                at_sign = isinstance(node, ast.FunctionDef | ast.ClassDef) and place in node.decorator_list
                start = place.lineno, place.col_offset - at_sign
                yield start, (place.end_lineno or place.lineno, place.end_col_offset or 0)

"""Judge the mutants of one module: fork a process for each, and load the mutant in it.

cosmic-ray itself writes a mutant into the file and starts the tests anew. This module writes no file. It
imports all modules that do not depend on the mutated one once. Each fork then imports the mutant and its
dependents, and runs the tests up to the first that fails. Rules are pure, so a limit of CPU time ends a loop
without end.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

import grimp
import hypothesis
import pytest

from tests.mutate.mutants import Mutant, mutants

_OPTIONS: Final = (
    "-q", "-x", "-s", "--tb=no", "--assert=plain", "--noconftest", "--no-header", "--no-summary",
    "-pno:cacheprovider", "-pno:faulthandler", "-pno:logging", "-pno:threadexception",
    "-pno:unraisableexception",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",  # plug-ins are imported before pytest names them
)  # fmt: skip
_PACKAGES: Final = ("shared", "services")
_LEAST_SECONDS, _TIMES_AS_LONG = 2.0, 4.0  # of CPU: a busy machine makes nothing slower
_MEMORY: Final = 4 << 30


class Verdict(StrEnum):
    """The verdict on a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a fork ended, and the seconds of CPU that it took."""

    status: int
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Return the verdict that follows from the exit code of pytest."""
        if os.WIFSIGNALED(self.status):
            return Verdict.TIMEOUT if os.WTERMSIG(self.status) == signal.SIGPROF else Verdict.KILLED
        code = os.waitstatus_to_exitcode(self.status)
        if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
            raise RuntimeError("the tests of this module cannot be played")
        return Verdict.SURVIVED if code == pytest.ExitCode.OK else Verdict.KILLED


class Planted(SourceFileLoader):
    """A loader that loads the mutant in the place of the module."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        """Compile the mutant of a module, without reading a cache."""
        return compile(self._source, self.get_filename(fullname), "exec", dont_inherit=True)


class Finder(MetaPathFinder):
    """A finder that finds the mutant first."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self._name, self._path, self._source = name, path, source

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the mutant when its module is imported."""
        if fullname != self._name:
            return None
        inside = [str(self._path.parent)] if self._path.name == "__init__.py" else None
        loader = Planted(fullname, str(self._path), self._source)
        return spec_from_file_location(fullname, self._path, loader=loader, submodule_search_locations=inside)


def module_name(path: Path) -> str:
    """Return the dotted name of a module from its path below the import folder."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def judge(
    path: Path, places: Sequence[str], workers: int, wanted: Collection[str] = ()
) -> Iterator[tuple[Mutant, Verdict]]:
    """Yield each mutant of the module with its verdict. Without a mutant the tests have to pass.

    `wanted` are the keys of those that are judged; none means all.
    """
    name, source = module_name(path), path.read_text()
    _prepare(name, places)
    sound = _wait(_fork(lambda: _play(name, path, source, places), None))[1]
    if sound.verdict is not Verdict.SURVIVED:
        raise RuntimeError(f"the tests of {path} fail without any mutant")
    limit = _LEAST_SECONDS + _TIMES_AS_LONG * sound.seconds
    running: dict[int, Mutant] = {}
    for mutant in mutants(source):
        if wanted and mutant.key not in wanted:
            continue
        if len(running) >= workers:
            pid, ended = _wait()
            yield running.pop(pid), ended.verdict
        running[_fork(partial(_judge_one, mutant, source, name, path, places), limit)] = mutant
    while running:
        pid, ended = _wait()
        yield running.pop(pid), ended.verdict


def _judge_one(mutant: Mutant, source: str, name: str, path: Path, places: Sequence[str]) -> int:
    return _play(name, path, mutant.source(source), places)


def _play(name: str, path: Path, source: str, places: Sequence[str]) -> int:
    gc.disable()  # no fork lives long
    sys.meta_path.insert(0, Finder(name, path, source))
    return int(pytest.main([*_OPTIONS, *places]))


def _fork(does: Callable[[], int], limit: float | None) -> int:
    """Start it in a silent process with a limit of CPU time."""
    if (pid := os.fork()) != 0:
        return pid
    code = int(pytest.ExitCode.USAGE_ERROR)
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, limit)
        code = does()
    finally:
        os._exit(code)


def _wait(pid: int = -1) -> tuple[int, Ended]:
    pid, status, used = os.wait4(pid, 0)
    return pid, Ended(status, used.ru_utime + used.ru_stime)


def _prepare(name: str, places: Sequence[str]) -> None:
    """Import once for all forks the modules that the tests need and that do not depend on the mutant."""
    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,  # a verdict may not hang on luck
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutants")
    graph = grimp.build_graph(*(each for each in _PACKAGES if Path(each).is_dir()), cache_dir=None)
    dependent = {name, *graph.find_downstream_modules(name)}
    imported = _imported_by(places)
    if name not in imported:
        raise RuntimeError(f"the tests that are named for {name} never import it")
    for wanted, is_ours in imported.items():
        if not is_ours or (wanted in graph.modules and dependent.isdisjoint(_with_packages(wanted))):
            with contextlib.suppress(ImportError):
                importlib.import_module(wanted)
    assert dependent.isdisjoint(sys.modules), "a fork would play the tests without the mutant"


def _with_packages(name: str) -> Iterator[str]:
    """Return the module and the packages around it, which are imported with it."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _imported_by(places: Sequence[str]) -> dict[str, bool]:
    """Run the tests once and return each module that they import, and whether it is of the project."""
    reads, writes = os.pipe()

    def scout() -> int:
        code = int(pytest.main([*_OPTIONS, *places]))
        with os.fdopen(writes, "w") as stream:
            json.dump({name: _is_ours(module) for name, module in sys.modules.items()}, stream)
        return code

    pid = _fork(scout, None)
    os.close(writes)
    with os.fdopen(reads) as stream:
        imported: dict[str, bool] = json.load(stream)
    _wait(pid)
    return imported


def _is_ours(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    return file.startswith(str(Path.cwd())) and "site-packages" not in file


def main() -> None:
    """Print a line of JSON for each mutant: `python -m tests.mutate.judge workers module tests…`."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("workers", type=int)
    asked.add_argument("module", type=Path)
    asked.add_argument("tests", nargs="+")
    asked.add_argument("--wanted", default="", help="the keys of some mutants, with commas between them")
    options = asked.parse_args()
    wanted = frozenset(filter(None, options.wanted.split(",")))
    for mutant, verdict in judge(options.module, options.tests, options.workers, wanted):
        sys.stdout.write(json.dumps({**asdict(mutant), "verdict": verdict}) + "\n")


if __name__ == "__main__":
    main()

"""``--engine=ninja``: each wheel that is missing is an edge of a build graph.

An edge fetches a wheel, or builds one from an unpacked source tree, and unpacks it into the
store; its output is a pointer file with the wheel's digest. Which wheels, and the transaction
that installs them, are this process's: it holds the environment's lock. Options travel to the
edges in a variable, not in their command lines or the graph: there may be a password in an
index URL.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dx_py.artifacts.artifact import Artifact, decode_as, encode
from dx_py.artifacts.graph import Edge, Graph, Pool, Rule, Variable
from dx_py.artifacts.ninja import format_graph, run_ninja, write_graph
from dx_py.artifacts.pointer import read_pointer
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.resolving import Workshop
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import BuildError, PkgError
from dx_py.pkg.install.wheel_store import StoredWheel
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.requirements_file import RequirementsFile
from dx_py.pkg.resolve.candidate import Candidate

VARIABLE = "DX_PKG_EDGE"
_KIND, _SCHEMA = "pkg-wanted-wheel", 1
_FETCHES = 6
#: What would start the engine again, or is the command's own.
_NOT_FOR_EDGES = frozenset(("engine", "emit-ninja", "report", "requirement", "constraint"))
_MODULE = (sys.executable, "-I", "-m", "dx_py.pkg.commands.edge")


@dataclass(frozen=True, slots=True)
class Settings:
    """What edges must know of the command that they are for."""

    arguments: Arguments
    said: RequirementsFile
    environment: Environment

    def text(self) -> str:
        values = self.arguments.values.items()
        return json.dumps({
            "values": {name: each for name, each in values if name not in _NOT_FOR_EDGES},
            "counts": self.arguments.counts,
            "options": self.said.options,
            "flags": sorted(self.said.flags - {"require-hashes"}),
            "python": str(self.environment.interpreter.executable),
        })  # fmt: skip


def acquire_by_ninja(
    candidates: Iterable[Candidate], workshop: Workshop, settings: Settings
) -> dict[NormalizedName, StoredWheel]:
    """Raises PkgError with what the first edge that failed has to say."""
    found: dict[NormalizedName, StoredWheel] = {}
    missing: dict[NormalizedName, Candidate] = {}
    for candidate in candidates:
        stored = workshop.acquirer.stored(candidate)
        if stored is not None:
            found[candidate.name] = stored
        else:
            missing[candidate.name] = candidate
    if not missing:
        return found
    folder = workshop.acquirer.wheels.scratch()
    try:
        return found | _run(missing, workshop, settings, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(
    missing: Mapping[NormalizedName, Candidate],
    workshop: Workshop,
    settings: Settings,
    folder: Path,
) -> dict[NormalizedName, StoredWheel]:
    for name, candidate in missing.items():
        (folder / f"{name}.wanted").write_bytes(_request(candidate, workshop))
    write_graph(graph_of(missing.values()), folder / "build.ninja")
    ran = run_ninja(
        folder / "build.ninja", folder=folder, jobs=_FETCHES + _cores(), options=["-k", "0"],
        variables={VARIABLE: settings.text()},
    )  # fmt: skip
    if settings.arguments.count("verbose"):
        sys.stderr.write(ran.stdout)
    pointers = {name: read_pointer(folder / f"{name}.ptr") for name in missing}
    failed = [name for name, pointer in pointers.items() if pointer is None]
    if failed:
        raise _failure(folder, failed, ran.stdout)
    found = {
        name: workshop.acquirer.wheels.find(pointer["wheel"])
        for name, pointer in pointers.items()
        if pointer is not None
    }
    return {name: wheel for name, wheel in found.items() if wheel is not None}


def _failure(folder: Path, failed: list[NormalizedName], output: str) -> PkgError:
    for name in failed:
        path = folder / f"{name}.error"
        if path.is_file():
            said = json.loads(path.read_text(encoding="utf-8"))
            others = [other for other in failed if other != name]
            also = f"\n  {', '.join(others)} failed, too" if others else ""
            return PkgError(f"{said['message']}{also}", hint=said["hint"])
    lines = output.strip().splitlines()
    return BuildError(f"ninja did not get {', '.join(failed)}: {' '.join(lines[-2:])}")


def emit_graph(path: Path, candidates: Iterable[Candidate]) -> None:
    """The graph of an installation from an empty store, for people to read."""
    path.write_text(format_graph(graph_of(candidates)), encoding="utf-8")


def graph_of(candidates: Iterable[Candidate]) -> Graph:
    return Graph(
        tuple(
            Edge(_FETCH if each.wheel_row else _build_rule(), (f"{each.name}.ptr",),
                 (f"{each.name}.wanted",), variables={"project": (str(each),)})
            for each in candidates
        )
    )  # fmt: skip


_COMMAND = (*_MODULE, Variable("in"), Variable("out"))
_FETCH = Rule("fetch", _COMMAND, "fetch $project", pool=Pool("network", _FETCHES), restat=True)


def _build_rule() -> Rule:
    return Rule("build", _COMMAND, "build $project", pool=Pool("builds", _cores()), restat=True)


def _cores() -> int:
    """Two at least: a build often waits for the network or the disk."""
    return max(2, os.cpu_count() or 1)


def _request(candidate: Candidate, workshop: Workshop) -> bytes:
    allowed = workshop.acquirer.hashes.get(candidate.name)
    return encode(
        Artifact(_KIND, _SCHEMA, {
            "name": candidate.name,
            "version": str(candidate.version),
            "file": candidate.wheel_row,
            "tree": None if candidate.wheel_row else workshop.builder.tree_of(candidate),
            "hashes": allowed and {name: sorted(each) for name, each in allowed.items()},
        })
    )  # fmt: skip


def read_request(data: bytes) -> dict[str, Any]:
    """Raises ArtifactError."""
    found: dict[str, Any] = decode_as(data, kind=_KIND, schema=_SCHEMA)
    return found

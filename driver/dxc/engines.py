"""Two ways to compile a list of modules, with the same results: in process, or by ninja."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dx_py.artifacts.artifact import Digest
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.file_lock import try_lock
from dx_py.artifacts.graph import GraphError
from dx_py.artifacts.location import make_private
from dx_py.artifacts.ninja import run_ninja, write_graph
from dx_py.artifacts.pointer import read_pointer
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.batch import pointer_path, read_errors
from dx_py.driver.dxc.build import Build, graph_of, plan_build, write_build
from dx_py.driver.dxc.compilation import Compiler
from dx_py.driver.dxc.modules import Module
from dx_py.driver.dxc.report import error_text

#: Fewer modules than this are compiled sooner than ninja and its processes have started.
FEW_MODULES: Final = 12
ENGINES: Final = ("auto", "ninja", "process")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one module: the digests of its artifacts by their role, or the text of its error."""

    module: Module
    digests: dict[str, Digest]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    paths: Sequence[Path]
    modules: Sequence[Module]
    optimize: int
    jobs: int
    engine: str
    verbose: bool


def compile_modules(store: ArtifactStore, request: Request) -> list[Outcome]:
    """In the order of the modules."""
    few = len(request.modules) < FEW_MODULES and request.engine == "auto"
    if request.engine == "process" or few or not store.writable:
        return _in_process(store, request)
    try:
        return _by_ninja(store, request)
    except GraphError:
        # A module has a name that ninja has no way to write.
        if request.engine == "ninja":
            raise
        return _in_process(store, request)
    except OSError:
        # The store is full: the artifacts' own writer says so.
        return _in_process(store, request)


def default_jobs() -> int:
    """The cores this process may use, as far as the platform tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_process(store: ArtifactStore, request: Request) -> list[Outcome]:
    compiler = Compiler(store, optimize=request.optimize)
    return [_outcome(compiler, module) for module in request.modules]


def _outcome(compiler: Compiler, module: Module) -> Outcome:
    try:
        result = compiler.compile(module)
    except DxError as error:
        return Outcome(module, {}, f"dxc: {error}\n")
    return Outcome(module, result.digests(), error_text(result) if result.error else "")


def _by_ninja(store: ArtifactStore, request: Request) -> list[Outcome]:
    build = plan_build(
        store,
        request.paths,
        request.modules,
        optimize=request.optimize,
        jobs=request.jobs,
    )
    make_private(build.folder)
    with try_lock(build.folder / "lock") as locked:
        # Another dxc is at these modules: both find each other's artifacts in the store.
        return _run_build(build, store, request) if locked else _in_process(store, request)


def _run_build(build: Build, store: ArtifactStore, request: Request) -> list[Outcome]:
    os.utime(build.folder)
    write_build(build, store)
    manifest = build.folder / "build.ninja"
    write_graph(graph_of(build), manifest)
    ran = run_ninja(manifest, folder=build.folder, jobs=request.jobs, options=["-k", "0"])
    if request.verbose:
        print(ran.stdout, end="")
    compiler = Compiler(store, optimize=request.optimize)
    outcomes = [
        outcome if outcome.digests or outcome.error else _outcome(compiler, outcome.module)
        for outcome in _collect(build)
    ]
    return sorted(outcomes, key=lambda outcome: outcome.module.name)


def _collect(build: Build) -> list[Outcome]:
    """Neither digests nor an error: the edge was lost, by a crash or a full disk."""
    outcomes = []
    for batch, modules in build.batches.items():
        errors = read_errors(build.folder, batch)
        for module in modules:
            digests = read_pointer(pointer_path(build.folder, module)) or {}
            outcomes.append(Outcome(module, digests, errors.get(module.name, "")))
    return outcomes

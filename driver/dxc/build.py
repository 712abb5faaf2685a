"""A compilation of many modules as a graph: one edge a batch of modules.

A Python process takes 50 ms to start, so an edge compiles many modules. A module stays in its
batch as long as it exists, and new modules make new batches: a new module dirties only itself.
The folder of a build keeps its batches, its pointer files and its ninja file.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dx_py.artifacts.artifact import Digest, digest
from dx_py.artifacts.graph import Edge, Graph, Rule, Variable
from dx_py.artifacts.pointer import is_dirty, write_if_changed
from dx_py.artifacts.stage import action_template
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.batch import batch_path, pointer_path, write_batch
from dx_py.driver.dxc.compilation import CODEGEN, PARSE, ROLES
from dx_py.driver.dxc.modules import Module, folders_of

#: Batches a core: enough that no core waits long for the last one.
BATCHES_PER_JOB: Final = 2
#: What is worth a process: this much source takes about three times its start.
BATCH_BYTES: Final = 600_000
BATCHES: Final = "batches.json"


@dataclass(frozen=True, slots=True)
class Build:
    """``batches``: name of a batch -> its modules."""

    folder: Path
    batches: dict[str, list[Module]]
    optimize: int


def plan_build(
    store: ArtifactStore,
    paths: Sequence[Path],
    modules: Sequence[Module],
    *,
    optimize: int,
    jobs: int,
) -> Build:
    """Assign modules to batches as in the last build of these paths."""
    folder = build_folder(store, paths, optimize)
    size = sum(_size(module.path) for module in modules)
    wanted = max(1, min(jobs * BATCHES_PER_JOB, math.ceil(size / BATCH_BYTES)))
    named = assign(_last_assignment(folder), modules, wanted)
    by_name = {module.name: module for module in modules}
    batches = {batch: [by_name[name] for name in names] for batch, names in named.items()}
    return Build(folder, batches, optimize)


def build_folder(store: ArtifactStore, paths: Sequence[Path], optimize: int) -> Path:
    """One folder for each set of paths and options."""
    key = "\n".join([str(optimize), *sorted(os.path.realpath(path) for path in paths)])
    return store.layout / "builds" / digest(key.encode("utf-8", "surrogateescape"))[:24]


def assign(
    last: dict[str, list[str]], modules: Sequence[Module], wanted: int
) -> dict[str, list[str]]:
    """Batch -> module names: who was in a batch stays there, the rest makes new batches.

    When that has left many small batches, all are made anew.
    """
    present = {module.name for module in modules}
    kept = {batch: [name for name in names if name in present] for batch, names in last.items()}
    kept = {batch: names for batch, names in kept.items() if names}
    placed = {name for names in kept.values() for name in names}
    new = [module for module in modules if module.name not in placed]
    share = wanted if not kept else max(1, round(wanted * len(new) / len(modules)))
    if new and len(kept) + share > 3 * wanted:
        kept, new, share = {}, list(modules), wanted
    first = 1 + max((int(batch) for batch in kept), default=0)
    fresh = split(new, share) if new else []
    return kept | {str(first + number): names for number, names in enumerate(fresh)}


def split(modules: Sequence[Module], count: int) -> list[list[str]]:
    """Batches of about the same number of bytes, the largest modules placed first."""
    batches: list[tuple[int, list[str]]] = [(0, []) for _ in range(count)]
    for size, name in sorted(((_size(m.path), m.name) for m in modules), reverse=True):
        smallest = min(range(count), key=lambda index: batches[index][0])
        filled, names = batches[smallest]
        # The constant is what a module costs however small it is, in bytes.
        batches[smallest] = (filled + size + 2000, [*names, name])
    return [sorted(names) for _, names in batches if names]


def write_build(build: Build, store: ArtifactStore) -> None:
    """Write the lists of modules, and remove pointers to what the store does not hold."""
    for batch, modules in build.batches.items():
        write_batch(build.folder, batch, modules)
        for module in modules:
            pointer = pointer_path(build.folder, module)
            if is_dirty(pointer, store, roles=ROLES):
                pointer.unlink(missing_ok=True)
    named = {batch: [m.name for m in modules] for batch, modules in build.batches.items()}
    write_if_changed(build.folder / BATCHES, json.dumps(named, indent=0, sort_keys=True))


def graph_of(build: Build, *, generator: Edge | None = None) -> Graph:
    rule = Rule(
        "dxc",
        (
            *_python("dx_py.driver.dxc.batch"),
            str(build.folder),
            Variable("batch"),
            str(build.optimize),
            stages_key(),
        ),
        description="compile batch $batch",
        restat=True,
    )
    edges = [_batch_edge(rule, build, batch) for batch in build.batches]
    return Graph(tuple([*edges, generator] if generator else edges))


def generator_edge(manifest: Path, paths: Sequence[Path], words: Sequence[str]) -> Edge:
    """Writes the ninja file again, by dxc with these ``words``, when a module may have come
    or gone."""
    command = (*_python("dx_py.driver.dxc"), *words)
    rule = Rule(
        "regenerate", command, description="look for modules", generator=True, restat=True
    )
    folders = tuple(_absolute(folder) for folder in folders_of(paths))
    # ninja looks for the rule of its file under the name that it was given.
    return Edge(rule, (manifest.as_posix(),), folders)


def stages_key() -> Digest:
    """Names the stages, their versions and the host."""
    templates = [
        action_template(PARSE, 1, {}),
        action_template(CODEGEN, 1, {}),
    ]
    return Digest(digest(b"".join(map(b"".join, templates)))[:16])


def _batch_edge(rule: Rule, build: Build, batch: str) -> Edge:
    modules = build.batches[batch]
    return Edge(
        rule,
        outputs=tuple(_absolute(pointer_path(build.folder, module)) for module in modules),
        inputs=tuple(_absolute(module.path) for module in modules),
        implicit=(_absolute(batch_path(build.folder, batch)),),
        variables={"batch": (batch,)},
    )


def _python(module: str) -> Iterable[str]:
    return (sys.executable, "-I", "-m", module)


def _absolute(path: Path) -> str:
    return Path(os.path.abspath(path)).as_posix()  # noqa: PTH100 - removes ".." too


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _last_assignment(folder: Path) -> dict[str, list[str]]:
    """Empty unless the file is there and is what was written."""
    try:
        assignment = json.loads((folder / BATCHES).read_bytes())
    except (OSError, ValueError):
        return {}
    return assignment if _is_assignment(assignment) else {}


def _is_assignment(value: object) -> bool:
    if not isinstance(value, dict) or not all(isinstance(n, list) for n in value.values()):
        return False
    names = [name for names in value.values() for name in names]
    once = all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    return once and all(isinstance(batch, str) and batch.isdecimal() for batch in value)

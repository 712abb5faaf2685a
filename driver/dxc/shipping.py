"""A folder that holds what some modules need to run compiled, and nothing else.

It is a store: whoever runs the program with ``DX_CACHE_DIR`` naming it (read-only is enough)
finds the code of each module by the digest of its source. ``modules.txt`` lists what is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dx_py.artifacts.artifact import Digest
from dx_py.artifacts.collection import files_in
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.pointer import write_if_changed
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.compilation import Compiler
from dx_py.driver.dxc.engines import Outcome, Request

LIST: Final = "modules.txt"


def ship(
    source: ArtifactStore, folder: Path, outcomes: Sequence[Outcome], request: Request
) -> None:
    """Bring ``folder`` up to date. Raises DxError where that is not possible."""
    if folder.exists() and any(folder.iterdir()) and not (folder / LIST).exists():
        raise DxError(f"'{folder}' holds something else: name a new or an empty folder")
    compiler = Compiler(source, optimize=request.optimize)
    shipped = ArtifactStore(folder)
    kept: set[Path] = set()
    lines = []
    for outcome in outcomes:
        if "code" in outcome.digests:
            code = outcome.digests["code"]
            action = compiler.source_action(compiler.source(outcome.module.path).digest)
            kept.update(_ship_one(source, shipped, action, code))
            lines.append(f"{outcome.module.name} {code}\n")
    if not shipped.writable:
        raise DxError(f"cannot write to '{folder}'")
    write_if_changed(folder / LIST, "".join(lines))
    _remove_others(shipped, kept)


def _ship_one(
    source: ArtifactStore, shipped: ArtifactStore, action: Digest, code: Digest
) -> tuple[Path, Path]:
    if not shipped.contains(code):
        data = source.get(code)
        if data is None:
            raise DxError(f"artifact {code[:12]} is gone from the store: run dxc again")
        shipped.put(data)
    if shipped.lookup(action) != code:
        shipped.record(action, code)
    return shipped.object_path(code), shipped.action_path(action)


def _remove_others(shipped: ArtifactStore, kept: set[Path]) -> None:
    for kind in ("objects", "actions"):
        for file in files_in(shipped.layout / kind):
            if file.path not in kept:
                file.path.unlink(missing_ok=True)

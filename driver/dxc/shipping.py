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
from dx_py.artifacts.stage import Content
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.compilation import Compiler
from dx_py.driver.dxc.modules import Module

LIST: Final = "modules.txt"


def ship(compiler: Compiler, folder: Path, modules: Sequence[Module]) -> None:
    """Bring ``folder`` up to date. Raises DxError where that is not possible.

    Each module is asked for once more, so that the code is that of the source it is filed
    under. Modules with errors are left out.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / LIST).exists():
        raise DxError(f"'{folder}' holds something else: name a new or an empty folder")
    shipped = ArtifactStore(folder)
    kept: set[Path] = set()
    lines = []
    for module in modules:
        result = compiler.compile(module)
        if result.code is not None:
            action = compiler.source_action(result.source)
            kept.update(_ship_one(shipped, action, result.code))
            lines.append(f"{module.name} {result.code.digest}\n")
    if not shipped.writable:
        raise DxError(f"cannot write to '{folder}'")
    write_if_changed(folder / LIST, "".join(lines))
    _remove_others(shipped, kept)
    _let_others_read(folder)


def _ship_one(shipped: ArtifactStore, action: Digest, code: Content) -> tuple[Path, Path]:
    if shipped.get(code.digest) is None:
        shipped.put(code.read())
    if shipped.lookup(action) != code.digest:
        shipped.record(action, code.digest)
    return shipped.object_path(code.digest), shipped.action_path(action)


def _remove_others(shipped: ArtifactStore, kept: set[Path]) -> None:
    for kind in ("objects", "actions"):
        for file in files_in(shipped.layout / kind):
            if file.path not in kept:
                file.path.unlink(missing_ok=True)


def _let_others_read(folder: Path) -> None:
    """A service seldom runs as the user who built it; nobody else may write."""
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o755 if place.is_dir() else 0o644)

"""Stored wheels into a transaction: link, write scripts and the dist-info's own files."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dx_py.pkg.environment import Environment
from dx_py.pkg.install.executor import execute
from dx_py.pkg.install.plan import EntryPoint, Plan, hash_of, record_line
from dx_py.pkg.install.scripts import (
    entry_point_script,
    rewrite_script,
    script_name,
    write_script,
)
from dx_py.pkg.install.transaction import Transaction
from dx_py.pkg.install.wheel_store import StoredWheel
from dx_py.pkg.names import NormalizedName

INSTALLER = b"dx-py\n"


@dataclass(frozen=True, slots=True)
class Installation:
    """One wheel to install. ``requested``: the user named it, it is not just a dependency."""

    name: NormalizedName
    version: str
    wheel: StoredWheel
    requested: bool
    direct_url: dict[str, Any] | None = None


@dataclass(slots=True)
class _Written:
    """Rows of RECORD for what the installer writes itself."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, path: str, data: bytes) -> None:
        self.rows.append((path, *hash_of(data)))


def stage(
    installation: Installation,
    environment: Environment,
    transaction: Transaction,
    *,
    link_mode: str,
) -> None:
    """Prepare everything of one wheel in ``transaction``."""
    plan = installation.wheel.plan
    finals = final_folders(environment, installation.name)
    used = {group.scheme for group in plan.groups} | {plan.root}
    if plan.scripts or plan.entry_points:
        used.add("scripts")
    roots = {scheme: transaction.stage(finals[scheme]) for scheme in sorted(used)}
    execute(plan, installation.wheel.tree, roots, link_mode=link_mode)
    written = _Written()
    _outside_root(plan, finals, written)
    _write_scripts(plan, installation.wheel.tree, roots, finals, environment, written)
    _write_info(installation, roots[plan.root] / plan.info, plan, written)


def final_folders(environment: Environment, name: str) -> dict[str, Path]:
    """Where the files of each scheme of the distribution ``name`` go."""
    paths = environment.paths
    return {
        "purelib": paths["purelib"],
        "platlib": paths["platlib"],
        "scripts": paths["scripts"],
        "data": paths["data"],
        "headers": paths["include"] / name,
    }


def _outside_root(plan: Plan, finals: dict[str, Path], written: _Written) -> None:
    """Rows for linked files of the wheel's ``.data`` folders."""
    root = finals[plan.root]
    for scheme, path, digest, size in plan.outside:
        written.rows.append((_relative(finals[scheme] / path, root), digest, size))


def _write_scripts(
    plan: Plan,
    tree: Path,
    roots: dict[str, Path],
    finals: dict[str, Path],
    environment: Environment,
    written: _Written,
) -> None:
    python = environment.script_python
    made = [(name, rewrite_script((tree / s).read_bytes(), python)) for s, name in plan.scripts]
    made += [
        (script_name(entry), entry_point_script(entry, python))
        for entry in _entry_points(plan, environment)
    ]
    if not made:
        return
    folder = roots["scripts"]
    folder.mkdir(exist_ok=True)
    for name, data in made:
        path = folder / name
        path.unlink(missing_ok=True)  # never write through a link into the store
        write_script(path, data)
        written.add(_relative(finals["scripts"] / name, finals[plan.root]), data)


def _entry_points(plan: Plan, environment: Environment) -> tuple[EntryPoint, ...]:
    """pip's wheel names a script after the Python it was made with; it is made after ours."""
    if not plan.info.startswith("pip-"):
        return plan.entry_points
    kept = [entry for entry in plan.entry_points if not entry.name.startswith("pip3.")]
    major, minor, _ = environment.interpreter.version
    return (*kept, *(replace(entry, name=f"pip{major}.{minor}") for entry in kept[:1]))


def _write_info(
    installation: Installation, folder: Path, plan: Plan, written: _Written
) -> None:
    generated = {"INSTALLER": INSTALLER}
    if installation.requested:
        generated["REQUESTED"] = b""
    if installation.direct_url is not None:
        text = json.dumps(installation.direct_url, sort_keys=True)
        generated["direct_url.json"] = text.encode()
    for name, data in generated.items():
        path = folder / name
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        written.add(f"{plan.info}/{name}", data)
    record = f"{plan.info}/RECORD"
    rows = [*written.rows, (record, "", "")]
    lines = [*plan.record, *(record_line(*row) for row in rows)]
    content = "".join(f"{line}\n" for line in sorted(lines, key=os.fsencode))
    (folder / "RECORD").write_bytes(os.fsencode(content))


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")

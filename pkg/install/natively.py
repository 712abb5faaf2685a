"""A change of an environment as an order for the executor in C.

The order's records are those of plans: fields separated by NUL, ended by NUL LF. C makes the
same folders, files and journal as Python.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import EnvironmentProblemError
from dx_py.pkg.install.installer import Installation, final_folders
from dx_py.pkg.install.native import apply_order, library

_MAGIC = "DXORDER1"
#: What C does; the others are rare, and Python's.
_MODES = ("auto", "hardlink", "copy")


def can_apply(link_mode: str) -> bool:
    return link_mode in _MODES and library() is not None


def apply_natively(
    installations: Iterable[Installation],
    removals: Iterable[str],
    environment: Environment,
    *,
    link_mode: str,
) -> None:
    """All or nothing, under the environment's lock; no transaction is open.

    ``removals`` are absolute paths. Raises EnvironmentProblemError; then nothing happened.
    """
    problem = apply_order(_order(installations, removals, environment, link_mode))
    if problem is not None:
        message, _, hint = problem.partition("\n")
        raise EnvironmentProblemError(message, hint=hint)


def _order(
    installations: Iterable[Installation],
    removals: Iterable[str],
    environment: Environment,
    link_mode: str,
) -> bytes:
    records = [(_MAGIC,), *_target(environment, link_mode)]
    for each in installations:
        direct = "" if each.direct_url is None else json.dumps(each.direct_url, sort_keys=True)
        folder = str(each.wheel.tree.parent)
        records.append(("W", folder, each.name, "1" if each.requested else "0", direct))
    records += [("X", path) for path in removals]
    return encode_records(records)


def encode_records(records: Iterable[tuple[str, ...]]) -> bytes:
    """What ``pkg/native/records.c`` reads."""
    return os.fsencode("".join("\0".join(record) + "\0\n" for record in records))


def stamp(path: Path) -> str:
    """As ``pkg/native/stamps.c`` writes it."""
    try:
        found = path.stat()
    except OSError:
        return "-;"
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns};"


def _target(environment: Environment, link_mode: str) -> Iterator[tuple[str, ...]]:
    for scheme, folder in final_folders(environment, "").items():
        yield "S", scheme, str(folder)
    major, minor, _ = environment.interpreter.version
    yield "T", str(environment.state)
    yield "Y", str(environment.script_python), f"{major}.{minor}"
    yield "M", link_mode

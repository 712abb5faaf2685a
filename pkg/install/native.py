"""Changes by the executor in C (``pkg/native``): the same folders, files and journal."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType

from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import EnvironmentProblemError
from dx_py.pkg.install.installer import Installation, final_folders

_MAGIC = "DXORDER1"
#: What C does; the others are rare, and Python's.
_MODES = ("auto", "hardlink", "copy")


@cache
def library() -> ModuleType | None:
    """The C library, or None where there is none or ``DX_PORTABLE=1`` says to do without."""
    if os.environ.get("DX_PORTABLE") == "1":
        return None
    try:
        from dx_py.pkg import _native
    except ImportError:
        return None
    return _native


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
    native = library()
    assert native is not None, "can_apply was asked"
    order = _order(installations, removals, environment, link_mode)
    answer = native.lib.dx_pkg_apply_order(order, len(order))
    if answer == native.ffi.NULL:
        return
    message, _, hint = os.fsdecode(native.ffi.string(answer)).partition("\n")
    native.lib.dx_pkg_free(answer)
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
    return os.fsencode("".join("\0".join(record) + "\0\n" for record in records))


def _target(environment: Environment, link_mode: str) -> Iterator[tuple[str, ...]]:
    finals = final_folders(environment, "")
    for scheme, folder in finals.items():
        yield "S", scheme, str(folder)
    major, minor, _ = environment.interpreter.version
    yield "T", str(environment.state)
    yield "Y", str(environment.script_python), f"{major}.{minor}"
    yield "M", link_mode

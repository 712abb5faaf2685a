"""Which interpreter runs the user's program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dx_py.driver.portable_launcher.installation import Installation
from dx_py.driver.portable_launcher.versions import (
    environment_has_version,
    find_version,
    is_program,
    is_version,
    known_versions,
    python_in,
    setting,
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """``environment`` is its environment's folder; ``problem`` is one line to show.

    Without a path none was found, and ``problem`` says where it was looked for.
    """

    path: str | None = None
    environment: str | None = None
    problem: str | None = None


NONE = Interpreter()


def find_interpreter(request: str | None, installation: Installation) -> Interpreter:
    """In order: ``request``, the active environment, the project's .venv, conda's base
    environment, the interpreter DX-Py was installed with."""
    if request is not None:
        return _requested(request)
    problem = None
    for found in _places(installation):
        problem = problem or found.problem
        if found.path is not None:
            shown = problem and f"{problem}; using '{found.path}'"
            return Interpreter(found.path, found.environment, shown)
    return Interpreter(problem="no python found in any environment or on PATH")


def _places(installation: Installation) -> Iterator[Interpreter]:
    yield from (place() for place in _NEAR)
    yield _installed_with(installation)


def _requested(request: str) -> Interpreter:
    if "/" in request or os.sep in request or request == ".":
        if Path(request).is_dir():
            found = _of_environment(request)
        else:
            found = Interpreter(request if is_program(request) else None)
    elif is_version(request):
        found = _of_version(request)
    else:
        found = Interpreter(shutil.which(request, path=setting("PATH") or ""))
    if found.path is not None:
        return found
    return Interpreter(
        problem=f"no interpreter '{request}' (give a path, an environment's folder, or one of"
        f" these versions: {known_versions()})"
    )


def _of_version(version: str) -> Interpreter:
    for found in (place() for place in _NEAR):
        if found.environment and environment_has_version(found.environment, version):
            return found
    return Interpreter(find_version(version))


def _of_environment(folder: str) -> Interpreter:
    python = python_in(folder)
    return NONE if python is None else Interpreter(python, folder)


def _active_environment() -> Interpreter:
    folder = setting("VIRTUAL_ENV")
    if folder is None:
        return NONE
    problem = f"no interpreter in '{folder}' (VIRTUAL_ENV)"
    found = _of_environment(folder)
    return found if found.path else Interpreter(problem=problem)


def _conda_environment(*, base: bool) -> Interpreter:
    """Shells activate conda's base environment by default: it says less than a project's."""
    folder = setting("CONDA_PREFIX")
    is_base = setting("CONDA_DEFAULT_ENV") in ("base", "root")
    return _of_environment(folder) if folder and is_base == base else NONE


def _project_environment() -> Interpreter:
    for folder in _folders_upward():
        environment = os.path.join(folder, ".venv")  # noqa: PTH118 - no normalising
        found = _of_environment(environment)
        if found.path and _is_trusted(environment):
            return found
    return NONE


def _folders_upward() -> Iterator[Path]:
    try:
        current = Path.cwd()
        current.stat()
    except OSError:
        return
    yield current
    yield from current.parents


def _is_trusted(folder: str) -> bool:
    """Not one that someone else put above the current folder, whose owner is trusted too: a
    container often runs as another user than the owner of its mounts."""
    if not hasattr(os, "getuid"):
        return True
    owner = Path(folder).stat().st_uid
    return owner in (os.getuid(), 0, Path.cwd().stat().st_uid)


def _installed_with(installation: Installation) -> Interpreter:
    prefix = Path(installation.python).parent.parent
    virtual = (prefix / "pyvenv.cfg").is_file()
    return Interpreter(installation.python, str(prefix) if virtual else None)


_NEAR: tuple[Callable[[], Interpreter], ...] = (
    _active_environment,
    lambda: _conda_environment(base=False),
    _project_environment,
    lambda: _conda_environment(base=True),
)

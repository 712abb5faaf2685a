"""The project's interpreter: whose packages the tests import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ENVIRONMENT_FOLDERS = (".venv", "venv")


def project_interpreter(folder: Path, environment: Mapping[str, str]) -> Path:
    """What the launcher found (``DX_INTERPRETER``), else the active environment's python, else
    that of the nearest ``.venv`` above ``folder``, else DX-Py's own."""
    for candidate in candidates(folder, environment):
        if os.access(candidate, os.X_OK):
            return candidate
    return Path(sys.executable)


def candidates(folder: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    if environment.get("DX_INTERPRETER"):
        yield Path(environment["DX_INTERPRETER"])
    active = environment.get("VIRTUAL_ENV") or environment.get("CONDA_PREFIX")
    if active:
        yield python_of(Path(active))
    for parent in (folder, *folder.parents):
        for name in ENVIRONMENT_FOLDERS:
            if (parent / name / "pyvenv.cfg").is_file():
                yield python_of(parent / name)


def python_of(environment: Path) -> Path:
    if os.name == "nt":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"

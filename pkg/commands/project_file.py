"""``pyproject.toml`` as a source of requirements: what ``[project]`` declares."""

from __future__ import annotations

import tomllib
from pathlib import Path

from dx_py.pkg.errors import UsageError
from dx_py.pkg.names import normalize
from dx_py.pkg.requirements_file import Line, RequirementsFile


def read_project(path: Path, extras: list[str], into: RequirementsFile) -> None:
    """Add the dependencies, and those of ``extras``. Raises UsageError with the reason."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
    except OSError as error:
        raise UsageError(f"cannot read '{path}': {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"'{path}' cannot be read: {error}") from None
    if "dependencies" in table.get("dynamic", ()):
        raise UsageError(
            f"'{path}' leaves its dependencies to its build back end",
            hint="write them under [project] dependencies, or compile a requirements.in",
        )
    optional = {
        normalize(name): needs for name, needs in table.get("optional-dependencies", {}).items()
    }
    found = list(table.get("dependencies", ()))
    for extra in extras:
        if normalize(extra) not in optional:
            known = ", ".join(sorted(optional)) or "none"
            raise UsageError(f"'{path}' has no extra {extra!r} (it has: {known})")
        found += optional[normalize(extra)]
    into.requirements += [Line(text, f"{path}", folder=path.parent) for text in found]

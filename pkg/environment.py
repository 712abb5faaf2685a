"""The environment that is installed into: an interpreter, a prefix, and where files go."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dx_py.pkg.errors import EnvironmentProblemError
from dx_py.pkg.installed import InstalledDistribution, scan
from dx_py.pkg.interpreter import Interpreter, interrogate

_SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"
_PYTHON = "python.exe" if sys.platform == "win32" else "python"


@dataclass(frozen=True)
class Environment:
    """``paths`` maps purelib, platlib, scripts, data and include to folders.

    ``searched`` are the folders whose distributions count as installed. ``state`` is where
    transactions are prepared; it is on the file system of ``paths['purelib']``.
    """

    interpreter: Interpreter
    prefix: Path
    paths: dict[str, Path]
    searched: tuple[Path, ...]
    state: Path
    script_python: Path
    keeps_undo: bool = True

    @cached_property
    def installed(self) -> dict[str, InstalledDistribution]:
        """By normalised name; where a name is found twice, the first on ``sys.path`` counts."""
        return scan(self.searched)

    def forget_installed(self) -> None:
        self.__dict__.pop("installed", None)


def open_environment(
    store: Path, *, python: str = "", system: bool = False, break_system: bool = False
) -> Environment:
    """The environment of ``--python``, of ``$VIRTUAL_ENV``, of the nearest ``.venv`` upward.

    A change to it that was cut short is taken back first.

    Raises EnvironmentProblemError where there is none, or it belongs to the system.
    """
    executable = find_python(python, system=system)
    environment = environment_of(executable, store, break_system=break_system)
    if (environment.state / "txn").exists():
        from dx_py.pkg.install.transaction import settle

        settle(environment.state)
    return environment


def environment_of(executable: Path, store: Path, *, break_system: bool = False) -> Environment:
    home = executable.parent.parent
    config = home / "pyvenv.cfg"
    if config.is_file():
        return _virtual(executable, home, _read_config(config), store)
    interpreter = interrogate(executable, store)
    if interpreter.answer["externally_managed"] and not break_system:
        raise EnvironmentProblemError(
            f"'{executable}' is managed by the operating system (PEP 668)",
            hint="make an environment with 'dx-py venv .venv', or give --break-system-packages",
        )
    prefix = Path(interpreter.answer["prefix"])
    return _make(interpreter, prefix, "default", prefix / ".dx-py", executable, [])


def _virtual(executable: Path, home: Path, config: dict[str, str], store: Path) -> Environment:
    base = _base_executable(executable, config)
    interpreter = interrogate(base, store)
    inherited: list[Path] = []
    if config.get("include-system-site-packages", "false").lower() == "true":
        outer = interpreter.paths("default", Path(interpreter.answer["base_prefix"]))
        inherited = [outer["purelib"], outer["platlib"]]
    return _make(interpreter, home, "venv", home / ".dx-py", executable, inherited)


def _base_executable(executable: Path, config: dict[str, str]) -> Path:
    """The interpreter a virtual environment was made from, without starting it."""
    home = Path(config.get("home", ""))
    real = executable.resolve()
    for name in (real.name, executable.name, "python3", "python"):
        candidate = home / name
        if candidate.is_file() and candidate.resolve() == real:
            return candidate
    return real if real.is_file() else executable


def _make(
    interpreter: Interpreter,
    prefix: Path,
    scheme: str,
    state: Path,
    executable: Path,
    inherited: list[Path],
) -> Environment:
    paths = interpreter.paths(scheme, prefix)
    major, minor, _ = interpreter.version
    if scheme == "venv" and sys.platform != "win32":
        paths["include"] = prefix / "include" / "site" / f"python{major}.{minor}"
    searched = tuple(dict.fromkeys((paths["purelib"], paths["platlib"], *inherited)))
    return Environment(interpreter, prefix, paths, searched, state, executable)


def target_folder(environment: Environment, target: Path) -> Environment:
    """``--target``: everything below ``target``, nothing there counts as installed before."""
    folder = target.absolute()
    paths = {
        "purelib": folder,
        "platlib": folder,
        "scripts": folder / _SCRIPTS,
        "data": folder,
        "include": folder / "include",
    }
    return Environment(
        environment.interpreter, folder, paths, (folder,), folder / ".dx-py",
        environment.script_python, keeps_undo=False,
    )  # fmt: skip


def prefix_folder(environment: Environment, prefix: Path) -> Environment:
    """``--prefix``: the layout of an installation of Python below ``prefix``."""
    folder = prefix.absolute()
    return _make(
        environment.interpreter, folder, "prefix", folder / ".dx-py",
        environment.script_python, [],
    )  # fmt: skip


def find_python(named: str, *, system: bool) -> Path:
    if named:
        return _named_python(named)
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if not system:
        if active:
            return _python_in(Path(active))
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / ".venv" / "pyvenv.cfg").is_file():
                return _python_in(folder / ".venv")
    found = _on_path("python3") or _on_path("python")
    if found is not None and system:
        return found
    raise EnvironmentProblemError(
        "no environment: $VIRTUAL_ENV is not set and no folder upward has a .venv",
        hint="make one with 'dx-py venv .venv', or name an interpreter with --python, "
        "or give --system",
    )


def _named_python(named: str) -> Path:
    path = Path(named).expanduser()
    if path.is_dir():
        return _python_in(path)
    if path.is_file():
        return path.absolute()
    version = named if named[:1].isdigit() else ""
    found = _on_path(f"python{version}" if version else named) or _pyenv(version)
    if found is None:
        raise EnvironmentProblemError(
            f"no interpreter {named!r}",
            hint="give a path, an environment's folder, or a version such as 3.12 whose "
            "python is on PATH",
        )
    return found


def _pyenv(version: str) -> Path | None:
    """pyenv's shims refuse a version that is not selected, but its folder is there."""
    if not version:
        return None
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    names = sorted(versions.glob(f"{version}*/bin/python"))
    return names[-1] if names else None


def _python_in(folder: Path) -> Path:
    for name in (_PYTHON, "python3"):
        candidate = folder.absolute() / _SCRIPTS / name
        if candidate.exists():
            return candidate
    raise EnvironmentProblemError(
        f"'{folder}' is no environment: it has no {_SCRIPTS}/{_PYTHON}",
        hint=f"make one with 'dx-py venv {folder}'",
    )


def _on_path(name: str) -> Path | None:
    import shutil

    found = shutil.which(name)
    if found is None or f"{os.sep}shims{os.sep}" in found:
        return None
    return Path(found)


def _read_config(path: Path) -> dict[str, str]:
    """``pyvenv.cfg`` as ``site`` reads it: lower-case keys, lines without ``=`` ignored."""
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}

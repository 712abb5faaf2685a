"""Virtual environments with the standard library's own layout and activation scripts.

The interpreter's ``venv`` makes one environment per interpreter and options, at a
placeholder path. Its folders, links and files are kept as a template; a new environment is
the template with its own path in the placeholder's place.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from dx_py.artifacts.artifact import Artifact, decode_as, encode
from dx_py.artifacts.errors import DxError
from dx_py.pkg.errors import EnvironmentProblemError
from dx_py.pkg.store_paths import save

_KIND = "pkg-venv-template"
_SCHEMA = 1
PLACEHOLDER = "dxPyVenvPlaceholder"
#: With other characters in its path the scripts would need quoting: venv itself knows how.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+")

Template = dict[str, Any]


def create(
    folder: Path, python: Path, store: Path, options: tuple[str, ...], *, prompt: str = ""
) -> None:
    """Make the environment ``folder``, without pip. ``options`` are venv's own.

    Raises EnvironmentProblemError with venv's own message.
    """
    target = folder.absolute()
    if prompt or not set(str(target)) <= _PLAIN or "--upgrade" in options:
        _run_venv(python, target, (*options, *(("--prompt", prompt) if prompt else ())))
        return
    template = kept_template(python, store, options) or _make(python, store, options)
    if "--clear" in options and target.is_dir():
        _clear(target)
    _instantiate(template, target)


def _clear(folder: Path) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)  # noqa: PTH108


def _run_venv(python: Path, folder: Path, options: tuple[str, ...]) -> None:
    import subprocess

    done = subprocess.run(
        [str(python), "-I", "-m", "venv", "--without-pip", *options, str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = (done.stderr or done.stdout or "no output").strip().splitlines()
        raise EnvironmentProblemError(f"cannot make '{folder}': {lines[-1]}")


def _stamp(python: Path, options: tuple[str, ...]) -> list[Any]:
    found = python.resolve().stat()
    return [str(python), found.st_size, found.st_mtime_ns, list(options)]


def _template_path(python: Path, store: Path, options: tuple[str, ...]) -> Path:
    import hashlib

    name = "\0".join((str(python), *options))
    return store / "venv-templates" / hashlib.sha256(os.fsencode(name)).hexdigest()[:32]


def kept_template(python: Path, store: Path, options: tuple[str, ...]) -> Template | None:
    """What an environment of this interpreter holds, if one was made before."""
    try:
        data = _template_path(python, store, options).read_bytes()
        stamp, template = decode_as(data, kind=_KIND, schema=_SCHEMA)
    except (OSError, DxError, ValueError):
        return None
    return template if stamp == _stamp(python, options) else None


def _make(python: Path, store: Path, options: tuple[str, ...]) -> Template:
    base = store / "tmp" / f"venv-{os.getpid()}"
    home = base / PLACEHOLDER
    kept = tuple(option for option in options if option != "--clear")
    try:
        base.mkdir(parents=True, exist_ok=True)
        _run_venv(python, home, kept)
        template = _capture(home)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    entry = [_stamp(python, options), template]
    path = _template_path(python, store, options)
    save(path, encode(Artifact(_KIND, _SCHEMA, entry)), store=store)
    return template


def _capture(home: Path) -> Template:
    folders: list[str] = []
    links: list[list[str]] = []
    files: list[list[Any]] = []
    for folder, subfolders, names in os.walk(home):
        subfolders.sort()
        for name in sorted([*subfolders, *names]):
            path = Path(folder) / name
            relative = path.relative_to(home).as_posix()
            if path.is_symlink():
                links.append([relative, str(path.readlink())])
            elif path.is_dir():
                folders.append(relative)
            else:
                mode = path.stat().st_mode & 0o777
                files.append([relative, mode, path.read_bytes()])
    return {"home": str(home), "folders": folders, "links": links, "files": files}


def _instantiate(template: Template, target: Path) -> None:
    """What is there already is replaced, as by venv; other files stay."""
    base = str(target)
    try:
        os.makedirs(base, exist_ok=True)  # noqa: PTH103
        for folder in template["folders"]:
            path = f"{base}/{folder}"
            if not os.path.isdir(path):  # noqa: PTH112
                os.mkdir(path)  # noqa: PTH102
        for link, points_to in template["links"]:
            _replace_link(f"{base}/{link}", points_to)
        home, name = os.fsencode(template["home"]), os.fsencode(target.name)
        for relative, mode, data in template["files"]:
            own = data.replace(home, os.fsencode(base)).replace(PLACEHOLDER.encode(), name)
            _write(f"{base}/{relative}", own, mode)
    except OSError as error:
        raise EnvironmentProblemError(f"cannot make '{target}': {error.strerror}") from None


def _replace_link(path: str, points_to: str) -> None:
    try:
        os.symlink(points_to, path)  # noqa: PTH211
    except FileExistsError:
        if not os.path.islink(path) and os.path.isdir(path):  # noqa: PTH112, PTH114
            return
        os.unlink(path)  # noqa: PTH108
        os.symlink(points_to, path)  # noqa: PTH211


def _write(path: str, data: bytes, mode: int) -> None:
    if os.path.islink(path):  # noqa: PTH114
        os.unlink(path)  # noqa: PTH108
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)

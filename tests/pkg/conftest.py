"""Wheels built on the spot, folders of them as indexes, environments to install into."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import dx_py.pkg
from dx_py.pkg.commands.main import pip
from dx_py.pkg.commands.venv import venv
from tests.pkg.scenarios import of_extra

if "DX_PKG_NATIVE" in os.environ:  # `make sanitize-pkg`
    sys.path.insert(0, os.environ["DX_PKG_NATIVE"])
    import _native

    sys.modules["dx_py.pkg._native"] = _native
    dx_py.pkg._native = _native


def record_hash(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest}"


def write_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    python: str = "",
    files: Mapping[str, str] | None = None,
    entry_points: str = "",
    tags: str = "py3-none-any",
) -> Path:
    """A real wheel; without ``files`` it holds one module that knows its version."""
    stem = f"{name.replace('-', '_')}-{version}"
    module = name.replace("-", "_")
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Python: {python}"] if python else []
    metadata += [f"Requires-Dist: {each}" for each in requires]
    for extra, needs in (extras or {}).items():
        metadata.append(f"Provides-Extra: {extra}")
        metadata += [f"Requires-Dist: {of_extra(need, extra)}" for need in needs]
    contents = {
        path: text.encode()
        for path, text in (files or {f"{module}.py": f"version = {version!r}\n"}).items()
    }
    info = f"{stem}.dist-info"
    contents[f"{info}/METADATA"] = "\n".join([*metadata, "", ""]).encode()
    contents[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tags}\n"
    ).encode()
    if entry_points:
        contents[f"{info}/entry_points.txt"] = entry_points.encode()
    rows = [(path, record_hash(data), len(data)) for path, data in contents.items()]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*rows, (f"{info}/RECORD", "", "")])
    contents[f"{info}/RECORD"] = text.getvalue().encode()
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{stem}-{tags}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, data in contents.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return wheel


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Env:
    """A virtual environment and ``dx-py pip`` on it."""

    folder: Path
    links: Path
    run: Callable[..., Answer]

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.folder / "lib" / version / "site-packages"

    def install(self, *words: str) -> Answer:
        return self.run(
            "install", "--python", str(self.folder), "--no-index", "-f", str(self.links), *words
        )

    def pip(self, word: str, *words: str) -> Answer:
        return self.run(word, "--python", str(self.folder), *words)

    def freeze(self) -> list[str]:
        return self.pip("freeze").out.split()

    def execute(self, code: str) -> str:
        done = subprocess.run(
            [self.python, "-c", code], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def tree(self) -> dict[str, bytes | str]:
        """Every file and link of the environment but for our own notes and bytecode."""
        found: dict[str, bytes | str] = {}
        for path in sorted(self.folder.rglob("*")):
            relative = path.relative_to(self.folder).as_posix()
            if relative.startswith(".dx-py") or "__pycache__" in relative:
                continue
            if path.is_symlink():
                found[relative] = str(path.readlink())
            elif path.is_file():
                found[relative] = path.read_bytes()
        return found


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, store: Path, tmp_path: Path) -> None:
    """Nothing of the user's configuration, and no network by accident."""
    for name in set(os.environ) - {"DX_PORTABLE"}:
        if name.startswith(("PIP_", "UV_", "DX_")) or name in ("VIRTUAL_ENV", "NETRC"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("DX_CACHE_DIR", str(store))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    def run(*words: str) -> Answer:
        capsys.readouterr()
        status = pip(list(words))
        captured = capsys.readouterr()
        return Answer(status, captured.out, captured.err)

    return run


@pytest.fixture
def links(tmp_path: Path) -> Path:
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


@pytest.fixture
def wheel(links: Path) -> Callable[..., Path]:
    def wheel(name: str, version: str = "1.0", **more: object) -> Path:
        return write_wheel(links, name, version, **more)  # type: ignore[arg-type]

    return wheel


@pytest.fixture
def env(tmp_path: Path, links: Path, run: Callable[..., Answer]) -> Env:
    folder = tmp_path / "env"
    assert venv(["--without-pip", "--python", sys.executable, str(folder)]) == 0
    return Env(folder, links, run)

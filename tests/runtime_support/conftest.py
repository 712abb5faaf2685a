"""Runs the same program under ``python`` and under ``dx-py run --compile=all``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
#: What the tests' own surroundings may set and the two interpreters must not see.
HIDDEN = ("PYTHON", "DX_")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a user sees of a run; ``stats`` is what DX-Py says of it."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder of files to run, with a store and a file for statistics beside it."""

    launcher: Path
    interpreter: str
    folder: Path
    store: Path
    stats: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def python(self, *arguments: str, **options: str) -> Outcome:
        return self._run([self.interpreter, *arguments], options)

    def dx_py(self, *arguments: str, mode: str = "all", **options: str) -> Outcome:
        options = {
            "DX_COMPILE": mode,
            "DX_CACHE_DIR": str(self.store),
            "DX_STATS": str(self.stats),
            "DX_STRICT": "1",
            **options,
        }
        return self._run(
            [str(self.launcher), "--python", self.interpreter, *arguments], options
        )

    def on_a_terminal(self, *arguments: str, **options: str) -> tuple[int, str]:
        """Exit status of ``dx-py``, and what the terminal showed."""
        return self.show([self.launcher, "--python", self.interpreter, *arguments], **options)

    def show(self, command: Sequence[str | Path], **options: str) -> tuple[int, str]:
        """Exit status of a command, and what a terminal of its own showed of it."""
        ours, theirs = os.openpty()
        kept = {key: os.environ[key] for key in ("HOME", "PATH") if key in os.environ}
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=kept | options,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # Linux: the other end is closed
            pass
        os.close(ours)
        return process.wait(), shown.decode().replace("\r\n", "\n")

    def counts(self) -> str:
        """The statistics of the last process that ended."""
        return self.stats.read_text().splitlines()[-1].partition("\t")[2]

    def _run(self, command: Sequence[str], options: dict[str, str]) -> Outcome:
        kept = {key: os.environ[key] for key in os.environ if not key.startswith(HIDDEN)}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=kept | options,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=120,
        )
        return Outcome(done.returncode, _comparable(done.stdout), _comparable(done.stderr))


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with nothing installed: what its site-packages import would hide what we do."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    return str(scripts / Path(sys.executable).name)


@pytest.fixture
def bench(interpreter: str, tmp_path: Path) -> Bench:
    folder = tmp_path / "work"
    folder.mkdir()
    return Bench(LAUNCHER, interpreter, folder, tmp_path / "store", tmp_path / "stats")


#: What of the library the programs import: compiled once, not by each test.
LIBRARY = """
import codeop, copy, importlib.abc, importlib.resources, importlib.util, inspect, pickle
import multiprocessing.forkserver, multiprocessing.pool, multiprocessing.spawn
import multiprocessing.resource_tracker, pkgutil, runpy, traceback, zipfile
"""


@pytest.fixture(scope="session")
def library_store(interpreter: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the code of a part of the library, to be copied."""
    folder = tmp_path_factory.mktemp("library")
    bench = Bench(LAUNCHER, interpreter, folder, folder / "store", folder / "stats")
    bench.store.mkdir(mode=0o700)
    for _ in range(2):  # without and with .pyc files
        bench.dx_py("-X", "frozen_modules=on", "-c", LIBRARY)
    return bench.store


@pytest.fixture
def same(bench: Bench, library_store: Path) -> Callable[..., Outcome]:
    """Asserts that both do the same, first without and then with .pyc files and artifacts."""
    shutil.copytree(library_store, bench.store)

    def compare(*arguments: str, **options: str) -> Outcome:
        cold, warm = (bench.python(*arguments, **options) for _ in range(2))
        for cache in bench.folder.rglob("__pycache__"):
            shutil.rmtree(cache)
        assert bench.dx_py(*arguments, **options) == cold
        assert bench.dx_py(*arguments, **options) == warm
        return warm

    return compare


def _comparable(text: str) -> str:
    """Without what differs between two runs of one program: addresses of objects, pids."""
    return re.sub(r"\b0x[0-9a-f]{6,}|\b1[0-9]{14}\b", "ADDRESS", text)

"""A store of its own for every test, and trees of modules to compile."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dx_py.artifacts.store import ArtifactStore


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path / "store"))
    return ArtifactStore(tmp_path / "store")


@pytest.fixture
def dxc(store):
    """Runs dxc as a user does."""

    def run(*words, cwd=None):
        command = [sys.executable, "-I", "-m", "dx_py.driver.dxc", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, cwd=cwd)

    return run


@pytest.fixture
def write_tree():
    """``count`` modules in packages of ten, each with a function of its own."""

    def write(folder, count):
        for number in range(count):
            package = folder / f"package{number // 10}"
            package.mkdir(parents=True, exist_ok=True)
            (package / "__init__.py").touch()
            (package / f"module{number}.py").write_text(
                f"def function{number}(x):\n    return x + {number}\n"
            )
        return folder

    return write

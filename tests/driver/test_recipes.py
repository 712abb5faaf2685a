"""The recipes in docs/dxc/recipes build a tree, and again when it changed, and only then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from dx_py.artifacts.ninja import find_ninja

RECIPES = Path(__file__).parents[2] / "docs" / "dxc" / "recipes"
#: Older than any clock tick in which a test edits something.
PAST = 1_000_000_000


def age(folder: Path) -> None:
    """Make everything equally old, so that the next edit is newer on any clock."""
    for place in [*folder.rglob("*"), folder]:
        os.utime(place, (PAST, PAST))


@pytest.fixture(params=["make", "ninja", "cmake"])
def build(request, store, tmp_path: Path) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Runs the build tool on a copy of its recipe, beside a tree of two modules."""
    tools = {
        "make": shutil.which("make"),
        "ninja": find_ninja(),
        "cmake": shutil.which("cmake"),
    }
    if tools[request.param] is None:
        pytest.skip(f"{request.param} is not installed")
    work = tmp_path / "work"
    shutil.copytree(RECIPES, work)
    for name in ("shop/__init__.py", "shop/cart.py"):
        (work / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (work / "src" / name).write_text("x = 1\n")
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [str(word) for word in words]
        return subprocess.run(
            command, cwd=work, env=environment, capture_output=True, text=True
        )

    if request.param == "cmake":
        ninja = find_ninja()
        made = run("cmake", "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}", "-B", "out")
        assert made.returncode == 0, made.stderr

    def once() -> subprocess.CompletedProcess[str]:
        if request.param == "make":
            return run("make")
        words = {"ninja": ("-f", "compile.ninja"), "cmake": ("-C", "out")}[request.param]
        return run(find_ninja(), *words)

    return once


def compiled(tmp_path: Path) -> set[str]:
    """Names of the modules in the folder that is shipped."""
    (listed,) = (tmp_path / "work").rglob("modules.txt")
    return {line.split()[0] for line in listed.read_text().splitlines()}


def stamp(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "work").rglob("compiled.stamp")
    return found


def test_a_tree_is_built_again_when_it_changed(build, tmp_path: Path) -> None:
    source = tmp_path / "work" / "src" / "shop"
    done = build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert compiled(tmp_path) == {"shop/__init__.py", "shop/cart.py"}

    def rebuilds() -> bool:
        done = build()
        assert done.returncode == 0, done.stdout + done.stderr
        rebuilt = stamp(tmp_path).stat().st_mtime != PAST
        age(tmp_path / "work")
        return rebuilt

    age(tmp_path / "work")
    assert not rebuilds()
    (source / "cart.py").write_text("x = 2\n")
    assert rebuilds()
    (source / "added.py").write_text("x = 3\n")
    assert rebuilds()
    assert "shop/added.py" in compiled(tmp_path)
    (source / "added.py").unlink()
    assert rebuilds()
    assert compiled(tmp_path) == {"shop/__init__.py", "shop/cart.py"}
    assert not rebuilds()


def test_a_build_with_an_error_fails_until_it_is_gone(build, tmp_path: Path) -> None:
    module = tmp_path / "work" / "src" / "shop" / "cart.py"
    module.write_text("x = (\n")
    for _ in range(2):
        failed = build()
        assert failed.returncode != 0
        assert "SyntaxError: '(' was never closed" in failed.stdout + failed.stderr
    module.write_text("x = ()\n")
    assert build().returncode == 0

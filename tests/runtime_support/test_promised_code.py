"""Code of level 3 is used where it is asked for, and never written to a .pyc."""

from __future__ import annotations

import os

import pytest

from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.compilation import Compiler
from dx_py.driver.dxc.modules import Module

pytestmark = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1", reason="--compile=all needs the native front end"
)

SOURCE = "from typing import Final\nX: Final = 1\ndef f(): return X\n"
#: Tells the levels apart by what level 3 does not promise.
BREAK = "import module; module.X = 2; print(module.f())"


@pytest.fixture
def compiled(bench):
    """A bench whose store holds its module at level 3."""
    path = bench.write("module.py", SOURCE)
    script = bench.write("script.py", SOURCE + "globals()['X'] = 2\nprint(f())\n")
    compiler = Compiler(ArtifactStore(bench.store), optimize=3)
    for file in (path, script):
        assert compiler.compile(Module(file, file.name)).error is None
    return bench


def test_level_3_is_used_when_it_is_asked_for(compiled) -> None:
    assert compiled.dx_py("-B", "-c", BREAK, DX_OPTIMIZE="3").output == "1\n"
    assert compiled.dx_py("-B", "script.py", DX_OPTIMIZE="3").output == "1\n"


@pytest.mark.parametrize(
    ("mode", "level", "words"), [("all", "", []), ("auto", "3", []), ("all", "3", ["-O"])]
)
def test_otherwise_it_is_not(compiled, mode: str, level: str, words: list[str]) -> None:
    ran = compiled.dx_py("-B", *words, "-c", BREAK, mode=mode, DX_OPTIMIZE=level)
    assert ran.output == "2\n"


def test_it_is_never_written_to_a_pyc(compiled) -> None:
    outputs = [compiled.dx_py("-c", BREAK, DX_OPTIMIZE="3").output for _ in range(2)]
    assert outputs == ["2\n", "1\n"]  # the first run wrote the usual code
    assert compiled.python("-c", BREAK).output == "2\n"


def test_a_module_without_it_runs_the_usual_code(compiled) -> None:
    compiled.write("module.py", SOURCE + "\n# Edited.\n")
    assert compiled.dx_py("-B", "-c", BREAK, DX_OPTIMIZE="3").output == "2\n"

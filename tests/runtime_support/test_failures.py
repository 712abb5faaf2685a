"""What fails inside the runtime costs the program nothing, and is told under ``--stats``."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
DIVISION = "ZeroDivisionError: division by zero"


@pytest.fixture
def breaking(bench):
    """Adds text to a module of a copied runtime; gives the environment that starts it."""
    home = bench.folder.parent / "copy" / "dx_py"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "runtime_support", home / "runtime_support", ignore=ignored)
    shutil.copytree(CHECKOUT / "artifacts", home / "artifacts", ignore=ignored)
    (home / "frontend").mkdir()
    for extension in (CHECKOUT / "frontend").glob("_ast.*"):
        shutil.copy(extension, home / "frontend")
    (bench.store / "v1" / "actions").mkdir(mode=0o700, parents=True)

    def add(module: str, text: str) -> dict[str, str]:
        with (home / "runtime_support" / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")
        bootstrap = str(home / "runtime_support" / "bootstrap")
        return {"PYTHONPATH": bootstrap, "DX_CACHE_DIR": str(bench.store)}

    return add


@pytest.mark.parametrize("stats", ["", "1"])
def test_a_store_that_cannot_be_opened(breaking, bench, stats: str) -> None:
    bench.write("module.py", "print('here')")
    environment = breaking("code_cache.py", "1 / 0")
    ran = bench.python("-B", "-c", "import module", DX_STATS=stats, **environment)
    assert (ran.status, ran.output) == (0, "here\n")
    told = f"dx-py: opening the store failed: {DIVISION}\n"
    assert ran.errors.startswith(told) if stats else ran.errors == ""


@pytest.mark.skipif(os.environ.get("DX_PORTABLE") == "1", reason="needs the native front end")
@pytest.mark.parametrize("stats", ["", "1"])
def test_a_main_script_that_cannot_be_claimed(breaking, bench, stats: str) -> None:
    bench.write("program.py", "print('here')")
    environment = breaking("main_script.py", "def _read_source(path): 1 / 0")
    environment |= {"DX_COMPILE": "all", "DX_STATS": stats}
    ran = bench.python("program.py", **environment)
    assert (ran.status, ran.output) == (0, "here\n")
    told = f"dx-py: compiling the main script failed: {DIVISION}\n"
    assert ran.errors.startswith(told) if stats else ran.errors == ""


@pytest.mark.skipif(os.environ.get("DX_PORTABLE") == "1", reason="needs the native front end")
@pytest.mark.parametrize("stats", ["", "1"])
def test_code_that_cannot_be_compared(breaking, bench, stats: str) -> None:
    bench.write("module.py", "print('here')")
    bench.python("-c", "import module")
    failing = "def _fails(*anything): 1 / 0\nPipeline.code_of = _fails"
    environment = breaking("pipeline.py", failing)
    environment |= {"DX_COMPILE": "all", "DX_STATS": stats}
    ran = bench.python("-c", "import module", **environment)
    assert (ran.status, ran.output) == (0, "here\n")
    told = f"module.py' failed: {DIVISION}\n"
    assert told in ran.errors if stats else ran.errors == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("stats", ["", "1"])
@pytest.mark.parametrize(
    ("module", "what"), [("names", "the hint of 'names'"), ("report", "hinting")]
)
def test_hints_that_fail(breaking, bench, module: str, what: str, stats: str) -> None:
    environment = breaking(f"hints/{module}.py", "1 / 0") | {"DX_STATS": stats}
    status, shown = bench.show([bench.interpreter, "-c", "missing"], **environment)
    assert status == 1
    assert "NameError: name 'missing' is not defined\n" in shown
    assert (f"dx-py: {what} failed: {DIVISION}\n" in shown) == bool(stats)
    assert stats or shown.endswith("defined\n")

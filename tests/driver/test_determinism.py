"""Same input, same bytes: in other folders, under other hash seeds, with other references."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = random.Random(7).sample(sorted(LIBRARY.glob("*.py")), 25)

#: Compiles after making other references to what code objects are likely to hold.
PROGRAM = """
import sys
count = int(sys.argv.pop())
held = [[None, True, "", (), b"", "self", "__name__", 0, 1, i] for i in range(count)]
interned = [sys.intern(f"name{i}") for i in range(count)]
from dx_py.driver.dxc.command import main
main(sys.argv[1:])
"""


def compiled(tree, store, seed, references, engine="process"):
    """The name of every artifact that compiling ``tree`` makes."""
    environment = {**os.environ, "DX_CACHE_DIR": str(store), "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PROGRAM, "--engine", engine, str(tree), str(references)]
    subprocess.run(command, env=environment, check=True)
    return sorted(path.parent.name + path.name for path in store.glob("v1/objects/*/*"))


def test_the_same_modules_make_the_same_artifacts(tmp_path):
    first, second = tmp_path / "first", tmp_path / "a longer name" / "second"
    first.mkdir()
    for path in SAMPLE:
        shutil.copy(path, first)
    shutil.copytree(first, second)
    runs = [
        compiled(tree, tmp_path / f"store{number}", seed, number * 100, engine)
        for number, (tree, seed, engine) in enumerate(
            [
                (first, "0", "process"),
                (second, "1", "process"),
                (first, "4242", "ninja"),
            ]
        )
    ]
    assert runs[0] == runs[1] == runs[2]
    assert len(runs[0]) == 2 * len(SAMPLE)


def test_no_artifact_holds_a_path(tmp_path):
    tree = tmp_path / "a-name-of-its-own"
    tree.mkdir()
    (tree / "m.py").write_text("def f():\n    return __file__\n")
    compiled(tree, tmp_path / "store", "0", 0)
    for path in (tmp_path / "store").glob("v1/objects/*/*"):
        assert b"a-name-of-its-own" not in path.read_bytes()

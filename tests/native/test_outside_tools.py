"""perf and gdb show Python names for native code, where that is asked for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dx_py.backend.llvm.elf import ElfObject
from dx_py.runtime_support.native_symbols import symbol_file, symbol_name

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"

PROGRAM = """
import os, sys
def work(n):
    t = 0.0
    for i in range(n):
        t += i * 0.5
    return t
for _ in range(6):
    work(10)
sys.stdout.write(f"{os.getpid()}\\n")
sys.stdout.flush()
if len(sys.argv) > 1:
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        work(20)
        os._exit(0)
    os.wait()
"""


@pytest.fixture
def program(tmp_path):
    tmp_path.chmod(0o700)
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def environment(folder, **settings):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
    return kept | {"DX_JIT": "sync", "DX_CACHE_DIR": str(folder / "store")} | settings


def run(program, *words, **settings):
    done = subprocess.run(
        [LAUNCHER, "--python", sys.executable, program, *words],
        env=environment(program.parent, **settings),
        capture_output=True,
        text=True,
        check=True,
        timeout=1000,
    )
    assert done.stderr == ""
    return [int(line) for line in done.stdout.split()]


def taken(process):
    path = Path(f"/tmp/perf-{process}.map")
    text = path.read_text(encoding="utf-8")
    path.unlink()
    return text


@pytest.mark.skipif(sys.platform != "linux", reason="perf is Linux's")
def test_the_map_for_perf_names_each_piece_of_code(program):
    parent, child = run(program, "fork", DX_PERF_MAP="1")
    (line,) = taken(parent).splitlines()
    address, size, name = re.fullmatch(r"([0-9a-f]+) ([0-9a-f]+) (.+)", line).groups()
    assert int(address, 16) % 4096 == 0
    assert int(size, 16) % 4096 == 0
    assert name == f"py::work:{program}"
    assert taken(child) == f"{line}\n"


def test_without_the_setting_there_is_no_map(program):
    (process,) = run(program)
    assert not Path(f"/tmp/perf-{process}.map").exists()


def test_the_symbol_file_is_an_object_with_one_function():
    elf = ElfObject(symbol_file("py::f:x.py", 0x7F0000001000, 8192, "x86_64"))
    assert [section.name for section in elf.sections] == [
        "",
        ".text",
        ".symtab",
        ".strtab",
        ".shstrtab",
    ]
    assert (elf.symbols[1].name, elf.symbols[1].section) == ("py::f:x.py", 1)


def test_names_stay_on_their_line():
    code = compile("1", "a\nb\tc", "eval").replace(co_qualname="f\x1b")
    assert symbol_name(code) == "py::f?:a?b?c"


@pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")
def test_gdb_knows_native_code_by_its_name(program):
    python = os.path.realpath(sys.executable)
    commands = ["set breakpoint pending on", "break _exit", "run", "info functions ^py::"]
    words = [word for command in commands for word in ("-ex", command)]
    plan = subprocess.run(
        [LAUNCHER, "--dx-plan", "--python", sys.executable, program],
        env=environment(program.parent, DX_GDB="1"),
        capture_output=True,
        text=True,
        check=True,
        timeout=1000,
    ).stdout
    settings = dict(
        line.removeprefix("set: ").split("=", 1)
        for line in plan.splitlines()
        if line.startswith("set: ")
    )
    done = subprocess.run(
        [
            "gdb",
            "-nx",
            "-batch",
            "-iex",
            "set debuginfod enabled off",
            *words,
            "--args",
            python,
            program,
        ],
        env=environment(program.parent, DX_GDB="1", **settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=1000,
    )
    if "ptrace" in done.stderr:
        pytest.skip("gdb may not trace here")
    # It shows ".py" as it would a part of an Ada name.
    assert f"py::work:{program.with_suffix('')}" in done.stdout, done.stdout + done.stderr

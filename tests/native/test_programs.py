"""Whole programs under ``dx-py``, ``DX_JIT=sync``: the same output, hot from the store."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"

#: The shape of the benchmarks game's n-body program: floats in lists in tuples in a list.
PLANETS = """
import sys

SYSTEM = [
    ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 39.5),
    ([4.84, -1.16, -0.10], [0.6, 2.8, -0.02], 0.037),
    ([8.34, 4.12, -4.03], [-1.01, 1.8, 0.008], 0.011),
]
PAIRS = [(a, b) for i, a in enumerate(SYSTEM) for b in SYSTEM[i + 1:]]


def advance(dt, n, bodies=SYSTEM, pairs=PAIRS):
    for i in range(n):
        for ([x1, y1, z1], v1, m1), ([x2, y2, z2], v2, m2) in pairs:
            dx = x1 - x2
            dy = y1 - y2
            dz = z1 - z2
            mag = dt * ((dx * dx + dy * dy + dz * dz) ** -1.5)
            v1[0] -= dx * m2 * mag
            v1[1] -= dy * m2 * mag
            v1[2] -= dz * m2 * mag
            v2[0] += dx * m1 * mag
            v2[1] += dy * m1 * mag
            v2[2] += dz * m1 * mag
        for r, [vx, vy, vz], m in bodies:
            r[0] += dt * vx
            r[1] += dt * vy
            r[2] += dt * vz


def energy(bodies=SYSTEM, e=0.0):
    for r, [vx, vy, vz], m in bodies:
        e += m * (vx * vx + vy * vy + vz * vz) / 2.0
    return e


for _ in range(6):
    advance(0.01, 50)
    print(energy().hex(), [x.hex() for body in SYSTEM for x in body[0]])
compilers = ("llvmlite", "msgpack", "ply", "dx_py.ir", "dx_py.passes", "dx_py.backend")
print([name for name in sys.modules if name.startswith(compilers)])
"""


@pytest.fixture
def program(tmp_path):
    tmp_path.chmod(0o700)
    path = tmp_path / "planets.py"
    path.write_text(PLANETS, encoding="utf-8")
    return path


def run(program, *command, **settings):
    hidden = ("PYTHON", "DX_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    stats = program.parent / "stats"
    stats.unlink(missing_ok=True)
    settings = {
        "DX_CACHE_DIR": str(program.parent / "store"),
        "DX_STATS": str(stats),
    } | settings
    done = subprocess.run(
        [*command, str(program)],
        env=kept | settings,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert done.stderr == ""
    return done.stdout, stats.read_text() if stats.exists() else ""


def dx_py(program, mode="sync"):
    return run(program, str(LAUNCHER), "--python", sys.executable, DX_JIT=mode)


def test_the_second_process_takes_its_code_from_the_store(program):
    expected, _ = run(program, sys.executable)
    first, told = dx_py(program)
    assert first == expected
    assert "2 functions compiled, 0 from the store" in told
    second, told = dx_py(program)
    assert second == expected
    assert "0 functions compiled, 2 from the store" in told


def test_damaged_units_are_made_again(program):
    expected, _ = dx_py(program)
    for path in (program.parent / "store" / "v1" / "objects").rglob("*"):
        if path.is_file():
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
    kept = os.environ.copy()
    done = subprocess.run(
        [str(LAUNCHER), "--python", sys.executable, str(program)],
        env=kept | {"DX_CACHE_DIR": str(program.parent / "store"), "DX_JIT": "sync"},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert done.stdout == expected
    assert "was damaged: thrown away" in done.stderr
    _, told = dx_py(program)
    assert "2 from the store" in told


def test_it_is_off_when_told(program):
    output, told = dx_py(program, "0")
    assert output == run(program, sys.executable)[0]
    assert "native" not in told
    assert "compiled" not in told


def test_without_a_worker_the_program_runs_interpreted(program):
    expected, _ = run(program, sys.executable)
    output, told = run(
        program,
        str(LAUNCHER),
        "--python",
        sys.executable,
        DX_JIT="sync",
        DX_WORKER_PYTHON="/bin/false",
    )
    assert output == expected
    assert "3 requests failed" in told


AGAIN = """
class Point:
    def __init__(self, x):
        self.x = x

def size(things):
    return len(things) if things else None

def show(thing):
    return thing.__class__

for n in range(1, 6):
    print(Point(n).x, size({n, 2}), size(frozenset()), size(bytearray(n)), show(OSError(n)))
"""


def test_what_needs_attributes_made_at_the_first_call_comes_from_the_store(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "again.py"
    program.write_text(AGAIN, encoding="utf-8")
    expected, _ = run(program, sys.executable)
    first, _ = dx_py(program)
    second, told = dx_py(program)
    assert (first, second) == (expected, expected)
    assert "dx-py: 0 functions compiled, 3 from the store" in told


def test_instructions_that_stay_interpreted_are_counted(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "planets.py"
    program.write_text(PLANETS, encoding="utf-8")
    counts = [interpreted(program, tmp_path / str(n), n) for n in (0, 1000)]
    assert 0 < counts[1] < counts[0]


def interpreted(program, file, limit):
    settings = {"DX_JIT_COUNT": str(file), "DX_JIT_LIMIT": str(limit)}
    run(program, LAUNCHER, "--python", sys.executable, DX_JIT="sync", **settings)
    (line,) = file.read_text().splitlines()
    return int(line.split("\t")[1])


LOGINS = """
import sys

class Login:
    def __init__(self, text):
        self.text = text

    @property
    def both(self):
        text = self.text
        name, colon, secret = text.partition(":")
        if not colon:
            secret = None
        return name, secret

    @property
    def secret(self):
        return self.both[1]

class Other(Login):
    pass

def get(login):
    return login.secret

for n in range(5):
    for cls in Login, Other:
        print(get(cls("User")), sys.getrefcount(get(cls("User:" + str(20241122 + n)))))
"""


def test_an_item_outlives_its_tuple_where_two_ways_meet(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "logins.py"
    program.write_text(LOGINS, encoding="utf-8")
    printed, _ = dx_py(program)
    assert printed == "None 1\n" * 10


MISSING = """
class Names(dict):
    def __missing__(self, name):
        return len(name)

add = eval("lambda n: four + five_ + n", Names())
print([add(n) for n in range(6)])
"""


def test_names_that_a_subclass_of_dict_makes_up_are_found(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "missing.py"
    program.write_text(MISSING, encoding="utf-8")
    printed, told = dx_py(program)
    assert printed == "[9, 10, 11, 12, 13, 14]\n"
    assert "global names are kept in a subclass of dict" in told


@pytest.mark.parametrize("rate", ["1", "7"])
def test_a_program_whose_guards_fail_at_random_does_the_same(program, rate):
    expected, _ = run(program, sys.executable)
    command = LAUNCHER, "--python", sys.executable
    stressed, told = run(program, *command, DX_JIT="sync", DX_JIT_STRESS=rate)
    assert stressed == expected
    assert "2 functions compiled" in told


IMPORTING = """
import colorsys, keyword, token

print(token.__name__)
"""


def test_functions_of_the_import_system_get_native_code_where_that_is_asked_for(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "importing.py"
    program.write_text(IMPORTING, encoding="utf-8")
    expected, _ = run(program, sys.executable)
    few, many = (compiled_functions(program, expected, asked) for asked in "01")
    assert few < many


def compiled_functions(program, expected, asked):
    command = LAUNCHER, "--python", sys.executable
    cache = str(program.parent / asked)
    settings = {"DX_JIT": "sync", "DX_JIT_IMPORTS": asked, "DX_CACHE_DIR": cache}
    ours, told = run(program, *command, **settings)
    assert ours == expected
    return int(re.search(r"dx-py: (\d+) functions compiled", told)[1])


BRANCHES = """
def choose(kind, value):
    total = value
    for _ in range(9):
        {branches}
    return total

for kind in range(8):
    print(sum(choose(kind, number) for number in range(300)))
"""


def test_a_function_with_many_branches_goes_on_being_sampled(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "branches.py"
    branches = (f"if kind == {kind}:\n            total += {kind}" for kind in range(8))
    program.write_text(BRANCHES.format(branches="\n        ".join(branches)), encoding="utf-8")
    expected, _ = run(program, sys.executable)
    ours, told = dx_py(program)
    assert ours == expected
    assert "left native code too often" not in told

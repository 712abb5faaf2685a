"""What a second process pays for its native code: 1,000 functions from the store.

    python bench/runtime/second_process.py [ROUNDS]

A generated program calls each of its functions a few times: numbers in a loop, attributes and
methods of a class, globals and builtins, lists. The first process has them compiled
(``DX_JIT=sync``); later ones, under ``DX_JIT=1``, load all of them at their second calls.
Printed is the CPU time of these calls, beside the same under ``DX_JIT=0``; a function that was
not loaded, or a module of the compiler among those imported, is an error.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
FUNCTIONS = 1000
#: Modules none of which a program may ever see because of us.
COMPILER = ("llvmlite", "dx_py", "msgpack", "cffi")

SHAPES = (
    """
def f{n}(n):
    t = 0.5
    for i in range(n):
        t = t * 0.5 + i * {n}
    return t
""",
    """
def f{n}(n):
    p = Point(n, {n})
    for i in range(n):
        p.x += p.dot(p) % 7
    return p.x + p.y
""",
    """
def f{n}(n):
    xs = [i * {n} for i in range(n)]
    t = 0
    for x in xs:
        t += abs(x) & 255
    return t + len(xs)
""",
    """
def f{n}(n):
    if n < 2:
        return n + {n}
    return f{n}(n - 1) + LIMIT
""",
)

HEAD = """
import json, sys, time

LIMIT = 5

class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def dot(self, other):
        return self.x * other.x + self.y * other.y
"""

TAIL = """
functions = [f for name, f in sorted(globals().items()) if name[1:].isdigit()]
calls = 8 if "--fill" in sys.argv else 2
seconds = []
for _ in range(calls):
    start = time.process_time()
    for function in functions:
        function(3)
    seconds.append(time.process_time() - start)
print(json.dumps([seconds[1], sorted(sys.modules)]))
"""


def write_program(folder: Path) -> None:
    shapes = (SHAPES[n % len(SHAPES)].format(n=n) for n in range(FUNCTIONS))
    (folder / "functions.py").write_text(HEAD + "".join(shapes) + TAIL, encoding="utf-8")


def run(folder: Path, jit: str, *arguments: str) -> tuple[float, list[str], int]:
    """Seconds of the second calls, the modules, and how many functions came from the store."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DX_"))}
    report = folder / "report.txt"
    settings = {"DX_JIT": jit, "DX_CACHE_DIR": str(folder / "store"), "DX_STATS": str(report)}
    report.unlink(missing_ok=True)
    done = subprocess.run(
        [LAUNCHER, "--python", sys.executable, "functions.py", *arguments],
        cwd=folder,
        env=kept | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, modules = json.loads(done.stdout)
    told = re.search(r"(\d+) from the store", report.read_text() if report.exists() else "")
    return seconds, modules, int(told[1]) if told else 0


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_program(folder)
        run(folder, "sync", "--fill")
        plain, native = [], []
        for _ in range(rounds):
            plain.append(run(folder, "0")[0])
            seconds, modules, stored = run(folder, "1")
            native.append(seconds)
            found = [m for m in modules if m.split(".")[0] in COMPILER]
            if found or stored < FUNCTIONS:
                raise SystemExit(f"{stored} functions from the store, imported: {found}")
        one, other = statistics.median(plain) * 1e3, statistics.median(native) * 1e3
        print(f"{FUNCTIONS} functions: {other:.2f} ms, interpreted {one:.2f} ms")
        print(f"loading: {other - one:.2f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

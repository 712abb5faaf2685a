"""Native code in programs that fork, exec, are interrupted, traced, or end in its midst.

Each program is run by python, then by dx-py with an empty store and with a filled one: what it
writes and how it ends is the same.
"""

from __future__ import annotations

import re
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.native.observing import run_program

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
ROOT = Path(__file__).resolve().parents[2]

HOT = """
import os, signal, sys, threading, time

def work(n):
    t = 0.0
    for i in range(n):
        t += i * 0.5
    return t

class Point:
    def __init__(self, x):
        self.x = x
    def moved(self, by):
        return Point(self.x + by)

def walk(n):
    p = Point(0)
    for i in range(n):
        p = p.moved(i)
    return p.x

def warm():
    for _ in range(6):
        work(10), walk(10)

warm()
"""
#: Observed programs under DX_JIT=1: under ``sync`` all of pdb would be compiled first.
HOTTER = HOT.replace("range(6)", "range(600)")

PROGRAMS = {
    "fork": """
children = []
for number in range(3):
    child = os.fork()
    if child == 0:
        def fresh(n):
            return work(n) + walk(n) + number
        for _ in range(5):
            fresh(20)
        sys.stdout.write(f"{number} {fresh(100)}\\n")
        sys.stdout.flush()
        os._exit(number)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), work(50), walk(50), flush=True)
""",
    "exec": """
print(walk(100), flush=True)
if os.environ.get("AGAIN") != "yes":
    os.environ["AGAIN"] = "yes"
    def leave(n):
        if n > 8:
            os.execv(sys.executable, [sys.executable, *sys.argv])
        return n + 1
    n = 0
    while True:
        n = leave(n)
""",
    "threads": """
def run(number):
    scope = {}
    source = "def f(a, b):\\n    t = 0\\n    for i in range(a):\\n        t += i * b"
    exec(f"{source}\\n    return t + {number}", scope)
    for _ in range(30):
        last = scope["f"](50, 0.5) + walk(30) + work(30)
    results[number] = last

results = {}
threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results.items()))
""",
    "signal in a native loop": """
def stop(number, frame):
    raise TimeoutError(number)

def forever(n):
    t = 0
    if n:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
    while n:
        t = (t + n) % 1000003
        if t < 0:
            break
    return t

def bounded(n):
    t = 0
    while n:
        t = (t + n) % 1000003
        n -= 1
    return t

for _ in range(6):
    forever(0), bounded(5)
signal.signal(signal.SIGALRM, stop)
for _ in range(3):
    try:
        forever(1)
    except TimeoutError as error:
        print(error, error.__traceback__.tb_next.tb_frame.f_code.co_name)
print(bounded(1000))
""",
    "keyboard interrupt": """
def forever(n, begin):
    begin()
    while n:
        n += 1
    return n

for _ in range(6):
    forever(0, int)
# A job in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
begun = threading.Lock()
begun.acquire()

def interrupt():
    begun.acquire()
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt).start()
try:
    forever(1, begun.release)
except KeyboardInterrupt as error:
    last = error.__traceback__.tb_next
    line = last.tb_lineno - forever.__code__.co_firstlineno
    print("interrupted", last.tb_frame.f_code.co_name, line in (1, 2, 3), work(20))
""",
    "_exit below native frames": """
class Leaver:
    def __add__(self, other):
        sys.stdout.write("leaving\\n")
        sys.stdout.flush()
        os._exit(7)

def add(a, b):
    return a + b

for _ in range(6):
    add(1, 2)
add(Leaver(), 1)
""",
    "shutdown with native frames on other threads": """
def forever():
    while True:
        work(1000), walk(100)

for _ in range(3):
    threading.Thread(target=forever, daemon=True).start()
time.sleep(0.05)
print("done", work(100))
""",
    "exception at exit": """
import atexit
atexit.register(lambda: print("bye", walk(30)))
def fail(x):
    return 1 / x
for _ in range(6):
    fail(2)
fail(0)
""",
    "hot while the interpreter ends": """
def late(x, y=1):
    return x + y
class Late:
    def __init__(self):
        self.call = late
    def __del__(self):
        for _ in range(6):
            self.call(2)
sys.late = Late()
print("end")
""",
    "recursion": """
def down(n):
    return 0 if n == 0 else 1 + down(n - 1)
for _ in range(6):
    down(10)
try:
    down(10 ** 6)
except RecursionError as error:
    print(error)
print(down(500))
""",
    "classes and functions that go away": """
import gc, weakref
def make():
    class Local:
        def get(self):
            return 1
    def use(o):
        return o.get()
    for _ in range(6):
        use(Local())
    return weakref.ref(Local), weakref.ref(use)
refs = make()
gc.collect()
print([ref() for ref in refs], work(10))
""",
    "globals that change while threads run": """
factor = 2
def scaled(x):
    return x * factor
def change():
    global factor
    for number in range(50):
        factor = 2
stop = False
def run():
    total = 0
    for i in range(200):
        total += scaled(i)
    totals.append(total)
totals = []
threads = [threading.Thread(target=run) for _ in range(4)] + [threading.Thread(target=change)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(totals)
""",
}

OBSERVED = {
    "settrace": """
seen = []
def trace(frame, event, argument):
    if frame.f_code.co_name in ("work", "moved"):
        seen.append((frame.f_code.co_name, event, frame.f_lineno))
    return trace
sys.settrace(trace)
work(3), walk(2)
sys.settrace(None)
print(seen, work(5))
""",
    "setprofile": """
seen = []
sys.setprofile(lambda frame, event, argument: seen.append((frame.f_code.co_name, event)))
work(3), walk(2)
sys.setprofile(None)
print(seen)
""",
    "settrace begun by a callee": """
seen = []
def trace(frame, event, argument):
    seen.append((frame.f_code.co_name, event, frame.f_lineno))
    return trace
def begin(on):
    if on:
        sys.settrace(trace)
    return 1
def outer(on):
    t = begin(on)
    t += walk(2)
    return t
for _ in range(6):
    outer(False)
outer(True)
sys.settrace(None)
print(seen)
""",
    "cProfile": """
import cProfile, pstats, io
profile = cProfile.Profile()
profile.runcall(walk, 50)
stats = pstats.Stats(profile, stream=io.StringIO())
print(sorted((name, calls[0]) for (_, _, name), calls in stats.stats.items()))
""",
    "pdb": """
import io, pdb
words = "break work|continue|next|next|p n|where|clear 1|continue|"
commands = io.StringIO(words.replace("|", "\\n"))
pdb.Pdb(stdin=commands, stdout=sys.stdout, nosigint=True).runcall(work, 3)
print(work(4))
""",
    "monitoring": """
tool, events = sys.monitoring.COVERAGE_ID, sys.monitoring.events
sys.monitoring.use_tool_id(tool, "test")
seen = []
sys.monitoring.register_callback(tool, events.LINE, lambda code, line: seen.append(line))
sys.monitoring.set_local_events(tool, work.__code__, events.LINE)
work(2)
sys.monitoring.set_local_events(tool, work.__code__, 0)
sys.monitoring.free_tool_id(tool)
print(seen, [sys.monitoring.get_tool(number) for number in range(6)])
""",
}


def check(folder, source, mode):
    folder.chmod(0o700)
    (folder / "program.py").write_text(source, encoding="utf-8")
    expected = run_program([sys.executable], folder)
    ours = [LAUNCHER, "--python", sys.executable]
    for _ in range(2):
        settings = {"DX_JIT": mode, "DX_CACHE_DIR": str(folder / "store")}
        assert run_program(ours, folder, **settings) == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_as_under_python(tmp_path, name):
    check(tmp_path, HOT + PROGRAMS[name], "sync")


@pytest.mark.parametrize("name", OBSERVED)
@pytest.mark.parametrize("mode", ["0", "1"])
def test_an_observed_program_is_seen_as_under_python(tmp_path, name, mode):
    check(tmp_path, HOTTER + OBSERVED[name], mode)


SUBINTERPRETERS = {
    "_xxsubinterpreters": """
import _xxsubinterpreters as sub
number = sub.create()
sub.run_string(number, SOURCE + "print(work(10), walk(10), flush=True)")
sub.destroy(number)
""",
    "one that shares the lock": """
import _xxsubinterpreters as sub
number = sub.create(isolated=False)
sub.run_string(number, SOURCE + "print(work(10), walk(10), flush=True)")
sub.destroy(number)
""",
    "one beside native code, with a lock of its own": """
import _xxsubinterpreters as sub
ended = False
def run():
    global ended
    number = sub.create()
    sub.run_string(number, SOURCE + '''
class Moved(Point):
    pass
for number in range(300):
    p = Point(number)
    p.__class__ = Moved
    warm()
''')
    sub.destroy(number)
    ended = True
thread = threading.Thread(target=run)
thread.start()
totals = set()
while not ended:
    def fresh(n):
        return work(n) + Point(n).moved(1).x
    totals.add(fresh(50) + walk(50))
thread.join()
print(totals)
""",
}


@pytest.mark.parametrize("name", SUBINTERPRETERS)
def test_a_subinterpreter_runs_without_native_code(tmp_path, name):
    source = f"{HOT}\nSOURCE = {HOT!r}\n{SUBINTERPRETERS[name]}\nprint(work(10), walk(10))\n"
    check(tmp_path, source, "sync")


def other_version(folder):
    """A copy of what runs in the user's process, whose native code has another version."""
    home = folder / "dx_py"
    shutil.copytree(ROOT / "runtime_support", home / "runtime_support")
    units = home / "runtime_support" / "native_units.py"
    text = units.read_text(encoding="utf-8")
    changed = re.sub(r"^VERSION = \d+$", "VERSION = 0", text, flags=re.MULTILINE)
    assert changed != text
    units.write_text(changed, encoding="utf-8")
    return home


def test_two_versions_share_a_store(tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "program.py").write_text(HOT + "print(work(50), walk(50))", encoding="utf-8")
    counts = {}
    for home in (ROOT, other_version(tmp_path)) * 2:
        status, output, told = run_program(
            [sys.executable],
            tmp_path,
            PYTHONPATH=str(home / "runtime_support" / "bootstrap"),
            DX_JIT="sync",
            DX_CACHE_DIR=str(tmp_path / "store"),
            DX_WORKER_PYTHON=sys.executable,
            DX_STATS="1",
        )
        assert (status, output) == (0, "612.5 1225\n")
        compiled, stored = re.search(r"(\d+) functions compiled, (\d+) from", told).groups()
        counts.setdefault(home, []).append((int(compiled), int(stored)))
    for (first, found), (again, stored) in counts.values():
        assert (found, again) == (0, 0)
        assert first > 0
        assert stored > 0

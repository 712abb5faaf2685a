"""A program on a store under faults: its own output, no crash, no hang, one line at most.

``make test`` runs a small sample; ``make faults-artifacts`` sets DX_FAULT_RUNS to 500.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import Digest, digest
from dx_py.artifacts.store import ArtifactStore

resource = pytest.importorskip("resource")  # a POSIX module, as these faults are
pytestmark = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1", reason="keeps nothing without the native front end"
)

RUNS = int(os.environ.get("DX_FAULT_RUNS", "8"))
POSITIONS = min(max(3, RUNS // 10), 25)
#: Under DX_JIT=sync the loop gets native code: a third kind of artifact beside tree and code.
MODULE = """
def work(count):
    total = 0
    for number in range(count):
        total += number * number % {number}
    return total
"""
PROGRAM = """
import {names}
print({calls})
"""


@pytest.fixture
def program(bench):
    names = [f"module{number}" for number in range(3)]
    for number, name in enumerate(names):
        bench.write(f"{name}.py", MODULE.format(number=number + 2))
    calls = ", ".join(f"{name}.work(5000)" for name in names)
    bench.write("program.py", PROGRAM.format(names=", ".join(names), calls=calls))
    return bench


def run(bench, *, jit: str = "0", **settings: str):
    """As a user would: no statistics, and no end where our parser errs."""
    settings = {"DX_STATS": "", "DX_STRICT": "", "DX_JIT": jit} | settings
    return bench.dx_py("-B", "program.py", **settings)


def assert_sound(root: Path) -> None:
    store = ArtifactStore(root, report=pytest.fail)
    for path in root.glob("v1/objects/*/*"):
        assert digest(path.read_bytes()) == path.parent.name + path.name
    for path in root.glob("v1/actions/*/*"):
        assert store.lookup(Digest(path.parent.name + path.name))


def kinds(root: Path) -> dict[str, list[Path]]:
    """Files of the store: actions, and artifacts by their kind."""
    found: dict[str, list[Path]] = {"action": sorted(root.glob("v1/actions/*/*"))}
    for path in sorted(root.glob("v1/objects/*/*")):
        head = path.read_bytes()[9:40]
        kind = next(kind for kind in (b"native-unit", b"ast", b"code") if kind in head[:16])
        found.setdefault(kind.decode(), []).append(path)
    return found


def damages(data: bytes, chance: random.Random):
    """Truncated, and with a bit flipped, at sampled positions."""
    for _ in range(POSITIONS):
        yield data[: chance.randrange(len(data))]
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        yield bytes(changed)


@pytest.mark.parametrize("kind", ["action", "ast", "code", "native-unit"])
def test_a_damaged_file_is_found_and_made_again(program, kind: str) -> None:
    chance = random.Random(RUNS)
    jit = "sync" if kind == "native-unit" else "0"
    expected = program.python("-B", "program.py").output
    assert run(program, jit=jit).output == expected
    files = kinds(program.store)
    if kind == "native-unit" and kind not in files:
        pytest.skip("no native tier on this machine")
    path = chance.choice(files[kind])
    whole = path.read_bytes()
    for data in damages(whole, chance):
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        ran = run(program, jit=jit)
        assert (ran.status, ran.output) == (0, expected)
        assert ran.errors.count("\n") <= 1
        assert ran.errors == "" or ran.errors.startswith("dx-py: artifact ")
        if kind != "code" and path.exists() and path.read_bytes() == data:
            path.write_bytes(whole)  # nothing read it: a tree, while there is code
        assert_sound(program.store)


def test_killed_programs_leave_a_sound_store(program) -> None:
    chance = random.Random(RUNS)
    expected = program.python("-B", "program.py").output
    begun = time.monotonic()
    assert run(program).output == expected
    whole = time.monotonic() - begun
    environ = {key: os.environ[key] for key in ("HOME", "PATH") if key in os.environ}
    environ |= {"DX_CACHE_DIR": str(program.store), "DX_COMPILE": "all"}
    command = [program.launcher, "--python", program.interpreter, "-B", "program.py"]
    for turn in range(RUNS):
        for path in [*program.store.glob("v1/objects/*/*"), *program.store.glob("v1/ac*/*/*")]:
            if chance.random() < 0.5:
                path.unlink()
        process = subprocess.Popen(
            command,
            cwd=program.folder,
            env=environ,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0.0, 1.1) * whole)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if turn % 5 == 0:
            assert run(program).output == expected
            assert_sound(program.store)
    assert run(program).output == expected
    assert_sound(program.store)


def test_eight_programs_at_once(program) -> None:
    expected = program.python("-B", "program.py").output
    environ = {key: os.environ[key] for key in ("HOME", "PATH") if key in os.environ}
    environ |= {"DX_CACHE_DIR": str(program.store), "DX_COMPILE": "all", "DX_JIT": "sync"}
    command = [program.launcher, "--python", program.interpreter, "-B", "program.py"]
    processes = [
        subprocess.Popen(
            command,
            cwd=program.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(8)
    ]
    assert [process.communicate()[0] for process in processes] == [expected] * 8
    assert_sound(program.store)


@pytest.fixture
def mount(program):
    """Mounts at the store, where the system lets us."""
    if shutil.which("mount") is None:
        pytest.skip("mounting is not possible here")
    program.store.mkdir(mode=0o700, exist_ok=True)

    def mount_there(*options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", program.store]
        if subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("mounting is not permitted here")

    yield mount_there
    while subprocess.run(["umount", program.store], capture_output=True).returncode == 0:
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("size=40k", "mode=700"), "No space left"),
        (("ro", "mode=700"), "Read-only file system"),
    ],
    ids=["full", "read_only"],
)
def test_a_store_that_takes_nothing(program, mount, options, reason: str) -> None:
    mount(*options)
    expected = program.python("-B", "program.py").output
    for _ in range(2):
        ran = run(program)
        assert (ran.status, ran.output, ran.errors) == (0, expected, "")
    assert_sound(program.store)
    run(program, DX_STATS=str(program.stats))
    assert f"the store cannot be written ({reason}" in program.counts()

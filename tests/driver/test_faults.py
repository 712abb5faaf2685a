"""A store under faults: never a wrong result, a crash or a hang; one line says what was done.

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

import pytest

from dx_py.artifacts.artifact import Digest, digest
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.compilation import Compiler
from dx_py.driver.dxc.engines import Request, compile_modules
from dx_py.driver.dxc.modules import find_modules

resource = pytest.importorskip("resource")  # a POSIX module, as most of these faults are

RUNS = int(os.environ.get("DX_FAULT_RUNS", "8"))
POSITIONS = min(max(3, RUNS // 10), 20)
DEADLINE = 120
DXC = (sys.executable, "-I", "-m", "dx_py.driver.dxc", "--engine")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    for number in range(16):
        body = (
            f"def f{number}(a, *b, c={number}, **d):\n    return [a, b, c, d, {number!r} * 9]\n"
        )
        (folder / f"m{number}.py").write_text(body * (number % 5 + 1))
    return folder


@pytest.fixture(scope="module")
def truth(tree, tmp_path_factory):
    """What every run must give: module -> digests."""
    return compiled(ArtifactStore(tmp_path_factory.mktemp("truth")), tree)


def compiled(store, tree, engine="process"):
    modules = find_modules([tree])
    request = Request([tree], modules, optimize=0, jobs=2, engine=engine, verbose=False)
    outcomes = compile_modules(store, request)
    assert not any(outcome.error for outcome in outcomes)
    compiler = Compiler(store, optimize=0)
    return {
        outcome.module.name: outcome.digests | scopes_of(compiler, outcome.module)
        for outcome in outcomes
    }


def scopes_of(compiler, module):
    scopes = compiler.compile(module, shown="symbols").symbols
    assert digest(scopes.read()) == scopes.digest
    return {"symbols": scopes.digest}


def assert_sound(root, tree, truth):
    """Every name in the store is that of its content, and every action gives the truth."""
    for path in root.glob("v1/objects/*/*"):
        assert digest(path.read_bytes()) == path.parent.name + path.name
    lines = []
    store = ArtifactStore(root, report=lines.append)
    for path in root.glob("v1/actions/*/*"):
        assert store.lookup(Digest(path.parent.name + path.name))
    assert compiled(store, tree) == truth
    assert lines == []
    assert_found_by_source(store, tree, truth)


def assert_found_by_source(store, tree, truth):
    compiler = Compiler(store, optimize=0)
    for module in find_modules([tree]):
        action = compiler.source_action(digest(module.path.read_bytes()))
        assert store.lookup(action) == truth[module.name]["code"]
        assert store.get(truth[module.name]["code"])


def start(tree, root, engine, **more):
    return subprocess.Popen(
        [*DXC, engine, tree],
        env={**os.environ, "DX_CACHE_DIR": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def finish(process):
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return out, err


def lose_some(root, random):
    """So that the next run has something to write."""
    for path in [*root.glob("v1/*/??/*"), *root.glob("v1/builds/*/*.ptr")]:
        if random.random() < 0.5:
            path.unlink()


def test_killed_runs_leave_a_sound_store(tree, truth, tmp_path):
    chance = random.Random(RUNS)
    root = tmp_path / "store"
    begun = time.monotonic()
    finish(start(tree, root, "ninja"))
    whole = time.monotonic() - begun
    for run in range(RUNS):
        lose_some(root, chance)
        engine = chance.choice(["ninja", "process"])
        process = start(tree, root, engine, start_new_session=True)
        time.sleep(chance.uniform(0.2, 1.1) * whole)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if run % 5 == 0:
            assert_sound(root, tree, truth)
    assert_sound(root, tree, truth)
    assert compiled(ArtifactStore(root), tree, "ninja") == truth


WRITER = """
import itertools, sys
from dx_py.artifacts.artifact import Artifact, digest, encode
from dx_py.artifacts.stat_index import StatIndex
from dx_py.artifacts.store import ArtifactStore
from pathlib import Path
store = ArtifactStore(sys.argv[1])
index = StatIndex(store)
status = Path(sys.argv[1]).parent.stat()
print("ready", flush=True)
for number in itertools.count(int(sys.argv[2])):
    data = encode(Artifact("sample", 1, [number, b"x" * (number % 7000)]))
    store.record(digest(b"%d" % number), store.put(data))
    index.record(status, digest(b"same"), read_at=10**19)
"""


def test_a_writer_killed_at_any_moment_leaves_whole_files(tmp_path):
    chance = random.Random(RUNS)
    root = tmp_path / "store"
    for run in range(RUNS):
        command = [sys.executable, "-c", WRITER, str(root), str(run * 1000)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.communicate()
    store = ArtifactStore(root, report=pytest.fail)
    for path in root.glob("v1/objects/*/*"):
        assert digest(path.read_bytes()) == path.parent.name + path.name
    for path in root.glob("v1/actions/*/*"):
        result = store.lookup(Digest(path.parent.name + path.name))
        assert store.get(result) is not None


@pytest.mark.parametrize("engine", ["ninja", "process"])
def test_eight_processes_at_once_agree(tree, truth, tmp_path, engine):
    root = tmp_path / "store"
    for process in [start(tree, root, engine) for _ in range(8)]:
        assert finish(process) == ("", "")
    assert_sound(root, tree, truth)


@pytest.fixture(scope="module")
def filled(tree, truth, tmp_path_factory):
    root = tmp_path_factory.mktemp("filled") / "store"
    finish(start(tree, root, "ninja"))
    assert_sound(root, tree, truth)
    return root


def damages(path, chance):
    """The file truncated, and with a bit flipped, at sampled positions."""
    data = path.read_bytes()
    for _ in range(POSITIONS):
        yield data[: chance.randrange(len(data))]
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        yield bytes(changed)


@pytest.mark.parametrize("kind", ["objects", "actions", "stat"])
def test_a_damaged_file_is_found_and_made_again(tree, truth, filled, tmp_path, kind):
    chance = random.Random(RUNS)
    paths = sorted(path for path in filled.glob(f"v1/{kind}/**/*") if path.is_file())
    for path in chance.sample(paths, min(len(paths), POSITIONS)):
        for data in damages(path, chance):
            root = shutil.copytree(filled, tmp_path / "store", dirs_exist_ok=True)
            place = root / path.relative_to(filled)
            place.unlink()
            place.write_bytes(data)
            lines = []
            store = ArtifactStore(root, report=lines.append)
            assert compiled(store, tree) == truth
            for digests in truth.values():
                for name in digests.values():
                    store.get(name)
            assert len(lines) <= 1, lines
            assert_sound(root, tree, truth)


def test_damaged_files_of_a_build_are_made_again(tree, truth, filled, tmp_path, monkeypatch):
    chance = random.Random(RUNS)
    paths = sorted(path for path in filled.glob("v1/builds/**/*") if path.is_file())
    root = shutil.copytree(filled, tmp_path / "store")
    monkeypatch.setenv("DX_CACHE_DIR", str(root))
    for path in chance.sample(paths, min(len(paths), POSITIONS)):
        if path.stat().st_size == 0:
            continue
        for data in damages(path, chance):
            (root / path.relative_to(filled)).write_bytes(data)
            assert compiled(ArtifactStore(root, report=pytest.fail), tree, "ninja") == truth


@pytest.mark.parametrize("engine", ["ninja", "process"])
def test_a_file_that_cannot_grow_is_one_line(tree, truth, tmp_path, engine):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

    root = tmp_path / "store"
    _, err = finish(start(tree, root, engine, preexec_fn=limit))
    assert len(err.splitlines()) == 1
    assert "computing without storing" in err
    assert_sound(root, tree, truth)


@pytest.fixture
def mount(tmp_path):
    """Mounts at a folder, where the system lets us."""
    places = []

    def mount_at(place, *options):
        place.mkdir(exist_ok=True)
        if subprocess.run(["mount", *options, place], capture_output=True).returncode != 0:
            pytest.skip("mounting is not permitted here")
        if place not in places:
            places.append(place)

    if shutil.which("mount") is None:
        pytest.skip("mounting is not possible here")
    yield mount_at
    for place in reversed(places):
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("engine", ["ninja", "process"])
def test_a_full_disk_is_one_line(tree, truth, tmp_path, mount, engine):
    disk = tmp_path / "disk"
    mount(disk, "-t", "tmpfs", "-o", "size=100k,mode=700", "tmpfs")
    _, err = finish(start(tree, disk / "store", engine))
    assert len(err.splitlines()) == 1
    assert "is on a full disk: computing without storing" in err
    for path in disk.glob("store/v1/objects/*/*"):
        assert digest(path.read_bytes()) == path.parent.name + path.name
    lines = []
    assert compiled(ArtifactStore(disk / "store", report=lines.append), tree) == truth
    assert len(lines) == 1


@pytest.mark.parametrize("engine", ["ninja", "process"])
def test_a_read_only_store_is_read(tree, truth, filled, tmp_path, mount, engine):
    root = tmp_path / "store"
    mount(root, "--bind", str(filled))
    mount(root, "-o", "remount,bind,ro")
    assert finish(start(tree, root, engine))[1].count("\n") <= 1
    lines = []
    store = ArtifactStore(root, report=lines.append)
    assert compiled(store, tree) == truth
    assert lines == []


def test_an_empty_read_only_store_is_one_line(tree, truth, tmp_path, mount):
    root = tmp_path / "store"
    mount(root, "-t", "tmpfs", "-o", "ro,mode=700", "tmpfs")
    lines = []
    assert compiled(ArtifactStore(root, report=lines.append), tree, "auto") == truth
    assert len(lines) == 1
    assert "is read-only: computing without storing" in lines[0]


@pytest.mark.parametrize("engine", ["ninja", "process"])
def test_a_store_others_can_write_to_is_left_alone(tree, filled, tmp_path, engine):
    root = shutil.copytree(filled, tmp_path / "store")
    root.chmod(0o777)
    before = sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*"))
    _, err = finish(start(tree, root, engine))
    assert len(err.splitlines()) == 1
    assert "group or others may write" in err
    assert sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*")) == before

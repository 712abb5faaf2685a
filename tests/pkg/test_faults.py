"""Kills, full disks and company at the moment when the launcher changes an environment."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest

from dx_py.pkg.install import native

from .conftest import write_wheel

LAUNCHER = str(Path(sysconfig.get_path("scripts")) / "dx-py")
#: `make conformance-pkg` raises it to 300.
KILLS = int(os.environ.get("DX_PKG_KILLS", "12"))

pytestmark = pytest.mark.skipif(
    native.library() is None or Path(LAUNCHER).read_bytes()[:2] == b"#!",
    reason="no native launcher here",
)


def wide(name, more=""):
    return {f"{name}/m{index}.py": "" for index in range(150)} | {f"{name}/__init__.py": more}


@pytest.fixture
def wheels(links):
    write_wheel(links, "app", files=wide("app"), requires=["lib"],
                entry_points="[console_scripts]\napp = app:main\n")  # fmt: skip
    write_wheel(links, "lib", files=wide("lib"))


class Work:
    """A command that leads from one state of an environment to another."""

    def __init__(self, env, words, back):
        self.env = env
        self.words = [LAUNCHER, "pip", *words]
        self.back = back
        self.old = env.tree()
        start = time.perf_counter()
        assert subprocess.run(self.words, check=False).returncode == 0
        self.seconds = time.perf_counter() - start
        self.new = env.tree()
        assert self.old != self.new
        self.go_back()

    def go_back(self):
        """For the command to be answered without Python, it must have been done once before."""
        self.back()
        assert self.env.tree() == self.old

    def settle(self):
        """What the next command finds."""
        assert self.env.pip("check").status == 0
        found = self.env.tree()
        assert found in (self.old, self.new)
        return found


def words_of(kind, env, tmp_path):
    where = ["-q", "-p", str(env.folder)]
    source = ["--no-index", "-f", str(env.links)]
    pins = tmp_path / "pins.txt"
    pins.write_text("app==1.0\nlib==1.0\n")
    if kind == "uninstall":
        return ["uninstall", "-y", *where, "app", "lib"]
    return ["sync", *where, *source, str(pins)] if kind == "sync" else [
        "install", *where, *source, "app"]  # fmt: skip


@pytest.fixture(params=["install", "sync", "uninstall"])
def work(request, env, wheels, tmp_path):
    install = ["pip", *words_of("install", env, tmp_path)]
    if request.param == "uninstall":
        env.install("app")
        return Work(env, words_of("uninstall", env, tmp_path), lambda: put_back(install))
    words = words_of(request.param, env, tmp_path)
    env.run(*words)
    env.pip("uninstall", "-y", "app", "lib")
    return Work(env, words, lambda: env.pip("uninstall", "-y", "app", "lib"))


def put_back(install):
    subprocess.run([LAUNCHER, *install], check=True)


def test_it_needs_no_python(work):
    """Or else these tests would be about something else."""
    assert native.answer(work.words[1:]).status == 0
    assert work.env.tree() == work.new


def test_a_kill_at_any_moment_leaves_old_or_new(work):
    chance = random.Random(5)
    met = set()
    for _ in range(KILLS):
        process = subprocess.Popen(work.words, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.0, work.seconds))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if work.settle() == work.new:
            met.add("new")
            work.go_back()


@pytest.fixture(scope="session")
def full_disk(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None or os.uname().sysname != "Linux":
        pytest.skip("needs a C compiler and LD_PRELOAD")
    library = tmp_path_factory.mktemp("preload") / "full_disk.so"
    source = Path(__file__).with_name("full_disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.parametrize("renames", ["0", "1"])
@pytest.mark.parametrize("space", [0, 1, 3, 5, 160, 312, 319])
def test_a_disk_that_fills_leaves_old_or_new(work, full_disk, space, renames):
    variables = {"LD_PRELOAD": str(full_disk), "DX_TEST_SPACE": str(space)}
    done = subprocess.run(
        work.words, capture_output=True, text=True, check=False,
        env=os.environ | variables | {"DX_TEST_RENAMES": renames},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert (done.returncode == 0) == (work.settle() == work.new)


def test_two_at_once_leave_one_environment(work):
    processes = [subprocess.Popen(work.words) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert work.settle() == work.new


def test_undo_restores_byte_for_byte(work):
    subprocess.run(work.words, check=True)
    assert work.env.pip("undo").status == 0
    assert work.env.tree() == work.old

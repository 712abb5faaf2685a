"""Changes to an environment are whole or not at all, and can be taken back."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from dx_py.pkg.install import transaction as module
from dx_py.pkg.install.transaction import begin, recover, undo

#: `make conformance-pkg` raises it to 300.
KILLS = int(os.environ.get("DX_PKG_KILLS", "12"))


class PowerCutError(BaseException):
    """Stands for the end of the process: nothing may catch it."""


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if ".dx-py" not in path.parts
    }


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "a.py").write_text("old a")
    (folder / "shared").mkdir()
    (folder / "shared" / "kept.py").write_text("kept")
    (folder / "replaced.py").write_text("before")
    return folder


def change(folder):
    with begin(folder / ".dx-py") as transaction:
        transaction.remove([str(folder / "old")])
        staged = transaction.stage(folder)
        (staged / "shared").mkdir()
        (staged / "shared" / "new.py").write_text("new")
        (staged / "fresh").mkdir()
        (staged / "fresh" / "b.py").write_text("b")
        (staged / "replaced.py").write_text("after")


CHANGED = {
    "fresh": None, "fresh/b.py": b"b", "replaced.py": b"after", "shared": None,
    "shared/kept.py": b"kept", "shared/new.py": b"new",
}  # fmt: skip


def test_a_commit_does_all_of_it(site):
    change(site)
    assert content(site) == CHANGED


def test_undo_restores_byte_for_byte(site):
    before = content(site)
    change(site)
    undo(site / ".dx-py")
    assert content(site) == before


def test_an_error_changes_nothing(site):
    before = content(site)

    def fail():
        with begin(site / ".dx-py") as transaction:
            (transaction.stage(site) / "x.py").write_text("x")
            raise PowerCutError

    with pytest.raises(PowerCutError):
        fail()
    assert content(site) == before


@pytest.mark.parametrize("step", range(4))
def test_a_cut_at_any_rename_is_recovered(site, monkeypatch, step):
    before = content(site)
    done = 0
    real = os.rename

    def rename(source, target):
        nonlocal done
        if done == step:
            raise PowerCutError
        done += 1
        real(source, target)

    monkeypatch.setattr(module.os, "rename", rename)
    monkeypatch.setattr(module, "recover", lambda state: False)
    with pytest.raises(PowerCutError):
        change(site)
    monkeypatch.undo()
    assert done == step
    assert recover(site / ".dx-py")
    assert content(site) == before


def test_recovery_that_is_cut_short_can_be_repeated(site, monkeypatch):
    before = content(site)
    change(site)
    (site / ".dx-py" / "undo").rename(site / ".dx-py" / "txn")
    real = os.rename
    calls = []

    def rename(source, target):
        if len(calls) == 2:
            raise PowerCutError
        calls.append(source)
        real(source, target)

    monkeypatch.setattr(module.os, "rename", rename)
    with pytest.raises(PowerCutError):
        recover(site / ".dx-py")
    monkeypatch.undo()
    recover(site / ".dx-py")
    assert content(site) == before


def test_undo_refuses_what_was_changed_since(site):
    change(site)
    shutil.rmtree(site / "fresh")
    with pytest.raises(module.EnvironmentProblemError, match="was changed since"):
        undo(site / ".dx-py")


def test_nothing_to_undo_is_said(env):
    answer = env.pip("undo")
    assert answer.status == 1
    assert "nothing to undo" in answer.err


def test_undo_of_an_upgrade_by_command(env, wheel):
    wheel("app", "1.0")
    env.install("app")
    before = env.tree()
    wheel("app", "2.0")
    env.install("--upgrade", "app")
    assert env.pip("undo").out == "app: 2.0 -> 1.0\n"
    assert env.tree() == before


def command(env, *words):
    return [
        sys.executable, "-I", "-m", "dx_py.driver", "pip", *words, "--python", str(env.folder),
    ]  # fmt: skip


def install_words(env, *words):
    return ["install", "-q", "--no-index", "-f", str(env.links), *words]


def test_kill_at_any_moment_leaves_old_or_new(env, wheel):
    """After each kill the next command finds all of one state."""
    wide = {f"app/m{index}.py": "" for index in range(200)} | {"app/__init__.py": ""}
    for version in ("1.0", "2.0"):
        wheel("app", version, files=wide | {f"only_{version[0]}.py": ""}, requires=["lib"])
    wheel("lib", "1.0", files={"lib.py": ""})
    env.install("app==1.0")
    states = {"1.0": env.tree()}
    env.install("app==2.0")
    states["2.0"] = env.tree()
    chance = random.Random(4)
    for round_number in range(KILLS):
        wanted = "1.0" if round_number % 2 else "2.0"
        process = subprocess.Popen(
            command(env, *install_words(env, f"app=={wanted}")), stderr=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.1, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert env.pip("check").status == 0
        assert env.tree() in (states["1.0"], states["2.0"])


def test_two_installs_at_once_both_happen(env, wheel):
    for name in ("one", "two"):
        wheel(name, files={f"{name}/m{index}.py": "" for index in range(100)})
    processes = [
        subprocess.Popen(command(env, *install_words(env, name))) for name in ("one", "two")
    ]
    assert [process.wait() for process in processes] == [0, 0]
    assert env.freeze() == ["one==1.0", "two==1.0"]


def test_two_installs_at_once_do_not_leave_two_versions(env, wheel):
    """Each resolves against what is there when its turn has come."""
    for version in ("1.0", "2.0"):
        wheel("lib", version, files={f"lib/m{index}.py": "" for index in range(100)})
    processes = [
        subprocess.Popen(command(env, *install_words(env, f"lib=={version}")))
        for version in ("1.0", "2.0")
    ]
    assert [process.wait() for process in processes] == [0, 0]
    assert len(list(env.site.glob("lib-*.dist-info"))) == 1


def test_a_change_cut_short_is_taken_back_by_whoever_looks_next(env, wheel):
    wheel("app")
    before = env.tree()
    env.install("app")
    state = env.folder / ".dx-py"
    (state / "undo").rename(state / "txn")
    assert env.freeze() == []
    assert env.tree() == before

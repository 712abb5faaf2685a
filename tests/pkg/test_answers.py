"""Kept answers: given again without Python only while nothing they rest on has changed."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from dx_py.pkg.commands.venv import venv
from dx_py.pkg.install import native

from .conftest import write_wheel

pytestmark = pytest.mark.skipif(native.library() is None, reason="no native code here")


def install_words(env, *words):
    return ["install", "-p", str(env.folder), "--no-index", "-f", str(env.links), *words]


def again(words):
    return native.answer(["pip", *words])


@pytest.fixture
def other(tmp_path):
    folder = tmp_path / "other"
    assert venv(["--without-pip", "--python", sys.executable, str(folder)]) == 0
    return folder


def in_other(words, env, other):
    return [str(other) if word == str(env.folder) else word for word in words]


def site_of(folder):
    return next((folder / "lib").glob("python*/site-packages"))


@pytest.fixture
def app(links):
    write_wheel(links, "app", requires=["lib"], entry_points="[console_scripts]\na = app:m\n")
    write_wheel(links, "lib")


def test_an_install_is_repeated_in_another_environment(env, app, other):
    words = install_words(env, "app")
    first = env.run(*words)
    assert first.out == "Successfully installed app-1.0 lib-1.0\n"
    assert again(in_other(words, env, other)) == (0, first.out, "")
    names = sorted(path.name for path in site_of(other).iterdir())
    assert names == sorted(
        path.name for path in env.site.iterdir() if path.name != "__pycache__"
    )
    assert str(other) in (other / "bin" / "a").read_text()
    assert (site_of(other) / "app-1.0.dist-info" / "REQUESTED").exists()
    assert not (site_of(other) / "lib-1.0.dist-info" / "REQUESTED").exists()


def test_a_satisfied_requirement_names_the_environment_it_is_in(env, app, other):
    words = install_words(env, "app")
    env.run(*words)
    env.run(*words)
    moved = in_other(words, env, other)
    assert again(moved).status == 0
    assert f"already satisfied: app in {site_of(other)} (1.0)" in again(moved).out


def test_an_undone_repetition_leaves_nothing(env, app, other):
    words = install_words(env, "app")
    env.run(*words)
    again(in_other(words, env, other))
    assert env.run("undo", "-p", str(other)).status == 0
    assert list(site_of(other).iterdir()) == []
    assert not (other / "bin" / "a").exists()


def newer_wheel(env, words, monkeypatch):
    write_wheel(env.links, "lib", "2.0")


def wheel_rebuilt(env, words, monkeypatch):
    path = next(env.links.glob("lib-*"))
    data = path.read_bytes()
    path.write_bytes(data)


def something_installed(env, words, monkeypatch):
    write_wheel(env.links.parent / "elsewhere", "third")
    env.run("install", "-q", "-p", words[2], "--no-index", "-f",
            str(env.links.parent / "elsewhere"), "third")  # fmt: skip


def setting(env, words, monkeypatch):
    monkeypatch.setenv("PIP_PRE", "1")


def store_emptied(env, words, monkeypatch):
    shutil.rmtree(Path(os.environ["DX_CACHE_DIR"]) / "v1" / "pkg" / "wheels")


def other_words(env, words, monkeypatch):
    words.append("--pre")


@pytest.mark.parametrize(
    "change",
    [newer_wheel, wheel_rebuilt, something_installed, setting, store_emptied, other_words],
)
def test_what_changed_is_left_to_python(env, app, other, change, monkeypatch):
    words = install_words(env, "app")
    env.run(*words)
    moved = in_other(words, env, other)
    change(env, moved, monkeypatch)
    assert again(moved) is None


@pytest.mark.parametrize(
    "more",
    [("--dry-run",), ("--refresh",), ("--target", "there"), ("--force-reinstall",), ("-vq",),
     ("--link-mode", "copy"), ("--json",)],
)  # fmt: skip
def test_with_some_options_nothing_is_kept(env, app, other, more, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = install_words(env, "app", *more)
    env.run(*words)
    assert again(in_other(words, env, other)) is None


def test_requirements_are_known_by_their_content(env, app, other, tmp_path):
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("app==1.0\n")
    two.write_text("app==1.0\n")
    words = install_words(env, "-r", str(one))
    env.run(*words)
    moved = in_other([*words[:-1], str(two)], env, other)
    two.write_text("lib==1.0\n")
    assert again(moved) is None
    two.write_text("app==1.0\n")
    assert again(moved).status == 0


@pytest.mark.parametrize(
    "line", ["-r more.txt", "-e .", "./app", "app @ file:///x", "${NAME}", "--find-links ."]
)
def test_files_that_lead_elsewhere_are_read_each_time(env, app, other, tmp_path, line):
    file = tmp_path / "reqs.txt"
    file.write_text("app==1.0\n")
    words = install_words(env, "-r", str(file))
    env.run(*words)
    file.write_text(f"app==1.0\n{line}\n")
    assert again(in_other(words, env, other)) is None


def test_an_upgrade_is_not_kept(env, app, other):
    env.run(*install_words(env, "app"))
    write_wheel(env.links, "app", "2.0")
    words = install_words(env, "-U", "app")
    assert "app-2.0" in env.run(*words).out
    assert again(in_other(words, env, other)) is None


def sync_words(env, tmp_path, text="app==1.0\nlib==1.0\n"):
    pins = tmp_path / "pins.txt"
    pins.write_text(text)
    return ["sync", "-p", str(env.folder), "--no-index", "-f", str(env.links), str(pins)]


def test_a_sync_is_repeated_and_then_known_to_be_done(env, app, other, tmp_path):
    words = sync_words(env, tmp_path)
    assert env.run(*words).out == " + app==1.0\n + lib==1.0\n"
    nothing = (0, "Audited: everything is as the files say\n", "")
    assert again(words) == nothing
    moved = in_other(words, env, other)
    assert again(moved).out == " + app==1.0\n + lib==1.0\n"
    assert again(moved) == nothing


def touch_metadata(env):
    os.utime(env.site / "app-1.0.dist-info" / "METADATA")


def edit_record(env):
    record = env.site / "app-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text().replace("app.py", "app.PY"))


def delete_info(env):
    shutil.rmtree(env.site / "lib-1.0.dist-info")


def add_package(env):
    (env.site / "new-1.0.dist-info").mkdir()


def add_pth(env):
    (env.site / "x.pth").write_text("")


def other_interpreter(env):
    python = env.folder / "bin" / "python"
    target = python.resolve()
    python.unlink()
    python.symlink_to(target)


def other_config(env):
    config = env.folder / "pyvenv.cfg"
    config.write_text(config.read_text() + "# edited\n")


def direct(env):
    (env.site / "app-1.0.dist-info" / "direct_url.json").write_text("{}")


@pytest.mark.parametrize(
    "change",
    [touch_metadata, edit_record, delete_info, add_package, add_pth, other_interpreter,
     other_config, direct],
)  # fmt: skip
def test_a_changed_environment_is_not_up_to_date(env, app, tmp_path, change):
    words = sync_words(env, tmp_path)
    env.run(*words)
    assert again(words).out.startswith("Audited")
    change(env)
    found = again(words)
    assert found is None or not found.out.startswith("Audited")


def test_a_changed_file_of_pins_is_not_up_to_date(env, app, tmp_path):
    words = sync_words(env, tmp_path)
    env.run(*words)
    sync_words(env, tmp_path, "app==1.0\n")
    assert again(words) is None


def compile_words(env, tmp_path):
    (tmp_path / "in.txt").write_text("app\n-c limits.txt\n")
    (tmp_path / "limits.txt").write_text("lib<9\n")
    return ["compile", "-p", str(env.folder), "--no-index", "-f", str(env.links),
            str(tmp_path / "in.txt"), "-o", str(tmp_path / "out.txt")]  # fmt: skip


def test_a_compilation_is_remembered(env, app, tmp_path):
    words = compile_words(env, tmp_path)
    first = env.run(*words)
    assert "lib==1.0" in first.out
    assert again(words) == (0, first.out, "")


def edit(name, text):
    def change(env, tmp_path):
        (tmp_path / name).write_text(text)

    return change


@pytest.mark.parametrize(
    "change",
    [edit("in.txt", "app>=1\n-c limits.txt\n"), edit("limits.txt", "lib<8\n"),
     edit("out.txt", "lib==0.9\n"), lambda env, tmp_path: (tmp_path / "out.txt").unlink(),
     lambda env, tmp_path: write_wheel(env.links, "lib", "3.0"),
     lambda env, tmp_path: other_config(env)],
)  # fmt: skip
def test_a_compilation_is_forgotten_with_what_it_read(env, app, tmp_path, change):
    words = compile_words(env, tmp_path)
    env.run(*words)
    change(env, tmp_path)
    assert again(words) is None


def test_an_answer_is_believed_no_longer_than_the_index_said(env, app, tmp_path, store):
    words = compile_words(env, tmp_path)
    env.run(*words)
    replies = max(
        (store / "v1" / "pkg" / "replies").glob("*/*"), key=lambda p: p.stat().st_mtime_ns
    )
    text = replies.read_bytes()
    for moment, is_known in ((time.time() + 60, True), (time.time() - 1, False)):
        replies.write_bytes(text.replace(b"E\0" + b"0", b"E\0%d" % moment, 1))
        assert (again(words) is not None) == is_known


@pytest.mark.parametrize("damage", [b"", b"DXANSWER1\0\n", b"W\0../../x\0x\x001\0\n", b"?\0\n"])
def test_a_damaged_answer_is_no_answer(env, app, other, store, damage):
    words = install_words(env, "app")
    env.run(*words)
    for path in (store / "v1" / "pkg" / "replies").glob("*/*"):
        text = path.read_bytes()
        path.write_bytes(text + damage if damage[:1] in (b"W", b"?") else damage)
    assert again(in_other(words, env, other)) is None
    assert list(site_of(other).iterdir()) == []

"""What the C code does is what Python does: executing plans, and answering commands."""

from __future__ import annotations

import os

import pytest

from dx_py.pkg.commands.main import pip
from dx_py.pkg.install import native, natively

from .conftest import write_wheel

pytestmark = pytest.mark.skipif(native.library() is None, reason="no native code here")

FILES = {
    "app/__init__.py": "",
    "app/deep/er/data.txt": "data",
    "app/a,b \"c\".txt": "quoted in RECORD",
    "app/é.txt": "not ASCII",
    "app-1.0.data/scripts/tool": "#!python\nprint('tool')\n",
    "app-1.0.data/scripts/plain.sh": "#!/bin/sh\necho plain\n",
    "app-1.0.data/data/share/app/page.html": "<p>",
    "app-1.0.data/headers/app.h": "int app;",
}  # fmt: skip
ENTRY_POINTS = "[console_scripts]\napp = app:main\napp-sub = app.deep : Main.run [extra]\n"


def answer(*words):
    return native.answer(list(words))


@pytest.fixture(autouse=True)
def bytecode(monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


@pytest.mark.parametrize("mode", ["auto", "copy"])
def test_both_executors_write_the_same(env, links, monkeypatch, mode):
    write_wheel(links, "app", files=FILES, entry_points=ENTRY_POINTS)
    write_wheel(
        links, "pip", "99.0", entry_points="[console_scripts]\npip = app:m\npip3.9 = a:m\n"
    )
    words = ("app", "pip", "--link-mode", mode)
    env.install(*words)
    trees = [env.tree()]
    modes = [(env.folder / "bin" / "tool").stat().st_mode]
    assert env.pip("undo").status == 0
    monkeypatch.setattr(natively, "library", lambda: None)
    env.install(*words)
    assert env.tree() == trees[0]
    assert (env.folder / "bin" / "tool").stat().st_mode == modes[0]


def test_what_the_c_executor_did_can_be_undone(env, links):
    write_wheel(links, "app", files=FILES, entry_points=ENTRY_POINTS)
    before = env.tree()
    env.install("app")
    assert env.pip("undo").status == 0
    assert env.tree() == before


@pytest.mark.parametrize(
    "words",
    [("freeze",), ("freeze", "--all"), ("list",), ("list", "--format=freeze"),
     ("list", "--format", "json"), ("uninstall", "-y", "One_Two", "absent", "ONE.TWO"),
     ("uninstall", "-q", "-y", "zebra")],
)  # fmt: skip
def test_answers_are_pythons(env, links, words):
    write_wheel(links, "One.Two", "1.0.post1", files={"one/__init__.py": ""})
    write_wheel(links, "zebra", files={"zebra.py": "", "shared/z.py": ""})
    write_wheel(links, "apple", "2", files={"apple.py": "", "shared/a.py": ""})
    env.install("One.Two", "zebra", "apple")
    env.execute("import zebra, apple, one")
    found = answer("pip", *words, "--python", str(env.folder))
    left = env.tree()
    if words[0] == "uninstall":
        env.pip("undo")
    python = env.pip(*words)
    assert found == (python.status, python.out, python.err)
    assert env.tree() == left


def test_uninstall_takes_shared_folders_only_with_the_last_owner(env, links):
    write_wheel(links, "zebra", files={"shared/z.py": "", "shared/sub/z.py": ""})
    write_wheel(links, "apple", files={"shared/a.py": "", "apple/own.py": ""})
    env.install("zebra", "apple")
    env.execute("import shared.z, shared.a, shared.sub.z")
    shared = env.site / "shared"
    assert answer("pip", "uninstall", "-y", "zebra", "-p", str(env.folder))[0] == 0
    assert sorted(path.name for path in shared.iterdir()) == ["__pycache__", "a.py"]
    assert answer("pip", "uninstall", "-y", "apple", "-p", str(env.folder))[0] == 0
    assert not shared.exists()


def test_nothing_outside_the_environment_is_taken_away(env, links, tmp_path):
    write_wheel(links, "app")
    env.install("app")
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    record = env.site / "app-1.0.dist-info" / "RECORD"
    up = os.path.relpath(victim, env.site)
    record.write_text(record.read_text() + f"{up},,\n{victim},,\n../../../../victim.txt,,\n")
    assert answer("pip", "uninstall", "-y", "app", "-p", str(env.folder))[0] == 0
    assert victim.read_text() == "mine"
    assert env.python.exists()


def direct_reference(env):
    (env.site / "app-1.0.dist-info" / "direct_url.json").write_text('{"url": "file:///x"}')


def egg(env):
    (env.site / "old.egg-info").write_text("Name: old\nVersion: 1\n")


def twice(env):
    (env.site / "App-2.0.dist-info").mkdir()
    (env.site / "App-2.0.dist-info" / "METADATA").write_text("Name: App\nVersion: 2.0\n")


def half_deleted(env):
    (env.site / "app-1.0.dist-info" / "METADATA").unlink()


def inheriting(env):
    (env.folder / "pyvenv.cfg").write_text("include-system-site-packages = true\n")


def cut_short(env):
    (env.folder / ".dx-py" / "undo").rename(env.folder / ".dx-py" / "txn")


@pytest.mark.parametrize(
    "make", [direct_reference, egg, twice, half_deleted, inheriting, cut_short]
)
@pytest.mark.parametrize("words", [("freeze",), ("list",), ("uninstall", "-y", "app")])
def test_doubt_is_left_to_python(env, links, make, words):
    write_wheel(links, "app")
    env.install("app")
    assert answer("pip", "freeze", "-p", str(env.folder))[1] == "app==1.0\n"
    make(env)
    before = env.tree()
    assert answer("pip", *words, "-p", str(env.folder)) is None
    assert env.tree() == before


@pytest.mark.parametrize(
    ("name", "value", "is_answered"),
    [("PIP_INDEX_URL", "https://example.org", True), ("PIP_FORMAT", "json", False),
     ("PIP_CONFIG_FILE", "FILE", False), ("UV_PYTHON", "3.11", False)],
)  # fmt: skip
def test_settings_that_may_matter_are_pythons(
    env, tmp_path, monkeypatch, name, value, is_answered
):
    (tmp_path / "FILE").write_text("[global]\nindex-url = x\n[list]\nformat = json\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    assert (answer("pip", "list", "-p", str(env.folder)) is not None) == is_answered


@pytest.mark.parametrize(
    "words",
    [("freeze", "--local"), ("list", "-o"), ("freeze", "more"), ("list", "--format", "odd"),
     ("uninstall", "a==1"), ("uninstall",), ("show", "app"), ("freeze", "-p")],
)  # fmt: skip
def test_other_command_lines_are_pythons(env, words):
    assert answer("pip", *words) is None


def test_an_environment_somebody_changes_is_pythons_to_wait_for(env, links):
    from dx_py.pkg.install.lock import exclusive

    write_wheel(links, "app")
    env.install("app")
    with exclusive(env.folder / ".dx-py"):
        assert answer("pip", "uninstall", "-y", "app", "-p", str(env.folder)) is None
    assert pip(["uninstall", "-q", "-y", "app", "-p", str(env.folder)]) == 0


@pytest.mark.parametrize("damage", [b"", b"DXPLAN3\0\n", b"F\0../x\0\n", b"C\0\0\n\0"])
def test_a_damaged_plan_changes_nothing(env, links, store, damage):
    write_wheel(links, "app")
    env.install("app")
    before = env.tree()
    plans = list((store / "v1" / "pkg" / "wheels").glob("*/*/plan"))
    for plan in plans:
        text = plan.read_bytes()
        plan.write_bytes(text + damage if damage.startswith((b"F", b"C")) else damage)
    installed = [plan.parent for plan in plans]
    records = [b"DXORDER1\0\n"]
    for scheme in ("purelib", "platlib", "scripts", "data", "headers"):
        records.append(os.fsencode(f"S\0{scheme}\0{env.site}\0\n"))
    records.append(os.fsencode(f"T\0{env.folder}/.dx-py\0\nY\0{env.python}\x003.12\0\n"))
    records += [os.fsencode(f"W\0{folder}\0app\x001\0\0\n") for folder in installed]
    order = b"".join(records)
    assert "no installation plan" in native.apply_order(order)
    assert env.tree() == before

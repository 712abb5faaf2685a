"""The other commands of ``dx-py pip``, by what they print and return."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from dx_py.pkg.install import native

KEEPS_ANSWERS = pytest.mark.skipif(
    native.library() is None, reason="answers are kept for native code only"
)


@pytest.fixture
def app(env, wheel):
    """app 1.0 needs lib; both installed."""
    wheel("app", requires=["lib>=1"])
    wheel("lib", "1.2")
    env.install("app")
    return env


def test_freeze_and_list_agree(app):
    assert app.freeze() == ["app==1.0", "lib==1.2"]
    assert json.loads(app.pip("list", "--format", "json").out) == [
        {"name": "app", "version": "1.0"}, {"name": "lib", "version": "1.2"},
    ]  # fmt: skip
    assert app.pip("list").out.splitlines() == [
        "Package Version", "------- -------", "app     1.0", "lib     1.2",
    ]  # fmt: skip
    assert app.pip("list", "--not-required", "--format", "freeze").out == "app==1.0\n"


def test_show_names_both_directions(app):
    lines = app.pip("show", "lib").out.splitlines()
    assert lines[:2] == ["Name: lib", "Version: 1.2"]
    assert "Required-by: app" in lines
    assert app.pip("show", "absent").status == 1


def test_check_finds_what_is_missing(app):
    assert app.pip("check").out == "No broken requirements found.\n"
    app.pip("uninstall", "lib")
    answer = app.pip("check")
    assert (answer.status, answer.out) == (1, "app 1.0 requires lib, which is not installed.\n")


def test_outdated_compares_with_the_index(app, wheel):
    wheel("lib", "1.3")
    answer = app.pip(
        "list", "--outdated", "--format", "json", "--no-index", "-f", str(app.links)
    )
    assert json.loads(answer.out) == [
        {"name": "lib", "version": "1.2", "latest_version": "1.3", "latest_filetype": "wheel"}
    ]


def test_tree_and_why(app):
    assert app.pip("tree").out.splitlines() == ["app v1.0", "└── lib v1.2 [required: >=1]"]
    assert app.pip("why", "lib").out.splitlines() == [
        "lib 1.2 is there for others",
        "  lib <- app",
    ]
    assert app.pip("why", "absent").status == 1


def test_why_not_says_what_is_against_it(app, wheel):
    wheel("lib", "0.9")
    words = ("--no-index", "-f", str(app.links))
    answer = app.pip("why-not", *words, "lib<1")
    assert answer.status == 1
    assert "app 1.0 needs lib>=1" in answer.out
    assert app.pip("why-not", *words, "lib").status == 0


def test_inspect_has_pips_fields(app):
    document = json.loads(app.pip("inspect").out)
    item = document["installed"][0]
    assert document["version"] == "1"
    assert (item["metadata"]["name"], item["installer"], item["requested"]) == (
        "app", "dx-py", True,
    )  # fmt: skip
    assert document["environment"]["python_version"] == "{}.{}".format(*sys.version_info)


def test_index_versions_are_newest_first(env, wheel, run):
    wheel("app", "1.0")
    wheel("app", "1.10")
    wheel("app", "1.9")
    answer = env.pip("index", "versions", "app", "--no-index", "-f", str(env.links))
    assert answer.out.splitlines()[1] == "Available versions: 1.10, 1.9, 1.0"


def test_download_saves_files_and_hash_prints_theirs(app, tmp_path, run):
    folder = tmp_path / "saved"
    app.pip("download", "-d", str(folder), "--no-index", "-f", str(app.links), "app")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["app-1.0-py3-none-any.whl", "lib-1.2-py3-none-any.whl"]
    line = run("hash", str(folder / names[0])).out.splitlines()[1]
    requirements = tmp_path / "r.txt"
    requirements.write_text(f"app {line}\n")
    answer = app.install("--no-deps", "--force-reinstall", "-r", str(requirements))
    assert answer.status == 0, answer.err


def test_config_set_get_unset(run, monkeypatch, tmp_path):
    monkeypatch.delenv("PIP_CONFIG_FILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "none"))
    url = "https://user:hunter2@example.org/simple"
    assert run("config", "set", "global.index-url", url).status == 0
    assert run("config", "get", "global.index-url").out == (
        "https://user:****@example.org/simple\n"
    )
    assert "hunter2" not in run("config", "list").out
    assert run("config", "unset", "global.index-url").status == 0
    assert run("config", "get", "global.index-url").status == 1


def test_compile_names_who_needs_what_and_is_stable(env, wheel, tmp_path):
    wheel("app", requires=["lib"])
    wheel("lib", "1.0")
    source = tmp_path / "r.in"
    source.write_text("app\n")
    words = ("--no-index", "-f", str(env.links), str(source), "--no-header")
    first = env.pip("compile", *words).out
    assert first.splitlines() == [
        "app==1.0", f"    # via -r {source}", "lib==1.0", "    # via app"
    ]  # fmt: skip
    assert env.pip("compile", *words).out == first


def test_compile_keeps_pins_until_asked(env, wheel, tmp_path):
    wheel("lib", "1.0")
    source, output = tmp_path / "r.in", tmp_path / "r.txt"
    source.write_text("lib\n")
    words = ("-q", "--no-index", "-f", str(env.links), str(source), "-o", str(output))
    env.pip("compile", *words, "--no-cache-dir")
    wheel("lib", "2.0")
    env.pip("compile", *words, "--no-cache-dir")
    assert "lib==1.0" in output.read_text()
    env.pip("compile", *words, "--upgrade")
    assert "lib==2.0" in output.read_text()


def test_compile_reads_pyproject(env, wheel, tmp_path):
    wheel("lib")
    wheel("speed")
    project = tmp_path / "pyproject.toml"
    project.write_text(
        "[project]\nname='x'\ndependencies=['lib']\noptional-dependencies={fast=['speed']}\n"
    )
    words = ("--no-index", "-f", str(env.links), "--no-header", "--no-annotate", str(project))
    assert env.pip("compile", *words).out == "lib==1.0\n"
    assert env.pip("compile", *words, "--extra", "fast").out == "lib==1.0\nspeed==1.0\n"


@pytest.fixture
def synced(env, wheel, tmp_path):
    """An environment that ``sync`` made, and the sync to repeat."""
    wheel("app", files={"app/__init__.py": "", "app/m.py": ""},
          entry_points="[console_scripts]\napp = app:main\n")  # fmt: skip
    wheel("lib")
    wheel("extra")
    pins = tmp_path / "pins.txt"
    pins.write_text("app==1.0\nlib==1.0\n")

    def sync():
        return env.pip("sync", "--no-index", "-f", str(env.links), str(pins))

    assert sync().status == 0
    return env, sync, pins


def test_sync_installs_and_removes(synced):
    env, sync, pins = synced
    env.install("extra")
    pins.write_text("lib==1.0\n")
    assert sync().out == " - app==1.0\n - extra==1.0\n"
    assert env.freeze() == ["lib==1.0"]


def test_a_second_sync_does_nothing(synced):
    env, sync, _ = synced
    before = env.tree()
    assert sync().out == "Audited: everything is as the files say\n"
    assert env.tree() == before


def delete_info(env):
    shutil.rmtree(env.site / "app-1.0.dist-info")


def delete_info_and_package(env):
    shutil.rmtree(env.site / "app-1.0.dist-info")
    shutil.rmtree(env.site / "app")


def delete_metadata(env):
    (env.site / "app-1.0.dist-info" / "METADATA").unlink()


def other_version(env):
    info = env.site / "app-1.0.dist-info"
    metadata = info / "METADATA"
    text = metadata.read_text()
    metadata.unlink()
    metadata.write_text(text.replace("Version: 1.0", "Version: 0.9"))
    info.rename(env.site / "app-0.9.dist-info")


def uninstalled_by_our_own_command(env):
    env.pip("uninstall", "lib")


def stranger_installed(env):
    env.install("extra")


def stranger_unpacked(env):
    info = env.site / "other-3.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 3.0\n")
    (info / "RECORD").write_text(
        "other-3.0.dist-info/METADATA,,\nother-3.0.dist-info/RECORD,,\n"
    )


def renamed_away(env):
    (env.site / "lib-1.0.dist-info").rename(env.site / "~ib-1.0.dist-info")


def removed_by_hand(env):
    for path in env.site.glob("lib*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize(
    "change",
    [
        delete_info, delete_info_and_package, delete_metadata, other_version,
        uninstalled_by_our_own_command, stranger_installed, stranger_unpacked, renamed_away,
        removed_by_hand,
    ],
)  # fmt: skip
def test_sync_repairs_what_was_changed_behind_its_back(synced, change):
    env, sync, _ = synced
    change(env)
    answer = sync()
    assert answer.status == 0, answer.err
    assert "Audited" not in answer.out
    assert env.freeze() == ["app==1.0", "lib==1.0"]
    assert env.execute("import app.m, lib; print(lib.version)") == "1.0"


def edited_pins(env, pins):
    pins.write_text("app==1.0\nlib==1.0\nextra==1.0\n")


def touched_record(env, pins):
    record = env.site / "app-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + "app/more.py,,\n")


def moved_interpreter(env, pins):
    (env.folder / "bin" / "python").unlink()
    (env.folder / "bin" / "python").symlink_to(sys.executable)


def edited_configuration(env, pins):
    config = env.folder / "pyvenv.cfg"
    config.write_text(config.read_text() + "prompt = 'other'\n")


def new_pth(env, pins):
    (env.site / "more.pth").write_text("")


def touched_info(env, pins):
    os.utime(env.site / "lib-1.0.dist-info", (1, 1))


@KEEPS_ANSWERS
@pytest.mark.parametrize(
    "change",
    [
        edited_pins, touched_record, moved_interpreter, edited_configuration, new_pth,
        touched_info,
    ],
)  # fmt: skip
def test_the_quick_answer_is_not_given_after_any_change(synced, change, monkeypatch):
    from dx_py.pkg.commands import sync as module

    env, sync, pins = synced
    asked = []
    real = module._synchronise

    def looked(*words):
        asked.append(words)
        return real(*words)

    monkeypatch.setattr(module, "_synchronise", looked)
    sync()
    assert asked == []
    change(env, pins)
    sync()
    assert len(asked) == 1


def test_every_command_has_help(run):
    from dx_py.pkg.commands.table import COMMANDS

    for command in COMMANDS:
        answer = run(command.word, "--help")
        assert answer.status == 0
        assert answer.out.startswith(f"usage: dx-py pip {command.word}")
    assert run().out.startswith("usage: dx-py pip COMMAND")


@KEEPS_ANSWERS
def test_a_quick_sync_imports_no_resolver(synced):
    env, _, pins = synced
    code = (
        "import sys\nfrom dx_py.pkg.commands.main import pip\n"
        f"status = pip(['sync', '-q', '--python', {str(env.folder)!r}, '--no-index', '-f', "
        f"{str(env.links)!r}, {str(pins)!r}])\n"
        "print(status, sorted({'packaging', 'resolvelib', 'httpx', 'pycurl', 'argparse'} "
        "& set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert done.stdout == "0 []\n"

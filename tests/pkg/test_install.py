"""``dx-py pip install`` from a folder of wheels, looked at from outside."""

from __future__ import annotations

import csv
import json
import subprocess

import pytest

SCRIPT = "[console_scripts]\nhello = hello:main\n"
HELLO = {"hello/__init__.py": "def main():\n    print('hello from', __name__)\n"}


def test_installs_what_is_named_and_what_it_needs(env, wheel):
    wheel("app", requires=["lib>=1"])
    wheel("lib", "1.5")
    wheel("lib", "0.9")
    answer = env.install("app")
    assert answer.status == 0, answer.err
    assert answer.out == "Successfully installed app-1.0 lib-1.5\n"
    assert env.execute("import lib; print(lib.version)") == "1.5"


def test_scripts_run_with_the_environments_interpreter(env, wheel):
    wheel("hello", files=HELLO, entry_points=SCRIPT)
    env.install("hello")
    done = subprocess.run(
        [env.folder / "bin" / "hello"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "hello from hello\n"


def test_what_is_there_is_left_alone(env, wheel):
    wheel("app")
    env.install("app")
    wheel("app", "2.0")
    answer = env.install("app")
    assert answer.out.startswith("Requirement already satisfied: app in ")
    assert env.freeze() == ["app==1.0"]


def test_upgrade_takes_the_newest_of_what_is_named_only(env, wheel):
    wheel("app", requires=["lib"])
    wheel("lib")
    env.install("app")
    wheel("app", "2.0", requires=["lib"])
    wheel("lib", "2.0")
    env.install("--upgrade", "app")
    assert env.freeze() == ["app==2.0", "lib==1.0"]
    env.install("--upgrade", "--upgrade-strategy", "eager", "app")
    assert env.freeze() == ["app==2.0", "lib==2.0"]


def test_a_dependency_that_no_longer_fits_is_replaced(env, wheel):
    wheel("lib", "1.0")
    env.install("lib")
    wheel("lib", "2.0")
    wheel("app", requires=["lib>=2"])
    env.install("app")
    assert env.freeze() == ["app==1.0", "lib==2.0"]
    assert not (env.site / "lib-1.0.dist-info").exists()


def test_extras_bring_their_dependencies(env, wheel):
    wheel("app", extras={"fast": ["speed"]})
    wheel("speed")
    env.install("app[fast]")
    assert env.freeze() == ["app==1.0", "speed==1.0"]


def test_a_missing_extra_is_a_warning(env, wheel):
    wheel("app", extras={"fast": []})
    answer = env.install("app[slow]")
    assert answer.status == 0
    assert "app 1.0 has no extra 'slow' (it has: fast)" in answer.err


def test_markers_that_do_not_hold_exclude(env, wheel):
    wheel("app", requires=["other ; sys_platform == 'none'", "lib ; python_version >= '3.9'"])
    wheel("lib")
    env.install("app")
    assert env.freeze() == ["app==1.0", "lib==1.0"]


def test_prereleases_come_last_unless_asked_for(env, wheel):
    wheel("app", "1.0")
    wheel("app", "2.0rc1")
    env.install("app")
    assert env.freeze() == ["app==1.0"]
    env.install("--upgrade", "--pre", "app")
    assert env.freeze() == ["app==2.0rc1"]


def test_constraints_narrow_and_do_not_install(env, wheel, tmp_path):
    wheel("app", "1.0")
    wheel("app", "2.0")
    constraints = tmp_path / "c.txt"
    constraints.write_text("app<2\nother==3\n")
    env.install("-c", str(constraints), "app")
    assert env.freeze() == ["app==1.0"]


def test_requirements_files_nest_and_name_their_lines(env, wheel, tmp_path):
    wheel("app")
    (tmp_path / "inner.txt").write_text("app  # a comment\n\n???\n")
    outer = tmp_path / "outer.txt"
    outer.write_text("-r inner.txt\n")
    answer = env.install("-r", str(outer))
    assert answer.status == 2
    assert f"line 3 of {tmp_path / 'inner.txt'}: '???' is no requirement" in answer.err


def test_hashes_are_checked_before_anything_is_unpacked(env, wheel, tmp_path):
    good = wheel("app")
    requirements = tmp_path / "r.txt"
    requirements.write_text(f"app==1.0 --hash=sha256:{'0' * 64}\n")
    answer = env.install("-r", str(requirements))
    assert answer.status == 1
    assert f"{good.name} has sha256" in answer.err
    assert env.freeze() == []


def test_one_hash_demands_hashes_of_all(env, wheel, tmp_path):
    from hashlib import sha256

    app = wheel("app", requires=["lib"])
    wheel("lib")
    requirements = tmp_path / "r.txt"
    requirements.write_text(f"app --hash=sha256:{sha256(app.read_bytes()).hexdigest()}\n")
    answer = env.install("-r", str(requirements))
    assert answer.status == 1
    assert "lib==1.0 has no hash" in answer.err


def test_dry_run_changes_nothing(env, wheel):
    wheel("app")
    before = env.tree()
    assert env.install("--dry-run", "app").out == "Would install app-1.0\n"
    assert env.tree() == before


def test_report_has_the_fields_of_pips(env, wheel):
    path = wheel("app")
    answer = env.install("--dry-run", "--quiet", "--report", "-", "app")
    report = json.loads(answer.out)
    assert report["version"] == "1"
    (item,) = report["install"]
    assert item["download_info"]["url"] == path.as_uri()
    assert item["requested"] is True
    assert item["metadata"]["name"] == "app"


def test_target_gets_packages_and_nothing_else(env, wheel, tmp_path):
    wheel("app", requires=["lib"])
    wheel("lib")
    target = tmp_path / "target"
    env.install("--target", str(target), "app")
    assert sorted(path.name for path in target.iterdir()) == [
        "app-1.0.dist-info", "app.py", "lib-1.0.dist-info", "lib.py",
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["hardlink", "copy", "symlink"])
def test_link_modes_give_the_same_files(env, wheel, mode):
    wheel("app")
    env.install("--link-mode", mode, "app")
    assert env.execute("import app; print(app.version)") == "1.0"


def test_namespace_packages_share_their_folder(env, wheel):
    wheel("one", files={"space/one.py": "x = 1\n"})
    wheel("two", files={"space/two.py": "x = 2\n"})
    env.install("one")
    env.install("two")
    assert env.execute("from space import one, two; print(one.x + two.x)") == "3"
    env.pip("uninstall", "-y", "one")
    assert sorted(path.name for path in (env.site / "space").glob("*.py")) == ["two.py"]


def test_data_files_go_where_the_wheel_says(env, wheel):
    wheel("app", files={"app.py": "", "app-1.0.data/data/share/x.txt": "x",
                        "app-1.0.data/scripts/go": "#!python\nprint('went')\n"})  # fmt: skip
    env.install("app")
    assert (env.folder / "share" / "x.txt").read_text() == "x"
    done = subprocess.run([env.folder / "bin" / "go"], capture_output=True, check=True)
    assert done.stdout == b"went\n"


def test_record_is_complete_and_right(env, wheel):
    wheel("hello", files=HELLO, entry_points=SCRIPT)
    env.install("hello")
    record = env.site / "hello-1.0.dist-info" / "RECORD"
    for path, digest, size in csv.reader(record.read_text().splitlines()):
        data = (env.site / path).read_bytes()
        if path.endswith("RECORD"):
            assert (digest, size) == ("", "")
        else:
            assert int(size) == len(data)
            assert digest.startswith("sha256=")
    assert (env.site / "hello-1.0.dist-info" / "INSTALLER").read_text() == "dx-py\n"
    assert (env.site / "hello-1.0.dist-info" / "REQUESTED").exists()


def test_the_host_agrees_that_it_is_installed(env, wheel):
    wheel("hello", files=HELLO, entry_points=SCRIPT)
    env.install("hello")
    code = (
        "import importlib.metadata as m; d = m.distribution('hello'); "
        "print(d.version, all(f.locate().exists() for f in d.files))"
    )
    assert env.execute(code) == "1.0 True"


def test_uninstall_leaves_the_environment_as_it_was(env, wheel):
    before = env.tree()
    wheel("hello", files=HELLO, entry_points=SCRIPT)
    env.install("hello")
    env.execute("import hello")
    answer = env.pip("uninstall", "-y", "hello")
    assert answer.out == "Successfully uninstalled hello-1.0\n"
    assert env.tree() == before
    assert not (env.site / "hello").exists()


def test_unknown_option_names_the_nearest(run):
    answer = run("install", "--upgrad-strategy", "x")
    assert answer.status == 2
    assert "did you mean --upgrade-strategy?" in answer.err


def test_a_system_interpreter_is_not_changed_by_mistake(run, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    answer = run("install", "app")
    assert answer.status == 1
    assert "no environment" in answer.err


def test_requirement_without_candidate_says_so(env):
    answer = env.install("absent")
    assert answer.status == 1
    assert "absent" in answer.err

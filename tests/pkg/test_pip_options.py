"""Options that scripts written for pip use, and what they do here."""

from __future__ import annotations

import textwrap
from hashlib import sha256

import pytest

#: On every command of pip's, whether it has a use for them or not.
EVERYWHERE = [
    "--require-virtualenv", "--debug", "--exists-action=i", "--log=x.log", "--no-input",
    "--disable-pip-version-check", "--proxy=http://127.0.0.1:1", "--retries=1", "--timeout=1",
    "--resume-retries=2", "--trusted-host=localhost", "--cert=none.pem", "--use-feature=x",
    "--keyring-provider=disabled", "--no-color", "--isolated", "--cache-dir",
]  # fmt: skip


@pytest.mark.parametrize("option", EVERYWHERE)
def test_general_options_may_stand_before_and_after_the_command(
    env, wheel, store, monkeypatch, option
):
    monkeypatch.setenv("DX_CACHE_DIR", str(store))
    wheel("app")
    env.install("app")
    words = [option, str(store)] if option == "--cache-dir" else [option]
    expected = "app==1.0\n"
    assert env.run(*words, "freeze", "--python", str(env.folder)).out == expected
    assert env.run("freeze", "--python", str(env.folder), *words).out == expected


def test_the_environment_may_be_named_before_the_command(env, wheel):
    wheel("app")
    env.install("app")
    assert env.run("--python", str(env.folder), "freeze").out == "app==1.0\n"
    assert env.run("--log", "list", "--python", str(env.folder), "freeze").out == "app==1.0\n"


def test_a_script_says_what_it_needs(env, wheel, tmp_path):
    wheel("app", requires=["lib"])
    wheel("lib")
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        # /// script
        # requires-python = ">=3.9"
        # dependencies = [
        #     "app",
        # ]
        # ///
        import app
        """)
    )
    answer = env.install("--requirements-from-script", str(script))
    assert answer.status == 0, answer.err
    assert env.freeze() == ["app==1.0", "lib==1.0"]


def test_a_script_without_a_block_is_refused(env, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import app\n")
    answer = env.install("--requirements-from-script", str(script))
    assert (answer.status, "has 0 '# /// script' blocks" in answer.err) == (2, True)


def test_a_hash_demands_none_of_others_if_that_is_said(env, wheel, tmp_path):
    app = wheel("app", requires=["lib"])
    wheel("lib")
    requirements = tmp_path / "requirements.txt"
    digest = sha256(app.read_bytes()).hexdigest()
    requirements.write_text(f"app --hash=sha256:{digest}\n")
    assert env.install("-r", str(requirements)).status == 1
    assert env.install("--no-require-hashes", "-r", str(requirements)).status == 0
    requirements.write_text(f"app --hash=sha256:{'0' * 64}\n")
    words = ("--force-reinstall", "--no-require-hashes")
    assert env.install(*words, "-r", str(requirements)).status == 1


def test_build_requirements_are_constrained(env, wheel, tmp_path):
    wheel("needed", "1.0")
    wheel("needed", "2.0", files={"needed.py": "raise SystemExit('too new')\n"})
    project = tmp_path / "proj"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["needed"]\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n'
    )
    (project / "backend.py").write_text(
        "import needed, shutil\n\n\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        f"    return shutil.copy({str(wheel('proj'))!r}, folder).rpartition('/')[2]\n"
    )
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("needed<2\n")
    assert "too new" in env.install(str(project)).err
    answer = env.install("--build-constraint", str(constraints), str(project))
    assert answer.status == 0, answer.err


def test_a_number_of_days_is_a_date(env, wheel):
    wheel("app")
    answer = env.install("--uploaded-prior-to", "P3D", "app")
    assert (answer.status, "app 1.0 would fit, but it has no time of upload" in answer.err) == (
        1,
        True,
    )
    answer = env.install("--uploaded-prior-to", "PxD", "app")
    assert (answer.status, "such as P7D; got 'PxD'" in answer.err) == (2, True)

"""Source trees to installed packages, with a build back end that needs no network."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import textwrap
from pathlib import Path

import pytest

from dx_py.pkg.building.failure import known_cause, useful_lines

#: A back end of one file: wheels and editable wheels of what is in ``src``.
BACKEND = """
import base64, hashlib, pathlib, zipfile

NAME, VERSION = "proj", "1.5"
INFO = f"{NAME}-{VERSION}.dist-info"
METADATA = (
    f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\nRequires-Dist: lib\\n"
    "Provides-Extra: more\\nRequires-Dist: other ; extra == 'more'\\n\\n"
)


def _write(folder, files):
    files = files | {
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{INFO}/entry_points.txt": "[console_scripts]\\nproj = proj:main\\n",
    }
    rows = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        rows.append(f"{path},sha256={digest.rstrip(b'=').decode()},{len(text.encode())}\\n")
    files[f"{INFO}/RECORD"] = "".join(rows) + f"{INFO}/RECORD,,\\n"
    name = f"{NAME}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name


def build_wheel(folder, config_settings=None, metadata_directory=None):
    import needed  # what build-system.requires names
    source = pathlib.Path("src/proj/__init__.py").read_text()
    return _write(folder, {"proj/__init__.py": source})


def build_editable(folder, config_settings=None, metadata_directory=None):
    return _write(folder, {"proj.pth": str(pathlib.Path("src").resolve()) + "\\n"})
"""

PYPROJECT = """
[build-system]
requires = ["needed"]
build-backend = "backend"
backend-path = ["."]

[project]
name = "proj"
version = "1.5"
"""


@pytest.fixture
def project(tmp_path, wheel):
    folder = tmp_path / "proj"
    (folder / "src" / "proj").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "src" / "proj" / "__init__.py").write_text("def main():\n    print('one')\n")
    wheel("needed")
    wheel("lib")
    wheel("other")
    return folder


def sdist(project: Path, links: Path, version: str = "1.5") -> Path:
    path = links / f"proj-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(project, f"proj-{version}")
    return path


def unbuildable(project: Path, links: Path) -> None:
    """Two sdists of a project that needs a program to be built."""
    message = "krb5-config: command not found"
    (project / "backend.py").write_text(
        BACKEND.replace("import needed", f"raise SystemExit({message!r})")
    )
    sdist(project, links, "1.4")
    sdist(project, links, "1.5")


def script(env) -> str:
    done = subprocess.run(
        [env.folder / "bin" / "proj"], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_folder_is_built_and_installed(env, project):
    answer = env.install(str(project))
    assert answer.status == 0, answer.err
    assert script(env) == "one\n"
    assert env.freeze() == ["lib==1.0", "proj", "@", project.as_uri()]


def test_an_sdist_of_an_index_is_built_once(env, project, links):
    sdist(project, links)
    env.install("proj")
    assert script(env) == "one\n"
    assert env.freeze() == ["lib==1.0", "proj==1.5"]


def test_extras_of_a_folder(env, project):
    env.install(f"{project}[more]")
    assert "other==1.0" in env.freeze()


def test_editable_shows_edits_at_the_next_import(env, project):
    before = env.tree()
    sources = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    answer = env.install("-e", str(project))
    assert answer.status == 0, answer.err
    assert script(env) == "one\n"
    module = project / "src" / "proj" / "__init__.py"
    # Of another length: within one second the interpreter tells sources apart by size alone.
    module.write_text("def main():\n    print('three')\n")
    assert script(env) == "three\n"
    assert f"-e {project}" in env.pip("freeze").out
    module.write_bytes(sources[module])
    env.pip("uninstall", "proj", "lib")
    assert env.tree() == before
    kept = {
        path: path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert kept == sources


def test_what_a_back_end_leaves_in_the_tree_is_taken_away(env, project):
    backend = project / "backend.py"
    backend.write_text(
        "import os\nfor name in ('x.egg-info', 'src/y.egg-info', 'build/lib'):\n"
        "    os.makedirs(name, exist_ok=True)\n" + backend.read_text()
    )
    (project / "mine.egg-info").mkdir()
    before = sorted(path for path in project.rglob("*") if "__pycache__" not in path.parts)
    assert env.install(str(project)).status == 0
    after = sorted(path for path in project.rglob("*") if "__pycache__" not in path.parts)
    assert after == before


def test_builds_are_isolated_from_the_environment(env, project, wheel):
    """The environment has another ``needed``, and it does not get the one of the build."""
    wheel("needed", "0.5")
    env.install("needed==0.5")
    env.install("--no-deps", str(project))
    assert "needed==0.5" in env.freeze()


@pytest.fixture
def needy(project, wheel, links):
    """What the build needs needs something itself."""
    wheel("needed", "2.0", requires=["deeper"], files={"needed.py": "import deeper\n"})
    wheel("deeper")
    return sdist(project, links)


def test_options_for_what_is_asked_do_not_reach_build_requirements(
    env, needy, tmp_path, monkeypatch
):
    digest = hashlib.sha256(needy.read_bytes()).hexdigest()
    for number, words in enumerate(
        [
            ("--no-deps",),
            ("--dry-run",),
            ("--no-deps", "--require-hashes", "-r", str(tmp_path / "pins.txt")),
            ("--no-deps", "--ignore-installed", "--upgrade"),
        ]
    ):
        monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path / f"store{number}"))
        (tmp_path / "pins.txt").write_text(f"proj==1.5 --hash=sha256:{digest}\n")
        named = () if "-r" in words else ("proj",)
        answer = env.install(*words, *named)
        assert answer.status == 0, (words, answer.err)
        env.pip("uninstall", "proj")


def test_sync_builds_an_sdist(env, needy, tmp_path, monkeypatch):
    monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path / "store"))
    (tmp_path / "pins.txt").write_text("proj==1.5\n")
    words = ("--no-index", "-f", str(env.links), str(tmp_path / "pins.txt"))
    answer = env.pip("sync", *words)
    assert answer.status == 0, answer.err
    assert env.freeze() == ["proj==1.5"]


def test_without_isolation_the_environment_must_have_it(env, project):
    answer = env.install("--no-build-isolation", str(project))
    assert answer.status == 1
    assert "needed" in answer.err
    env.install("needed")
    assert env.install("--no-build-isolation", str(project)).status == 0


def test_a_failed_build_shows_its_last_lines_and_changes_nothing(env, project):
    backend = project / "backend.py"
    backend.write_text(
        BACKEND.replace(
            "import needed", "raise SystemExit('fatal error: Python.h: No such file')"
        )
    )
    before = env.tree()
    answer = env.install(str(project))
    assert answer.status == 1
    assert "| fatal error: Python.h: No such file" in answer.err
    assert "python3-dev" in answer.err
    assert "all of it is in" in answer.err
    assert env.tree() == before


def test_after_a_failed_build_no_older_version_is_built(env, project, links, store):
    unbuildable(project, links)
    answer = env.install("proj<2")
    assert answer.status == 1
    assert "you ask for proj<2 (the command line)" in answer.err
    assert "every version of proj cannot be used: it must be built" in answer.err
    assert answer.err.count("building proj 1.5 failed") == 1
    assert "hint: the program krb5-config is missing" in answer.err
    assert not (store / "v1/pkg/logs/proj_1.4.log").exists()


def test_only_what_was_asked_for_is_said_to_be_unusable(env, project, links):
    unbuildable(project, links)
    answer = env.install("proj==1.5")
    assert "    proj 1.5 cannot be used: it must be built, and a build failed" in answer.err


def test_after_a_failed_build_an_older_wheel_is_taken_and_that_is_said(
    env, project, links, wheel
):
    unbuildable(project, links)
    wheel("proj", "1.0")
    answer = env.install("proj")
    assert answer.status == 0, answer.err
    assert "proj 1.5 could not be built" in answer.err
    assert "proj==1.0" in env.freeze()


def test_missing_build_requirement_is_named(env, project):
    (project / "pyproject.toml").write_text(PYPROJECT.replace("needed", "nowhere"))
    answer = env.install(str(project))
    assert answer.status == 1
    assert "nowhere" in answer.err


def test_no_build_says_what_would_be_built(env, project, links):
    sdist(project, links)
    answer = env.install("--only-binary", ":all:", "proj")
    assert answer.status == 1
    assert "building is off" in answer.err


def test_a_folder_that_is_no_project(env, tmp_path):
    (tmp_path / "empty").mkdir()
    answer = env.install(str(tmp_path / "empty"))
    assert "neither pyproject.toml nor setup.py" in answer.err


def test_a_git_repository_at_a_revision(env, project, tmp_path):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@x", *words],
            cwd=project, check=True, capture_output=True,
        )  # fmt: skip

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "v1")
    (project / "src" / "proj" / "__init__.py").write_text("def main():\n    print('later')\n")
    git("commit", "-qam", "two")
    answer = env.install(f"proj @ git+file://{project}@v1")
    assert answer.status == 0, answer.err
    assert script(env) == "one\n"
    assert f"proj @ git+file://{project}@" in env.pip("freeze").out


@pytest.mark.parametrize("name", ["../escape.py", "/tmp/dx-escape.py"])
def test_a_hostile_sdist_is_refused(env, project, links, name):
    path = sdist(project, links)
    with tarfile.open(path, "w:gz") as archive:
        archive.add(project, "proj-1.5")
        archive.add(project / "backend.py", f"proj-1.5/../{name}" if name[0] == "." else name)
    answer = env.install("proj")
    if name.startswith("."):
        assert answer.status == 1
        assert "cannot be unpacked" in answer.err or "cannot be used" in answer.err
    assert not Path("/tmp/dx-escape.py").exists()
    assert not (links.parent / "escape.py").exists()


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        ("x.c:1:10: fatal error: foo/bar.h: No such file or directory", "foo/bar.h"),
        ("error: command 'gcc' failed: No such file or directory", "no C compiler"),
        ("/usr/bin/ld: cannot find -lpq: No such file", "library pq"),
        ("ModuleNotFoundError: No module named 'Cython'", "install Cython"),
        ("ModuleNotFoundError: No module named 'distutils'", "distutils"),
        (
            "[6] Could not resolve hostname (Could not resolve host: index.crates.io)",
            "fetches from index.crates.io,",
        ),
        ("fatal: unable to access: Could not resolve host: github.com", "from github.com,"),
        ("Package cairo was not found in the pkg-config search path.", "library cairo"),
        ("Command 'krb5-config --libs' returned non-zero exit status 127.", "krb5-config"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
    ],
)
def test_known_causes_have_a_remedy(output, hint):
    assert hint in known_cause(output)


def test_useful_lines_leave_out_progress():
    output = textwrap.dedent("""
        running build
        copying a -> b

        error: it broke
    """)
    assert useful_lines(output) == ["error: it broke"]

"""``--engine=ninja``: the results of the process, builds side by side, a log for each."""

from __future__ import annotations

import io
import os
import sys
import tarfile

import pytest

from dx_py.pkg.commands.venv import venv

from .conftest import Env

#: Builds a module; what stands at its end is the test's own.
BACKEND = """
import base64, hashlib, os, pathlib, time, zipfile
NAME = {name!r}
def build_wheel(folder, config_settings=None, metadata_directory=None):
    print("building", NAME)
    {action}
    info = NAME + "-1.0.dist-info/"
    files = {{
        NAME + ".py": b"built = True\\n",
        info + "METADATA": f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: 1.0\\n\\n".encode(),
        info + "WHEEL": b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    digest = lambda data: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    rows = [f"{{path}},sha256={{digest(data)}},{{len(data)}}" for path, data in files.items()]
    files[info + "RECORD"] = "\\n".join([*rows, info + "RECORD,,", ""]).encode()
    wheel = NAME + "-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return wheel
"""  # noqa: E501
SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def write_sdist(links, name, action="pass"):
    contents = {
        "PKG-INFO": f"Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\n\n",
        "pyproject.toml": SYSTEM,
        "backend.py": BACKEND.format(name=name, action=action),
    }
    with tarfile.open(links / f"{name}-1.0.tar.gz", "w:gz") as archive:
        for path, text in contents.items():
            member = tarfile.TarInfo(f"{name}-1.0/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


@pytest.fixture
def fresh_store(tmp_path, monkeypatch):
    def fresh(name):
        monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path / name))
        return tmp_path / name / "v1" / "pkg"

    return fresh


@pytest.fixture
def other(tmp_path, links, run):
    folder = tmp_path / "other"
    assert venv(["--without-pip", "--python", sys.executable, str(folder)]) == 0
    return Env(folder, links, run)


def without_places(env):
    """Scripts name their interpreter, RECORD their hashes."""
    tree = env.tree()
    return {path: data for path, data in tree.items() if path.startswith("lib/")}


def test_it_gives_what_the_process_gives(env, other, wheel, links, fresh_store):
    wheel("app", requires=["one", "two", "plain"])
    wheel("plain")
    for name in ("one", "two"):
        write_sdist(links, name)
    fresh_store("first")
    assert env.install("app").status == 0
    fresh_store("second")
    answer = other.install("--engine=ninja", "app")
    assert answer.status == 0, answer.err
    assert without_places(other) == without_places(env)
    assert other.pip("undo").status == 0
    assert other.freeze() == []


def test_builds_run_side_by_side_and_leave_a_log_each(env, links, tmp_path, fresh_store):
    """Each waits until the other has begun."""
    store = fresh_store("alone")
    for name, partner in (("one", "two"), ("two", "one")):
        mine, its = tmp_path / f"{name}.began", tmp_path / f"{partner}.began"
        wait = f"[time.sleep(0.02) for _ in range(5000) if not os.path.exists({str(its)!r})]"
        write_sdist(
            links, name, f"open({str(mine)!r}, 'w').close(); {wait}; os.stat({str(its)!r})"
        )
    answer = env.install("--engine", "ninja", "one", "two")
    assert answer.status == 0, answer.err
    for name in ("one", "two"):
        assert f"building {name}" in (store / "logs" / f"{name}_1.0.log").read_text()


def test_a_failed_build_says_what_the_process_says(env, links, fresh_store):
    write_sdist(links, "one", 'raise SystemExit("no header at all")')
    write_sdist(links, "two")
    before = env.tree()
    fresh_store("first")
    plain = env.install("one", "two")
    store = fresh_store("second")
    answer = env.install("--engine=ninja", "one", "two")
    assert answer.status == plain.status == 1
    assert "no header at all" in answer.err
    assert answer.err.replace("second", "first") == plain.err
    assert env.tree() == before
    assert not any((store / "tmp").iterdir())


def test_a_wrong_hash_is_refused_by_an_edge(env, wheel, tmp_path, fresh_store):
    wheel("app")
    pins = tmp_path / "pins.txt"
    pins.write_text(f"app==1.0 --hash=sha256:{'0' * 64}\n")
    fresh_store("alone")
    answer = env.install("--engine=ninja", "-r", str(pins))
    assert answer.status == 1
    assert "has sha256" in answer.err
    assert env.freeze() == []


def test_the_graph_can_be_read_and_holds_no_password(env, wheel, links, tmp_path, fresh_store):
    wheel("app", requires=["one"])
    write_sdist(links, "one")
    fresh_store("alone")
    graph = tmp_path / "build.ninja"
    secret = "http://ada:s3cret@localhost:9/simple"
    words = ("--emit-ninja", str(graph), "--engine=ninja", "--index-url", secret)
    answer = env.install(*words, "app")
    assert answer.status == 0, answer.err
    text = graph.read_text()
    assert "build app.ptr: fetch app.wanted" in text
    assert "build one.ptr: build one.wanted" in text
    assert "s3cret" not in text
    assert os.environ.get("DX_PKG_EDGE") is None

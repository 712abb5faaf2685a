"""``dx-py cache`` as a user runs it."""

from __future__ import annotations

import pytest

from dx_py.artifacts.artifact import Artifact, digest, encode
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.__main__ import main

DATA = encode(Artifact("sample", 1, "payload"))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path / "store"))
    store = ArtifactStore(tmp_path / "store")
    store.record(digest(b"action"), store.put(DATA))
    return store


def run(capsys, *words):
    try:
        status = main(["cache", *words])
    except SystemExit as stop:
        status = stop.code
    return status, *capsys.readouterr()


def test_info_says_what_is_there(store, capsys):
    status, out, err = run(capsys, "info")
    assert status == 0
    assert "artifacts  1 (" in out
    assert "actions    1 (72 bytes)" in out
    assert not err


def test_dir_prints_the_folder(store, capsys):
    assert run(capsys, "dir") == (0, f"{store.root}\n", "")


def test_verify_names_and_removes_what_is_damaged(store, capsys):
    store.object_path(digest(DATA)).write_bytes(DATA[:-1])
    status, out, err = run(capsys, "verify")
    assert status == 1
    assert out == "1 good, 1 damaged and removed\n"
    assert len(err.splitlines()) == 1
    assert run(capsys, "verify") == (0, "1 good, 0 damaged and removed\n", "")


def test_gc_brings_the_store_below_a_limit(store, capsys):
    status, out, _ = run(capsys, "gc", "--limit", "10")
    assert (status, out.endswith(" freed\n")) == (0, True)
    assert not store.contains(digest(DATA))


def test_clear_empties_the_store(store, capsys):
    assert run(capsys, "clear")[0] == 0
    assert "artifacts  0 (0 bytes)" in run(capsys, "info")[1]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["inof"], "dx-py cache: unknown action 'inof' (did you mean 'info'?)\n"),
        (
            ["gc", "--limt=3"],
            "dx-py cache: unknown option '--limt' (did you mean '--limit'?)\n",
        ),
        (["gc", "x"], "dx-py cache: unexpected argument 'x'\n"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(store, capsys, words, line):
    assert run(capsys, *words) == (2, "", line)


def test_a_wrong_size_is_one_line(store, capsys):
    status, out, err = run(capsys, "gc", "--limit", "big")
    assert (status, out) == (1, "")
    assert err.startswith("dx-py cache: 'big' is no size")


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_shows_the_usage_once_and_the_options(store, capsys, word):
    status, out, err = run(capsys, word)
    assert (status, err) == (0, "")
    assert out.count("usage: dx-py cache") == 1
    assert "  --limit SIZE  for gc" in out

"""The store: what is put is got, by content and by action, whatever happens to the files."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import Artifact, Digest, digest, encode
from dx_py.artifacts.configuration import default_root
from dx_py.artifacts.location import UntrustedFolderError, check_trusted
from dx_py.artifacts.store import ArtifactStore

DATA = encode(Artifact("sample", 1, "payload"))
ACTION = digest(b"an action")
POSIX = pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners are a POSIX notion")


@pytest.fixture
def lines():
    return []


@pytest.fixture
def store(tmp_path, lines):
    return ArtifactStore(tmp_path / "store", report=lines.append)


def test_what_is_put_is_got(store):
    assert store.get(store.put(DATA)) == DATA


def test_an_unknown_digest_is_none(store):
    assert store.get(digest(b"?")) is None
    assert store.lookup(ACTION) is None
    assert not store.contains(digest(b"?"))


def test_the_name_is_the_digest_of_the_bytes(store):
    name = store.put(DATA)
    assert name == digest(DATA)
    assert store.object_path(name).read_bytes() == DATA


def test_putting_twice_writes_once(store):
    path = store.object_path(store.put(DATA))
    before = path.stat().st_ino
    store.put(DATA)
    assert path.stat().st_ino == before


def test_an_action_is_looked_up(store):
    store.record(ACTION, store.put(DATA))
    assert store.lookup(ACTION) == digest(DATA)


def test_the_last_record_of_an_action_wins(store):
    other = store.put(encode(Artifact("sample", 1, "other")))
    store.record(ACTION, store.put(DATA))
    store.record(ACTION, other)
    assert store.lookup(ACTION) == other


@POSIX
def test_folders_are_private(store):
    store.record(ACTION, store.put(DATA))
    for folder in [store.root, *filter(Path.is_dir, store.root.rglob("*"))]:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_damaged_artifact_is_reported_and_thrown_away(store, lines):
    name = store.put(DATA)
    store.object_path(name).write_bytes(DATA[:-1])
    assert store.get(name) is None
    assert len(lines) == 1
    assert "thrown away" in lines[0]
    assert not store.object_path(name).exists()
    assert store.get(store.put(DATA)) == DATA


def test_putting_mends_a_truncated_artifact(store):
    name = store.put(DATA)
    store.object_path(name).write_bytes(b"")
    store.put(DATA)
    assert store.get(name) == DATA


@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b[::-1]])
def test_a_damaged_action_is_reported_and_thrown_away(store, lines, change):
    store.record(ACTION, store.put(DATA))
    path = store.action_path(ACTION)
    path.write_bytes(change(path.read_bytes()))
    assert store.lookup(ACTION) is None
    assert "thrown away" in lines[0]
    assert not path.exists()


def test_the_entry_of_another_action_is_not_believed(store):
    store.record(ACTION, store.put(DATA))
    other = Digest(ACTION[:2] + "0" * 62)
    store.action_path(ACTION).rename(store.action_path(other))
    assert store.lookup(other) is None


def test_only_artifacts_are_stored(store):
    with pytest.raises(ValueError, match="only artifacts"):
        store.put(b"something else")


@POSIX
def test_a_store_others_may_write_is_not_used(tmp_path, lines):
    folder = tmp_path / "open"
    ArtifactStore(folder, report=lines.append).put(DATA)
    folder.chmod(0o770)
    store = ArtifactStore(folder, report=lines.append)
    assert len(lines) == 1
    assert f"group or others may write to '{folder}'" in lines[0]
    assert store.get(digest(DATA)) is None
    other = encode(Artifact("sample", 1, "other"))
    assert store.put(other) == digest(other)
    assert not store.object_path(digest(other)).exists()


@POSIX
def test_a_link_is_as_safe_as_what_it_leads_to(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o707)
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(UntrustedFolderError):
        check_trusted(link / "below")


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a folder away"
)
def test_a_store_of_another_user_is_not_used(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(UntrustedFolderError, match="belongs to another user"):
        check_trusted(folder)


def test_a_file_in_the_place_of_the_store_costs_nothing(tmp_path, lines):
    (tmp_path / "file").write_text("")
    store = ArtifactStore(tmp_path / "file", report=lines.append)
    assert store.put(DATA) == digest(DATA)
    assert store.put(encode(Artifact("sample", 1, "other")))
    assert len(lines) == 1
    assert "computing without storing" in lines[0]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="folders of XDG")
def test_the_environment_names_the_store(monkeypatch, tmp_path):
    monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path / "chosen"))
    assert default_root() == tmp_path / "chosen"
    monkeypatch.delenv("DX_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_root() == Path("/caches/dx-py")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert default_root() == Path.home() / ".cache" / "dx-py"

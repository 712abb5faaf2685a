"""Collection frees the least recently used first; verification finds what is damaged."""

from __future__ import annotations

import os
import time

import pytest

from dx_py.artifacts import collection
from dx_py.artifacts.artifact import Artifact, digest, encode
from dx_py.artifacts.configuration import limit_from, open_default
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.store import DEFAULT_LIMIT, ArtifactStore
from dx_py.artifacts.verification import verify


def sample(number):
    return encode(Artifact("sample", 1, [number, b"x" * 1000]))


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store", report=lambda line: None)


@pytest.fixture
def filled(store):
    """Twenty artifacts, the first used longest ago."""
    for number in range(20):
        name = store.put(sample(number))
        used = time.time() - 86400 * (20 - number)
        os.utime(store.object_path(name), (used, used))
    return store


def numbers_in(store):
    return [number for number in range(20) if store.contains(digest(sample(number)))]


def test_what_was_used_longest_ago_goes_first(filled):
    freed = collection.collect(filled.layout, limit=12_000)
    kept = numbers_in(filled)
    assert kept == list(range(20 - len(kept), 20))
    assert freed == sum(len(sample(number)) for number in range(20 - len(kept)))
    assert collection.usage(filled.layout).object_bytes <= 12_000 * collection.KEEP


def test_using_an_artifact_keeps_it(filled):
    assert filled.get(digest(sample(0)))
    collection.collect(filled.layout, limit=12_000)
    assert 0 in numbers_in(filled)


def test_putting_an_artifact_again_keeps_it(filled):
    filled.put(sample(1))
    collection.collect(filled.layout, limit=12_000)
    assert 1 in numbers_in(filled)


def test_below_the_limit_nothing_goes(filled):
    assert collection.collect(filled.layout, limit=10**6) == 0
    assert numbers_in(filled) == list(range(20))


def test_files_of_killed_writers_are_removed(filled):
    for name, age in (("old", 7200), ("new", 5)):
        file = filled.layout / "tmp" / name
        file.write_bytes(b"half")
        os.utime(file, (time.time() - age,) * 2)
    collection.collect(filled.layout, limit=10**6)
    assert [file.name for file in (filled.layout / "tmp").iterdir()] == ["new"]


def test_build_folders_of_trees_that_are_gone_are_removed(filled):
    for name, age in (("old", 40 * 86400), ("new", 86400)):
        folder = filled.layout / "builds" / name
        folder.mkdir(parents=True)
        (folder / "build.ninja").touch()
        os.utime(folder, (time.time() - age,) * 2)
    collection.collect(filled.layout, limit=10**6)
    assert [folder.name for folder in (filled.layout / "builds").iterdir()] == ["new"]


def test_a_store_that_grows_past_its_limit_is_collected_by_putting(tmp_path):
    store = ArtifactStore(tmp_path / "store", limit=200 * 1024)
    for number in range(2000):
        store.put(sample(number))
    assert collection.usage(store.layout).object_bytes < 3 * 200 * 1024


def test_clear_leaves_nothing(filled):
    filled.record(digest(b"action"), digest(sample(3)))
    collection.clear(filled.layout)
    assert collection.usage(filled.layout).total_bytes == 0


def test_verification_removes_what_is_damaged_and_only_that(filled):
    filled.record(digest(b"good"), digest(sample(3)))
    filled.record(digest(b"bad"), digest(sample(3)))
    filled.action_path(digest(b"bad")).write_bytes(b"?")
    swapped = filled.object_path(digest(sample(5)))
    swapped.write_bytes(sample(6))
    wrong = [verdict for verdict in verify(filled) if verdict]
    assert {verdict.path for verdict in wrong} == {
        swapped,
        filled.action_path(digest(b"bad")),
    }
    assert not any(verify(filled))
    assert collection.usage(filled.layout).objects == 19


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("12", 12), ("2k", 2048), ("3G", 3 << 30)]
)
def test_sizes_are_read(text, size):
    assert limit_from(text) == size


@pytest.mark.parametrize("text", ["", "G", "1.5G", "-1", "5X", "many"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(DxError, match="is no size"):
        limit_from(text)


def test_a_limit_that_cannot_be_read_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("DX_CACHE_SIZE", "much")
    lines = []
    assert open_default(report=lines.append).limit == DEFAULT_LIMIT
    assert lines == [
        "DX_CACHE_SIZE: 'much' is no size: write a number of bytes, or 500M, or 4G"
    ]

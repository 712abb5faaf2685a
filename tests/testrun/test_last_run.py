"""Every run leaves artifacts of what it collected, planned and found, and no others."""

from __future__ import annotations

import pytest

from dx_py.artifacts import msgpack_reader, msgpack_writer
from dx_py.artifacts.artifact import decode_as
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.pointer import read_pointer
from dx_py.artifacts.store import ArtifactStore
from dx_py.testrun.last_run import last_run
from dx_py.testrun.worker import msgpack_reader as worker_reader
from dx_py.testrun.worker import msgpack_writer as worker_writer


def artifacts_of(project):
    """Role -> payload."""
    store = ArtifactStore(project.folder.parent / "cache")
    digests = read_pointer(last_run(store.layout, project.folder))
    return {
        role: decode_as(store.get(name), kind=f"test-{role}", schema=1)
        for role, name in digests.items()
    }


def test_a_run_leaves_collection_schedule_and_report(project):
    project.write(test_a="def test_ok(): pass\ndef test_bad(): assert 1 == 2\n")
    project.dx("-n2", "--dist", "load", "--deterministic")
    found = artifacts_of(project)
    assert found["collection"] == ["test_a.py::test_ok", "test_a.py::test_bad"]
    assert found["schedule"] == {"dist": "load", "workers": 2, "batches": [[0], [1]]}
    report = found["report"]
    assert report["tests"] == [
        ["test_a.py::test_ok", "passed"],
        ["test_a.py::test_bad", "failed"],
    ]
    assert "assert 1 == 2" in report["failures"]["test_a.py::test_bad"]
    assert report["status"] == 1


def test_the_next_run_s_artifacts_take_their_place(project):
    for number in range(3):
        project.write(test_a=f"def test_{number}(): pass\n")
        project.dx("-n1")
    objects = project.folder.parent / "cache" / "v1" / "objects"
    assert len(list(objects.glob("*/*"))) == 3
    assert artifacts_of(project)["collection"] == ["test_a.py::test_2"]


def test_secrets_of_the_environment_are_taken_out(project):
    project.write(test_a="import os\ndef test_a(): assert os.environ['A_TOKEN'] == ''\n")
    run = project.dx("-n1", A_TOKEN="correct-horse")
    assert "correct-horse" in run.output
    (text,) = artifacts_of(project)["report"]["failures"].values()
    assert "<A_TOKEN>" in text
    for path in (project.folder.parent / "cache").rglob("*"):
        assert path.is_dir() or b"correct-horse" not in path.read_bytes()


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(DxError, match="run 'dx-py test' there first"):
        last_run(tmp_path, tmp_path)


VALUES = [
    [None, True, False, 0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1],
    [-1, -32, -33, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, -(2**63)],
    [0.0, -0.0, 1.5, "", "a" * 31, "a" * 32, "ä" * 200, "b" * 70000, b"", b"x" * 300],
    [(), (1, (2,)), tuple(range(20)), {"b": 1, "a": (None, [])}, {1: {}}],
    list(range(20)),
    {str(number): number for number in range(20)},
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_the_worker_s_msgpack_is_that_of_the_artifacts(value):
    data = worker_writer.pack(value)
    assert data == msgpack_writer.pack(value)
    assert worker_reader.unpack(data) == msgpack_reader.unpack(data) == value


def test_what_no_artifact_holds_becomes_its_text():
    class Text(str):
        __slots__ = ()

    found = worker_writer.plain({"a": [Text("b"), (object, 2**70)]})
    assert found == {"a": ["b", (repr(object), repr(2**70))]}
    assert type(found["a"][0]) is str

"""The server's own decisions: when to leave, what to refuse. No time passes in these tests."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from dx_py.testrun.worker.server import protocol
from dx_py.testrun.worker.server.inputs import ChangedMeanwhileError, Inputs
from dx_py.testrun.worker.server.resident import Resident, listen

pytestmark = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1", reason="there are no unix sockets then"
)


@pytest.fixture
def path():
    with tempfile.TemporaryDirectory(prefix="dx") as folder:
        yield Path(folder) / "servers" / "socket"


@pytest.fixture
def resident(path, monkeypatch):
    monkeypatch.setenv("DX_TEST_SERVER_IDLE", "0")
    resident = Resident(listen(str(path)), str(path))
    yield resident
    resident.selector.close()
    resident.listener.close()


def ask(resident, path, data):
    """What the server answers to these bytes, with three descriptors."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        socket.send_fds(client, [data], [0, 1, 2])
        client.shutdown(socket.SHUT_WR)
        resident.answer()
        return client.recv(100)


def request(version=protocol.VERSION, folder="/"):
    body = b"\0".join([version, folder.encode(), b"0", b""])
    return protocol.LENGTH.pack(len(body)) + body


def test_after_the_idle_time_it_leaves_and_takes_its_socket_away(resident, path):
    resident.serve()
    assert not path.exists()


def test_one_whose_place_was_taken_leaves_the_other_s_socket(resident, path):
    other = listen(str(path))
    resident.idle = 1e9
    resident.serve()
    assert path.is_socket()
    other.close()


@pytest.mark.parametrize(
    "data", [request(version=b"0"), b"", b"\xff\xff\xff\xff", request()[:-1]]
)
def test_a_request_of_another_version_or_damaged_is_not_served(resident, path, data):
    assert ask(resident, path, data) == b""
    assert path.exists()


def test_one_whose_own_code_changed_refuses_and_gives_up_its_place(resident, path, tmp_path):
    code = tmp_path / "code.py"
    code.write_text("old")
    resident.inputs = Inputs([str(code)], (), None)
    code.write_text("new")
    assert ask(resident, path, request()) == protocol.REFUSED
    assert not path.exists()
    assert not resident.is_current()


def test_a_folder_that_others_may_enter_is_not_served_from(path):
    path.parent.mkdir(mode=0o755)
    path.parent.chmod(0o755)
    assert listen(str(path)) is None


@pytest.mark.parametrize("change", ["content", "removed", "added", "names"])
def test_inputs_tell_what_changed(tmp_path, change):
    file, absent = tmp_path / "a.py", tmp_path / "none.py"
    file.write_text("1")
    inputs = Inputs([str(file), str(absent)], [str(tmp_path)], None)
    assert inputs.changed() is None
    if change == "content":
        file.write_text("2")
    elif change == "removed":
        file.unlink()
    elif change == "added":
        absent.touch()
    else:
        (tmp_path / "b.py").touch()
    expected = {"content": file, "removed": file, "added": absent, "names": tmp_path}
    assert inputs.changed() == str(expected[change])


@pytest.mark.parametrize(
    ("name", "expected"), [("data.txt", False), ("test_new.py", False), ("json.py", True)]
)
def test_a_name_matters_where_modules_are_searched_if_it_could_hide_one(
    tmp_path, monkeypatch, name, expected
):
    monkeypatch.syspath_prepend(tmp_path)
    inputs = Inputs((), (), None)
    (tmp_path / name).touch()
    assert (inputs.changed() == str(tmp_path)) is expected


def test_a_file_newer_than_the_start_may_be_in_memory_in_an_older_state(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("1")
    with pytest.raises(ChangedMeanwhileError):
        Inputs([str(file)], (), file.stat().st_mtime_ns)

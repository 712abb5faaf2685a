"""A command that a resident server does is the command that a process of its own would do."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import pytest

from dx_py.driver.package_server import resident
from dx_py.driver.package_server.protocol import STATUS
from dx_py.pkg.install import native
from dx_py.pkg.install.lock import exclusive

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
pytestmark = pytest.mark.skipif(
    native.library() is None or LAUNCHER.read_bytes()[:2] == b"#!",
    reason="only the native launcher asks a server",
)
SERVER = [sys.executable, "-I", "-m", "dx_py.driver.package_server"]
# Until a test that waits for something is called hung.
PATIENCE_SECONDS = 600.0


def waiting():
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)
    raise AssertionError("it did not come")


@pytest.fixture(scope="module")
def short():
    # A socket's path has room for about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="dx"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(short):
    path = short / "servers" / "socket"
    process = subprocess.Popen([*SERVER, str(path)])
    for _ in waiting():
        if path.exists():
            break
    yield path
    process.kill()
    process.wait()


class Command:
    """A command under way at a server, with files as its output and errors."""

    def __init__(self, path, folder, words, **environment):
        self.files = [Path(os.devnull), folder / "out", folder / "err"]
        texts = ["1", str(folder), str(len(words)), *words]
        texts += [f"{name}={value}" for name, value in environment.items()]
        body = "".join(f"{text}\0" for text in texts).encode()
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(str(path))
        streams = [os.open(self.files[0], os.O_RDONLY)]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        streams += [os.open(file, flags) for file in self.files[1:]]
        socket.send_fds(self.connection, [struct.pack("<I", len(body)) + body], streams)
        for stream in streams:
            os.close(stream)

    def signal(self, number):
        self.connection.sendall(bytes([number]))

    @property
    def out(self):
        return self.files[1].read_text()

    @property
    def err(self):
        return self.files[2].read_text()

    def accepted(self):
        return self.connection.recv(1)

    def status(self):
        assert self.accepted() == b"A"
        return STATUS.unpack(self.connection.recv(4))[0]


@pytest.fixture
def ask(server, tmp_path, store):
    folder = tmp_path / "caller"
    folder.mkdir()

    common = {"DX_CACHE_DIR": str(store), "PIP_CONFIG_FILE": os.devnull, "HOME": str(tmp_path)}
    commands = []

    def ask(*words, **environment):
        commands.append(Command(server, folder, ["pip", *words], **common, **environment))
        return commands[-1]

    yield ask
    for command in commands:
        command.connection.close()


def install_words(env, *words):
    return ("install", "-p", str(env.folder), "--no-index", "-f", str(env.links), *words)


def test_a_served_install_says_and_does_what_another_does(env, ask, wheel):
    wheel("app", requires=["lib"])
    wheel("lib")
    served = ask(*install_words(env, "app"))
    assert (served.status(), served.err) == (0, "")
    assert served.out == "Successfully installed app-1.0 lib-1.0\n"
    assert env.freeze() == ["app==1.0", "lib==1.0"]


def test_folder_and_variables_are_the_callers(env, ask, wheel, tmp_path):
    wheel("app")
    (tmp_path / "caller" / "wanted.txt").write_text("app\n")
    words = ("install", "-p", str(env.folder), "-r", "wanted.txt")
    served = ask(*words, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(env.links))
    assert (served.status(), served.out) == (0, "Successfully installed app-1.0\n")


def test_errors_and_their_statuses_are_the_same(env, ask):
    for words in (install_words(env, "missing"), install_words(env, "--wrong")):
        served, own = ask(*words), env.run(*words)
        assert served.status() == own.status
        assert own.err
        assert served.err.endswith(own.err)


def test_what_needs_another_process_is_given_back_untouched(env, ask):
    served = ask(*install_words(env, "app @ git+file:///nowhere"), PATH=os.environ["PATH"])
    assert (served.status(), served.out, served.err) == (-1, "", "")
    assert env.freeze() == []


def test_signals_reach_the_command(env, ask, wheel):
    wheel("app")
    with exclusive(env.folder / ".dx-py"):
        interrupted, ended = ask(*install_words(env, "app")), ask(*install_words(env, "app"))
        for _ in waiting():
            if ended.files[2].exists() and ended.err.count("waiting for another dx-py") == 2:
                break
        interrupted.signal(signal.SIGINT)
        ended.signal(signal.SIGTERM)
        assert interrupted.status() == 130
        assert ended.status() == 256 + signal.SIGTERM
    assert env.freeze() == []


def test_a_server_whose_files_changed_refuses_and_leaves(short, tmp_path, monkeypatch):
    module, path = tmp_path / "module.py", short / "alone" / "socket"
    module.write_text("old")
    monkeypatch.setattr(resident, "_loaded_files", lambda: [str(module)])
    before = signal.getsignal(signal.SIGCHLD)
    listener = resident.listen(path)
    try:
        server = resident.Resident(listener, path)
        module.write_text("changed")
        command = Command(path, tmp_path, ["pip", "install"])
        server.serve_next()
        assert command.accepted() == b"R"
        assert not path.exists()
        command.connection.close()
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, before)
        listener.close()


def test_a_folder_that_others_may_enter_holds_no_socket(short):
    folder = short / "open"
    folder.mkdir(mode=0o755)
    assert resident.listen(folder / "socket") is None


def test_a_store_that_was_removed_is_not_made_again(tmp_path):
    assert resident.listen(tmp_path / "store" / "servers" / "socket") is None
    assert not (tmp_path / "store").exists()


class FakeServer:
    """Answers the launcher's next request as it is told, and keeps the request."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{path}.fake")
        self.listener.listen()
        Path(f"{path}.fake").rename(path)

    def answer(self, launched, *answers):
        connection, _ = self.listener.accept()
        with connection:
            data, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
            for descriptor in descriptors:
                os.close(descriptor)
            for answer in answers:
                connection.sendall(answer)
            launched.communicate()
        return data


@pytest.fixture(scope="module")
def launched_server(short, tmp_path_factory):
    """Where a launcher that may start a server has started one: its socket, its store."""
    store, folder = short / "store", tmp_path_factory.mktemp("folder")
    environment = plain_environment(store) | {"DX_PKG_SERVER": "1"}
    for _ in waiting():  # the first one finds no store yet to put a socket in
        words = ["install", "--no-index", "--dry-run", "missing", "-p", sys.prefix]
        subprocess.run(
            [LAUNCHER, "pip", *words], env=environment, capture_output=True, cwd=folder
        )
        found = [each for each in store.glob("v1/pkg/servers/*") if each.suffix == ""]
        if found:
            return found[0], store
    raise AssertionError("no server started")


def plain_environment(store):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DX_")}
    return kept | {"DX_CACHE_DIR": str(store)}


@pytest.fixture
def fake(launched_server):
    server = FakeServer(launched_server[0])
    yield server
    server.listener.close()


@pytest.fixture
def launch(launched_server, tmp_path):
    _, store = launched_server

    def launch(*words, **variables):
        return subprocess.Popen(
            [LAUNCHER, "pip", *words],
            cwd=tmp_path,
            env=plain_environment(store) | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return launch


def test_the_launcher_ends_as_the_servers_command_did(fake, launch):
    launched = launch("install", "anything")
    request = fake.answer(launched, b"A", STATUS.pack(7))
    assert launched.returncode == 7
    assert b"\0pip\0install\0anything\0" in request
    launched = launch("install", "anything")
    fake.answer(launched, b"A", STATUS.pack(256 + signal.SIGTERM))
    assert launched.returncode == -signal.SIGTERM


@pytest.mark.parametrize("answers", [[b"R"], [b"A", STATUS.pack(-1)]])
def test_what_no_server_did_the_launcher_does(fake, launch, answers):
    launched = launch("install", "--wrong")
    fake.answer(launched, *answers)
    assert launched.returncode == 2


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (["install", "--wrong"], {"DX_PKG_SERVER": "0"}),
        (["install", "--wrong"], {"LC_NUMERIC": "C.another"}),
        (["install", "--wrong", "-r", "/dev/fd/7"], {}),
        (["check", "--wrong"], {}),
    ],
)
@pytest.mark.usefixtures("fake")  # which would never answer
def test_some_commands_are_never_asked_of_a_server(launch, words, variables):
    launched = launch(*words, **variables)
    launched.communicate()
    assert launched.returncode == 2

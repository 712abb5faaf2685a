"""Runs forked from a resident server are the runs of plain pytest, whatever was edited."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("dx-py")
pytestmark = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1" or not SCRIPT.exists(),
    reason="only the native launcher asks a server",
)
FILES = {
    "conftest": """
        import os, pytest
        with open("configured", "a") as file:
            file.write("x")
        @pytest.fixture
        def number(): return 1
        """,
    "helper": "VALUE = 1\n",
    "test_a": """
        import helper, os, pytest
        def test_ok(number): assert helper.VALUE == number
        def test_bad(): assert helper.VALUE == 2, "as expected"
        @pytest.mark.skip(reason="why not")
        def test_skipped(): pass
        def test_variable(): assert os.environ.get("SWITCH") is None
        """,
}
# No server may leave because the machine is slow; those that tests leave behind see that their
# sockets are gone, and end.
IDLE_SECONDS = "3600"
# Until a test that waits for something is called hung.
PATIENCE_SECONDS = 600.0


class Served:
    """A project whose runs go through the launcher, and a server if there is one."""

    def __init__(self, project, cache):
        self.project = project
        self.variables = {
            "DX_CACHE_DIR": str(cache),
            "DX_TEST_SERVER": "1",
            "DX_TEST_SERVER_IDLE": IDLE_SECONDS,
        }
        self.sockets = cache / "v1" / "servers"

    def command(self, *arguments):
        return [str(SCRIPT), "--python", sys.executable, "test", *arguments]

    def run(self, *arguments, **variables):
        return self.project.run_program(
            self.command(*arguments), {**self.variables, **variables}
        )

    def start(self, *arguments, **options):
        environment = self.project.environment(self.project.folder.parent / "record.jsonl")
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.project.folder,
            env={**environment, **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Shells start background jobs with the interrupt ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **options,
        )

    def reset(self):
        """The files as they were first, and no others."""
        for path in list(self.project.folder.iterdir()):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "configured":
                path.unlink()
        self.project.write(**FILES)

    def socket(self):
        """The path of the server's socket, once there is one."""
        for _ in waiting():
            found = [path for path in self.sockets.glob("*") if path.is_socket()]
            if found:
                return found[0]
        raise AssertionError("no server started")

    def configurations(self):
        """How often pytest has loaded the conftest file."""
        path = self.project.folder / "configured"
        return len(path.read_text()) if path.exists() else 0

    def warm(self, *arguments, **variables):
        """Run until nothing was configured for a run: a template was there."""
        for _ in waiting():
            before = self.configurations()
            run = self.run(*arguments, **variables)
            if self.configurations() == before:
                return run
        raise AssertionError("no template was made")


def waiting():
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(0.2)


@contextmanager
def serving(project):
    # A socket's path has room for about a hundred characters.
    cache = Path(tempfile.mkdtemp(prefix="dx"))
    try:
        yield Served(project, cache)
    finally:
        shutil.rmtree(cache)


@pytest.fixture(scope="module")
def shared(lasting_project):
    """One server for all tests that leave it as they found it."""
    with serving(lasting_project) as served:
        yield served


@pytest.fixture
def served(shared):
    shared.reset()
    return shared


@pytest.fixture
def alone(project):
    project.write(**FILES)
    with serving(project) as served:
        yield served


def test_a_warm_run_is_that_of_plain_pytest(served):
    warm = served.warm()
    plain = served.project.plain()
    assert (warm.status, warm.outcomes, warm.screen) == (
        plain.status,
        plain.outcomes,
        plain.screen,
    )


def test_one_template_serves_all_ids_of_a_file(served):
    served.warm("test_a.py::test_ok")
    before = served.configurations()
    run = served.run("test_a.py::test_bad")
    assert served.configurations() == before
    assert run.calls == {"test_bad": "failed"}
    assert served.run("test_a.py", "-k", "ok").calls == {"test_ok": "passed"}


def test_an_id_is_run_alone_only_where_its_neighbours_are_silent(served):
    other = "import pytest\n@pytest.mark.parametrize('a', [1])\ndef test_other({}): pass\n"
    path = "test_b.py::test_named"
    served.project.write(test_b=other.format("a") + "def test_named(): pass\n")
    assert served.warm(path).calls == {"test_named": "passed"}
    served.project.write(test_b=other.format("b") + "def test_named(): pass\n")
    for _ in range(2):
        run, plain = served.run(path), served.project.plain(path)
        assert "function uses no argument 'a'" in run.output
        assert (run.status, run.outcomes) == (plain.status, plain.outcomes)
    assert served.run("test_b.py::test_none").status == 4


def test_a_value_that_looks_like_an_id_is_none(served):
    served.warm("-k", "ok or test_a.py")
    run = served.run("-k", "ok or test_a.py::x")
    plain = served.project.plain("-k", "ok or test_a.py::x")
    assert (run.status, run.outcomes) == (plain.status, plain.outcomes)


EDITS = {
    "test": {"test_a": "def test_new(): pass\n"},
    "helper": {"helper": "VALUE = 2\n"},
    "conftest": {"conftest": FILES["conftest"].replace("return 1", "return 3")},
    "conftest of a folder": {"sub__conftest": "1 / 0", "sub__test_b": "def test_b(): pass"},
    "shadowing package": {"helper____init__": "VALUE = 2\n"},
}


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit_a_run_is_that_of_plain_pytest(served, edit):
    served.warm()
    served.project.write(**EDITS[edit])
    run, plain = served.run(), served.project.plain()
    assert (run.status, run.outcomes) == (plain.status, plain.outcomes)


def test_an_edit_that_leaves_size_and_time_is_seen(served):
    served.warm()
    path = served.project.folder / "helper.py"
    before = path.stat()
    path.write_text("VALUE = 2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert served.run().calls["test_bad"] == "passed"


def test_an_edited_ini_file_and_a_changed_variable_are_seen(served):
    served.warm()
    served.project.ini("addopts = -k ok")
    assert served.run().calls == {"test_ok": "passed"}
    (served.project.folder / "pytest.ini").unlink()
    assert served.run("-k", "variable", SWITCH="on").calls == {"test_variable": "failed"}


def test_a_new_file_beside_the_tests_leaves_the_server(served):
    served.warm()
    before = served.socket().stat().st_ino
    (served.project.folder / "result.txt").touch()
    assert served.run().calls["test_ok"] == "passed"
    assert served.socket().stat().st_ino == before


def test_failures_of_the_last_run_are_those_of_any_run(served):
    served.warm("test_a.py::test_bad")
    served.project.plain("test_a.py::test_ok", "test_a.py::test_variable")
    served.run("test_a.py::test_bad")
    assert served.run("--lf").calls == {"test_bad": "failed"}


def test_a_file_that_ends_the_process_is_a_collection_error(served):
    served.warm()
    served.project.write(test_crash="import os; os._exit(5)")
    run = served.run("--continue-on-collection-errors")
    assert "exited with status 5 while collecting it" in run.output
    assert run.calls["test_ok"] == "passed"


def test_two_runs_at_once_are_served(served):
    served.warm()
    runs = [served.start("-q", "-p", "no:cacheprovider") for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in runs]
    assert [process.returncode for process in runs] == [1, 1]
    assert all("1 failed, 2 passed, 1 skipped" in output for output in outputs)


def test_interrupting_the_client_interrupts_the_run(served):
    served.project.write(
        test_a="""
        import pytest, time
        @pytest.fixture(scope="session")
        def resource():
            yield
            open("closed", "w").close()
        def test_short(resource): pass
        def test_long(resource):
            open("started", "w").close()
            time.sleep(60)
        """
    )
    served.warm("-k", "short")
    process = served.start()
    for _ in waiting():
        if (served.project.folder / "started").exists():
            break
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in output
    assert (served.project.folder / "closed").exists()


def test_a_run_whose_client_was_killed_ends(served):
    served.project.write(
        test_a="""
        import os, time
        def test_short(): pass
        def test_long():
            with open("pid", "w") as file: file.write(str(os.getpid()))
            os.rename("pid", "started")
            time.sleep(600)
        """
    )
    served.warm("-k", "short")
    process = served.start()
    started = served.project.folder / "started"
    for _ in waiting():
        if started.exists():
            break
    process.kill()
    process.communicate()
    for _ in waiting():
        if not Path(f"/proc/{started.read_text()}").exists():
            return
    raise AssertionError("the test is still running")


def test_the_socket_is_its_owner_s_alone(served):
    served.run()
    path = served.socket()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(served.sockets.stat().st_mode) == 0o700


def test_no_server_is_started_that_nobody_asked_for(alone):
    alone.run(DX_TEST_SERVER="")
    alone.run("--no-server")
    assert not alone.sockets.exists()


def test_a_damaged_socket_is_replaced(alone):
    alone.run()
    path = alone.socket()
    path.unlink()
    path.write_text("no socket")
    assert alone.run().calls["test_ok"] == "passed"
    assert alone.socket() == path


def test_a_run_goes_on_when_its_server_is_killed(alone):
    alone.project.write(
        test_a="""
        import os, signal, socket, struct
        def test_kill():
            if os.environ.get("SERVER"):
                with socket.socket(socket.AF_UNIX) as client:
                    if client.connect_ex(os.environ["SERVER"]):
                        return
                    found = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                os.kill(struct.unpack("3i", found)[0], signal.SIGKILL)
                open("killed", "w").close()
        def test_after(): pass
        """
    )
    # The variable is part of what a server is chosen by, so both runs have it.
    variables = {"SERVER": str(alone.project.folder.parent / "server")}
    alone.run("-k", "after", **variables)
    path = alone.socket()
    Path(variables["SERVER"]).symlink_to(path)
    for _ in range(2):
        run = alone.run("-n1", **variables)
        assert run.status == 0, run.output
        assert run.calls == {"test_kill": "passed", "test_after": "passed"}
    assert (alone.project.folder / "killed").exists()

"""A session fixture that binds a fixed port is set up once, and its tests run where it is."""

from __future__ import annotations

import os
import socket

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no workers there")
SERVER = """
    import os, socket, threading, pytest
    @pytest.fixture(scope="session")
    def server():
        listener = socket.socket()
        # As servers that start in a thread: a port in use is noticed by nobody.
        ready = threading.Event()
        def serve():
            listener.bind(("127.0.0.1", {port}))
            ready.set()
        thread = threading.Thread(target=serve)
        thread.start()
        ready.wait()
        thread.join()
        with open("setups", "a") as file:
            file.write("x")
        yield os.getpid()
        listener.close()
    """
TEST = """
    import os, time, pytest
    @pytest.mark.parametrize("n", range(3))
    def test_uses(server, n): assert server == os.getpid()
    @pytest.mark.parametrize("n", range(3))
    def test_does_not(n): time.sleep(0.02)
    """


@pytest.fixture
def port():
    """Free now, and below those that the system hands out."""
    for number in range(20000, 20100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)):
                return number
    raise AssertionError("no free port")


@pytest.mark.parametrize("workers", ["2", "4"])
def test_tests_of_an_exclusive_fixture_run_in_its_worker(project, port, workers):
    files = {f"test_{name}": TEST for name in "abcdef"}
    project.write(conftest=SERVER.format(port=port), **files)
    run = project.dx("-n", workers, "--dist", "loadfile", "--timeout", "30")
    assert run.outcomes == project.plain().outcomes
    assert run.status == 0
    assert (project.folder / "setups").read_text() == "x" * 2


def test_a_fixture_at_any_port_is_set_up_in_each_worker(project):
    project.write(
        conftest=SERVER.format(port=0),
        test_a=TEST,
        test_b=TEST,
    )
    assert project.dx("-n2", "--dist", "loadfile", "--deterministic").status == 0
    assert (project.folder / "setups").read_text() == "xx"


def test_one_fixture_over_another_does_not_wait_for_ever(project):
    project.write(
        conftest="""
        import pytest
        @pytest.fixture(scope="session")
        def first(request): return 1
        @pytest.fixture(scope="session")
        def second(request): return request.getfixturevalue("first")
        """,
        test_a="def test_a(first, second): pass",
        test_b="def test_b(second, first): pass",
    )
    assert project.dx("-n2", "--timeout", "30").status == 0


def test_the_death_of_its_worker_frees_an_exclusive_fixture(project, port):
    dying = "import os\ndef test_dies(server): os._exit(1)\n"
    project.write(conftest=SERVER.format(port=port), test_a=dying, test_b=TEST, test_c=TEST)
    run = project.dx("-n2", "--timeout", "30")
    failed = [record for record in run.records if record[2] != "passed"]
    assert failed == [["test_a.py::test_dies", "call", "failed", False]]

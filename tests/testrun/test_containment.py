"""Tests that hang, crash or leave things behind are named, and the run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

supervised = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1", reason="the outermost process is a fork's parent"
)
OTHERS = """
    import pytest
    @pytest.mark.parametrize("n", range(4))
    def test_other(n): pass
"""
GONE = {
    "segfault": ("import faulthandler; faulthandler._sigsegv()", "SIGSEGV"),
    "abort": ("import os; os.abort()", "SIGABRT"),
    "exit": ("import os; os._exit(9)", "exited with status 9"),
    "exit_zero": ("import os; os._exit(0)", "exited with status 0"),
    "kill": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "system_exit": ("raise SystemExit(3)", "SystemExit: 3"),
}
PHASES = {
    "setup": "import pytest\n@pytest.fixture\ndef f(): {}\ndef test_bad(f): pass\n",
    "call": "def test_bad(): {}\n",
    "teardown": "import pytest\n@pytest.fixture\ndef f():\n    yield\n    {}\n"
    "def test_bad(f): pass\n",
    "session": "import pytest\n@pytest.fixture(scope='session')\ndef f():\n    yield\n    {}\n"
    "def test_bad(f): pass\n",
}


def others_pass(run):
    others = {name: out for name, out in run.calls.items() if name.startswith("test_other")}
    return list(others.values()) == ["passed"] * 4


@pytest.mark.parametrize("way", GONE)
def test_a_test_that_ends_its_process_fails_alone(project, way):
    code, words = GONE[way]
    project.write(test_a=f"def test_bad():\n    {code}", test_b=OTHERS)
    run = project.dx("-n2")
    assert run.status == 1
    assert words in run.output
    assert run.calls["test_bad"] == "failed"
    assert others_pass(run)


def test_a_crash_shows_the_stack_and_what_ran_before(project):
    project.write(
        test_a="def test_first(): pass\n"
        "def test_bad():\n    import faulthandler\n    faulthandler._sigsegv()"
    )
    output = project.dx("-n1").output
    assert "test_a.py::test_first" in output
    assert "Fatal Python error: Segmentation fault" in output
    assert "in test_bad" in output


def test_the_rest_of_a_dead_worker_s_batch_runs(project):
    project.write(
        test_a="import os, pytest\n@pytest.mark.parametrize('n', range(9))\n"
        "def test_it(n):\n    if n == 3: os._exit(1)"
    )
    run = project.dx("-n1")
    assert sorted(run.calls.values()) == ["failed"] + ["passed"] * 8


@pytest.mark.parametrize("phase", PHASES)
def test_a_hang_is_killed_and_named(project, phase):
    project.write(test_a=PHASES[phase].format("import time; time.sleep(60)"), test_b=OTHERS)
    run = project.dx("-n2", "--timeout", "0.5")
    assert run.status == 1
    assert "timeout: the test took more than 0.5 s" in run.output
    assert "test_bad" in run.output
    assert "time.sleep(60)" in run.output or "in test_bad" in run.output or "in f" in run.output
    assert others_pass(run)


def test_a_mark_limits_one_test(project):
    project.write(
        test_a="import pytest, time\n@pytest.mark.timeout(0.3)\n"
        "def test_bad(): time.sleep(60)\n",
        test_b="import time\ndef test_other_0(): time.sleep(0.4)",
    )
    run = project.dx("-n2")
    assert run.calls == {"test_bad": "failed", "test_other_0": "passed"}


@supervised
def test_a_crash_while_importing_is_a_collection_error(project):
    project.write(test_a="import os; os._exit(5)", test_b=OTHERS)
    run = project.dx("-n2", "--continue-on-collection-errors")
    assert "exited with status 5 while collecting it" in run.output
    assert "ERROR test_a.py" in run.output
    assert others_pass(run)
    assert run.status == 1


def test_a_hang_while_importing_is_a_collection_error(project):
    project.write(test_a="import time\ntime.sleep(60)", test_b=OTHERS)
    run = project.dx("-n2", "--continue-on-collection-errors", "--timeout", "0.5")
    assert "collecting test_a.py took more than 0.5 s" in run.output
    assert others_pass(run)


def test_exit_handlers_registered_by_a_test_run_in_its_worker(project):
    project.write(
        test_a="import atexit, time\ndef test_bad(): atexit.register(open, 'ran', 'w')",
        test_b=OTHERS,
    )
    assert project.dx("-n2").status == 0
    assert (project.folder / "ran").exists()


@supervised
def test_processes_left_behind_are_killed_and_named(project):
    project.write(
        test_a="""
        import subprocess, sys
        def test_leaves():
            code = "import os, time; os.setsid(); time.sleep(300)"
            child = subprocess.Popen([sys.executable, "-c", code])
            open("pid", "w").write(str(child.pid))
            child.returncode = 0
        """
    )
    run = project.dx("-n1")
    assert run.status == 0
    pid = int((project.folder / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()
    assert "left-over process" in run.errors


def test_a_bounded_fork_bomb_leaves_nothing(project):
    project.write(
        test_a="""
        import os, time
        def test_bomb():
            for _ in range(4):
                os.fork()
            time.sleep(300)
        """,
        test_b=OTHERS,
    )
    run = project.dx("-n2", "--timeout", "1")
    assert run.calls["test_bomb"] == "failed"
    assert others_pass(run)


def test_much_output_and_a_closed_stdout_are_survived(project):
    project.write(
        test_a="import os\ndef test_close():\n    os.close(1); os.close(2)",
        test_b="def test_much():\n    print('x' * 100_000_000)",
        test_c=OTHERS,
    )
    run = project.dx("-n2", "--show-capture=no")
    assert run.calls["test_much"] == "passed"
    assert others_pass(run)


def test_memory_exhaustion_under_a_limit_fails_one_test(project):
    project.write(
        test_a="""
        import resource
        def test_bad():
            resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
            hold = []
            while True: hold.append(bytearray(2**24))
        """,
        test_b=OTHERS,
    )
    run = project.dx("-n2")
    assert run.calls["test_bad"] == "failed"
    assert others_pass(run)


def test_a_thread_left_running_does_not_hold_the_run(project):
    project.write(
        test_a="""
        import threading, time
        def test_leaves(): threading.Thread(target=time.sleep, args=(0.3,)).start()
        """,
        test_b=OTHERS,
    )
    run = project.dx("-n2")
    assert run.status == 0
    assert others_pass(run)


STUCK = {
    "thread": (
        "import threading, time",
        "threading.Thread(target=time.sleep, args=(60,)).start()",
    ),
    "exit handler": ("import atexit, time", "atexit.register(time.sleep, 60)"),
}


@pytest.mark.parametrize("way", STUCK)
def test_a_worker_that_does_not_end_is_killed_and_named(project, way):
    imports, code = STUCK[way]
    project.write(test_a=f"{imports}\ndef test_bad(): {code}\n", test_b=OTHERS)
    # Enough for the session itself, which has as long to leave.
    run = project.dx("-n2", "--timeout", "2")
    assert run.status == 0
    assert "did not end in time after its last test" in run.output
    assert others_pass(run)


@supervised
def test_a_session_that_does_not_end_is_killed_and_named(project):
    code = "import atexit, time\ndef linger(): time.sleep(60)\natexit.register(linger)\n"
    project.write(conftest=code, test_a="def test_bad(): assert 0\n", test_b=OTHERS)
    run = project.dx("-n2", "--timeout", "0.5")
    assert run.status == 1
    assert "the test session did not end in time" in run.errors
    assert "in linger" in run.errors


@pytest.mark.parametrize("kill", [os.killpg, os.kill])
def test_interrupt_tears_down_and_reports(project, kill):
    project.write(
        test_a="""
        import pytest, time
        @pytest.fixture(scope="session")
        def resource():
            yield
            open("closed", "w").close()
        def test_one(resource): pass
        def test_long(resource):
            open("started", "w").close()
            time.sleep(60)
        """
    )
    environment = project.environment(project.folder / "record")
    command = [sys.executable, str(Path(__file__).parents[2] / "testrun/worker/boot.py"), "-m"]
    process = subprocess.Popen(
        command,
        cwd=project.folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Shells start background jobs with the interrupt ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not (project.folder / "started").exists():
        assert process.poll() is None
        time.sleep(0.01)
    kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in output
    assert (project.folder / "closed").exists()


def test_stopping_at_the_first_failure_tears_down_session_fixtures(project):
    project.write(
        test_a="""
        import pytest
        @pytest.fixture(scope="session")
        def resource():
            yield
            open("closed", "w").close()
        def test_one(resource): assert 0
        def test_two(resource): pass
        """
    )
    assert project.dx("-x").status == 1
    assert (project.folder / "closed").exists()

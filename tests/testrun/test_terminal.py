"""`-s`, `--pdb` and `breakpoint()` with workers show and read what one process would."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

BOOT = Path(__file__).resolve().parents[2] / "testrun" / "worker" / "boot.py"
pytestmark = pytest.mark.skipif(
    os.name != "posix" or os.environ.get("DX_PORTABLE") == "1",
    reason="workers that are no forks leave the terminal to one process of plain pytest",
)

# What the terminal's interrupt key sends.
INTERRUPT = "\x03"
TALKATIVE = {
    "test_a": """
        import os, sys
        def test_prints(): print("from a test"); print("an error", file=sys.stderr)
        def test_child(): os.system("echo from a child")
        def test_no_newline(): print("x" * 10, end="")
        def test_fails(): print("before"); assert 0
        """,
    "test_b": """
        def test_three(): print("three")
        def test_fails_too():
            value = 41
            assert value == 42
        """,
}
READING = {
    "test_a": "def test_one(): assert input('name? ') == 'a'\n",
    "test_b": "import sys\ndef test_two():\n"
    "    assert input() == 'b'\n    assert sys.stdin.readline() == 'c\\n'\n",
}
BREAKING = {
    "test_a": "def test_one():\n    x = 5\n    breakpoint()\n    assert x == 5\n"
    "def test_quiet(): print('captured')\n",
    "test_b": "def test_two():\n    breakpoint()\n",
}
SESSIONS = {
    "uncaptured output": (TALKATIVE, "", ["-s"]),
    "uncaptured input": (READING, "a\nb\nc\n", ["-s"]),
    "breakpoint": (BREAKING, "p x\nc\np 7\nc\n", []),
    "debugger at failures": (TALKATIVE, "p 1 + 1\nc\np value + 1\nc\n", ["--pdb"]),
    "debugger left": (TALKATIVE, "q\n", ["--pdb"]),
    "debugger and stopping": (TALKATIVE, "c\n", ["--pdb", "-x", "-v"]),
    "trace": (READING, "c\nc\n", ["--trace"]),
}


def converse(project, command, text, options=("-p", "no:cacheprovider")):
    done = subprocess.run(
        [sys.executable, *command, *options],
        cwd=project.folder,
        env=project.environment(project.folder.parent / "record.jsonl"),
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("name", SESSIONS)
def test_a_conversation_is_that_of_plain_pytest(project, name):
    files, text, options = SESSIONS[name]
    project.write(**files)
    plain = converse(project, ["-m", "pytest", "-p", "no:xdist", *options], text)
    ours = converse(project, [str(BOOT), "-m", "-n2", *options], text)
    assert tuple(map(comparable, ours)) == tuple(map(comparable, plain))


def test_what_waits_for_the_terminal_holds_no_earlier_test(project):
    test = "def test_{0}(): assert input() == '{0}'\n"
    project.write(**{f"test_{name}": test.format(name) for name in "abc"})
    # What failed last is begun first, and the test before it is taken meanwhile.
    cache = project.folder / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True)
    failed = {f"test_{name}.py::test_{name}": True for name in "bc"}
    (cache / "lastfailed").write_text(json.dumps(failed))
    for _ in range(3):
        status, output = converse(
            project, [str(BOOT), "-m", "-n2", "-s", "-x"], "a\nb\nc\n", []
        )
        assert (status, "3 passed" in output) == (0, True), output


def test_a_worker_without_a_test_says_nothing(project):
    project.write(test_a="def test_one(): pass\ndef test_two(): pass\n")
    command = [str(BOOT), "-m", "-n2", "-s", "--dist", "loadfile"]
    status, output = converse(project, command, "")
    assert (status, "2 passed" in output) == (0, True), output


def comparable(part):
    text = re.sub(r"=* (\d.*) in [\d.]+s =*", r"\1", str(part))
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    return [line for line in text.splitlines() if not line.startswith("plugins:")]


def test_the_debugger_has_the_terminal_and_gives_it_back(project):
    project.write(
        test_a="def test_one():\n    x = 41\n    assert x == 42\ndef test_two(): pass\n"
    )
    output, status = at_a_terminal(project, [("(Pdb)", "p x + 1000\n"), ("1041", "c\n")])
    assert "1 failed, 1 passed" in output
    assert status == 1


def test_an_interrupt_at_the_debugger_does_not_end_the_run(project):
    project.write(test_a="def test_one():\n    assert 0\ndef test_two(): pass\n")
    output, _ = at_a_terminal(project, [("(Pdb)", INTERRUPT), ("(Pdb)", "c\n")])
    assert "1 failed, 1 passed" in output


def at_a_terminal(project, exchanges):
    """Run with `--pdb` as the foreground of a terminal; what it wrote, and its exit status."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        environment = project.environment(project.folder.parent / "record.jsonl")
        os.chdir(project.folder)
        command = [sys.executable, str(BOOT), "-m", "-n2", "--pdb"]
        os.execve(sys.executable, command, {**environment, "TERM": "dumb"})
    output, again = "", ""
    for awaited, answer in exchanges:
        output += read_until(terminal, awaited, again)
        os.write(terminal, answer.encode())
        again = answer if answer == INTERRUPT else ""
    output += read_until(terminal, None)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return output, os.waitstatus_to_exitcode(status)


def read_until(terminal, text, again=""):
    """Read until there is this text, or to the end; after a second's silence, say that again.

    Python's readline loses an interrupt between its prompt and its waiting for a key.
    """
    read = ""
    deadline = time.monotonic() + 60
    while text is None or text not in read:
        assert time.monotonic() < deadline, read
        if not select.select([terminal], [], [], 1)[0]:
            os.write(terminal, again.encode())
        else:
            try:
                data = os.read(terminal, 4096)
            except OSError:
                break
            read += data.decode(errors="replace")
            if not data:
                break
    return read

"""`--watch` runs again after an edit of what the tests were made from."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

BOOT = Path(__file__).resolve().parents[2] / "testrun" / "worker" / "boot.py"
pytestmark = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1", reason="each run is a fork of the one that watches"
)


def read_until(stream, text):
    read = ""
    deadline = time.monotonic() + 60
    while text not in read:
        assert time.monotonic() < deadline, read
        if select.select([stream], [], [], 1)[0]:
            read += os.read(stream.fileno(), 1 << 16).decode()
    return read


def test_an_edit_of_a_helper_runs_the_tests_again(project):
    project.write(
        helper="VALUE = 1\n", test_a="import helper\ndef test_a(): assert helper.VALUE == 1"
    )
    process = subprocess.Popen(
        [sys.executable, str(BOOT), "-m", "--watch", "-q"],
        cwd=project.folder,
        env=project.environment(project.folder.parent / "record.jsonl"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        assert "1 passed" in read_until(process.stdout, "waiting for a change")
        project.write(helper="VALUE = 2\n")
        again = read_until(process.stdout, "waiting for a change")
        assert "helper.py changed" in again
        assert "1 failed" in again
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 1
    finally:
        process.kill()
        process.stdout.close()
        process.wait()

"""What DX-Py adds to a run: shards, result files, one line for one cause, scheduling."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dx_py.testrun.worker.schedule import long_first

BOOT = Path(__file__).resolve().parents[2] / "testrun" / "worker" / "boot.py"
THREE = "import pytest\n@pytest.mark.parametrize('n', range(3))\ndef test_it(n): pass\n"


def ids_of(run):
    return {str(node) for node, when, _, _ in run.records if when == "call"}


def test_shards_run_every_test_exactly_once(project):
    project.write(**{f"test_{name}": THREE for name in "abcde"})
    shards = [ids_of(project.dx("--shard", f"{index}/3")) for index in (1, 2, 3)]
    assert sum(map(len, shards)) == 15
    assert set.union(*shards) == ids_of(project.plain())
    assert all(shards)


@pytest.mark.parametrize("text", ["0/2", "3/2", "half", "1/"])
def test_a_wrong_shard_is_a_usage_error(project, text):
    run = project.dx("--shard", text)
    assert run.status == 4
    assert f"'{text}' is no shard" in run.errors


def test_json_holds_outcome_and_message_of_each_test(project):
    project.write(
        test_a="""
        import pytest
        def test_ok(): pass
        def test_bad(): assert 1 == 2
        @pytest.mark.xfail
        def test_expected(): assert 0
        @pytest.fixture
        def broken(): raise OSError
        def test_error(broken): pass
        """
    )
    run = project.dx("-n2", "--json", "out.json")
    content = json.loads((project.folder / "out.json").read_text())
    found = {test["id"].split("::")[1]: test["outcome"] for test in content["tests"]}
    expected = {"test_bad": "failed", "test_error": "error", "test_expected": "xfailed"}
    assert found == {"test_ok": "passed", **expected}
    assert content["status"] == run.status == 1
    assert "assert 1 == 2" in content["tests"][1]["message"]


def test_html_stands_alone_and_escapes(project):
    project.write(test_a="def test_bad(): assert '<b>' == '&'")
    project.dx("--html", "out.html")
    text = (project.folder / "out.html").read_text()
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert "http" not in text


def test_tests_lost_to_one_fixture_are_counted_in_one_line(project):
    project.write(
        conftest="""
        import pytest
        @pytest.fixture(scope="session")
        def db(): raise RuntimeError("no database")
        """,
        test_a="import pytest\n@pytest.mark.parametrize('n', range(12))\n"
        "def test_it(db, n): pass",
    )
    output = project.dx("-n2").output
    assert "12 tests not run: fixture 'db' failed at" in output
    assert "conftest.py:4: RuntimeError: no database" in output


def test_junit_is_that_of_plain_pytest_but_for_times(project):
    project.write(test_a=THREE, test_b="def test_bad(): assert 0")
    texts = []
    for run in (project.dx, project.plain):
        run("--junitxml=out.xml", "-o", "junit_logging=all")
        text = (project.folder / "out.xml").read_text()
        texts.append([word for word in text.split() if not word.startswith("time")])
    assert texts[0] == texts[1]


def test_a_batch_above_its_share_is_begun_first():
    assert long_first([[0], [1], [2], [3]], [1.0, 1.0, 9.0, 1.0], 2.0) == [[2], [0], [1], [3]]


def test_durations_of_a_run_are_known_to_the_next(project):
    project.write(test_a="import time\ndef test_slow(): time.sleep(0.2)\ndef test_b(): pass")
    project.dx("-n2")
    (path,) = (project.folder.parent / "cache" / "v1" / "durations").glob("*/*")
    assert json.loads(path.read_text())["test_a.py::test_slow"] >= 0.2


def test_no_pytest_in_the_interpreter_is_said_with_what_to_do(project, tmp_path):
    (tmp_path / "pytest.py").write_text("raise ImportError('none')")
    run = project.dx(PYTHONPATH=str(tmp_path))
    assert run.status == 4
    assert "pytest is not installed" in run.errors
    assert "dx-py pip install pytest" in run.errors


def errors_of_unread(project, *words):
    """Status and standard error of a run whose standard output is a pipe without reader."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, *words],
        cwd=project.folder,
        env=project.environment(project.folder.parent / "record.jsonl"),
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    return done.returncode, done.stderr


@pytest.mark.parametrize("option", ["--help", "-q"])
def test_output_that_nobody_reads_ends_a_run_as_under_pytest(project, option):
    project.write(test_a="def test_a(): pass")
    ours = errors_of_unread(project, str(BOOT), "-m", option)
    assert ours == errors_of_unread(project, "-m", "pytest", "-p", "no:xdist", option)

"""Discovery from the learned index is pytest's own, and never stale."""

from __future__ import annotations

import os
import random
import re
import sys
import time
from pathlib import Path

import pytest

DX = Path(sys.executable).with_name("dx-py")
PORTABLE = os.environ.get("DX_PORTABLE") == "1"
# Longer than the clock's tick: what was written before is not "just now" any more.
TICK = 0.05
COLLECT = ("--collect-only", "-q", "-p", "no:cacheprovider")
CONFTEST = """
    import os
    with open(os.environ["DX_TEST_LOG"], "a") as file: file.write("python started\\n")
    def pytest_generate_tests(metafunc):
        if "size" in metafunc.fixturenames:
            metafunc.parametrize("size", os.environ.get("SIZES", "1 2").split())
"""
TEST = """
    import json
    import pytest
    from helper import NAMES
    DATA = json.load(open("data.json"))
    @pytest.mark.parametrize("name", NAMES)
    def test_name(name): pass
    @pytest.mark.parametrize("value", DATA)
    def test_data(value): pass
    def test_size(size): pass
"""


@pytest.fixture
def indexed(project):
    project.write(conftest=CONFTEST, test_a=TEST, helper="NAMES = ['x', 'y']", sub__test_b=TEST)
    (project.folder / "data.json").write_text("[1, 2]")
    project.ini("python_files = test_*.py")
    time.sleep(TICK)
    collect(project)
    return project


def collect(project, *arguments, **environment):
    log = project.folder.parent / "log"
    fixed = {"DX_TEST_LOG": str(log), "DX_PYTHON": sys.executable, "PYTHONPATH": ""}
    settings = {"PYTEST_PLUGINS": ""} | fixed | environment
    run = project.run_program([str(DX), "test", *COLLECT, *arguments], settings)
    return run.status, re.sub(r"in \d+\.\d\ds", "", run.output)


def plain(project, *arguments, **environment):
    log = project.folder.parent / "log_of_plain"
    settings = {"DX_TEST_LOG": str(log), "PYTHONPATH": "", "PYTEST_PLUGINS": ""} | environment
    run = project.plain(*COLLECT, *arguments, **settings)
    return run.status, re.sub(r"in \d+\.\d\ds", "", run.output)


def starts(project):
    log = project.folder.parent / "log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_a_known_collection_starts_no_python(indexed):
    before = starts(indexed)
    assert collect(indexed) == plain(indexed)
    assert starts(indexed) == (before if not PORTABLE else before + 1)


def test_a_run_leaves_an_index_too(project):
    project.write(test_a="def test_a(): pass", conftest=CONFTEST)
    time.sleep(TICK)
    log = {"DX_TEST_LOG": str(project.folder.parent / "log"), "PYTHONPATH": ""}
    settings = {"PYTEST_PLUGINS": "", "DX_PYTHON": sys.executable, **log}
    command = [str(DX), "test", "-p", "no:cacheprovider", "-n1", "-v"]
    assert project.run_program(command, settings).status == 0
    before = starts(project)
    assert collect(project) == plain(project)
    assert starts(project) == (before if not PORTABLE else before + 1)


def edit_test(folder):
    (folder / "test_a.py").write_text("def test_other(): pass\n")


def edit_at_equal_size_and_time(folder):
    path = folder / "helper.py"
    stamp = path.stat()
    path.write_text(path.read_text().replace("x", "z"))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def edit_helper(folder):
    (folder / "helper.py").write_text("NAMES = ['only']\n")


def edit_conftest(folder):
    path = folder / "conftest.py"
    path.write_text(path.read_text().replace('"1 2"', '"7"'))


def edit_data(folder):
    (folder / "data.json").write_text("[3]")


def edit_ini(folder):
    (folder / "pytest.ini").write_text("[pytest]\npython_functions = test_n*\n")


def add_test_file(folder):
    (folder / "sub" / "test_new.py").write_text("def test_new(): pass\n")


def add_conftest(folder):
    (folder / "sub" / "conftest.py").write_text("collect_ignore = ['test_b.py']\n")


def remove_test_file(folder):
    (folder / "sub" / "test_b.py").unlink()


def shadow_a_module(folder):
    (folder / "json.py").write_text("def load(file): return ['shadowed']\n")


def break_a_file(folder):
    (folder / "test_a.py").write_text("def broken(:\n")


def touch(folder):
    os.utime(folder / "helper.py")


EDITS = [
    edit_test,
    edit_at_equal_size_and_time,
    edit_helper,
    edit_conftest,
    edit_data,
    edit_ini,
    add_test_file,
    add_conftest,
    remove_test_file,
    shadow_a_module,
    break_a_file,
]


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit_ids_are_those_of_plain_pytest(indexed, edit):
    edit(indexed.folder)
    status, ids = collect(indexed)
    expected_status, expected = plain(indexed)
    assert status == expected_status
    assert names_of(ids) == names_of(expected)


def names_of(output):
    return [line for line in output.splitlines() if "::" in line and " " not in line]


def test_a_variable_that_was_read_is_an_input(indexed):
    assert collect(indexed, SIZES="5 6 7") == plain(indexed, SIZES="5 6 7")
    assert collect(indexed) == plain(indexed)


def test_touching_a_file_keeps_the_index(indexed):
    before = starts(indexed)
    touch(indexed.folder)
    assert collect(indexed) == plain(indexed)
    assert starts(indexed) == (before if not PORTABLE else before + 1)


@pytest.mark.parametrize("arguments", [("-k", "data"), ("sub",), ("test_a.py::test_size",)])
def test_each_selection_has_its_own_index(indexed, arguments):
    assert collect(indexed, *arguments) == plain(indexed, *arguments)
    assert collect(indexed, *arguments) == plain(indexed, *arguments)
    assert collect(indexed) == plain(indexed)


def test_a_collection_that_starts_a_process_is_not_remembered(project):
    project.write(
        conftest=CONFTEST,
        test_a="""
        import pytest, subprocess
        VALUES = subprocess.run(["date", "+%N"], capture_output=True, text=True).stdout.split()
        @pytest.mark.parametrize("v", VALUES)
        def test_a(v): pass
        """,
    )
    time.sleep(TICK)
    assert collect(project) != collect(project)


def test_ids_that_hold_the_time_are_collected_each_time(project):
    project.write(
        conftest=CONFTEST,
        test_a="""
        import pytest, time
        @pytest.mark.parametrize("v", [time.time()])
        def test_a(v): pass
        """,
    )
    time.sleep(TICK)
    seen = [collect(project) for _ in range(4)]
    assert len({ids for _, ids in seen}) == 4


def test_ids_that_might_hold_the_time_are_trusted_when_seen_twice(project):
    project.write(
        conftest=CONFTEST, test_a="import time\nSTART = time.time()\ndef test_a(): pass"
    )
    time.sleep(TICK)
    assert collect(project) == collect(project)
    before = starts(project)
    assert collect(project) == plain(project)
    assert starts(project) == (before if not PORTABLE else before + 1)


def test_asking_for_a_library_does_not_count_as_chance(project):
    project.write(
        conftest=CONFTEST,
        test_a="import ctypes.util\nC = ctypes.util.find_library('c')\ndef test_a(): pass",
    )
    time.sleep(TICK)
    collect(project)
    before = starts(project)
    assert collect(project) == plain(project)
    assert starts(project) == (before if not PORTABLE else before + 1)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_index_is_rebuilt(indexed, damage):
    (path,) = (path for path in (indexed.folder.parent / "cache").rglob("*") if path.is_file())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes({"truncated": data[:-40], "flipped": data, "empty": b""}[damage])
    assert collect(indexed) == plain(indexed)
    assert collect(indexed) == plain(indexed)


def test_random_edits_never_give_a_stale_id(indexed):
    chosen = random.Random(20)
    for _ in range(8):
        edit = chosen.choice([edit_helper, edit_data, edit_ini, touch, edit_conftest, rename])
        edit(indexed.folder)
        if chosen.random() < 0.5:
            time.sleep(TICK)
        assert collect(indexed) == plain(indexed), edit.__name__


def rename(folder):
    path = folder / "helper.py"
    names = [f"n{random.Random(time.time_ns()).randrange(100)}"]
    path.write_text(f"NAMES = {names}\n")

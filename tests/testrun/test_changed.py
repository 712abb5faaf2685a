"""``--changed`` runs what has not passed as it is now, and nothing else."""

from __future__ import annotations

import pytest

FILES = {
    "conftest": "import pytest\n@pytest.fixture\ndef given(): return 1\n",
    "base": "VALUE = 1\n",
    "helper": "from base import VALUE\n",
    "pkg__tool": "from . import inner\n",
    "pkg__inner": "DEEP = 1\n",
    "test_helped": "from helper import VALUE\ndef test_helped(): assert VALUE\n",
    "test_late": "def test_late():\n    from pkg import tool\n    assert tool.inner.DEEP\n",
    "test_alone": "def test_alone(given): assert given\n",
}
ALL = {"test_helped", "test_late", "test_alone"}


@pytest.fixture
def passed(project):
    project.write(**FILES)
    assert set(changed(project)) == ALL
    return project


def changed(project, *arguments):
    run = project.dx("--changed", "-n1", "-p", "no:cacheprovider", *arguments)
    return run.calls


def test_nothing_changed_runs_nothing(passed):
    run = passed.dx("--changed", "-n1")
    assert run.records == []
    assert "3 deselected" in run.output


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test_alone", {"test_alone"}),
        ("base", {"test_helped"}),
        ("pkg__inner", {"test_late"}),
        ("conftest", ALL),
    ],
)
def test_an_edit_runs_what_imports_it(passed, name, expected):
    passed.write(**{name: FILES[name] + "\n# edited\n"})
    assert set(changed(passed)) == expected
    assert changed(passed) == {}


def test_a_configuration_concerns_every_test(passed):
    passed.ini("xfail_strict = true\n")
    assert set(changed(passed)) == ALL


def test_what_fails_stays_changed(passed):
    passed.write(base="VALUE = 0\n")
    assert changed(passed) == {"test_helped": "failed"}
    assert changed(passed) == {"test_helped": "failed"}
    passed.write(base=FILES["base"])
    assert changed(passed) == {}


def test_a_selection_counts_for_nothing(project):
    project.write(test_a="def test_one(): pass\ndef test_two(): pass\n")
    assert set(changed(project, "-k", "one")) == {"test_one"}
    assert set(changed(project)) == {"test_one", "test_two"}


def test_a_damaged_memory_is_none(passed):
    (path,) = (passed.folder.parent / "cache" / "v1" / "impact").glob("*/*")
    path.write_text('{"schema": 1, "passed": 3}')
    assert set(changed(passed)) == ALL

"""Ids from source are pytest's own; what source cannot tell is a group with a name."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from .derivation import DX, compare, derived

pytestmark = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1", reason="the launcher derives ids in C"
)

CASES = Path(__file__).with_name("derived_ids")


def sections(text: str) -> dict[str, str]:
    """``# file: NAME`` lines divide a case into files."""
    files: dict[str, list[str]] = {}
    current: list[str] = files.setdefault("test_case.py", [])
    for line in text.splitlines(keepends=True):
        if line.startswith("# file: "):
            current = files.setdefault(line.removeprefix("# file: ").strip(), [])
        else:
            current.append(line)
    return {name: "".join(lines) for name, lines in files.items() if lines}


def lay_out(project, case: Path) -> None:
    for name, text in sections(case.read_text(encoding="utf-8")).items():
        path = project.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def cases(kind: str) -> list[object]:
    return [pytest.param(path, id=path.stem) for path in sorted((CASES / kind).glob("*.txt"))]


@pytest.mark.parametrize("case", cases("exact"))
def test_every_id_is_exact(project, case):
    lay_out(project, case)
    listing = compare(project)
    assert listing.groups == {}
    assert listing.ids


@pytest.mark.parametrize("case", cases("dynamic"))
def test_what_is_unknown_is_a_named_group(project, case):
    lay_out(project, case)
    listing = compare(project)
    expected = case.read_text(encoding="utf-8").partition("# groups:")[2].split()
    assert sorted(listing.groups) == sorted(expected)


SELECTIONS = [
    (),
    ("sub",),
    ("test_top.py",),
    ("test_top.py::TestA",),
    ("test_top.py::TestA::test_two",),
    ("test_top.py::test_one[2]",),
    ("sub", "test_top.py"),
    ("-k", "two"),
    ("-k", "one and not 2"),
    ("-k", "TestA or deep"),
    ("-m", "slow"),
    ("-m", "not slow"),
    ("--ignore=sub/deep",),
    ("--ignore-glob=*deep*",),
    ("--deselect", "test_top.py::TestA"),
    ("-o", "python_functions=check_* test_two"),
    ("-o", "python_files=*.py"),
    ("--rootdir=sub",),
    ("missing.py",),
]


@pytest.mark.parametrize("arguments", SELECTIONS, ids=" ".join)
def test_a_selection_is_pytests(project, arguments):
    project.ini("markers = slow: takes long\n")
    project.write(
        test_top="""
        import pytest
        def check_this(): pass
        @pytest.mark.parametrize("n", [1, 2])
        def test_one(n): pass
        class TestA:
            @pytest.mark.slow
            def test_two(self): pass
            def test_three(self): pass
        """,
        sub__test_below="def test_two(): pass",
        sub__deep__test_deep="def test_in_the_deep(): pass",
        sub__other="def test_other(): pass",
    )
    compare(project, *arguments)


CONFIGURATIONS = {
    "pytest.ini": "[pytest]\ntestpaths = sub\npython_functions =\n    check\n    test_*\n",
    "tox.ini": "[tox]\nx = 1\n[pytest]\npython_classes = Check\n",
    "setup.cfg": "[metadata]\nname = x\n[tool:pytest]\naddopts = -k 'below or deep'\n",
    "pyproject.toml": (
        "[build-system]\nrequires = ['a']\n[tool.other]\nx = {a = 1, b = [1, 2]}\n"
        '[tool.pytest.ini_options]\ntestpaths = [\n  "sub", # one\n]\nnorecursedirs = "deep"\n'
    ),
    "pytest.toml": '[pytest]\npython_files = ["other.py"]\n',
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_is_read_as_pytest_reads_it(project, name):
    (project.folder / name).write_text(CONFIGURATIONS[name])
    project.write(
        test_top="""
        def test_top(): pass
        def check_top(): pass
        class CheckA:
            def test_a(self): pass
        """,
        sub__test_below="def test_below(): pass\ndef check_below(): pass",
        sub__deep__test_deep="def test_deep(): pass",
        sub__other="def test_other(): pass",
    )
    assert compare(project).groups == {}


def test_an_unknown_option_leaves_everything_to_python(project):
    project.write(test_a="def test_a(): pass")
    assert derived(project, "--something-else").groups == {
        "*": "option '--something-else' is not understood without Python"
    }


def test_the_listing_says_how_much_is_known(project):
    project.write(test_a="import os\ndef test_a(): pass\nfor n in os.environ: test_b = n\n")
    settings = {"PYTEST_PLUGINS": "", "PYTHONPATH": "", "DX_PYTHON": sys.executable}
    run = project.run_program([str(DX), "test", "--collect-only", "--static"], settings)
    assert "1 test and 1 dynamic group in" in run.output


def test_deep_nesting_is_no_end(project):
    nested = "(" * 150 + "1" + ",)" * 150
    project.write(test_a=f"X = {nested}\ndef test_a(): pass\n" + "X = " + "-" * 500 + "1\n")
    assert derived(project).ids == ["test_a.py::test_a"]


@pytest.mark.parametrize(
    "text", ["", "\ufeffdef test_a(): pass\n", "# coding: latin-1\ndef test_a(): pass\n"]
)
def test_odd_files_are_read_or_left_to_python(project, text):
    (project.folder / "test_a.py").write_text(textwrap.dedent(text), encoding="utf-8")
    compare(project)

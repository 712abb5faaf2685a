"""Random edits between collections: what is remembered is never stale."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .conftest import Project
from .test_index import collect, names_of, plain

#: Longer runs: make conformance-discovery.
EXAMPLES = int(os.environ.get("DX_EDITS", "2"))
FILES = {
    "conftest.py": """
        import os, pytest
        collect_ignore = ["test_flagged.py"] if os.path.exists("data/flag") else []
        COUNT = int(os.environb.get(b"COUNT", b"2")) if os.supports_bytes_environ else 2
        def pytest_generate_tests(metafunc):
            if "size" in metafunc.fixturenames:
                metafunc.parametrize("size", os.environ.get("SIZES", "1 2").split())
    """,
    "helper.py": "NAMES = ['x0', 'y']\n",
    "plugin_of_ours.py": """
        import pytest
        @pytest.fixture(params=["p0"])
        def ours(request): pass
    """,
    "pytest.ini": "[pytest]\naddopts = -p plugin_of_ours\n",
    "data/values.json": "[10, 20]",
    "data/flag": "",
    "test_a.py": """
        import json, os, pytest
        from helper import NAMES
        with open("data/values.json") as file: DATA = json.load(file)
        @pytest.mark.parametrize("name", NAMES)
        def test_name(name): pass
        @pytest.mark.parametrize("value", DATA)
        def test_data(value): pass
        @pytest.mark.skipif(os.access("data/other", os.R_OK), reason="r")
        def test_size(size, ours): pass
        if os.access("data/other", os.R_OK):
            def test_other(): pass
    """,
    "test_flagged.py": "def test_flagged(): pass\n",
    "sub/test_b.py": "def test_b(): pass\n",
}


@dataclass(frozen=True)
class Edit:
    """Rewrites ``name`` with ``digit`` in place of its digits; None removes or restores it."""

    name: str
    digit: str | None

    def apply(self, folder: Path, *, keep_stamps: bool) -> None:
        path = folder / self.name
        if self.digit is None:
            if path.exists():
                path.unlink()
            else:
                write(path, FILES.get(self.name, ""))
            return
        if not path.exists():
            return
        stamp = path.stat()
        text = path.read_text()
        path.write_text("".join(self.digit if letter.isdigit() else letter for letter in text))
        if keep_stamps:
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = text.splitlines()
    indent = len(lines[1]) - len(lines[1].lstrip()) if len(lines) > 1 and not lines[0] else 0
    path.write_text("\n".join(line[indent:] for line in lines) + "\n")


REWRITTEN = ("helper.py", "plugin_of_ours.py", "data/values.json", "sub/test_b.py")
REMOVED = ("data/flag", "data/other", "test_flagged.py", "sub/conftest.py", "helper.py")
EDITS = st.one_of(
    st.builds(Edit, st.sampled_from(REWRITTEN), st.sampled_from("3456")),
    st.builds(Edit, st.sampled_from(REMOVED), st.none()),
)
STEPS = st.lists(
    st.tuples(EDITS, st.booleans(), st.booleans(), st.sampled_from(["1 2", "7"])),
    min_size=2,
    max_size=4,
)


@given(STEPS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_after_any_edits_ids_are_those_of_plain_pytest(steps):
    with tempfile.TemporaryDirectory() as temporary:
        project = Project(Path(temporary) / "project")
        for name, text in FILES.items():
            write(project.folder / name, text)
        time.sleep(0.05)
        collect(project)
        for edit, keep_stamps, wait, sizes in steps:
            edit.apply(project.folder, keep_stamps=keep_stamps)
            if wait:
                time.sleep(0.05)
            expected_status, expected = plain(project, SIZES=sizes)
            for _ in range(2):
                status, output = collect(project, SIZES=sizes)
                assert (status, names_of(output)) == (expected_status, names_of(expected)), edit


@pytest.mark.skipif(os.environ.get("DX_PORTABLE") == "1", reason="the launcher knows by itself")
def test_a_collection_that_differs_each_time_is_not_watched_again(project):
    """Watching costs time, and would find once more that nothing can be remembered."""
    project.write(
        conftest="""
        import sys
        def pytest_collection_finish():
            learner = next(p for p in CONFIG.pluginmanager.get_plugins()
                           if type(p).__name__ == "Learner")
            open("watched", "a").write(f"{int(not learner.useless)}\\n")
        def pytest_configure(config):
            global CONFIG
            CONFIG = config
        """,
        test_a="""
        import pytest, time
        @pytest.mark.parametrize("v", [time.time()])
        def test_a(v): pass
        """,
    )
    (project.folder / "watched").touch()
    time.sleep(0.05)
    for _ in range(4):
        collect(project)
    watched = (project.folder / "watched").read_text().split()
    assert watched[0] == "1"
    assert watched[-1] == "0"

"""Small projects, made by a test, run under plain pytest and under ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOT = ROOT / "testrun" / "worker" / "boot.py"
CALLER = ("PYTEST_", "COV_", "COVERAGE_", "DX_CACHE", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Run:
    """What a run of a test runner gave."""

    status: int
    output: str
    errors: str
    records: list[list[object]]

    @property
    def outcomes(self) -> Counter[tuple[object, ...]]:
        return Counter(map(tuple, self.records))

    @property
    def calls(self) -> dict[str, str]:
        """Outcome of each test's call by the last part of its id."""
        return {
            str(node).rsplit("::", 1)[-1]: str(outcome)
            for node, when, outcome, _ in self.records
            if when == "call"
        }

    @property
    def screen(self) -> str:
        """The output without what differs from run to run."""
        text = re.sub(r"\d+\.\d+s", "N.NNs", self.output)
        text = re.sub(r"0x[0-9a-f]+", "0x", text)
        text = re.sub(r"^plugins: .*\n", "", text, flags=re.MULTILINE)
        # The rule before a summary line is as wide as the time in it leaves room for.
        return re.sub(r"={3,}", "===", text)


@dataclass(frozen=True)
class Project:
    folder: Path

    def write(self, **files: str) -> None:
        """``test_a="..."`` writes test_a.py; ``__`` in a name stands for a folder's slash."""
        for name, text in files.items():
            path = self.folder / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")

    def ini(self, text: str) -> None:
        (self.folder / "pytest.ini").write_text("[pytest]\n" + textwrap.dedent(text))

    def plain(self, *arguments: str, **environment: str) -> Run:
        return self.run(["-m", "pytest", "-p", "no:xdist", *arguments], environment)

    def dx(self, *arguments: str, **environment: str) -> Run:
        return self.run([str(BOOT), "-m", *arguments], environment)

    def run(self, command: list[str], environment: dict[str, str]) -> Run:
        return self.run_program([sys.executable, *command], environment)

    def run_program(self, command: list[str], environment: dict[str, str]) -> Run:
        record = self.folder.parent / "record.jsonl"
        record.unlink(missing_ok=True)
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(record) | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        lines = record.read_text().splitlines() if record.exists() else []
        records = [json.loads(line) for line in lines]
        return Run(done.returncode, done.stdout, done.stderr, records)

    def environment(self, record: Path) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(CALLER)
        }
        return kept | {
            "COLUMNS": "80",
            # The plug-ins of this environment take longer to load than most projects to run.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "DX_TEST_RECORD": str(record),
            "PYTEST_PLUGINS": "recorder",
            "PYTHONPATH": str(Path(__file__).parent),
            "DX_CACHE_DIR": str(self.folder.parent / "cache"),
            # Byte code on disk goes by size and whole seconds: it misses a test's quick edits.
            "PYTHONDONTWRITEBYTECODE": "1",
        }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)


@pytest.fixture(scope="module")
def lasting_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One for all tests of a file, which put back what they change."""
    folder = tmp_path_factory.mktemp("lasting") / "project"
    folder.mkdir()
    return Project(folder)

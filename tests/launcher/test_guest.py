"""A program started by ``dx-py`` sees what it sees under ``python``, but for a named list."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from .conftest import Outcome, run
from .invocations import INVOCATIONS, Invocation, write_programs

GUEST = Path(__file__).parents[2] / "docs" / "launcher" / "guest.md"

#: What differs, where the probe reports it; docs/launcher/guest.md explains each.
DIFFERENT_VARIABLES = {"PYTHONPATH", "DX_PY_HOME"}


#: Where all is compiled, the pipes to the process that compiles have numbers from here on.
FIRST_PIPE = 200 if os.environ.get("DX_TEST_COMPILE") == "all" else sys.maxsize

#: A fatal error at start-up prints PYTHONPATH, sys.path, and where the thread's state lies.
FATAL_ERROR_DETAILS = re.compile(
    rb"PYTHONPATH = .*|\n.*/runtime_support/bootstrap',$|hread 0x[0-9a-f]+", re.MULTILINE
)


def without_differences(outcome: Outcome) -> tuple[int, list[object], bytes]:
    lines = [_comparable(line) for line in outcome.output.splitlines()]
    return outcome.status, lines, FATAL_ERROR_DETAILS.sub(b"", outcome.errors)


def _comparable(line: bytes) -> object:
    if not line.startswith(b'{"argv"'):
        return line
    report = json.loads(line)
    for key in ("environ", "child environ"):
        for variable in DIFFERENT_VARIABLES:
            report[key].pop(variable, None)
    report["descriptors"] = [n for n in report["descriptors"] if int(n) < FIRST_PIPE]
    return report


def differing_keys(expected: list[object], observed: list[object]) -> list[object]:
    """What the probe reported differently: key, python's value, dx-py's value."""
    return [
        (key, left[key], right[key])
        for left, right in zip(expected, observed, strict=False)
        if isinstance(left, dict) and isinstance(right, dict)
        for key in left
        if left[key] != right[key]
    ]


@pytest.mark.parametrize("invocation", INVOCATIONS, ids=lambda invocation: invocation.name)
def test_guest_equals_python(
    invocation: Invocation,
    launcher: tuple[str, ...],
    environment: Path,
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    write_programs(tmp_path)
    if invocation.prepare:
        invocation.prepare(tmp_path)
    environ |= invocation.environ
    python = (str(environment / "bin" / "python"),)
    # The first run writes the bytecode files that later ones find.
    outcomes = [
        run(
            [*command, *invocation.arguments],
            cwd=tmp_path,
            environ=environ,
            stdin=invocation.stdin,
        )
        for command in (python, python, launcher)
    ]
    expected, observed = map(without_differences, outcomes[1:])
    assert observed == expected, differing_keys(expected[1], observed[1])
    assert invocation.reports == any(isinstance(line, dict) for line in expected[1])


@pytest.mark.parametrize("version", ["3.10", "3.12", "3.13"])
def test_every_version_is_a_host(
    version: str,
    launcher: tuple[str, ...],
    environments: dict[str, Path],
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    if version not in environments:
        pytest.skip(f"no Python {version} on this machine")
    write_programs(tmp_path)
    environ["VIRTUAL_ENV"] = str(environments[version])
    python = (str(environments[version] / "bin" / "python"),)
    expected, observed = (
        without_differences(run([*command, "probe.py"], cwd=tmp_path, environ=environ))
        for command in (python, launcher)
    )
    assert observed == expected
    assert observed[2] == b""


def test_another_version_is_mentioned_under_stats(
    launcher: tuple[str, ...],
    environments: dict[str, Path],
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    if "3.13" not in environments:
        pytest.skip("no Python 3.13 on this machine")
    environ["VIRTUAL_ENV"] = str(environments["3.13"])
    shown = run([*launcher, "run", "--stats", "-c", "1"], cwd=tmp_path, environ=environ)
    assert shown == Outcome(0, b"", b"dx-py: runtime is off: it needs CPython 3.12, not 3.13\n")


def test_the_named_list_is_the_documented_one() -> None:
    section = GUEST.read_text(encoding="utf-8").partition("## What differs")[2]
    documented = re.findall(r"^- `([A-Z_]+)`", section.partition("\n## ")[0], re.MULTILINE)
    assert set(documented) == DIFFERENT_VARIABLES


def test_usercustomize_runs_as_under_python(
    launcher: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    """Outside virtual environments, where the user's folder is not switched off."""
    python = Path(sys.base_prefix, "bin", "python3")
    (tmp_path / "usercustomize.py").write_text("print('user')\n", encoding="utf-8")
    write_programs(tmp_path)
    environ |= {"PYTHONPATH": str(tmp_path), "DX_PYTHON": str(python)}
    code = "import sys; print(sys.path, list(sys.modules), sys.prefix)"
    expected, observed = (
        run([*command, "-c", code], cwd=tmp_path, environ=environ)
        for command in ((python,), launcher)
    )
    assert observed == expected
    assert observed.output.startswith(b"user\n")


@pytest.mark.parametrize(
    "module", ["x = 1", "x = (", "1/0", "import missing", "print(__file__)"]
)
def test_with_a_store_a_module_without_bytecode_is_imported_as_under_python(
    module: str,
    launcher: tuple[str, ...],
    environment: Path,
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    """The hook of `auto` is loaded by that import, within the host's own function."""
    (tmp_path / ".cache/dx-py/v1/actions").mkdir(parents=True, mode=0o700)
    (tmp_path / "first.py").write_text(module, encoding="utf-8")
    (tmp_path / "second.py").write_text("print(__name__)", encoding="utf-8")
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    code = "import sys, first, second; print(sys.modules.keys())"
    expected, observed = (
        run([*command, "-c", code], cwd=tmp_path, environ=environ)
        for command in ((f"{environment}/bin/python",), launcher)
    )
    assert observed == expected

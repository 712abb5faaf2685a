"""What the launcher will execute: a path, its arguments, and changes of the environment."""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.driver.portable_launcher.command_line import CommandLine, Request
from dx_py.driver.portable_launcher.installation import Installation, bootstrap_of
from dx_py.driver.portable_launcher.interpreter import Interpreter, find_interpreter
from dx_py.driver.portable_launcher.versions import is_program, setting

#: What ``test`` leaves to DX-Py's own interpreter.
OWN_TEST_OPTIONS = ("--python", "--engine", "--emit-ninja")
CODE_SUFFIXES = (".py", ".pyw", ".pyc", ".pyz")


@dataclass(slots=True)
class Plan:
    """Without a path there is nothing to execute, and ``problem`` says why; with one it is a
    line to show first. A changed variable without a value is removed."""

    path: str | None
    arguments: list[str] = field(default_factory=list)
    changes: dict[str, str | None] = field(default_factory=dict)
    problem: str | None = None

    def change(self, name: str, value: str | None) -> None:
        if os.environ.get(name) != value:
            self.changes[name] = value


def make_plan(line: CommandLine, installation: Installation) -> Plan:
    """``line`` is no mistake."""
    interpreter = find_interpreter(line.python or setting("DX_PYTHON"), installation)
    if line.request is Request.COMMAND:
        return _command_plan(line, installation, interpreter)
    if interpreter.path is None:
        return Plan(None, problem=interpreter.problem)
    if line.request is Request.TARGET and not _is_python_target(line.arguments[0]):
        return _program_plan(line, installation, interpreter, Path(interpreter.path).parent)
    plan = Plan(interpreter.path, [interpreter.path, *line.arguments])
    _prepare_guest(plan, line, installation)
    plan.problem = interpreter.problem or plan.problem
    return plan


def _command_plan(
    line: CommandLine, installation: Installation, interpreter: Interpreter
) -> Plan:
    if _is_plain_test(line):
        return _test_plan(line, installation, interpreter)
    python = installation.python
    plan = Plan(python, [python, "-I", "-m", "dx_py.driver", *line.arguments])
    if interpreter.path is not None:
        plan.change("DX_INTERPRETER", interpreter.path)
    return plan


def _is_plain_test(line: CommandLine) -> bool:
    """Whether the tests can be run by the project's interpreter at once."""
    word, *rest = line.arguments
    return word == "test" and not any(name.startswith(OWN_TEST_OPTIONS) for name in rest)


def _test_plan(line: CommandLine, installation: Installation, interpreter: Interpreter) -> Plan:
    """As dx_py.testrun.command does after starting DX-Py's own interpreter."""
    if interpreter.path is None:
        return Plan(None, problem=interpreter.problem)
    boot = str(Path(installation.home, "testrun", "worker", "boot.py"))
    arguments = [interpreter.path, boot, "-m", *line.arguments[1:]]
    plan = Plan(interpreter.path, arguments, problem=interpreter.problem)
    plan.change("DX_TEST_OWN_PYTHON", installation.python)
    return plan


def _is_python_target(target: str) -> bool:
    if target.endswith(CODE_SUFFIXES):
        return True
    if "/" not in target and os.sep not in target:
        return False
    path = Path(target)
    is_text = path.is_file() and not is_program(target)
    return is_text or path.is_dir() or (path.is_file() and zipfile.is_zipfile(path))


def _program_plan(
    line: CommandLine, installation: Installation, interpreter: Interpreter, bin_folder: Path
) -> Plan:
    name, *rest = line.arguments
    search = os.environ.get("PATH", "")
    path = shutil.which(name, path=str(bin_folder)) or shutil.which(name, path=search)
    if path is None:
        looked = f"looked in '{bin_folder}' and on PATH"
        return Plan(None, problem=f"no file or program '{name}' ({looked})")
    plan = Plan(path, [path, *rest])
    _prepare_guest(plan, line, installation)
    # A program sees the environment as an activated one: its children may look for `python`.
    plan.change("PATH", f"{bin_folder}{os.pathsep}{search}" if search else str(bin_folder))
    if interpreter.environment is not None:
        plan.change("VIRTUAL_ENV", interpreter.environment)
    return plan


def _prepare_guest(plan: Plan, line: CommandLine, installation: Installation) -> None:
    if line.plain:
        _remove_bootstrap(plan)
        return
    if os.pathsep in installation.home:
        plan.problem = (
            "its own files are not beside it, or lie in a folder with ':' in its name; running"
            " without them (reinstall dx-py)"
        )
        _remove_bootstrap(plan)
        return
    _add_bootstrap(plan, installation)
    if line.compile is not None:
        plan.change("DX_COMPILE", line.compile)
    if line.stats:
        plan.change("DX_STATS", "1")
    if line.stats_json is not None:
        plan.change("DX_STATS_JSON", line.stats_json)
    if line.profile_out is not None:
        plan.change("DX_PROFILE_OUT", line.profile_out)
        # A profile is of the native tier.
        if "DX_JIT" not in os.environ:
            plan.change("DX_JIT", "1")


def _add_bootstrap(plan: Plan, installation: Installation) -> None:
    """An empty PYTHONPATH means none, but an empty entry in it means the current folder."""
    bootstrap, user = bootstrap_of(installation.home), _user_path()
    plan.change("PYTHONPATH", f"{bootstrap}{os.pathsep}{user}" if user else bootstrap)
    plan.change("DX_PY_HOME", installation.home)


def _remove_bootstrap(plan: Plan) -> None:
    plan.change("PYTHONPATH", _user_path())
    plan.change("DX_PY_HOME", None)


def _user_path() -> str | None:
    """PYTHONPATH without the entry of another launcher, whose child this is; None if nothing
    is left."""
    value, home = os.environ.get("PYTHONPATH"), os.environ.get("DX_PY_HOME")
    if value is None or home is None:
        return value
    bootstrap = bootstrap_of(home)
    kept = [entry for entry in value.split(os.pathsep) if entry != bootstrap]
    return os.pathsep.join(kept) if kept else None


def format_plan(plan: Plan) -> str:
    """One line for each part, control characters and backslashes escaped."""
    rows = [("execute", plan.path or "")]
    rows += [("argument", argument) for argument in plan.arguments]
    for name, value in plan.changes.items():
        rows.append(("unset", name) if value is None else ("set", f"{name}={value}"))
    return "".join(f"{label}: {text.translate(_ESCAPES)}\n" for label, text in rows)


_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), ord("\\"), 127)}

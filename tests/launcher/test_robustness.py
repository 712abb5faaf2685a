"""Odd circumstances: where ``python`` would run the program, ``dx-py`` does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from .conftest import PYTHON, SCRIPT, Outcome, has_native, run

ROOT = Path(__file__).parents[2]
BOOTSTRAP = "runtime_support/bootstrap"
SHOW_PATH = ("-c", "import sys, os; print(sys.path, os.environ.get('PYTHONPATH'))")


def fake_package(prefix: Path, startup: str) -> Path:
    """An installed package, with a start-up module of this text, below a launcher's prefix."""
    support = prefix / "lib/python3.12/site-packages/dx_py/runtime_support"
    shutil.copytree(ROOT / BOOTSTRAP, support / "bootstrap")
    (support / "startup.py").write_text(startup, encoding="utf-8")
    (prefix / "bin").mkdir(exist_ok=True)
    return support.parent


def test_a_launcher_without_its_package_runs_python_with_one_line(
    relocatable: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    outcome = run([relocatable, *SHOW_PATH], cwd=tmp_path, environ=environ)
    assert outcome.status == 0
    assert outcome.output.endswith(b"None\n")
    assert outcome.errors.count(b"\n") == 1
    assert b"reinstall dx-py" in outcome.errors


def test_a_command_without_its_package_says_what_is_missing(
    relocatable: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    outcome = run([relocatable, "version"], cwd=tmp_path, environ=environ)
    assert outcome.status == 2
    assert outcome.errors.startswith(b"dx-py: cannot run 'version': ")


@pytest.mark.parametrize(
    ("startup", "line"),
    [
        ("1/0", "ZeroDivisionError: division by zero"),
        ("def start(settings): raise ValueError('no')", "ValueError: no"),
        ("x = (", "SyntaxError: '(' was never closed (startup.py, line 1)"),
    ],
)
def test_a_failing_start_up_module_costs_one_line(
    startup: str,
    line: str,
    relocatable: Path,
    environ: dict[str, str],
    environment: Path,
    tmp_path: Path,
) -> None:
    fake_package(tmp_path, startup)
    launcher = shutil.copy(relocatable, tmp_path / "bin" / "dx-py")
    command = [launcher, "run", "--compile=all", "-c", "print('here')"]
    outcome = run(command, cwd=tmp_path, environ=environ)
    assert (outcome.status, outcome.output) == (0, b"here\n")
    assert outcome.errors == f"dx-py: runtime is off: {line}\n".encode()


def test_the_start_up_module_gets_the_settings(
    relocatable: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    home = fake_package(tmp_path, "def start(settings): print(sorted(settings.items()))")
    launcher = shutil.copy(relocatable, tmp_path / "bin" / "dx-py")
    environ |= {"DX_JIT": "0", "DX_CACHE_DIR": str(tmp_path / "store")}
    command = [launcher, "run", "--compile=all", "--stats", "-c", ""]
    settings = [
        ("DX_CACHE_DIR", str(tmp_path / "store")),
        ("DX_COMPILE", "all"),
        ("DX_JIT", "0"),
        ("DX_PY_HOME", str(home)),
        ("DX_STATS", "1"),
    ]
    assert run(command, cwd=tmp_path, environ=environ).output == f"{settings}\n".encode()


def test_a_launcher_inside_another_of_the_same_installation(
    launcher: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    inner = f"import subprocess; subprocess.run({[*launcher, *SHOW_PATH]!r}, check=True)"
    environ["PYTHONPATH"] = "library"
    once, twice = (
        run([*launcher, *arguments], cwd=tmp_path, environ=environ)
        for arguments in (SHOW_PATH, ("-c", inner))
    )
    assert twice == once


def test_a_launcher_inside_one_of_another_installation(
    launcher: tuple[str, ...], relocatable: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    fake_package(tmp_path, "def start(settings): print('outer', flush=True)")
    outer = shutil.copy(relocatable, tmp_path / "bin" / "dx-py")
    inner = f"import subprocess; subprocess.run({[*launcher, *SHOW_PATH]!r}, check=True)"
    environ["DX_COMPILE"] = "all"
    expected = run([*launcher, *SHOW_PATH], cwd=tmp_path, environ=environ)
    nested = run([outer, "-c", inner], cwd=tmp_path, environ=environ)
    assert nested == Outcome(0, b"outer\n" + expected.output, b"")


def test_an_option_that_switches_it_off_also_in_a_guest_gives_back_pythonpath(
    launcher: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    inner = f"import subprocess; subprocess.run({[*launcher, '-S', *SHOW_PATH]!r}, check=True)"
    expected = run([*launcher, "-S", *SHOW_PATH], cwd=tmp_path, environ=environ)
    assert run([*launcher, "-c", inner], cwd=tmp_path, environ=environ) == expected


def test_through_links_and_by_name(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(SCRIPT)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "dx-py").symlink_to(tmp_path / "one")
    direct = run([SCRIPT, "--dx-plan", "x.py"], cwd=tmp_path, environ=environ)
    linked = run(
        [tmp_path / "two" / "dx-py", "--dx-plan", "x.py"], cwd=tmp_path, environ=environ
    )
    environ["PATH"] = f"{tmp_path / 'two'}:{environ['PATH']}"
    named = run(["/usr/bin/env", "dx-py", "--dx-plan", "x.py"], cwd=tmp_path, environ=environ)
    assert direct.status == 0
    assert direct == linked
    assert direct.output == named.output


@pytest.mark.parametrize(
    "line", ["#!{script}", "#!/usr/bin/env dx-py", "#!/usr/bin/env -S dx-py -O"]
)
def test_in_the_first_line_of_a_script(
    line: str, environ: dict[str, str], tmp_path: Path
) -> None:
    script = tmp_path / "program"
    text = f"{line.format(script=SCRIPT)}\nimport sys\nprint(sys.argv, sys.flags.optimize)\n"
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)
    environ["PATH"] = f"{SCRIPT.parent}:{environ['PATH']}"
    shown = run([script, "-x"], cwd=tmp_path, environ=environ)
    assert shown == Outcome(0, f"{[str(script), '-x']} {int('-O' in line)}\n".encode(), b"")


@pytest.mark.parametrize("name", ["", "-", "python", "/nonexistent/dx-py", "x" * 5000])
def test_the_name_it_is_called_by_does_not_matter(
    name: str, environ: dict[str, str], tmp_path: Path
) -> None:
    if not has_native():
        pytest.skip("a script is called by its path")
    called, expected = (
        subprocess.run(
            [first, *SHOW_PATH],
            executable=SCRIPT,
            capture_output=True,
            cwd=tmp_path,
            env=environ,
            check=True,
        )
        for first in (name, SCRIPT)
    )
    assert called.stdout == expected.stdout


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_with_closed_streams(
    closed: str, launcher: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import os, sys; os.write(os.open('out', 65), repr((sys.stdin, sys.stdout)).encode())"
    )
    outcomes = []
    for command in ((PYTHON,), launcher):
        shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command, "-c", code]
        outcome = run(shell, cwd=tmp_path, environ=environ)
        outcomes.append((outcome, (tmp_path / "out").read_bytes()))
        (tmp_path / "out").unlink()
    assert outcomes[0] == outcomes[1]


def test_in_a_deleted_folder(
    launcher: tuple[str, ...], environ: dict[str, str], environment: Path, tmp_path: Path
) -> None:
    outcomes = []
    for command in ((f"{environment}/bin/python",), launcher):
        script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
        shell = ["sh", "-c", script, "sh", *command, "-c", "import sys; print(sys.argv)"]
        outcomes.append(run(shell, cwd=tmp_path, environ=environ))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0].status == 0


def test_a_deleted_folder_and_no_environment(
    launcher: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    del environ["VIRTUAL_ENV"]
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    shell = ["sh", "-c", script, "sh", *launcher, "-c", "import sys; print(sys.executable)"]
    shown = run(shell, cwd=tmp_path, environ=environ)
    assert (shown.status, shown.output) == (0, f"{PYTHON}\n".encode())


def test_a_large_environment(
    launcher: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    many = environ | {f"VARIABLE_{number}": "x" * 100 for number in range(5000)}
    code = "import os; print(sum(map(len, os.environ.values())))"
    shown = run([*launcher, "-c", code], cwd=tmp_path, environ=many)
    assert int(shown.output) > 500_000


def test_arguments_beyond_the_limit_of_the_system(
    launcher: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    """What is added to the environment may be what the system cannot take any more."""
    size = len("x" * 100_000)
    for count in range(15, 40):
        many = environ | {f"V{number}": "x" * size for number in range(count)}
        try:
            outcome = run([*launcher, "-c", "print(1)"], cwd=tmp_path, environ=many)
        except OSError:
            return
        assert outcome.output == b"1\n" or b"Argument list too long" in outcome.errors
    pytest.skip("the system has no such limit")


def test_no_variables_at_all(launcher: tuple[str, ...], tmp_path: Path) -> None:
    shown = run(
        [*launcher, "-c", "import sys; print(sys.executable)"], cwd=tmp_path, environ={}
    )
    assert (shown.status, shown.output) == (0, f"{PYTHON}\n".encode())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_program(
    number: signal.Signals, launcher: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    code = "import time; open('started', 'w').close(); time.sleep(60)"
    process = subprocess.Popen(
        [*launcher, "-c", code],
        cwd=tmp_path,
        env=environ,
        stderr=subprocess.PIPE,
        # A shell ignores interrupts in what it runs behind itself, these tests too.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    with process:
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        process.send_signal(number)
        _, errors = process.communicate()
    assert process.returncode == -number
    assert (b"KeyboardInterrupt" in errors) == (number == signal.SIGINT)


@pytest.mark.parametrize(
    ("write", "status"),
    [("os.write(1, b'line')", 1), ("print('line', flush=True)", 120), ("print('line')", 120)],
    ids=["nothing_left", "last_flush_fails_too", "last_flush_fails"],
)
def test_a_reader_that_leaves(
    write: str,
    status: int,
    launcher: tuple[str, ...],
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    code = f"import os, sys; sys.stdin.read(); {write}"
    outcomes = []
    for command in ((sys.executable,), launcher):
        process = subprocess.Popen(
            [*command, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environ,
        )
        assert process.stdout is not None
        process.stdout.close()
        # Only now does the program read the end of its input, and write.
        _, errors = process.communicate(timeout=30)
        outcomes.append((process.returncode, errors))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == status
    assert b"BrokenPipeError" in outcomes[0][1]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs to be root")
def test_with_more_rights_than_its_caller_it_believes_no_variable(
    relocatable: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    fake_package(tmp_path, "def start(settings): pass")
    launcher = Path(shutil.copy(relocatable, tmp_path / "bin" / "dx-py"))
    (tmp_path / "bin" / "python3.12").touch(mode=0o755)
    launcher.chmod(0o4755)
    if os.statvfs(tmp_path).f_flag & os.ST_NOSUID:
        pytest.skip("the file system takes no set-user-id programs")
    for folder in (*tmp_path.parents, tmp_path):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o755)
    environ["DX_PYTHON"] = environ["VIRTUAL_ENV"]
    shown = subprocess.run(
        [launcher, "--dx-plan", "-V"],
        env=environ,
        cwd=tmp_path,
        user=12345,
        group=12345,
        capture_output=True,
        check=True,
    )
    assert shown.stdout.splitlines()[0] == os.fsencode(f"execute: {tmp_path}/bin/python3.12")

"""Runs a real program under ``python`` and under ``dx-py run --compile=all``, and compares."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sysconfig
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
SCRIPTS = Path(__file__).parent / "scripts"

#: What differs between two runs of one program under one interpreter.
VARYING = (
    (r"\b0x[0-9a-f]{6,}\b", "ADDRESS"),
    (r"\b\d+(\.\d+)?( ?(s|ms|seconds?|sec))\b", "TIME"),
    (r"\[[\d.]+s\]", "[TIME]"),
    (r" \(\d:\d\d:\d\d\)", ""),  # pytest, after a minute
    (r"127\.0\.0\.1:\d+|port=\d+", "PORT"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d([.,]\d+)?)?(\+00:00)?", "DATE"),
    (r"\[\d\d/\w{3}/\d{4} \d\d:\d\d:\d\d\]", "[DATE]"),
    (r"cached since TIME ago|generated in TIME", "TIME"),
)


def environment(folder: Path, *requirements: str | Path) -> Path:
    """The interpreter of a virtual environment, made once, with what pip installs for these."""
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, *requirements], check=True)
        (folder / "complete").touch()
    return python


@dataclass(frozen=True, slots=True)
class Program:
    """``commands`` are arguments of the interpreter; ``outputs`` globs of files to compare."""

    name: str
    requires: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    prepare: Callable[[Path], None] = lambda folder: None
    outputs: tuple[str, ...] = ()
    statuses: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Run:
    results: list[tuple[int, str, str]]
    files: dict[str, str]
    seconds: float
    stats: list[str] = field(default_factory=list, compare=False)

    def seen(self) -> list[str]:
        """All that is compared, as lines."""
        lines: list[str] = []
        for status, output, errors in self.results:
            lines += [f"exit status {status}", *output.splitlines(), *errors.splitlines()]
        for name, text in self.files.items():
            lines += [f"file {name}", *text.splitlines()]
        return lines


def compare(program: Program, python: Path, scratch: Path) -> bool:
    """Whether the program does the same; prints one line, and the differences."""
    stats = scratch / f"{program.name}.stats"
    stats.unlink(missing_ok=True)
    environment = {
        "DX_CACHE_DIR": str(scratch / "store" / program.name),
        "DX_STATS": str(stats),
        "DX_STRICT": "1",
    }
    shutil.rmtree(environment["DX_CACHE_DIR"], ignore_errors=True)
    ours = [str(LAUNCHER), "--python", str(python), "run", "--compile=all"]
    expected = run(program, [str(python)], scratch, {})
    cold = run(program, ours, scratch, environment)
    warm = run(program, ours, scratch, environment)
    statuses = {status for status, _, _ in expected.results}
    is_same = expected.seen() == cold.seen() == warm.seen()
    is_healthy = statuses <= set(program.statuses)
    verdict = "same" if is_same and is_healthy else "DIFFERENT" if is_healthy else "UNHEALTHY"
    figures = f"{expected.seconds:6.1f} s  {cold.seconds:6.1f} s  {warm.seconds:6.1f} s"
    print(f"{program.name:24} {verdict:10} {figures}  {counts(stats)}", flush=True)
    if verdict != "same":
        for other in (cold, warm):
            difference = difflib.unified_diff(expected.seen(), other.seen(), lineterm="", n=1)
            print("\n".join(list(difference)[:40]))
    if not is_healthy:
        print("\n".join(expected.seen()[-40:]))
    return is_same and is_healthy


def run(program: Program, interpreter: list[str], scratch: Path, more: dict[str, str]) -> Run:
    folder = scratch / "work" / program.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    program.prepare(folder)
    kept = {key: os.environ[key] for key in os.environ if not key.startswith(("PYTHON", "DX_"))}
    environment = {**kept, **more, "PYTHONHASHSEED": "0", "NO_COLOR": "1", "TZ": "UTC"}
    results = []
    before = time.perf_counter()
    for command in program.commands:
        done = subprocess.run(
            [*interpreter, *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        results.append((done.returncode, comparable(done.stdout), comparable(done.stderr)))
    seconds = time.perf_counter() - before
    files = {
        str(path.relative_to(folder)): comparable(path.read_bytes().decode("utf-8", "replace"))
        for pattern in program.outputs
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }
    return Run(results, files, seconds)


def comparable(text: str) -> str:
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text


def counts(stats: Path) -> str:
    """Sources, code objects from artifacts and processes, over all runs of a program."""
    lines = stats.read_text().splitlines() if stats.exists() else []
    parsed = loaded = 0
    for line in lines:
        if match := re.search(r"(\d+) sources through the compiler, (\d+) code objects", line):
            parsed += int(match[1])
            loaded += int(match[2])
    faults = sum("wrongly rejected" in line for line in lines)
    text = f"{parsed} sources, {loaded} from artifacts, {len(lines)} processes"
    return f"{text}, {faults} WRONGLY REJECTED" if faults else text


def script(name: str) -> Callable[[Path], None]:
    return lambda folder: shutil.copy(SCRIPTS / name, folder) and None

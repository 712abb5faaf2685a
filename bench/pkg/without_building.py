"""Resolving what leads a resolver to old sdists, in alternation with uv: none need be built.

    python bench/pkg/without_building.py --uv /path/to/uv [--rounds 3] [--python PYTHON]
        [--exclude-newer TIME]

``boto3``, ``aiobotocore``, ``s3fs`` and ``awscli`` agree on few versions of botocore, and old
releases of them have no wheel; a resolver that asks an sdist for its metadata runs its build.
Every round starts from an empty cache on both sides; index and network are the same, the order
is dx-py, uv. Ends with 1 unless both sides give the same pins, dx-py built nothing, and
its medians, CPU and wall, are at most a fifth of uv's.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

NAMES = ("boto3", "aiobotocore", "s3fs", "awscli")
SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds, the pins, and how many sdists were handed to a back end."""

    cpu: float
    wall: float
    pins: tuple[str, ...]
    built: int


def main() -> int:
    options = _options()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "names.in"
        source.write_text("".join(f"{each}\n" for each in NAMES))
        words = ["pip", "compile", "--no-annotate", "--no-header", "-q", str(source),
                 "-p", options.python, "--exclude-newer", options.exclude_newer]  # fmt: skip
        launcher = str(Path(sysconfig.get_path("scripts")) / "dx-py")
        for number in range(options.rounds):
            ours.append(compile_once([launcher, *words], folder / f"dx-{number}"))
            theirs.append(compile_once([options.uv, *words], folder / f"uv-{number}"))
            sys.stdout.write(f"{shown(ours[-1])} | {shown(theirs[-1])}\n")
            sys.stdout.flush()
    return 0 if judge(ours, theirs) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uv", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--exclude-newer", default="2026-11-15T00:00:00Z")
    return parser.parse_args()


def compile_once(command: list[str], cache: Path) -> Run:
    """With an empty cache at ``cache``, and no settings but that."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "DX_", "PYTHON", "VIRTUAL_ENV"))
    }
    kept |= {"DX_CACHE_DIR": str(cache), "UV_CACHE_DIR": str(cache)}
    kept |= {"PIP_CONFIG_FILE": os.devnull}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=kept)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    pins = re.findall(r"(?m)^[\w.-]+==\S+", done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(cpu, wall, tuple(sorted(pins)), builds(cache))


def builds(cache: Path) -> int:
    """dx-py writes a log for each build, uv unpacks what it builds into a ``src`` folder."""
    logs = list(cache.glob("v1/pkg/logs/*.log"))
    return len(logs) + len([path for path in cache.glob("sdists-*/**/src") if path.is_dir()])


def shown(run: Run) -> str:
    return f"{run.cpu:.2f} s CPU, {run.wall:.1f} s, {run.built} built"


def judge(ours: list[Run], theirs: list[Run]) -> bool:
    cpu, wall = (
        statistics.median(getattr(run, what) for run in ours)
        / statistics.median(getattr(run, what) for run in theirs)
        for what in ("cpu", "wall")
    )
    same = {run.pins for run in ours} == {run.pins for run in theirs}
    built = sum(run.built for run in ours)
    sys.stdout.write(
        f"medians: {cpu:.3f} of uv's CPU, {wall:.3f} of its wall time; {built} built by dx-py; "
        f"pins {'the same' if same else 'differ'}\n"
    )
    return same and not built and max(cpu, wall) <= SHARE


if __name__ == "__main__":
    sys.exit(main())

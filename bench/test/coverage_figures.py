"""Line and branch coverage of whole suites: pytest-cov's figures, plain and under DX-Py.

    python bench/test/coverage_figures.py [--root FOLDER] [--python PATH] [SUITE...]

Compared file by file: executed and missing lines, executed and missing branches.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from suites import SUITES, Checkout, hear_interrupts, prepare

BOOT = Path(__file__).resolve().parents[2] / "testrun" / "worker" / "boot.py"
PACKAGES = {
    "click": "click",
    "flask": "flask",
    "h11": "h11",
    "itsdangerous": "itsdangerous",
    "jinja2": "jinja2",
    "marshmallow": "marshmallow",
    "more-itertools": "more_itertools",
    "packaging": "packaging",
}
PARTS = ("executed_lines", "missing_lines", "executed_branches", "missing_branches")


def figures(checkout: Checkout, command: list[str]) -> dict[str, list[object]]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        options = [f"--cov={PACKAGES[checkout.suite.name]}", "--cov-branch"]
        options += [f"--cov-report=json:{report}", "-q", "-p", "no:cacheprovider"]
        subprocess.run(
            [str(checkout.python), *command, *checkout.suite.arguments, *options],
            cwd=checkout.sources,
            env=checkout.environment(COVERAGE_FILE=f"{folder}/data", DX_CACHE_DIR=folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        files = json.loads(report.read_text())["files"]
    return {name: [entry[part] for part in PARTS] for name, entry in files.items()}


def compare(checkout: Checkout) -> bool:
    install = [str(checkout.python), "-m", "pip", "install", "-q", "pytest-cov"]
    subprocess.run(install, check=True)
    plain = figures(checkout, ["-m", "pytest"])
    ours = figures(checkout, [str(BOOT), "-m", "-n", "2"])
    lines = sum(len(entry[0]) for entry in plain.values())  # type: ignore[arg-type]
    differing = sorted(name for name in plain if ours.get(name) != plain[name])
    print(f"{checkout.suite.name}: {len(plain)} files, {lines} lines run: ", end="")
    print(f"different: {', '.join(differing)}" if differing else "the same", flush=True)
    return not differing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PACKAGES)} (default: all)")
    parser.add_argument("--root", type=Path, default=Path(tempfile.gettempdir()) / "dx-suites")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    options = parser.parse_args()
    hear_interrupts()
    chosen = [s for s in SUITES if s.name in (options.names or PACKAGES)]
    same = [compare(prepare(suite, options.root, options.python)) for suite in chosen]
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())

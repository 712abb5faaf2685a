"""The most downloaded packages one by one: each resolves, installs and imports.

    python tests/pkg/conformance/popular.py --names FILE --results FOLDER --uv UV \\
        --known FILE [--exclude-newer TIME] [--sdists]

Each name is resolved by ``dx-py pip compile``; its pins are installed into a fresh environment,
and what it offers is imported by that environment's Python (`probe`). Where something fails,
the same is asked of uv. Left out of installing are projects whose own wheel is over 30 MB, and,
to spare the network, those whose pins have over ``--most-mb`` together. Outcomes are kept line
by line in ``FOLDER/outcomes.jsonl``, so a run that was cut short goes on where it was, and in
the end in ``--known``, a file that is committed: what it names is not tried again.

With ``--sdists`` the named project is built from its sdist (``--no-binary``); the wheel tells
which back end made it and whether it has compiled modules.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import httpx

LAUNCHER = str(Path(sysconfig.get_path("scripts")) / "dx-py")
PROBE = Path(__file__).with_name("probe.py")
_MEGA = 1_000_000
_OWN_LIMIT = 30 * _MEGA
_SECONDS = 900
_KEPT = ("name", "resolved", "skipped", "version", "generator", "compiled", "error", "uv")
Outcome = dict[str, Any]


def main() -> int:
    options = _options()
    options.results.mkdir(parents=True, exist_ok=True)
    kept = options.results / "outcomes.jsonl"
    done = {each["name"]: each for each in (*_lines(options.known), *_lines(kept))}
    sizes = Sizes(options.results / "sizes.json")
    names = [name for name in options.names.read_text().split() if name not in done]
    with ThreadPoolExecutor(options.jobs) as pool, kept.open("a", buffering=1) as file:
        tasks = [pool.submit(try_one, name, options, sizes) for name in names]
        for outcome in (task.result() for task in as_completed(tasks)):
            done[outcome["name"]] = outcome
            file.write(json.dumps(outcome) + "\n")
            sizes.keep()
    options.known.write_text("".join(_short(done[name]) for name in sorted(done)))
    sys.stdout.write("\n".join(summary(list(done.values()))) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", required=True, type=Path)
    parser.add_argument("--results", required=True, type=Path)
    parser.add_argument("--known", required=True, type=Path)
    parser.add_argument("--uv", default="")
    parser.add_argument("--exclude-newer", default="2026-11-15T00:00:00Z")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--most-mb", type=int, default=300)
    parser.add_argument("--sdists", action="store_true")
    return parser.parse_args()


def _short(outcome: Outcome) -> str:
    """A line for the file of outcomes that is kept with the sources."""
    row = {name: outcome[name] for name in _KEPT if outcome.get(name)}
    for name in ("error", "uv"):
        if name in row:
            row[name] = " ".join(row[name].split())[-160:]
    return json.dumps(row) + "\n"


def _lines(path: Path) -> Iterator[Outcome]:
    if path.is_file():
        yield from (json.loads(line) for line in path.read_text().splitlines())


def try_one(name: str, options: argparse.Namespace, sizes: Sizes) -> Outcome:
    with tempfile.TemporaryDirectory(dir=options.results) as folder:
        attempt = Attempt(name, Path(folder), options)
        resolved = attempt.resolve([LAUNCHER])
        outcome: Outcome = {"name": name, "resolved": not resolved, "error": resolved}
        if resolved:
            return outcome | {"uv": attempt.resolve([options.uv]) if options.uv else "-"}
        outcome["pins"] = len(attempt.pins)
        if not options.sdists:
            own, total = sizes.of(name, attempt.pins)
            outcome |= {"own": own, "total": total}
            if own > _OWN_LIMIT or total > options.most_mb * _MEGA:
                return outcome | {"skipped": "own size" if own > _OWN_LIMIT else "total size"}
        outcome |= attempt.install_and_import([LAUNCHER], "ours")
        if outcome["error"] and options.uv:
            theirs = Attempt(name, Path(folder), options)
            error = theirs.resolve([options.uv])
            again = theirs.install_and_import([options.uv], "theirs") if not error else {}
            outcome["uv"] = error or again["error"]
        return outcome


class Attempt:
    """One project in one scratch folder, by one tool: empty strings are success."""

    def __init__(self, name: str, folder: Path, options: argparse.Namespace) -> None:
        self.name = name
        self.folder = folder
        self.source = folder / "r.in"
        self.source.write_text(f"{name}\n")
        self.output = folder / "pins.txt"
        self.words = ["--no-binary", name] if options.sdists else []
        self.newest = ["--exclude-newer", options.exclude_newer]
        self.pins: dict[str, str] = {}

    def resolve(self, tool: list[str]) -> str:
        words = ["pip", "compile", "-q", str(self.source), "-o", str(self.output),
                 "--no-annotate", "--no-header", "-p", sys.executable]  # fmt: skip
        self.output.unlink(missing_ok=True)
        error = said(run([*tool, *words, *self.words, *self.newest]))
        if not error:
            found = re.findall(r"(?m)^([\w.-]+)(?:\[.*\])?==([^\s;]+)", self.output.read_text())
            self.pins = dict(found)
        return error

    def install_and_import(self, tool: list[str], folder: str) -> Outcome:
        place = self.folder / folder
        bare = ["--without-pip"] if tool == [LAUNCHER] else ["-q"]
        made = run([*tool, "venv", *bare, "-p", sys.executable, str(place)])
        words = ["pip", "install", "-q", "--no-deps", "--python", str(place)]
        installed = said(made) or said(
            run([*tool, *words, "-r", str(self.output), *self.words, *self.newest])
        )
        if installed:
            return {"installed": False, "error": installed}
        return {"installed": True} | probe(place / "bin" / "python", self.name, self.folder)


def probe(python: Path, name: str, folder: Path) -> Outcome:
    answer = folder / "answer.json"
    command = f"exec {python} -B {PROBE} {name} 3>{answer}"
    answer.unlink(missing_ok=True)
    done = run(["sh", "-c", command])
    text = answer.read_text() if answer.is_file() else ""
    if not text:
        return {"error": f"the import ended the process: {said(done) or done.returncode}"}
    found: Outcome = json.loads(text)
    return found


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV"))
        or name == "UV_CACHE_DIR"
    }
    environment |= {"PIP_CONFIG_FILE": os.devnull, "CUDA_VISIBLE_DEVICES": ""}
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False,
            env=environment, timeout=_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"nothing within {_SECONDS} s")


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Nothing if it went well, else the end of what was said."""
    return "" if done.returncode == 0 else done.stderr[-600:] or str(done.returncode)


class Sizes:
    """How many bytes the largest wheel of a pin that would do here has, from the index."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._known: dict[str, int] = json.loads(kept.read_text()) if kept.is_file() else {}
        self._client = httpx.Client(
            timeout=30, headers={"Accept": "application/vnd.pypi.simple.v1+json"}
        )

    def keep(self) -> None:
        self._kept.write_text(json.dumps(dict(self._known)))

    def of(self, name: str, pins: dict[str, str]) -> tuple[int, int]:
        """Of the project itself, and of all pins together."""
        each = {pin: self._size(pin, version) for pin, version in pins.items()}
        own = re.sub(r"[-_.]+", "-", name).lower()
        return each.get(own, 0), sum(each.values())

    def _size(self, name: str, version: str) -> int:
        key = f"{name}=={version}"
        if key not in self._known:
            answer = self._client.get(f"https://pypi.org/simple/{name}/").json()
            stems = (f"-{version}-", f"-{version}.tar", f"-{version}.zip")
            files = [f for f in answer["files"] if any(s in f["filename"] for s in stems)]
            here = [f for f in files if re.search(
                r"(cp312|abi3|py3|py2\.py3)-(none|cp312|abi3)-(any|.*manylinux.*x86_64)",
                f["filename"])]  # fmt: skip
            self._known[key] = max((file.get("size") or 0 for file in here or files), default=0)
        return self._known[key]


def summary(outcomes: list[Outcome]) -> Iterator[str]:
    """Figures, and a line for each that failed; unresolved first."""
    resolved = [each for each in outcomes if each.get("resolved")]
    skipped = Counter(each["skipped"] for each in resolved if "skipped" in each)
    tried = [each for each in resolved if "skipped" not in each]
    good = [each for each in tried if not each.get("error")]
    yield f"{len(resolved)} of {len(outcomes)} resolve"
    yield f"{len(good)} of {len(tried)} install and import; left out: {dict(skipped)}"
    compiled = sum(each.get("compiled", False) for each in good)
    makers = Counter(each.get("generator", "").split(" ")[0] for each in good)
    yield f"{compiled} with compiled modules; wheels made by {dict(makers.most_common())}"
    for each in outcomes:
        if each.get("error"):
            error = " ".join(each["error"].split())[-300:]
            uv = " ".join(str(each.get("uv", "-")).split())[-200:]
            yield f"{each['name']}: {error} | uv: {uv or 'does it'}"


if __name__ == "__main__":
    sys.exit(main())

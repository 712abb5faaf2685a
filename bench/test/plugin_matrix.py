"""The plug-in matrix: behaviours under plain pytest and DX-Py, and the page that lists them.

    python bench/test/plugin_matrix.py --python ENVIRONMENT/bin/python [--page FILE] [NAME...]

The environment must have every plug-in of plugin_cases.py; each is loaded alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from plugin_cases import PLUGINS, Behaviour, Plugin

HOME = Path(__file__).resolve().parents[2]
BOOT = HOME / "testrun" / "worker" / "boot.py"
LINE = "dx-py: one process of plain pytest"
MASKS = (
    (r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID"),
    (r"\d{4}-\d\d-\d\d[T ][\d:.+Z]*", "DATE"),
    (
        r'"(start|stop|duration|created|timestamp|time|setup|tests?_duration)": [\d.e-]+',
        r'"\1": 0',
    ),
    (r'(time|timestamp|hostname|id)="[^"]*"', r'\1=""'),
    (r"\d+\.\d+(e-\d+)?", "0.0"),
    (r"\d{10,}", "0"),
    (r"0x[0-9a-f]+", "0x"),
)


@dataclass(frozen=True, slots=True)
class Result:
    status: int
    outcomes: Counter[tuple[object, ...]]
    output: str
    files: dict[str, str]


def entry_points(python: Path) -> dict[str, list[str]]:
    code = (
        "import json; from importlib.metadata import distributions;"
        "print(json.dumps({d.metadata['Name'].lower(): [e.value for e in d.entry_points"
        " if e.group == 'pytest11'] for d in distributions()}))"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return {name.replace("_", "-"): modules for name, modules in found.items()}


def execute(
    plugin: Plugin, behaviour: Behaviour, python: Path, loaded: list[str], *, ours: bool
) -> Result:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        for name, text in plugin.sources.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        record = Path(temporary) / "record.jsonl"
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PYTEST")
        } | {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": f"{HOME / 'tests' / 'testrun'}:{folder}",
            "DX_TEST_RECORD": str(record),
            "DX_CACHE_DIR": f"{temporary}/cache",
            "COLUMNS": "100",
        }
        command = [str(python), *([str(BOOT), "-m"] if ours else ["-m", "pytest"])]
        workers = ["-n", "2"] if ours and "-n" not in behaviour.arguments else []
        plugins = [word for name in ("recorder", *loaded) for word in ("-p", name)]
        done = subprocess.run(
            [*command, *plugins, *workers, *behaviour.arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        lines = record.read_text().splitlines() if record.exists() else []
        files = {name: masked(folder / name, folder) for name in behaviour.files}
        outcomes = Counter(tuple(json.loads(line)) for line in lines)
        return Result(done.returncode, outcomes, done.stdout + done.stderr, files)


def masked(path: Path, folder: Path) -> str:
    if not path.exists():
        return "(missing)"
    text = path.read_text().replace(str(folder), "")
    for pattern, replacement in MASKS:
        text = re.sub(pattern, replacement, text)
    return "\n".join(sorted(text.splitlines()))


def differences(behaviour: Behaviour, plain: Result, ours: Result) -> list[str]:
    # As sets: under pytest-xdist workers and controller both record.
    found = []
    if plain.status != ours.status:
        found.append(f"status {ours.status} instead of {plain.status}")
    if set(plain.outcomes) != set(ours.outcomes):
        missing, extra = plain.outcomes - ours.outcomes, ours.outcomes - plain.outcomes
        found.append(f"outcomes: missing {list(missing)[:3]}, extra {list(extra)[:3]}")
    found += [
        f"{name} differs" for name in behaviour.files if plain.files[name] != ours.files[name]
    ]
    for text in behaviour.shows:
        if text not in plain.output:
            found.append(f"plain pytest does not show {text!r}")
        elif text not in ours.output:
            found.append(f"does not show {text!r}")
    if (LINE in ours.output) != behaviour.falls_back and ours.status != 4:
        found.append("falls back unexpectedly" if LINE in ours.output else "does not fall back")
    return found


def try_plugin(
    plugin: Plugin, python: Path, modules: list[str]
) -> list[tuple[Behaviour, list[str]]]:
    ours_loaded = [] if plugin.name == "pytest-xdist" else modules
    results = []
    for behaviour in plugin.behaviours:
        plain = execute(plugin, behaviour, python, modules, ours=False)
        ours = execute(plugin, behaviour, python, ours_loaded, ours=True)
        found = differences(behaviour, plain, ours)
        results.append((behaviour, found))
        print(f"{plugin.name}: {behaviour.title}: {'; '.join(found) or 'same'}", flush=True)
    return results


def page(rows: list[tuple[Plugin, list[tuple[Behaviour, list[str]]]]]) -> str:
    lines = [
        "# Plug-ins",
        "",
        "Each plug-in was run under plain pytest and under DX-Py with two workers; outcomes,",
        "exit status and written reports were compared. Made by `bench/test/plugin_matrix.py`.",
        "",
        "| plug-in | same as plain pytest | in one process | different |",
        "|---|---|---|---|",
    ]
    for plugin, results in rows:
        same = [b.title for b, found in results if not found and not b.falls_back]
        single = [b.title for b, found in results if not found and b.falls_back]
        bad = [f"{b.title} ({'; '.join(found)})" for b, found in results if found]
        cells = [", ".join(part) or "-" for part in (same, single, bad)]
        note = f" ({plugin.note})" if plugin.note else ""
        lines.append(f"| {plugin.name}{note} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="plug-ins (default: all)")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    if shutil.which(str(options.python)) is None:
        parser.error(f"no interpreter at '{options.python}'")
    modules = entry_points(options.python)
    chosen = [p for p in PLUGINS if not options.names or p.name in options.names]
    rows = []
    for plugin in chosen:
        loaded = [m for name in (plugin.name, *plugin.needs) for m in modules.get(name, [])]
        rows.append((plugin, try_plugin(plugin, options.python, loaded)))
    if options.page:
        options.page.write_text(page(rows))
    return 1 if any(found for _, results in rows for _, found in results) else 0


if __name__ == "__main__":
    sys.exit(main())

"""packse's scenarios through the command line, against an index of real wheels and sdists."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.version import Version

from dx_py.pkg.names import normalize
from dx_py.pkg.resolve.explain import MOST_LINES, explain
from tests.pkg.cited_facts import is_minimal_core
from tests.pkg.scenarios import build_index

SCENARIOS = sorted((Path(__file__).parent / "data" / "packse").glob("*.toml"))
PLATFORMS = {"x86_64-manylinux2014": "manylinux_2_17_x86_64"}


def options_of(scenario: dict) -> list[str]:
    options = scenario.get("resolver_options", {})
    python = options.get("python") or scenario.get("environment", {}).get("python") or "3.12"
    found = ["--python-version", str(python)]
    if options.get("prereleases"):
        found.append("--pre")
    for name in options.get("no_build", []):
        found += ["--only-binary", name]
    for name in options.get("no_binary", []):
        found += ["--no-binary", name]
    if options.get("python_platform"):
        found += ["--platform", PLATFORMS[options["python_platform"]]]
    return found


def command(env, scenario: dict, folder: Path, requirements: Sequence[str]) -> list[str]:
    return [
        "install", "--python", str(env.folder), "--dry-run", "--json", "--ignore-installed",
        "--index-url", (folder / "simple").as_uri(), *options_of(scenario), *requirements,
    ]  # fmt: skip


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_has_the_expected_result(path, env, wheel, tmp_path):
    scenario = tomllib.loads(path.read_text())
    build_index(tmp_path, scenario, wheel)
    roots = scenario["root"].get("requires", [])
    answer = env.run(*command(env, scenario, tmp_path, roots))
    expected = scenario["expected"]
    assert (answer.status == 0) == expected["satisfiable"], answer.err
    if not expected["satisfiable"]:
        assert answer.err.startswith(("ERROR: these cannot", "ERROR: this cannot"))
        assert len(answer.err.splitlines()) <= MOST_LINES + 1
    if expected.get("packages"):
        found = {
            each["name"]: Version(each["version"])
            for each in json.loads(answer.out)["installed"]
        }
        assert found == {
            normalize(name): Version(version) for name, version in expected["packages"].items()
        }


def is_unsolvable(path: Path) -> bool:
    return not tomllib.loads(path.read_text())["expected"]["satisfiable"]


UNSOLVABLE = pytest.mark.parametrize(
    "path", list(filter(is_unsolvable, SCENARIOS)), ids=lambda path: path.stem
)


@UNSOLVABLE
def test_an_explanation_cites_only_what_is_needed(path, env, wheel, tmp_path, monkeypatch):
    cited = []

    def noted(*words):
        cited.append(explain(*words))
        return cited[-1]

    monkeypatch.setattr("dx_py.pkg.resolve.explain.explain", noted)
    scenario = tomllib.loads(path.read_text())
    build_index(tmp_path, scenario, wheel)
    env.run(*command(env, scenario, tmp_path, scenario["root"].get("requires", [])))
    assert is_minimal_core(cited[0].facts)


@UNSOLVABLE
def test_what_is_said_to_work_works(path, env, wheel, tmp_path):
    scenario = tomllib.loads(path.read_text())
    build_index(tmp_path, scenario, wheel)
    roots = scenario["root"].get("requires", [])
    _, _, hint = env.run(*command(env, scenario, tmp_path, roots)).err.partition(
        "hint: it works without "
    )
    lifted = re.findall(r"(\S.*?) \(then (\S+) (\S+) is chosen\)", hint)
    texts = [text.removeprefix("and ") for text, _, _ in lifted]
    relaxed = [
        re.match(r"[\w.-]+(\[.*\])?", each)[0] if each in texts else each for each in roots
    ]
    assert bool(lifted) == (relaxed != roots)
    if lifted:
        answer = env.run(*command(env, scenario, tmp_path, relaxed))
        assert answer.status == 0, answer.err
        chosen = {each["name"]: each["version"] for each in json.loads(answer.out)["installed"]}
        assert chosen.items() >= {name: version for _, name, version in lifted}.items()

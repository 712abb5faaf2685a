"""packse's scenarios through the command line, against an index of real wheels and sdists."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

from dx_py.pkg.names import normalize
from dx_py.pkg.resolve.explain import MOST_LINES
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


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_has_the_expected_result(path, env, wheel, tmp_path):
    scenario = tomllib.loads(path.read_text())
    build_index(tmp_path, scenario, wheel)
    answer = env.run(
        "install", "--python", str(env.folder), "--dry-run", "--json", "--ignore-installed",
        "--index-url", (tmp_path / "simple").as_uri(), *options_of(scenario),
        *scenario["root"].get("requires", []),
    )  # fmt: skip
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

"""Universal resolution: packse's scenarios and random ones, checked in every environment.

A universal resolution is right if in each environment the pins whose markers hold there are
one version a name, and exactly what the requirements that count there lead to.
"""

from __future__ import annotations

import random
import re
import tomllib
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from dx_py.pkg.names import normalize
from tests.pkg.scenarios import build_index

DATA = Path(__file__).parent / "data" / "packse-universal"
SCENARIOS = sorted(DATA.glob("*.toml"))
#: The file expects none, for a second run with what the first wrote; see the README.
SOLVABLE_AT_FIRST = {"preferences-dependent-forking-conflicting"}


@cache
def environments(oldest: str) -> list[dict[str, str]]:
    """Every combination of what the scenarios' markers speak of."""
    platforms = [("linux", "posix"), ("darwin", "posix"), ("win32", "nt")]
    platforms += [(name, name) for name in ("windows", "os1", "os2")]
    platforms += [("illumos", name) for name in ("posix", "linux", "darwin")]
    implementations = [("cpython", "CPython"), ("pypy", "PyPy"), ("iron", "IronPython")]
    pythons = [f"3.{minor}.{patch}" for minor in range(10, 16) for patch in (0, 5)]
    machines = ("x86_64", "aarch64", "i686")
    return [
        {
            "sys_platform": platform, "os_name": os_name, "implementation_name": name,
            "platform_python_implementation": long, "platform_machine": machine,
            "python_full_version": python, "python_version": python.rpartition(".")[0],
            "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(
                platform, platform
            ),
            "extra": "",
        }
        for (platform, os_name), (name, long), python, machine in product(
            platforms, implementations, pythons, machines
        )
        if Version(python) >= Version(oldest)
    ]  # fmt: skip


@cache
def parse(text: str) -> Requirement:
    return Requirement(text)


class Model:
    """What a scenario's packages need, as packaging reads it."""

    def __init__(self, scenario: dict) -> None:
        self._releases = {
            (normalize(name), Version(version)): release
            for name, package in scenario["packages"].items()
            for version, release in package["versions"].items()
        }
        self._roots = scenario["root"].get("requires", [])

    def check(self, text: str, environment: dict[str, str]) -> dict[str, str]:
        """The pins that count in an environment; they are a solution, and nothing more."""
        pins = {}
        for line in text.splitlines():
            requirement = parse(line)
            if requirement.marker is None or requirement.marker.evaluate(environment):
                assert requirement.name not in pins, (line, environment)
                pins[requirement.name] = Version(str(requirement.specifier)[2:])
        reached: set[tuple[str, str]] = set()
        waiting = [(text, "") for text in self._roots]
        while waiting:
            need, extra = waiting.pop()
            requirement = parse(need)
            where = {**environment, "extra": extra}
            if requirement.marker is not None and not requirement.marker.evaluate(where):
                continue
            name = normalize(requirement.name)
            assert name in pins, (need, environment)
            assert requirement.specifier.contains(pins[name], prereleases=True), (need, pins)
            for wanted in ("", *requirement.extras):
                if (name, wanted) not in reached:
                    reached.add((name, wanted))
                    waiting += self._needs(name, pins[name], wanted, environment)
        assert {name for name, _ in reached} == set(pins), environment
        return {name: str(version) for name, version in pins.items()}

    def _needs(self, name, version, extra, environment):
        release = self._releases[name, version]
        python = SpecifierSet(release.get("requires_python", ">=3.12"))
        assert python.contains(environment["python_full_version"]), (name, version, environment)
        listed = (
            release.get("extras", {}).get(extra, []) if extra else release.get("requires", [])
        )
        return [(need, "") for need in listed]


def compile_scenario(scenario: dict, folder: Path, run, wheel):
    build_index(folder, scenario, wheel)
    source = folder / "requirements.in"
    source.write_text("\n".join(scenario["root"].get("requires", [])))
    declared = re.match(r">=([0-9.]+)", scenario["root"].get("requires_python", ">=3.12"))
    assert declared is not None
    oldest = scenario["environment"]["python"] if declared[1] == "0" else declared[1]
    resolution = scenario["resolver_options"].get("resolution", "highest")
    answer = run(
        "compile", str(source), "--universal", "--python-version", oldest, "--no-header",
        "--no-annotate", "--strip-extras", "--resolution", resolution,
        "--index-url", (folder / "simple").as_uri(),
    )  # fmt: skip
    return answer, oldest


def accepted(name: str) -> str:
    """What ``pins.txt`` has for a scenario."""
    for block in (DATA / "pins.txt").read_text().split("\n\n"):
        title, _, lines = block.partition("\n")
        if title == f"# {name}":
            return lines.strip()
    return "missing"


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_has_the_expected_result(path, run, wheel, tmp_path):
    scenario = tomllib.loads(path.read_text())
    answer, oldest = compile_scenario(scenario, tmp_path, run, wheel)
    expected = scenario["expected"]
    if not expected["satisfiable"] and path.stem not in SOLVABLE_AT_FIRST:
        assert answer.status == 1
        assert answer.err.startswith(("ERROR: these cannot", "ERROR: this cannot"))
        return
    assert answer.status == 0, answer.err
    assert answer.out.strip() == accepted(path.stem)
    model = Model(scenario)
    for environment in environments(oldest):
        model.check(answer.out, environment)
    if path.stem != "lock-without-metadata":  # expects what a hand-written lock names
        pinned = {line.partition(" ;")[0] for line in answer.out.splitlines()}
        assert {f"{n}=={v}" for n, v in expected.get("packages", {}).items()} <= pinned


def test_an_unsolvable_part_is_named(run, wheel, tmp_path):
    scenario = tomllib.loads((DATA / "conflict-in-fork.toml").read_text())
    answer, _ = compile_scenario(scenario, tmp_path, run, wheel)
    assert "where sys_platform == 'os2':" in answer.err
    assert "c 1.0.0 needs d==2" in answer.err


MARKERS = [
    "", "sys_platform == 'linux'", "sys_platform != 'linux'", "sys_platform == 'win32'",
    "python_version < '3.13'", "python_version >= '3.13'", "python_version >= '3.14'",
    "implementation_name == 'pypy'", "os_name == 'nt'",
]  # fmt: skip


def random_scenario(seed: int) -> dict:
    chance = random.Random(seed)
    names = [f"p{index}" for index in range(5)]

    def needs(others: list[str], count: int) -> list[str]:
        found = []
        for _ in range(chance.randint(0, count)):
            bound = chance.choice(["", "", "<2", ">=2", "<3", "!=2"])
            marker = chance.choice(MARKERS)
            found.append(f"{chance.choice(others)}{bound}{f' ; {marker}' if marker else ''}")
        return found

    packages = {}
    for index, name in enumerate(names):
        others = names[index + 1 :] or ["leaf"]
        packages[name] = {"versions": {}}
        for version in range(1, chance.randint(2, 4)):
            release = {"requires": needs(others, 2), "requires_python": ">=3.12"}
            if chance.random() < 0.2:
                release["requires_python"] = ">=3.13"
            packages[name]["versions"][f"{version}.0"] = release
    packages["leaf"] = {"versions": {f"{v}.0": {} for v in range(1, 5)}}
    return {
        "packages": packages, "root": {"requires": [*needs(names, 4), "p0"]},
        "resolver_options": {},
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_random_scenarios_are_solved_in_every_environment(seed, run, wheel, tmp_path):
    scenario = random_scenario(seed)
    answer, oldest = compile_scenario(scenario, tmp_path, run, wheel)
    if answer.status:
        assert answer.err.startswith(("ERROR: these cannot", "ERROR: this cannot"))
        return
    model = Model(scenario)
    for environment in environments(oldest):
        model.check(answer.out, environment)


def test_pins_of_the_output_stay_where_their_markers_hold(env, run, wheel, tmp_path):
    for version in ("1.0", "2.0", "3.0"):
        wheel("lib", version)
    source, output = tmp_path / "r.in", tmp_path / "r.txt"
    source.write_text("lib<3 ; sys_platform == 'win32'\nlib ; sys_platform != 'win32'\n")
    output.write_text(
        "lib==1.0 ; sys_platform == 'win32'\nlib==2.0 ; sys_platform != 'win32'\n"
    )
    words = (
        "compile", str(source), "--universal", "--no-header", "--no-annotate", "--no-index",
        "-f", str(env.links),
    )  # fmt: skip
    kept = run(*words, "-o", str(output)).out
    assert kept == "lib==1.0 ; sys_platform == 'win32'\nlib==2.0 ; sys_platform != 'win32'\n"
    fresh = run(*words, "-o", str(output), "--upgrade").out
    assert fresh == "lib==2.0\n"  # one version where one will do


def test_constraints_and_overrides_count_where_their_markers_hold(env, run, wheel, tmp_path):
    for version in ("1.0", "2.0"):
        wheel("lib", version)
    wheel("app", requires=["lib==1.0"])
    wheel("other", requires=["lib"])
    constraints, overrides = tmp_path / "c.txt", tmp_path / "o.txt"
    constraints.write_text("lib<2 ; sys_platform == 'darwin'\n")
    overrides.write_text("lib==2.0 ; sys_platform == 'linux'\n")
    words = (
        "--universal", "--python-version", "3.12", "--no-header", "--no-annotate",
        "--no-index", "-f", str(env.links), "--upgrade",
    )  # fmt: skip
    source = tmp_path / "r.in"
    source.write_text("other\n")
    constrained = run("compile", str(source), *words, "-c", str(constraints)).out
    assert constrained.splitlines() == ["lib==1.0", "other==1.0"]  # one will do for all
    constraints.write_text("lib<2 ; python_version < '3.14'\n")
    constrained = run("compile", str(source), *words, "-c", str(constraints)).out
    assert constrained.splitlines() == [
        "lib==1.0 ; python_version < '3.14'", "lib==2.0 ; python_version >= '3.14'",
        "other==1.0",
    ]  # fmt: skip
    source.write_text("app\n")
    overridden = run("compile", str(source), *words, "--override", str(overrides)).out
    assert overridden.splitlines() == ["app==1.0", "lib==2.0 ; sys_platform == 'linux'"]


def test_wheels_of_any_platform_will_do_but_not_of_an_older_python(env, run, wheel, tmp_path):
    wheel("lib", "1.0", tags="cp312-cp312-win_amd64")
    wheel("lib", "2.0", tags="cp39-cp39-manylinux_2_17_x86_64")
    source = tmp_path / "r.in"
    source.write_text("lib\n")
    answer = run(
        "compile", str(source), "--universal", "--python-version", "3.11", "--no-header",
        "--no-annotate", "--no-index", "-f", str(env.links),
    )  # fmt: skip
    assert answer.out == "lib==1.0\n"

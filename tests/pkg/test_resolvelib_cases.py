"""resolvelib's functional cases on both resolvers.

resolvelib's own resolver gives the expected versions. Ours may choose others where several
solutions are as good; every one it gives is checked to be a solution.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, Resolver

from dx_py.pkg.names import normalize
from dx_py.pkg.resolve.pubgrub import PubGrubResolver

DATA = Path(__file__).parent / "data" / "resolvelib"
#: resolvelib gives up after its rounds; ours finds out that there is no solution.
TOO_DEEP = {"pyrex-1.9.8"}
#: resolvelib and ours have nothing against circles; CocoaPods has.
CIRCULAR = {"circular", "fixed_circular"}
#: Read before tests are cut off from such variables.
IS_LONG_RUN = "DX_PKG_LONG" in os.environ


@cache
def read(path: Path):
    """JSON, of which some files have comments."""
    text = gzip.decompress(path.read_bytes()).decode()
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(re.sub(r"//.*$", "", text, flags=re.MULTILINE))


def cases(kind: str):
    paths = sorted((DATA / kind / "case").glob("*.json.gz"))
    return [pytest.param(path, id=path.name.removesuffix(".json.gz")) for path in paths]


class Need(NamedTuple):
    """``allows`` is a text that the ecosystem's ``matches`` reads."""

    name: str
    allows: str


class Choice(NamedTuple):
    name: str
    version: object
    needs: tuple[Need, ...]


class TableProvider(AbstractProvider):
    """``choices(name)`` are the candidates, best first; ``matches`` reads a need's text."""

    def __init__(self, choices, matches):
        self.choices = cache(choices)
        self.matches = cache(matches)

    def identify(self, requirement_or_candidate):
        return requirement_or_candidate.name

    def get_preference(
        self, identifier, resolutions, candidates, information, backtrack_causes
    ):
        return all(parent is not None for _, parent in information[identifier]), identifier

    def find_matches(self, identifier, requirements, incompatibilities):
        wanted = list(requirements[identifier])
        bad = {candidate.version for candidate in incompatibilities[identifier]}
        return [
            each
            for each in self.choices(identifier)
            if each.version not in bad
            and all(self.matches(need.allows, each.version) for need in wanted)
        ]

    def is_satisfied_by(self, requirement, candidate):
        return self.matches(requirement.allows, candidate.version)

    def get_dependencies(self, candidate):
        return list(candidate.needs)

    def check(self, roots, mapping):
        for need in [*roots, *(need for each in mapping.values() for need in each.needs)]:
            assert need.name in mapping, need
            assert self.matches(need.allows, mapping[need.name].version), need


# Python: an extra is a package of its own that needs its package in the same version.


def python_needs(texts, extra=""):
    """The expected results know of conditional requirements only where there is an extra."""
    found = []
    for text in texts:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker and not (extra and marker.evaluate({"extra": extra})):
            continue
        name = normalize(requirement.name)
        allows = str(requirement.specifier)
        found.append(Need(name, allows))
        found += [Need(f"{name}[{each}]", allows) for each in sorted(requirement.extras)]
    return tuple(found)


def python_provider(index):
    def choices(identifier):
        name, _, extra = identifier.rstrip("]").partition("[")
        found = []
        for text, release in index.get(name, {}).items():
            needs = python_needs(release["dependencies"], extra)
            own = (Need(name, f"=={text}"),) if extra else ()
            found.append(Choice(identifier, Version(text), (*own, *needs)))
        found.sort(key=lambda each: each.version, reverse=True)
        return sorted(found, key=lambda each: each.version.is_prerelease)

    def matches(allows, version):
        return Requirement(f"x{allows}").specifier.contains(version, prereleases=True)

    return TableProvider(choices, matches)


def python_expected(case):
    if "resolved" not in case:
        return None
    found = {}
    for name, value in case["resolved"].items():
        entry = value if isinstance(value, dict) else {"version": value}
        if not entry.get("marker") or Marker(entry["marker"]).evaluate({"extra": ""}):
            found[name] = Version(entry["version"])
    return found


@pytest.mark.parametrize("resolver", [PubGrubResolver, Resolver], ids=["ours", "resolvelib"])
@pytest.mark.parametrize("path", cases("python"))
def test_python_case(path, resolver):
    case = read(path)
    name = path.name.removesuffix(".json.gz")
    provider = python_provider(read(DATA / "python" / "index" / f"{case['index']}.json.gz"))
    roots = python_needs(case["requested"])
    if name in TOO_DEEP and (resolver is Resolver or not IS_LONG_RUN):
        pytest.skip("resolvelib comes to no end within its rounds; ours takes seconds")
    expected = python_expected(case)
    if name in TOO_DEEP or expected is None:
        with pytest.raises(ResolutionImpossible) as caught:
            resolver(provider, BaseReporter()).resolve(roots, max_rounds=10_000)
        if expected is None:
            cited = {cause.requirement.name for cause in caught.value.causes}
            assert cited >= {normalize(each) for each in case["conflicted"]}
        return
    result = resolver(provider, BaseReporter()).resolve(roots, max_rounds=10_000)
    provider.check(roots, result.mapping)
    pins = {name: each.version for name, each in result.mapping.items() if "[" not in name}
    assert pins == expected


# CocoaPods: versions of any length, "~>" for "the last part may grow".


def gem_version(text):
    """Numbers sort after words, and a missing part is 0 or more than any word."""
    parts = [(1, int(p), "") if p.isdigit() else (0, 0, p) for p in re.split(r"[.-]", text)]
    while len(parts) > 1 and parts[-1] == (1, 0, ""):
        parts.pop()
    return (*parts, (0, 1, ""))


def gem_matches(allows, version):
    return all(_gem_matches_one(each.strip(), version) for each in allows.split(","))


def _gem_matches_one(spec, version):
    is_prerelease = any(kind == 0 for kind, _, _ in version[:-1])
    if not spec:
        return not is_prerelease
    operator, text = re.fullmatch(r"([><=~!]*)\s*(.*)", spec).groups()
    bound = gem_version(text)
    if is_prerelease and not any(kind == 0 for kind, _, _ in bound[:-1]):
        return False
    match operator or "=":
        case "=":
            return version == bound
        case "!=":
            return version != bound
        case ">":
            return version > bound
        case ">=":
            return version >= bound
        case "<":
            return version < bound
        case "<=":
            return version <= bound
    kept = [int(part) for part in re.split(r"[.-]", text) if part.isdigit()][:-1]
    numbers = [number for kind, number, _ in version[:-1] if kind]
    padded = [*numbers, *[0] * len(kept)]
    return version >= bound and padded[: len(kept)] == kept


def printable(name):
    return "".join(character for character in name if character.isprintable())


def pods_provider(index, pinned):
    def choices(name):
        found = [
            Choice(
                entry["name"], gem_version(entry["version"]),
                tuple(Need(*pair) for pair in (entry["dependencies"] or {}).items()),
            )
            for entry in index.get(name, ())
            if name not in pinned or gem_version(entry["version"]) == pinned[name]
        ]  # fmt: skip
        return sorted(found, key=lambda each: each.version, reverse=True)

    return TableProvider(choices, gem_matches)


def pods_expected(entries):
    found = {}
    for entry in entries:
        found[entry["name"]] = gem_version(entry["version"])
        found |= pods_expected(entry["dependencies"])
    return found


@pytest.mark.parametrize("resolver", [PubGrubResolver, Resolver], ids=["ours", "resolvelib"])
@pytest.mark.parametrize("path", cases("cocoapods"))
def test_cocoapods_case(path, resolver):
    case = read(path)
    index = read(DATA / "cocoapods" / "index" / f"{case.get('index', 'awesome')}.json.gz")
    pinned = {entry["name"]: gem_version(entry["version"]) for entry in case["base"]}
    provider = pods_provider(index, pinned)
    roots = [Need(printable(name), allows) for name, allows in case["requested"].items()]
    name = path.name.removesuffix(".json.gz")
    if case["conflicts"] and name not in CIRCULAR:
        with pytest.raises(ResolutionImpossible) as caught:
            resolver(provider, BaseReporter()).resolve(roots, max_rounds=10_000)
        cited = {cause.requirement.name for cause in caught.value.causes}
        assert cited >= set(case["conflicts"])
        return
    result = resolver(provider, BaseReporter()).resolve(roots, max_rounds=10_000)
    provider.check(roots, result.mapping)
    if name not in CIRCULAR:
        pins = {name: each.version for name, each in result.mapping.items()}
        assert pins == pods_expected(case["resolved"])

"""The resolver against a brute-force oracle, resolvelib's own resolver, and hard cases."""

from __future__ import annotations

import os
import random
from itertools import product

import pytest
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, Resolver

from dx_py.pkg.resolve.incompatibility import facts_below
from dx_py.pkg.resolve.minimal_core import minimal_core
from dx_py.pkg.resolve.pubgrub import PubGrubResolver, UnsolvableError
from dx_py.pkg.resolve.universe import merge_ordered
from tests.pkg.cited_facts import is_minimal_core

#: `make conformance-pkg` raises it to 5,000.
INSTANCES = int(os.environ.get("DX_PKG_INSTANCES", "400"))
SEEDS_A_TEST = 100


class TableProvider(AbstractProvider):
    """Candidates are (name, version); a requirement is (name, versions that will do)."""

    def __init__(self, table):
        self.table = table

    def identify(self, requirement_or_candidate):
        return requirement_or_candidate[0]

    def get_preference(
        self, identifier, resolutions, candidates, information, backtrack_causes
    ):
        return identifier

    def find_matches(self, identifier, requirements, incompatibilities):
        wanted = list(requirements[identifier])
        bad = list(incompatibilities[identifier])
        return [
            (identifier, version)
            for version in sorted(self.table.get(identifier, {}), reverse=True)
            if all(version in allowed for _, allowed in wanted)
            and (identifier, version) not in bad
        ]

    def is_satisfied_by(self, requirement, candidate):
        return candidate[1] in requirement[1]

    def get_dependencies(self, candidate):
        return self.table[candidate[0]][candidate[1]]


class WholeListProvider(TableProvider):
    """The same, with the method that gives masks at once."""

    def mask_of(self, requirement, universe):
        return sum(1 << i for i, each in enumerate(universe) if each[1] in requirement[1])


def random_instance(seed):
    chance = random.Random(seed)
    versions = chance.randint(1, 4)
    names = [f"p{index}" for index in range(chance.randint(2, 6))]

    def some(probability):
        return frozenset(v for v in range(versions) if chance.random() < probability)

    table = {
        name: {
            version: [(other, some(0.6)) for other in names if chance.random() < 0.35]
            for version in range(chance.randint(0, versions))
        }
        for name in names
    }
    return table, [(name, some(0.7)) for name in names if chance.random() < 0.4]


def is_solution(table, roots, pins):
    needed = [*roots, *(each for item in pins.items() for each in table[item[0]][item[1]])]
    return all(name in pins and pins[name] in allowed for name, allowed in needed)


def has_solution(table, roots):
    names = list(table)
    return any(
        is_solution(
            table, roots, {n: v for n, v in zip(names, chosen, strict=True) if v is not None}
        )
        for chosen in product(*[[None, *table[name]] for name in names])
    )


def solve(resolver, provider, roots):
    try:
        result = resolver(provider, BaseReporter()).resolve(roots, max_rounds=10_000)
    except ResolutionImpossible:
        return None
    return {name: candidate[1] for name, candidate in result.mapping.items()}


@pytest.mark.parametrize("first", range(0, INSTANCES, SEEDS_A_TEST))
@pytest.mark.parametrize(
    ("resolver", "provider"),
    [
        (PubGrubResolver, TableProvider),
        (PubGrubResolver, WholeListProvider),
        (Resolver, TableProvider),
    ],
)
def test_random_instances_agree_with_brute_force(resolver, provider, first):
    for seed in range(first, first + SEEDS_A_TEST):
        table, roots = random_instance(seed)
        try:
            pins = solve(resolver, provider(table), roots)
        except RecursionError:
            # resolvelib 1.2.1 builds the result of some cyclic solutions without end.
            assert resolver is Resolver, seed
            assert has_solution(table, roots), seed
            continue
        assert (pins is not None) == has_solution(table, roots), seed
        if pins is not None:
            assert is_solution(table, roots, pins), seed


def test_the_same_input_gives_the_same_output():
    table, roots = random_instance(7)
    results = [solve(PubGrubResolver, WholeListProvider(table), roots) for _ in range(3)]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("first", range(0, INSTANCES, SEEDS_A_TEST))
def test_cited_facts_are_unsatisfiable_and_each_is_needed(first):
    proofs = {}
    for seed in range(first, first + SEEDS_A_TEST):
        table, roots = random_instance(seed)
        resolver = PubGrubResolver(WholeListProvider(table), BaseReporter())
        try:
            resolver.resolve(roots)
        except UnsolvableError as error:
            proofs[seed] = error.proof
    assert len(proofs) > 10
    for seed, proof in proofs.items():
        assert is_minimal_core(minimal_core(facts_below(proof))), seed


def test_many_versions_that_all_conflict_are_learnt_at_once():
    count = 400
    table = {
        "a": {version: [] for version in range(count)},
        "b": {version: [("a", frozenset((0,)))] for version in range(count)},
    }
    everything = frozenset(range(count))
    pins = solve(
        PubGrubResolver, WholeListProvider(table), [("a", everything), ("b", everything)]
    )
    assert pins == {"a": 0, "b": count - 1}


class CountingProvider(WholeListProvider):
    """Notes whose dependencies, that is whose metadata, were asked for."""

    def __init__(self, table):
        super().__init__(table)
        self.read = []

    def get_dependencies(self, candidate):
        self.read.append(candidate)
        return super().get_dependencies(candidate)


def test_a_package_that_keeps_being_rejected_is_decided_before_the_reason():
    """As awscli with rsa: every version wants an old one, and the new one came first."""
    versions = range(500)
    old = frozenset(range(300))
    table = {"rsa": {v: [] for v in versions}, "cli": {v: [("rsa", old)] for v in versions}}
    provider = CountingProvider(table)
    wanted = [("rsa", frozenset(versions)), ("cli", frozenset(versions))]
    assert solve(PubGrubResolver, provider, wanted) == {"rsa": 299, "cli": 499}
    assert len(provider.read) < 10


def test_the_reason_may_be_what_brought_the_reason():
    """As aiobotocore with boto3: botocore, which they disagree about, is none to choose."""
    versions = range(500)
    table = {
        "boto": {v: [("core", frozenset((v,)))] for v in versions},
        "core": {v: [] for v in versions},
        "aio": {v: [("core", frozenset((v - 20, v - 19)))] for v in versions},
    }
    provider = CountingProvider(table)
    wanted = [("boto", frozenset(versions)), ("aio", frozenset(versions))]
    pins = solve(PubGrubResolver, provider, wanted)
    assert pins == {"boto": 480, "core": 480, "aio": 499}
    assert len(provider.read) < 40


def test_two_packages_change_places_only_once():
    """Whichever comes first, all but one pair of versions excludes each other."""
    versions = range(60)
    table = {
        "a": {v: [("shared", frozenset((2 * v,)))] for v in versions},
        "b": {v: [("shared", frozenset((2 * v + (v > 3),)))] for v in versions},
        "shared": {v: [] for v in range(130)},
    }
    everything = frozenset(versions)
    pins = solve(
        PubGrubResolver, WholeListProvider(table), [("a", everything), ("b", everything)]
    )
    assert pins == {"a": 3, "b": 3, "shared": 6}


def test_a_chain_of_exact_pins_is_unsolvable_in_little_time():
    """Each p(i) pins p(i+1) to its own version, and the last disagrees with what is asked."""
    versions = range(1, 11)
    table = {
        f"p{i}": {
            v: [(f"p{i + 1}", frozenset((v,))) if i < 9 else ("q", frozenset((v,)))]
            for v in versions
        }
        for i in range(10)
    }
    table["q"] = {v: [] for v in versions}
    roots = [("p0", frozenset(range(2, 11))), ("q", frozenset((1,)))]
    assert solve(PubGrubResolver, WholeListProvider(table), roots) is None


def test_merged_lists_keep_both_orders():
    assert merge_ordered([3, 1], [3, 2, 1]) == [3, 2, 1]
    assert merge_ordered([], [2, 1]) == [2, 1]
    assert merge_ordered([1], [4]) == [4, 1]

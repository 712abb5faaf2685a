"""Conditions against packaging's evaluation of the same markers in many environments."""

from __future__ import annotations

import random
from itertools import product

import pytest
from packaging.markers import Marker, default_environment
from packaging.version import Version

from dx_py.pkg.resolve.condition_reader import condition_of, known_platforms, python_from
from dx_py.pkg.resolve.condition_text import condition_text
from dx_py.pkg.resolve.conditions import ALWAYS, NEVER, Condition, python_cuts
from dx_py.pkg.resolve.requirement import applies, needs_another_extra, parse

PLATFORMS = [
    ("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows"),
    ("cygwin", "posix", "CYGWIN_NT-10.0"),
]  # fmt: skip
IMPLEMENTATIONS = [("cpython", "CPython"), ("pypy", "PyPy"), ("graalpy", "GraalVM")]
PYTHONS = ["2.7.18", "3.8.0", "3.9.1", "3.9.2", "3.10.0", "3.11.9", "3.12.1", "3.13.0"]
ENVIRONMENTS = [
    {
        "python_version": ".".join(python.split(".")[:2]), "python_full_version": python,
        "sys_platform": platform[0], "os_name": platform[1], "platform_system": platform[2],
        "implementation_name": implementation[0],
        "platform_python_implementation": implementation[1],
        "platform_machine": machine, "platform_release": "6.1", "platform_version": "#1",
        "implementation_version": python, "extra": "",
    }
    for python, platform, implementation, machine in product(
        PYTHONS, PLATFORMS, IMPLEMENTATIONS, ("x86_64", "arm64")
    )
]  # fmt: skip
ATOMS = [
    "python_version >= '3.9'", "python_version < '3.10'", "python_version == '3.9'",
    "python_version != '3.11'", "python_version > '3.9'", "python_version <= '3.10'",
    "python_version ~= '3.9'", "python_version in '3.9 3.12'", "'3.10' <= python_version",
    "python_version not in '3.9, 3.12'", "python_version >= '3.9.1'",
    "python_version < '3.9.1'",
    "python_version == '3.*'", "python_version == '3.9.*'", "python_version < '3'",
    "python_full_version >= '3.9.2'", "python_full_version < '3.9.2'",
    "python_full_version == '3.9.1'", "python_full_version != '3.9.1'",
    "python_full_version ~= '3.9.1'", "python_full_version > '3.9.1'",
    "python_full_version <= '3.9.1'", "python_full_version == '3.9.*'",
    "sys_platform == 'linux'", "sys_platform != 'win32'", "'linux' == sys_platform",
    "sys_platform in 'linux darwin'", "'win' in sys_platform", "'win' not in sys_platform",
    "os_name == 'nt'", "os_name != 'posix'", "platform_system == 'Windows'",
    "platform_system != 'Darwin'", "platform_machine == 'x86_64'",
    "platform_python_implementation == 'PyPy'", "implementation_name != 'cpython'",
    "platform_release >= '6'", "platform_release < '5'", "extra == ''", "extra == 'test'",
]  # fmt: skip


def holds(condition: Condition, environment: dict[str, str]) -> bool:
    """Walk the diagram; comparisons that it does not look into are packaging's to say."""
    while condition.variable.name:
        variable = condition.variable
        if variable.rank == 0:
            key: object = (Version(environment["python_full_version"]), False)
        elif variable.negated:
            key = "" if Marker(variable.name).evaluate(environment) else None
        else:
            key = environment[variable.name]
        condition = condition.child(key)
    return condition is ALWAYS


def random_marker(chance: random.Random) -> str:
    text = chance.choice(ATOMS)
    for _ in range(chance.randint(0, 4)):
        text = f"({text}) {chance.choice(['and', 'or'])} {chance.choice(ATOMS)}"
    return text


def test_each_comparison_holds_where_packaging_says():
    for atom in ATOMS:
        marker = Marker(atom)
        for environment in ENVIRONMENTS:
            expected = marker.evaluate(environment)
            assert holds(condition_of(marker), environment) == expected, (atom, environment)


def test_combinations_and_their_text_hold_where_packaging_says():
    chance = random.Random(5)
    for _ in range(150):
        marker = Marker(random_marker(chance))
        condition = condition_of(marker)
        known = known_platforms() & python_from(Version("3.9"))
        where = chance.sample(ENVIRONMENTS, 40)
        text = "" if condition & known is NEVER else condition_text(condition, known)
        again = Marker(text) if text else None
        for environment in where:
            expected = marker.evaluate(environment)
            assert holds(condition, environment) == expected, (marker, environment)
            if condition & known is not NEVER and holds(known, environment):
                assert (again is None or again.evaluate(environment)) == expected, (
                    marker,
                    text,
                )


def test_the_same_environments_are_the_same_object():
    chance = random.Random(6)
    for _ in range(200):
        left, right = (condition_of(Marker(random_marker(chance))) for _ in range(2))
        assert ~(left & right) is (~left | ~right)
        assert left & (right | left) is left
        assert (left & right) | (left - right) is left
        assert left & ~left is NEVER
        assert left | ~left is ALWAYS


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        ("python_version >= '3.10' and python_version < '3.11'", "python_version == '3.10'"),
        ("sys_platform == 'linux' or sys_platform != 'linux'", ""),
        ("platform_system == 'Windows'", "sys_platform == 'win32'"),
        ("python_version >= '3.8'", ""),
        ("python_version < '3.9.2'", "python_version < '3.10'"),
        (
            "os_name == 'nt' and sys_platform == 'win32' and python_version >= '3.10'",
            "python_version >= '3.10' and sys_platform == 'win32'",
        ),
        (
            "sys_platform == 'linux' or (sys_platform == 'darwin' and os_name == 'posix')",
            "sys_platform == 'darwin' or sys_platform == 'linux'",
        ),
    ],
)
def test_text_is_short(marker, text):
    known = known_platforms() & python_from(Version("3.9"))
    assert condition_text(condition_of(Marker(marker)), known) == text


def test_python_cuts_enclose_every_version():
    marker = Marker("(python_version == '3.9' or python_version == '3.12') and os_name == 'nt'")
    assert python_cuts(condition_of(marker)) == (
        (Version("3.9"), False),
        (Version("3.13"), False),
    )
    assert python_cuts(condition_of(Marker("os_name == 'nt'"))) == (None, None)


@pytest.mark.parametrize("extra", ["", "a", "b-c"])
@pytest.mark.parametrize(
    "text",
    [
        "x; extra == 'a'",
        'x (>=1.0,<2); extra == "B_c"',
        "x[y, z]!=1.2 ; python_version < '3.99' and extra == 'a'",
        "x; extra == 'a' or python_version > '3'",
        "x; python_version < '3' and extra == 'a'",
        "x; extra != 'a'",
        "x>='3'; extra == 'a'",
        "x",
    ],
)
def test_what_is_for_another_extra_is_known_by_its_look(text, extra):
    if needs_another_extra(text, extra):
        assert not applies(parse(text), default_environment(), extra)


def test_most_requirements_of_extras_are_known_by_their_look():
    texts = ["x; extra == 'a'", 'x (>=1,<2) ; extra == "a"', "x~=1; extra == 'a'"]
    assert [needs_another_extra(text, "") for text in texts] == [True, True, False]
    assert not any(needs_another_extra(text, "a") for text in texts)


@pytest.mark.parametrize(
    "text", ["x>=2011k; extra == 'a'", "x y; extra == 'a'", "x; extra = 'a'"]
)
def test_what_may_be_invalid_is_left_to_the_parser(text):
    assert not needs_another_extra(text, "")

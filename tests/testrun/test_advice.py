"""What stands beside pytest's text of a file that does not parse or import."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

DX = Path(sys.executable).with_name("dx-py")


def advice_in(screen: str) -> list[str]:
    """The sections of ours, in order, without what follows them."""
    parts = screen.split(" dx-py ---")[1:]
    return [part.lstrip("-\n").split("\n__", 1)[0].split("\n===", 1)[0] for part in parts]


def test_errors_of_imports_are_pytests_with_advice_beside_them(project):
    project.write(
        src__ours="value = 1",
        helper="def a_function(): pass",
        test_a="import jsom",
        test_b="from helper import a_functoin",
        test_c="import email.mesage",
        test_d="import yaml_of_nobody.part",
        test_e="import ours",
        test_f="import helper.part",
        test_g="raise ValueError('no advice')",
        test_h="def test_h(): pass",
    )
    plain, ours = project.plain(), project.dx()
    assert (ours.status, ours.outcomes) == (plain.status, plain.outcomes)
    assert set(plain.screen.splitlines()) <= set(ours.screen.splitlines())
    assert advice_in(ours.screen) == [
        f"there is no module 'jsom' for '{sys.executable}'; did you mean 'json'?",
        "'helper' has no 'a_functoin'; did you mean 'a_function'?",
        "'email' has no module 'mesage'; did you mean 'message'?",
        (
            f"there is no module 'yaml_of_nobody' for '{sys.executable}': "
            "install what it is in, for example with 'dx-py pip install yaml_of_nobody'"
        ),
        (
            "'src/ours' is here, but its folder is not on sys.path: install the project "
            "(dx-py pip install -e .), or put 'pythonpath = src' into pytest's configuration"
        ),
        "'helper' is a module, not a package: it has no module 'part'",
    ]


@pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1" or not DX.exists(), reason="needs the native launcher"
)
def test_a_file_that_does_not_parse_is_explained_by_our_front_end(project):
    project.write(
        test_a="""
        whle True:
            pass
        def test_a(:
            pass
        """,
        test_b="""
        import os
        def test_b():
            assert not [name for name in os.environ if name.startswith("DX_TEST_OWN")]
        """,
    )
    settings = {"DX_PYTHON": sys.executable}
    plain = project.plain("--continue-on-collection-errors")
    ours = project.run_program([str(DX), "test", "--continue-on-collection-errors"], settings)
    assert (ours.status, ours.outcomes) == (plain.status, plain.outcomes)
    assert set(plain.screen.splitlines()) <= set(ours.screen.splitlines())
    (advice,) = advice_in(ours.screen)
    assert "hint: did you mean 'while'?" in advice
    assert advice.count("SyntaxError: ") == 2

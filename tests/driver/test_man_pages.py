"""The manual pages name every command and option, and no other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dx_py.driver.commands import COMMANDS
from dx_py.driver.completion import OPTIONS, RUN_OPTIONS

PAGES = Path(__file__).parents[2] / "docs" / "man"


def listed(page: str, macro: str) -> set[str]:
    """First words after a list item's macro, without values."""
    text = (PAGES / page).read_text(encoding="utf-8")
    items = re.findall(rf"^\.It {macro} (.*)$", text, re.MULTILINE)
    return {word for item in items for word in re.findall(r"^[\w-]+|(?<=Fl )[\w-]+", item)}


def test_the_page_of_the_launcher_lists_the_commands() -> None:
    assert listed("dx-py.1", "Cm") == {"run", *COMMANDS}


def test_the_page_of_the_launcher_lists_the_options() -> None:
    """But for the interpreter's own, which completion offers too."""
    ours = {name.partition("=")[0] for name in (*OPTIONS, *RUN_OPTIONS)}
    names = {"-" + name for name in listed("dx-py.1", "Fl")}
    assert names == ours - {"-c", "-m", "--version"} | {"-h"}


def test_the_page_of_the_compiler_lists_the_options() -> None:
    help_text = subprocess.run(
        [sys.executable, "-I", "-m", "dx_py.driver.dxc", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    options = re.findall(r"^  (-\w\d?)\b|^  (?:-\w, )?(--[\w-]+)", help_text, re.MULTILINE)
    shown = {name for names in options for name in names if name}
    assert {"-" + name for name in listed("dxc.1", "Fl")} == shown | {"--help"}


@pytest.mark.parametrize("name", ["DX_PYTHON", "DX_COMPILE", "DX_STATS", "DX_CACHE_DIR"])
def test_the_page_of_the_launcher_lists_settings(name: str) -> None:
    assert name in listed("dx-py.1", "Ev")

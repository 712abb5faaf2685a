"""The reference page is the command table."""

from __future__ import annotations

from pathlib import Path

from dx_py.pkg.commands.reference import reference
from dx_py.pkg.commands.table import COMMANDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pkg" / "reference.md"


def test_the_page_is_what_the_table_gives():
    assert PAGE.read_text() == reference(), "run python -m dx_py.pkg.commands.reference"


def test_no_command_has_two_options_of_one_flag():
    for command in COMMANDS:
        flags = [flag for option in command.options for flag in option.flags]
        assert len(flags) == len(set(flags)), command.word

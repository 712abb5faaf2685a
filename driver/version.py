"""``dx-py version``: the version of DX-Py, and the interpreter it is installed with."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version

from dx_py.driver.command_line import CommandParser

USAGE = """\
Print the version of DX-Py and its interpreter.

usage: dx-py version
"""


def main(arguments: list[str]) -> int:
    CommandParser("dx-py version", USAGE).parse(arguments)
    host = f"{platform.python_implementation()} {platform.python_version()}"
    sys.stdout.write(f"dx-py {version('dx-py')} ({host}, {sys.executable})\n")
    return 0

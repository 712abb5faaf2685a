"""``python -I -m dx_py.driver WORD ARGS...``: run one sub-command of ``dx-py``."""

from __future__ import annotations

import importlib
import sys
from difflib import get_close_matches

from dx_py.artifacts.errors import DxError
from dx_py.driver.commands import COMMANDS


def main(arguments: list[str]) -> int:
    word, *rest = arguments or ["help"]
    command = COMMANDS.get(word)
    if command is None:
        return _unknown(word)
    module, _, function = command.target.partition(":")
    try:
        return int(getattr(importlib.import_module(module), function)(rest))
    except DxError as error:
        sys.stderr.write(f"dx-py {word}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _unknown(word: str) -> int:
    near = get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "see 'dx-py help'"
    sys.stderr.write(f"dx-py: unknown command '{word}' ({hint})\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

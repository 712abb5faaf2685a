"""What DX-Py did in this process, as JSON: ``dx-py run --stats-json FILE``.

    {"format": 1, "front_end": {...}, "native": {...}}

Each part that runs adds a section, which is asked for its content when the program ends.
Children of the program do not inherit the setting, and forked ones write nothing.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

FORMAT = 1
_ESCAPES = {'"': '\\"', "\\": "\\\\"}


class JsonReport:
    """Sections by name; each is called once, at exit."""

    def __init__(self, path: str, private: Callable[[str], ModuleType]) -> None:
        self._path = os.path.abspath(path)
        self._process = os.getpid()
        self.sections: dict[str, Callable[[], dict[str, Any]]] = {}
        private("atexit").register(self._write)

    def _write(self) -> None:
        if os.getpid() != self._process:
            return
        content: dict[str, Any] = {"format": FORMAT}
        content.update((name, make()) for name, make in self.sections.items())
        try:
            with open(self._path, "wb", buffering=0) as file:
                file.write(json_text(content).encode() + b"\n")
        except OSError as error:
            line = f"dx-py: cannot write '{self._path}': {error.strerror}\n"
            os.write(2, line.encode("utf-8", "backslashreplace"))


def json_text(value: Any) -> str:  # noqa: ANN401
    """Of None, bool, int, str, and lists, tuples and dicts of them; in ASCII."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, str):
        return '"' + "".join(map(_character, value)) + '"'
    if isinstance(value, dict):
        rows = (f"{json_text(key)}: {json_text(item)}" for key, item in value.items())
        return "{" + ", ".join(rows) + "}"
    return "[" + ", ".join(map(json_text, value)) + "]"


def _character(character: str) -> str:
    if " " <= character <= "~":
        return _ESCAPES.get(character, character)
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))

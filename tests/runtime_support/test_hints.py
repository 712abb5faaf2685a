"""Hints follow CPython's unchanged text, on a terminal and nowhere else."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

CASES = {
    "missing_package": ("import yaml", ["to install it: dx-py pip install PyYAML"]),
    "missing_other_package": ("import nothing_like_it", ["dx-py pip install nothing-like-it"]),
    "mistyped_library_module": ("import colections", ["is 'collections' meant?"]),
    "mistyped_sibling": ("import sibling_modul", ["is 'sibling_module' meant?"]),
    "mistyped_submodule": ("import json.decodr", ["is 'json.decoder' meant?"]),
    "module_is_no_package": ("import sibling_module.part", ["and no package"]),
    "hidden_library": (
        "import random\nrandom.choice([1])",
        ["hides the standard library's 'random': rename it"],
    ),
    "name_of_the_library": ("defaultdict(list)", ["from collections import defaultdict"]),
    "near_key": ("d = {'name': 1}\nd['nmae']", ["near keys: 'name'"]),
    "operands": (
        "count = 3\nlabel = 'x'\nprint(\n    count + label)",
        ["'count' is 3 (int); 'label' is 'x' (str)"],
    ),
    "none": ("a = None\na[0]", ["'a' is None", "without a return statement"]),
    "unexpected_keyword": (
        "def paint(color, *, width=1): ...\npaint('red', widht=2)",
        ["is the argument 'width' meant?", "paint(color, *, width=1)"],
    ),
    "missing_argument": (
        "class Box:\n    def __init__(self, width, height): ...\nBox(1)",
        ["it is called as Box.__init__(self, width, height)"],
    ),
    "annotated": (
        "def area(w: int, h: 'int | float'):\n    return w * (h + 1)\narea(2, '3')",
        ["'h' of area() is annotated as int or float, and is '3' (str)"],
    ),
    "nothing_to_say": ("1 / 0", []),
    "exit": ("raise SystemExit('TypeError')", []),
    "an_object_that_raises": (
        "class Bad:\n    def __repr__(self): 1 / 0\n    __eq__ = __repr__\nb = Bad()\nb + 1",
        ["'b' is of type 'Bad'"],
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("mode", ["auto", "all"])
def test_hints_follow_the_hosts_traceback(bench, name: str, mode: str) -> None:
    source, expected = CASES[name]
    bench.write("sibling_module.py", "")
    if name == "hidden_library":
        bench.write("random.py", "")
    bench.write("program.py", source)
    plain = bench.python("program.py")
    status, shown = bench.on_a_terminal("program.py", DX_COMPILE=mode)
    text = plain.output + plain.errors
    assert (status, shown[: len(text)]) == (plain.status, text)
    hints = shown[len(text) :]
    assert all(line.startswith("hint: ") for line in hints.splitlines())
    assert all(part in hints for part in expected)
    assert bool(hints) == bool(expected)


def test_the_users_hook_wins(bench) -> None:
    bench.write(
        "program.py", "import sys\nsys.excepthook = lambda *a: print('mine')\nimport yaml"
    )
    assert bench.on_a_terminal("program.py") == (1, "mine\n")


def test_a_hook_that_calls_the_original_gets_the_hints(bench) -> None:
    program = "import sys\nsys.excepthook = lambda *a: sys.__excepthook__(*a)\nimport yaml"
    bench.write("program.py", program)
    assert "hint: " in bench.on_a_terminal("program.py")[1]


def test_hints_can_be_switched_off(bench) -> None:
    bench.write(
        "program.py", "import sys; print(sys.excepthook is sys.__excepthook__)\nimport yaml"
    )
    _, shown = bench.on_a_terminal("program.py", DX_HINTS="0")
    assert "hint: " not in shown
    assert shown.startswith("True\n")


def test_without_a_terminal_nothing_is_exchanged(bench) -> None:
    code = "import sys; print(sys.excepthook); sys.excepthook(*[None] * 3) if 0 else None"
    assert bench.dx_py("-c", code, mode="auto") == bench.python("-c", code)


def test_the_modules_of_a_program_on_a_terminal_are_the_hosts(bench) -> None:
    code = "import sys; print(sorted(sys.modules), sys.excepthook is sys.__excepthook__)"
    _, shown = bench.on_a_terminal("-c", code)
    assert shown == bench.python("-c", code).output

"""Interactive input: the verdicts of codeop."""

from __future__ import annotations

import ast
import codeop
import warnings

import pytest

from dx_py.frontend.completeness import Completeness, completeness
from tests.frontend.host_oracle import cases

FLAGS = 0x200 | 0x4000

PROMPTS = [
    "", "\n", "# c", "pass", "x = 1", "if 1:", "if 1:\n", "if 1:\n  pass", "if 1:\n  pass\n",
    "if 1:\n  pass\nelse:", "if 1:\n  pass\nelse:\n  pass\n", "def f():\n  pass\n#c\n",
    "(", "x = [", "x = [1,\n2", "'''", "'''a\n", "'a", "x \\", "x = \\\n", "f(a,", "@a", "@a\n",
    "@a\ndef f():", "class A:", "while 1:\n  x\n", "try:", "try:\n  x\n", "try:\n  x\nexcept:",
    "x = )", "a b", "if 1: pass", "if 1: pass\n", "x; y", "x\ny", "for x in y:\n  z\n\n",
    "match x:", "match x:\n  case 1:\n    y\n", "f'{", "f'''{", "f'{x", "lambda:", "del",
    "import",
    "from x import", "from x import (",
    "return", "return 1", "await x",
    "   x", "\tx", "x\n  y",
    "if 1:\nx", "if 1:\n  x\n y", "9+ \\", "a = 1\n", "a = (1\n\n", "'\\N{foo}'", "0x",
    "1 if 2 else",
]  # fmt: skip


def host_verdict(source, mode):
    def compiler(text, filename, symbol, incomplete_input=True):
        flags = ast.PyCF_ONLY_AST | (FLAGS if incomplete_input else 0)
        return compile(text, filename, symbol, flags, dont_inherit=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = codeop._maybe_compile(compiler, source, "<input>", mode)
        except (SyntaxError, UnicodeDecodeError):  # the latter is a slip of 3.12's
            return None
    return Completeness.INCOMPLETE if found is None else Completeness.COMPLETE


def our_verdict(source, mode):
    try:
        return completeness(source, filename="<input>", mode=mode)
    except SyntaxError:
        return None


@pytest.mark.parametrize("mode", ["single", "exec", "eval"])
@pytest.mark.parametrize("source", PROMPTS, ids=ascii)
def test_prompts(source, mode):
    assert our_verdict(source, mode) == host_verdict(source, mode)


def test_each_prefix_of_each_case_as_it_is_typed():
    """What no line can make valid may be refused sooner or later than the host refuses it."""
    for source in cases("syntax.txt"):
        # Early releases of 3.12 do not take an open triple-quoted f-string for incomplete.
        if source.startswith("f'''") or "\0" in source or len(source) > 60:
            continue
        is_valid = host_verdict(f"{source}\n", "single") is Completeness.COMPLETE
        for length in range(1, len(source) + 1):
            typed = source[:length]
            ours, theirs = our_verdict(typed, "single"), host_verdict(typed, "single")
            asks = is_valid and theirs is Completeness.INCOMPLETE
            if asks or Completeness.COMPLETE in (ours, theirs):
                assert ours == theirs, typed

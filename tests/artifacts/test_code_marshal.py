"""Marshalled code: the same bytes in every process, and the same code when loaded."""

from __future__ import annotations

import marshal
import os
import random
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dx_py.artifacts import code_marshal

LIBRARY = Path(sysconfig.get_path("stdlib"))
MODULES = sorted(LIBRARY.glob("*.py")) + sorted(LIBRARY.glob("*/*.py"))
SAMPLE = random.Random(12).sample(MODULES, 60)

SNIPPETS = {
    "constants": "x = (1, 1.0, True, -0.0, 0.0, 1j, -1j, b'a', 'a', ..., None, 2**80, -2**80)",
    "long integers": f"x = ({2**31}, {-(2**31)}, {2**31 - 1}, {-(2**31) - 1}, {10**400})",
    "frozenset": "def f(x): return x in {'b', 'a', 3, (1, 'z'), None, 2.5, b'q'}",
    "surrogates": r"x = '\ud800', '\udfff\U0001f600', 'é'",
    "long strings": f"x = {'a' * 300!r}, {'a b' * 300!r}, {'é' * 300!r}",
    "module comprehension": "x = [y for y in z]; w = [lambda: y for y in z]",
    "class comprehension": "class C:\n    x = [(lambda: a) for a in b]\n    y = [c for c in d]",
    "closures": "def f(a, b, /, c, *d, e=1, **g):\n    def h():\n        nonlocal a\n"
    "        return a, c, d, [e for b in g]\n    return h",
    "type parameters": "def f[T: int, *A, **P](x: T) -> T:\n"
    "    class C[U]: y: U = x\n    return C",
    "a comprehension's variable and a free one": "class C[T]:\n    T = a\n"
    "    class D(b([T for c in d]), b(T)): pass",
    "a function's free variable in a comprehension": "def f():\n    a = 1\n    def g():\n"
    "        return a, [a for a in b], [lambda: a for a in b]\n    return g",
    "not a number": "x = 1e999 - 1e999",
    "large tuple": f"x = {tuple(range(300))!r}",
}


def compiled(source):
    return compile(source, "sample.py", "exec", dont_inherit=True)


@pytest.mark.parametrize("source", SNIPPETS.values(), ids=SNIPPETS)
def test_loaded_code_equals_what_was_written(source):
    code = compiled(source)
    # Version 2 of the format has no sharing: it shows every field, recursively.
    assert marshal.dumps(code_marshal.loads(code_marshal.dumps(code)), 2) == marshal.dumps(
        code, 2
    )


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_library_code_equals_what_was_written(path):
    try:
        code = compiled(path.read_bytes())
    except (SyntaxError, ValueError):
        pytest.skip("the host does not compile it")
    assert marshal.dumps(code_marshal.loads(code_marshal.dumps(code)), 2) == marshal.dumps(
        code, 2
    )


def test_reference_counts_change_nothing():
    source = "\n".join(SNIPPETS.values())
    code = compiled(source)
    before = code_marshal.dumps(code)
    held = [code.co_consts, *code.co_consts, *code.co_names] * 3
    assert code_marshal.dumps(code) == before
    assert held


def test_a_loaded_code_object_is_written_as_the_original():
    data = code_marshal.dumps(compiled("\n".join(SNIPPETS.values())))
    assert code_marshal.dumps(code_marshal.loads(data)) == data


PROGRAM = """
import hashlib, sys
from dx_py.artifacts import code_marshal
code = compile(sys.stdin.read(), "sample.py", "exec", dont_inherit=True)
print(hashlib.sha256(code_marshal.dumps(code)).hexdigest())
"""


def test_hash_seeds_change_nothing():
    source = "\n".join(SNIPPETS.values())
    digests = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=source,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(digests) == 1


def test_text_and_bytes_are_never_compared():
    source = "x = 'a', b'a', ('a', 1), (b'a', 1), frozenset; 'a' in {'a', b'a'}"
    command = [sys.executable, "-bb", "-W", "error", "-c", PROGRAM]
    subprocess.run(command, input=source, text=True, check=True, stdout=subprocess.DEVNULL)


def test_what_is_not_code_is_refused():
    with pytest.raises(ValueError, match="not a marshalled code object"):
        code_marshal.loads(marshal.dumps([1]))
    with pytest.raises(ValueError, match="not a marshalled code object"):
        code_marshal.loads(b"")

"""Other modes, flags, refusals and warnings: as the host's `compile` on the same tree."""

from __future__ import annotations

import ast

import pytest

from dx_py.backend.bytecode.compile_tree import compile_tree
from tests.lowering.outcomes import compared

TOP_LEVEL_AWAIT = 0x2000
BARRY_AS_BDFL = 0x400000
ANNOTATIONS = 0x1000000

PROMPTS = [
    "x",
    "x; y",
    "1",
    "'text'",
    "x = 1",
    "if a: b\nelse: c",
    "for a in b: a",
    "def f(): x",
    "class C: x",
    "with a: b",
    "try: a\nexcept B: c\nfinally: d",
    "match a:\n    case b: c",
    "x: int",
    "lambda: x",
    "[x for x in y]",
]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("source", PROMPTS)
def test_a_prompt_prints_expressions(source):
    assert compared(ast.parse(source + "\n", mode="single")) == []


EXPRESSIONS = ["1", "a", "a + b", "lambda: x", "[x for x in y]", "(yield)", "a if b else c"]


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_expressions_return_their_value(source):
    assert compared(ast.parse(source, mode="eval")) == []


AWAITS = ["await a", "x = [y async for y in z]", "async for a in b: c", "async with a: b"]


@pytest.mark.parametrize("source", [*AWAITS, "def f(): await a", "x = 1", "f(await a)"])
def test_top_level_await(source):
    assert compared(ast.parse(source), flags=TOP_LEVEL_AWAIT) == []


@pytest.mark.parametrize("flags", [ANNOTATIONS, BARRY_AS_BDFL, 0x20000, 0])
def test_features_of_the_caller(flags):
    tree = ast.parse("x: a | 'b' = 1\ndef f(a: b[c]) -> d: e: f = 1\n")
    assert compared(tree, flags=flags) == []


def test_features_of_the_file():
    source = "from __future__ import annotations, barry_as_FLUFL, division\nx: int\n"
    assert compared(ast.parse(source)) == []


ANNOTATION_TEXTS = """\
a.b[c, d] | e; 'int'; u'x'; 1 .real; -a ** -b; (a ** b) ** c; not (a or b); a and (b or c)
a - (b - c); (a < b) < c; lambda a, b=1, /, c=2, *d, e, f=3, **g: 0; lambda *a: 0; (lambda: x)()
(a if b else c) if d else e; {1: 2, **a}; {**(a or b)}; [*a, b]; (a,); (); a[b:c:d, e]; a[(b,)]
a[lambda: x]; f(a, *b, c=d, **e); f(x for x in y); [x for x in y if z if w]
{x: y for x, y in z}; [x for x, in y]
f'{a!r:>{w}}{{}}'; f'{ {1: 2} }'; f'{a["b"]}'; f'{a=}'; f'{(lambda: 1)}'
1e400; 1e400j; ...; None; b'x'; 'a\\nb'; ~a; a @ b; a not in b; a[b].c(d)[e]; a[*b]
"""


@pytest.mark.parametrize("text", ANNOTATION_TEXTS.replace("\n", "; ").split("; "))
def test_postponed_annotations_are_the_hosts_text(text):
    if text:
        assert compared(ast.parse(f"x: {text}"), flags=ANNOTATIONS) == []


REFUSED = [
    "return 1",
    "break",
    "continue",
    "def f():\n    yield\n    await a",
    "async def f():\n    yield 1\n    return 2",
    "x: int = (yield)",
    "def f(a, a): pass",
    "def f():\n    x = 1\n    global x",
    "from __future__ import nothing",
    "x = 1\nfrom __future__ import annotations",
    "*a",
    "*a, *b = c",
    "__debug__ = 1",
    "f(a=1, a=2)",
    "try: a\nexcept: b\nexcept C: d",
    "try: a\nexcept* B:\n    return c",
    "match a:\n    case b: c\n    case d: e",
    "match a:\n    case [b, b]: c",
    "match a:\n    case {'x': 1, 'x': 2}: c",
    "[(yield) for a in b]",
    "def f[T: (yield)](): pass",
    "class C[T]:\n    nonlocal T",
    "def f():\n    nonlocal x",
    "def f():\n    from a import *",
    "[x := 1 for x in y]",
]


@pytest.mark.parametrize("source", REFUSED)
@pytest.mark.parametrize("optimize", [0, 2])
def test_refusals_are_the_hosts(source, optimize):
    assert compared(ast.parse(source), optimize=optimize) == []


WARNED = [
    "1(); 'a'(); ()(); [](); {}(); f''(); (lambda: 0)()",
    "1[0]; {1}[0]; 'a'['b']; [1, 2][3, 4]; ()[1.5]; None[0]; 'a'[None]; [1]['x':2]",
    "a is 1; a is not 'b'; 1 is a; a is (); a is None; a is (1, 2); a is -1; a is b is 2",
    "assert (a, 'b')",
    "assert (1, 'b'), c\nassert ()",
    "def f():\n    try: a\n    finally: b is 1",
    "def f():\n    try: return a\n    finally: b is 1",
    "while a is 1: b",
    "class C:\n    x = 1()",
    "try: a\nexcept 1(): b\nelse: c is 2",
    "with 1() as b: c is 1",
    "x: int() = 1()",
    "@1()\ndef f(a=1(), *, b: 2() = 3()) -> 4(): 5()",
    "@1()\nclass C(1(), b=2()): 3()",
    "[a() for b in 1() if 2() for c in 3()]",
    "match 1():\n    case b if 2(): 3()",
    "x = ~True, ~~False, ~(not 1)",
    "~True\nreturn ~False",
    "(1 + 1)[None]; (2 * 3)(); ('a' + 'b')['c']; ('%s' % (a,))(); (not 1)()",
    "not a is 1; x = not a is not 'b'; a is 1 + 1; a is (1, 2)[0]",
    "(1 + 1)[None]\nreturn",
    "assert (1, 1 + 1)",
    "class C:\n    class D[T](~True, [a for a in b]): pass",
]


@pytest.mark.parametrize("source", WARNED)
@pytest.mark.parametrize("optimize", [0, 1])
def test_warnings_are_the_hosts_in_order(source, optimize):
    assert compared(ast.parse(source), optimize=optimize) == []


def test_whoever_compiles_is_warned_of_inverted_booleans():
    with pytest.warns(DeprecationWarning, match="Bitwise inversion") as caught:
        compile_tree(ast.parse("~True"), "case.py")
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.filterwarnings("error")
def test_a_warning_that_is_made_an_error_keeps_constants_as_they_are():
    assert compared(ast.parse("x = ~True")) == []

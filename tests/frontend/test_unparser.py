"""Unparsing gives text that parses back to the same tree."""

from __future__ import annotations

import ast

import pytest
from hypothesis import HealthCheck, given, settings

from dx_py.frontend.unparser import unparse
from tests.frontend.programs import modules
from tests.frontend.trees import library_sources, structure

SOURCES = """\
with (a,): pass
with ((a, b)): pass
with ((a, b)) as c: pass
with (): pass
with (yield): pass
f"{ {1: 2} }"
f"{ {x for x in y} }"
f"{(lambda x: 1)}"
f"{x!r:>{w}}"
f"{x:\\\\x7b}"
f"{f'{f"{1}"}'}"
f"{x['a']}" f'{{}}' "b"
u'a' f'{x}' u'b'
f'{x}' u'b'
'\\\\ud800'
f'\\\\ud800{x}'
'a\\\\'"b'
b'\\\\x00a"'
1e999
1e999j
(x): int = 1
x = yield
x = *a, b
x = (a, b), [c]
(*a, b)
*a
f(x for x in y)
f((x for x in y), 1)
f(a, *b or c, d=1, **e)
(1).real
1j.real
-1 ** 2
(-1) ** -2
2 ** 3 ** 4
(2 ** 3) ** 4
a - (b - c)
not (not a)
a < (b < c) < d
(a or b) or c
a if (b if c else d) else e
lambda: (yield)
lambda *a, b=1, **c: a
def f(a, /, b=1, *c: *D, d, e=2, **f) -> int: pass
def f(*, a): pass
class A[T: int, *U, **P](B, metaclass=C): pass
type X[T] = int
x[a:b, c, *d]
x[()]
x[a,]
x[(a, b)]
x[a:=1]
del (a, b), c
for x, *y in *a, b: pass
@(x := y)
class A: pass
a.b += yield
raise a from b
from . import a as b, c
from ...x import *
[x for x in (a if b else c) if (lambda: 1) if d]
{**a, "b": c}
(a := 1)
print(a := 1)
"""


@pytest.mark.parametrize("source", SOURCES.replace("\\\\", "\\").splitlines())
def test_reads_back_as_the_same_tree(source):
    if source.startswith("@"):
        source += "\nclass A: pass"
    assert structure(ast.parse(unparse(ast.parse(source)))) == structure(ast.parse(source))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("(a+b)*c", "(a + b) * c"),
        ("if a:\n pass\nelse:\n if b: pass", "if a:\n    pass\nelif b:\n    pass"),
        ("f((i for i in j))", "f(i for i in j)"),
        ("def f():\n 'doc'\n", 'def f():\n    """doc"""'),
        ("x = 1; def_ = 2", "x = 1\ndef_ = 2"),
        ("class A: pass\nx", "class A:\n    pass\n\nx"),
        ("match (a):\n case [b, *_] | {'k': 1} as c if d: pass",
         "match a:\n    case [b, *_] | {'k': 1} as c if d:\n        pass"),
        ("try: a\nexcept* B as c: pass", "try:\n    a\nexcept* B as c:\n    pass"),
    ],
)  # fmt: skip
def test_text_is_what_a_person_would_write(source, text):
    assert unparse(ast.parse(source)) == text


@pytest.mark.parametrize(
    "source",
    [
        "+".join(["a"] * 2000),
        "a" + ".b" * 2000,
        "-" * 1000 + "a",
        "not " * 900 + "a",
        "if a: pass\n" + "elif b: pass\n" * 900,
        "a" + " if b else c" * 500,
    ],
    ids=["sum", "attributes", "signs", "not", "elif", "conditionals"],
)
def test_depth_is_not_bounded_by_the_recursion_limit(source):
    text = unparse(ast.parse(source))
    assert unparse(ast.parse(text)) == text


def test_integers_beyond_the_digit_limit_are_hexadecimal():
    value = 16**5000
    assert unparse(ast.Constant(value)) == hex(value)


def test_type_comments_are_kept():
    source = "def f(a, # type: int\n b):\n # type: (...) -> c\n for x in y: # type: int\n  pass"
    tree = ast.parse(source, type_comments=True)
    assert structure(ast.parse(unparse(tree), type_comments=True)) == structure(tree)


@pytest.mark.parametrize(
    ("source", "mode"), [("a, b", "eval"), ("a; b", "single"), ("(a, *b) -> c", "func_type")]
)
def test_every_mode_reads_back(source, mode):
    tree = ast.parse(source, mode=mode)
    assert structure(ast.parse(unparse(tree), mode=mode)) == structure(tree)


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (ast.Add(), "+"),
        (ast.arg("x", ast.Name("int")), "x: int"),
        (ast.Set([]), "{*()}"),
        (ast.Constant(-1), "-1"),
        (ast.Attribute(ast.Constant(-1), "real"), "(-1).real"),
        (ast.Constant((1, (2,))), "(1, (2,))"),
        (ast.Constant(1 + 2j), "1.0+2.0j"),
        (ast.FormattedValue(ast.Name("x"), -1), "f'{x}'"),
    ],
)
def test_nodes_that_no_parser_makes_have_a_text(node, text):
    assert unparse(node) == text


def test_a_foreign_node_is_refused_by_name():
    class Foreign(ast.AST):
        pass

    with pytest.raises(TypeError, match="'Foreign'"):
        unparse(Foreign())


def test_a_derived_node_is_printed_as_its_base():
    class Marked(ast.Name):
        pass

    assert unparse(Marked("x")) == "x"


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(modules())
def test_generated_programs_read_back(tree):
    text = unparse(tree)
    parsed = ast.parse(text)
    assert unparse(parsed) == text
    assert structure(parsed) == structure(tree)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("pattern", ["[a-d]*.py", "[p-t]*.py"])
def test_library_reads_back(pattern):
    for path, source in library_sources(pattern):
        text = unparse(ast.parse(source))
        assert structure(ast.parse(text)) == structure(ast.parse(source)), path

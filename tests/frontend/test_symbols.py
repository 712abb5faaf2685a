"""Symbol tables equal the host's, flag by flag."""

from __future__ import annotations

import ast

import pytest
from hypothesis import HealthCheck, given, settings

from dx_py.artifacts.artifact import decode, encode
from dx_py.frontend.symbols.analysis import analyse_symbols
from dx_py.frontend.symbols.mangling import mangle
from dx_py.frontend.symbols.payload import from_payload, symbols_artifact
from tests.frontend.host_symbols import host_table, our_scope, our_table
from tests.frontend.programs import sources
from tests.frontend.trees import library_sources

SCOPES = {
    "closure": "def f():\n x = 1\n def g(): return x + y\n return g",
    "nonlocal": "def f():\n x = 1\n def g():\n  nonlocal x\n  x = 2",
    "global_in_function": "def f():\n global x\n x = 1\n def g(): return x",
    "class_hides_its_names": "class A:\n x = 1\n def f(self): return x",
    "class_cell": "class A:\n def f(self): return super().f() or __class__",
    "private_names": "class A:\n __x = 1\n def f(self, __y): return __x, __y, __z__",
    "private_names_of_underscored_class": "class __:\n __x = 1\nclass _B:\n __x = 1",
    "inlined_comprehension": "def f(a): return [i + a for i in a if i]",
    "inlined_cell": "def f(): return [lambda: i for i in x], i",
    "comprehension_in_class": "class A:\n x = 1\n y = [x for i in x]",
    "class_cell_in_comprehension": "class A:\n def f(self): return [__class__ for i in x]",
    "generator_expression": "def f(a): return (i + a + b for i in a)",
    "walrus": "def f(): return [(y := i) for i in x], y",
    "walrus_in_module": "[(y := i) for i in x]",
    "walrus_in_global": "def f():\n global y\n [(y := i) for i in x]",
    "lambda": "f = lambda a, *b, c=d, **e: (a, g)",
    "generic_function": "def f[T: int, *U, **P](x: T = 1, *, y: U = 2) -> P: return T",
    "generic_class": "class A[T](B[T], metaclass=M):\n x: T\n def f(self): return T",
    "generic_method": "class A:\n x = 1\n def f[T: x](self, y: x) -> T: pass",
    "type_alias": "type X[T] = dict[T, y]\nclass A:\n z = 1\n type Y = z",
    "patterns": "match x:\n case {'a': b, **c} | [d, *e] as f: pass",
    "handlers": "try: pass\nexcept* A as e: pass\nelse: x = 1\nfinally: y = 2",
    "imports": "import a.b.c, d as e\nfrom f import g as h, i\nfrom j import *",
    "annotations": "x: int\ny: str = 1\n(z): int\ndef f(a: b, *c: d) -> e:\n g: h = 1",
    "postponed": "from __future__ import annotations\nx: (lambda: y)\ndef f(a: b) -> c: pass",
    "deletion": "def f():\n del x, y[z], a.b",
    "nested_type_parameters": "class A[T]:\n def f[T](self): return lambda: T",
}


@pytest.mark.parametrize("source", SCOPES.values(), ids=SCOPES.keys())
def test_table_equals_the_hosts(source):
    assert our_table(source) == host_table(source)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("pattern", ["[a-m]*.py", "[n-z]*.py"])
def test_library_tables_equal_the_hosts(pattern):
    for path, source in library_sources(pattern):
        assert our_table(source) == host_table(source), path


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(sources())
def test_tables_of_generated_programs_equal_the_hosts(source):
    assert our_table(source) == host_table(source)


@pytest.mark.parametrize("source", SCOPES.values(), ids=SCOPES.keys())
def test_scopes_survive_the_artifact(source):
    module = analyse_symbols(ast.parse(source), future_annotations=False).module
    data = encode(symbols_artifact(module))
    assert our_scope(from_payload(decode(data).payload)) == our_scope(module)


def test_depth_is_not_bounded_by_the_recursion_limit():
    source = "lambda: " * 900 + "x"
    module = analyse_symbols(ast.parse(source), future_annotations=False).module
    assert encode(symbols_artifact(module))


@pytest.mark.parametrize(
    ("name", "class_name", "mangled"),
    [
        ("__x", "A", "_A__x"),
        ("__x", "__A", "_A__x"),
        ("__x", "__", "__x"),
        ("__x__", "A", "__x__"),
        ("_x", "A", "_x"),
        ("__a.b", "A", "__a.b"),
        ("__x", None, "__x"),
    ],
)
def test_private_names_are_mangled(name, class_name, mangled):
    assert mangle(name, class_name) == mangled

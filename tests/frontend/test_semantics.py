"""Errors and warnings of the compiler: the host's texts and places."""

from __future__ import annotations

import ast

import pytest
from hypothesis import HealthCheck, given, settings

from dx_py.frontend.semantics.check import check_semantics
from dx_py.frontend.semantics.checker import Options
from tests.frontend.host_verdict import host_verdict, our_verdict
from tests.frontend.programs import misplaced, sources
from tests.frontend.trees import library_sources

SIMPLE = """\
return 1
break
continue
await x
yield x
*a
x = *a
*a = b
a, *b, *c = d
(a, [*b, *c]) = d
for *x in y: pass
[await x for x in y]
[x async for x in y]
(x async for x in y)
async def f(): return [x async for x in y]
def f(): return [x async for x in y]
def f(): await x
lambda: (await x)
lambda: (yield)
class A: yield x
class A: return
def f(x, x): pass
def f[T, T](): pass
lambda x, *x: 1
nonlocal x
f(a=1, b=2, a=3)
class A(a=1, a=2): pass
from __future__ import braces
from __future__ import nothing
import a; from __future__ import division
__debug__ = 1
a.__debug__ = 1
a.__debug__ += 1
__debug__ += 1
del __debug__
def f(__debug__): pass
def __debug__(): pass
class __debug__: pass
import __debug__
import __debug__.a
from a import b as __debug__
f(__debug__=1)
lambda *, __debug__: 1
type __debug__ = int
def f[__debug__](): pass
__debug__: int
x.__debug__: int
(__debug__ := 1)
[(i := 1) for i in x]
[i for i in (j := x)]
[[(i := 1) for j in x] for i in y]
[(j := 1) for i in x for j in y]
class A: [(x := 1) for i in y]
type X = (yield)
type X[T: (x := 1)] = int
class A[T]((yield)): pass
class A: type X = lambda: 1
class A: type X = [i for i in x]
x is 1
1 is not x
x is ()
x is (1, a)
x is -1
x is not None
x is ...
1()
"a"()
[1]["a"]
(1)[0]
{1}[0]
"abc"[1.0]
"abc"[1]
{}["a"]
f""()
(lambda: 1)[0]
assert (1, 2)
assert ()
assert (x, "message")
x: int = *a
def f(*x: *a): pass
x[*a] = 1
print(*a)
"""

LONGER = {
    "late_future": "x = 1\nfrom __future__ import annotations",
    "future_after_second_string": "'a'\n'b'\nfrom __future__ import annotations",
    "postponed_yield": "from __future__ import annotations\ndef f():\n x: (yield)",
    "value_in_async_generator": "async def f():\n yield 1\n return 2",
    "yield_from_in_async": "async def f():\n yield from x",
    "async_for": "def f():\n async for x in y: pass",
    "async_with": "def f():\n async with x: pass",
    "default_except_first": "try: pass\nexcept: pass\nexcept A: pass",
    "break_in_except_star": "while 1:\n try: pass\n except* A:\n  break",
    "return_in_except_star": "def f():\n try: pass\n except* A:\n  return 1",
    "return_name_in_except_star": "def f():\n try: pass\n except* A:\n  return x",
    "loop_in_except_star": "try: pass\nexcept* A:\n for x in y: break",
    "break_in_function_in_loop": "for x in y:\n def f(): break",
    "break_in_else": "for x in y: pass\nelse: break",
    "continue_in_finally": "for x in y:\n try: pass\n finally: continue",
    "global_after_use": "def f():\n x\n global x",
    "global_after_assignment": "def f():\n x = 1\n global x",
    "global_parameter": "def f(x):\n global x",
    "global_annotated": "def f():\n x: int\n global x",
    "annotated_global": "def f():\n global x\n x: int",
    "nonlocal_and_global": "def f():\n global x\n nonlocal x",
    "nonlocal_unbound": "def f():\n nonlocal x",
    "nonlocal_private": "class A:\n def f(self):\n  nonlocal __x",
    "nonlocal_type_parameter": "def f[T]():\n nonlocal T",
    "import_star_in_function": "def f():\n from x import *",
    "captures_before_the_last": "match x:\n case a: pass\n case b: pass",
    "wildcard_before_the_last": "match x:\n case _: pass\n case b: pass",
    "guarded_wildcard": "match x:\n case _ if y: pass\n case b: pass",
    "capture_in_alternative": "match x:\n case a | 1: pass",
    "different_alternatives": "match x:\n case [a] | [b]: pass",
    "name_twice": "match x:\n case [a, a]: pass",
    "name_twice_over_alternatives": "match x:\n case [a, [a] | [a, 1]]: pass",
    "key_twice": "match x:\n case {1: a, 1.0: b}: pass",
    "negative_key_twice": "match x:\n case {-1: a, -1: b}: pass",
    "complex_key_twice": "match x:\n case {1+2j: a, 1+2j: b}: pass",
    "attribute_twice": "match x:\n case A(a=1, a=2): pass",
    "stars_twice": "match x:\n case [*a, *b]: pass",
    "fstring_pattern": "match x:\n case f'': pass",
    "fstring_key": "match x:\n case {f'': y}: pass",
    "debug_pattern": "match x:\n case __debug__: pass",
    "debug_handler": "try: pass\nexcept A as __debug__: pass",
    "columns_are_bytes": "ä = [ü, *b, *c] = 1",
    "loops_too_deep": "".join("\n" + " " * i + "for x in y:" for i in range(21)) + " pass",
    "withs_too_deep": "".join("\n" + " " * i + "with x:" for i in range(21)) + " pass",
    "as_deep_as_allowed": "".join("\n" + " " * i + "while x:" for i in range(20)) + " pass",
    "first_error_is_the_hosts": "def f(): return\nyield x\nbreak\nreturn",
}


@pytest.mark.parametrize("source", SIMPLE.splitlines())
def test_verdict_on_a_line_equals_the_hosts(source):
    tree = ast.parse(source)
    assert our_verdict(tree) == host_verdict(tree)


@pytest.mark.parametrize("source", LONGER.values(), ids=LONGER.keys())
def test_verdict_equals_the_hosts(source):
    tree = ast.parse(source)
    assert our_verdict(tree) == host_verdict(tree)


def test_every_error_of_a_step_is_reported():
    found = check_semantics(ast.parse("break\ncontinue\nreturn"))
    assert [d.span.line for d in found] == [1, 2, 3]


def test_top_level_await_is_an_option():
    tree = ast.parse("await x\nasync for a in b: pass\n[c async for c in d]")
    assert check_semantics(tree)
    assert not check_semantics(tree, Options(top_level_await=True))


def test_depth_is_not_bounded_by_the_recursion_limit():
    assert not check_semantics(ast.parse("lambda: " * 900 + "x"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("pattern", ["[a-i]*.py", "[j-z]*.py"])
def test_library_verdicts_equal_the_hosts(pattern):
    for path, source in library_sources(pattern):
        tree = ast.parse(source)
        assert our_verdict(tree) == host_verdict(tree), path


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(misplaced())
def test_verdicts_on_misplaced_statements_equal_the_hosts(source):
    tree = ast.parse(source)
    assert our_verdict(tree) == host_verdict(tree)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(sources())
def test_generated_programs_have_no_errors(source):
    assert not [d for d in check_semantics(ast.parse(source)) if d.category.is_error]

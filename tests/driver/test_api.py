"""The functions of ``dx_py.driver.api`` are ``ast.parse``, ``ast.unparse`` and ``compile``."""

from __future__ import annotations

import ast
import builtins
import inspect
import random
import subprocess
import sys
import sysconfig
import warnings
from pathlib import Path

import pytest

from dx_py.driver import api

LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = random.Random(3).sample(sorted(LIBRARY.glob("*.py")), 15)
FUTURE = 0x1000000  # annotations
ONLY_AST = ast.PyCF_ONLY_AST


def outcome(function, *arguments, **options):
    """What a call gives, raises and warns, in a form that can be compared."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function(*arguments, **options)
        except SyntaxError:
            # How far messages and places agree is counted by the front end's own suites.
            result = SyntaxError
        except Exception as error:
            result = type(error), str(error)
    if isinstance(result, ast.AST):
        result = ast.dump(result, include_attributes=True)
    said = [(w.category, str(w.message), w.filename, w.lineno) for w in caught]
    return result, said


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(api.parse, ast.parse), (api.unparse, ast.unparse), (api.compile, builtins.compile)],
)
def test_signatures_are_the_hosts(ours, theirs):
    def shape(function):
        return [
            (p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()
        ]

    ours_shape, theirs_shape = shape(ours), shape(theirs)
    assert [name for name, *_ in ours_shape] == [name for name, *_ in theirs_shape]
    assert ours_shape == theirs_shape


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_library_modules_are_parsed_and_compiled_as_by_the_host(path):
    source = path.read_bytes()
    for given in (source, source.decode()):
        assert outcome(api.parse, given) == outcome(ast.parse, given)
        ours = outcome(api.compile, given, str(path), "exec", 0, True)
        assert ours == outcome(compile, given, str(path), "exec", 0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("x = 1", "f.py", "exec"),
        ("x", "f.py", "eval"),
        ("x", "f.py", "single"),
        (" x ", "f.py", "eval"),
        ("x = 1", "f.py", "eval"),
        (b"# coding: latin-1\nx = '\xe9'", "f.py", "exec"),
        ("# coding: latin-1\nx = 'é'", "f.py", "exec"),
        (b"x = '\xe9'", "f.py", "exec"),
        (bytearray(b"x = 1"), "f.py", "exec"),
        (memoryview(b"x = 1"), "f.py", "exec"),
        ("x = 1", b"f.py", "exec"),
        ("x = 1", Path("f.py"), "exec"),
        ("x = 1\n\0", "f.py", "exec"),
        ("x = '\ud800'", "f.py", "exec"),
        ("def f(:", "f.py", "exec"),
        ("if x:\ny", "f.py", "exec"),
        ("return", "f.py", "exec"),
        ("x = 1 is 1", "f.py", "exec"),
        (r"x = '\d'", "f.py", "exec"),
        ("(int) -> str", "f.py", "func_type", ONLY_AST),
        ("(int) -> str", "f.py", "func_type"),
        ("x = 1 # type: int", "f.py", "exec", ONLY_AST | ast.PyCF_TYPE_COMMENTS),
        ("await x", "f.py", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT),
        ("await x", "f.py", "exec"),
        ("x: y", "f.py", "exec", FUTURE),
        ("1 <> 2", "f.py", "eval", 0x400000),
        ("1 != 2", "f.py", "eval", 0x400000),
        ("if x:\n  y", "f.py", "single", 0x200),
        ("if x:", "f.py", "exec", 0x4000),
        ("assert x, __debug__", "f.py", "exec", 0, True, 2),
        ("'doc'\nx", "f.py", "exec", 0, True, 2),
        ("x", "f.py", "exec", 0, True, 3),
        ("x", "f.py", "exec", 1 << 40),
        ("x", "f.py", "exec", 1 << 20),
        ("x", "f.py", "no mode"),
        ("x", 3, "exec"),
        ("x", "f.py", 3),
        (3, "f.py", "exec"),
        (None, "f.py", "exec"),
        (ast.parse("x = 1"), "f.py", "exec"),
        (ast.parse("x = 1"), "f.py", "exec", ONLY_AST),
        (ast.parse("x = 1"), "f.py", "eval"),
        (ast.Module([ast.Pass()], []), "f.py", "exec"),
        ("(" * 300, "f.py", "exec"),
        ("x" + "+x" * 500, "f.py", "exec"),
        ("", "f.py", "exec"),
        ("", "f.py", "eval"),
        ("", "f.py", "single"),
    ],
    ids=lambda arguments: type(arguments[0]).__name__ + repr(arguments[2:]),
)
def test_every_argument_has_the_effect_it_has_for_the_host(arguments):
    assert outcome(api.compile, *arguments) == outcome(compile, *arguments)


def refusal(function, source, mode):
    with pytest.raises(SyntaxError) as raised:
        function(source, "f.py", mode)
    error = raised.value
    return type(error), error.msg, error.filename, error.lineno, error.offset, error.text


@pytest.mark.parametrize("mode", ["exec", "eval"])
@pytest.mark.parametrize(
    "source", ["def f(:", "if x:\ny", "x = = 1", "(" * 300, " y\nz", "é é"]
)
def test_errors_are_explained_in_the_hosts_words(source, mode):
    assert refusal(api.compile, source, mode) == refusal(compile, source, mode)


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("x = 1 # type: int", {"type_comments": True}),
        ("match x:\n  case 1: pass", {"feature_version": (3, 9)}),
        ("match x:\n  case 1: pass", {"feature_version": 12}),
        ("type X = int", {"feature_version": (3, 11)}),
        ("x", {"feature_version": (2, 7)}),
        ("x", {"mode": "eval"}),
        ("(a: int)", {"mode": "func_type"}),
        (ast.parse("x"), {}),
    ],
)
def test_parse_takes_the_options_of_ast_parse(source, options):
    assert outcome(api.parse, source, **options) == outcome(ast.parse, source, **options)


def test_what_is_too_deep_as_a_tree_is_compiled_as_the_host_compiles_it():
    source = f"a{'()' * 2000}"
    assert api.compile(source, "<t>", "eval") == compile(source, "<t>", "eval")


CALLER = """
from __future__ import annotations
import builtins, sys
from dx_py.driver import api
for inherits in (False, True):
    ours = api.compile("x: y = 1", "f.py", "exec", 0, not inherits)
    theirs = builtins.compile("x: y = 1", "f.py", "exec", 0, not inherits)
    assert ours == theirs, inherits
    print(ours.co_flags & 0x1000000 != 0)
"""


def test_future_imports_of_the_caller_are_inherited():
    command = [sys.executable, "-c", CALLER]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "False\nTrue\n"


@pytest.mark.parametrize("path", SAMPLE[:5], ids=lambda path: path.name)
def test_what_is_unparsed_parses_to_the_same_tree(path):
    tree = api.parse(path.read_bytes())
    again = api.parse(api.unparse(tree))
    assert ast.dump(again) == ast.dump(tree)

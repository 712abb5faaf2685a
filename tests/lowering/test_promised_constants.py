"""Level 3 puts promised constants where they are used, and changes nothing else."""

from __future__ import annotations

import ast
import dis
import textwrap
import warnings
from types import CodeType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dx_py.backend.bytecode.compile_tree import compile_tree

FINAL = "from typing import Final\nimport sys\nimport typing\n"


def code_of(source: str, level: int = 3) -> CodeType:
    return compile_tree(ast.parse(source), "module.py", optimize=level)


def host(source: str) -> CodeType:
    return compile(source, "module.py", "exec", dont_inherit=True)


def function(source: str, name: str = "f") -> CodeType:
    """The code of a function of the module, by the name of its code."""
    todo = [code_of(FINAL + textwrap.dedent(source))]
    for code in todo:
        if code.co_name == name:
            return code
        todo += [const for const in code.co_consts if isinstance(const, CodeType)]
    raise AssertionError(f"no function {name}")


def loads(code: CodeType) -> set[str]:
    """Names that the code looks up."""
    return {str(i.argval) for i in dis.get_instructions(code) if i.opname.startswith("LOAD_")}


def outcome(code: CodeType) -> object:
    """The module's plain values, and the exception that ended it."""
    namespace: dict[str, object] = {"__name__": "module"}
    try:
        exec(code, namespace)
        ended = None
    except Exception as error:
        ended = f"{type(error).__name__}: {error}"
    return ended, {
        name: (type(value).__name__, repr(value))
        for name, value in namespace.items()
        if isinstance(value, int | str | bytes | float | complex | tuple | list | dict | None)
        and name != "__builtins__"
    }


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("X: Final = 60 * 60\ndef f(): return X", 3600),
        ("X: Final[str] = 'a'\ndef f(): return X + 'b'", "ab"),
        ("X: typing.Final = 2\nY: Final = X ** 3\ndef f(): return Y - X", 6),
        ("X: Final = 3\nf = lambda: X == 3", True),
        ("X: Final = False\ndef f(): return X and print()", False),
        ("X: Final = True\ndef f(a=1): return X and 7", 7),
        ("X: Final = 1\ndef f(): return 'yes' if X else print('no')", "yes"),
        ("X: Final = None\ndef f(): return X or 5", 5),
        ("def f(): return sys.version_info >= (3, 8)", True),
        ("def f(): return sys.version_info < (3,)", False),
        ("def f(): return sys.version_info[0] == 3", True),
        ("from typing import TYPE_CHECKING as T\ndef f(): return T", False),
        ("TYPE_CHECKING = False\ndef f(): return TYPE_CHECKING", False),
        ("def f(): return typing.TYPE_CHECKING", False),
    ],
)
def test_what_is_promised_is_a_constant(source: str, value: object) -> None:
    code = function(source, "<lambda>" if "lambda" in source else "f")
    opnames = [instruction.opname for instruction in dis.get_instructions(code)]
    assert opnames == ["RESUME", "RETURN_CONST"]
    assert value in code.co_consts


def test_no_code_is_made_for_branches_that_are_not_taken() -> None:
    source = """
        DEBUG: Final = False
        def f(a):
            if DEBUG:
                print(a)
            if typing.TYPE_CHECKING or sys.version_info < (3, 10):
                import nothing
            while DEBUG:
                a.b()
            return a
    """
    assert loads(function(source)) == {"a"}


@pytest.mark.parametrize(
    "source",
    [
        "X = 1\ndef f(): return X",  # nothing was promised
        "X: int = 1\ndef f(): return X",
        "def f(): return X\nX: Final = 1",  # it may run before
        "X: Final = 1\nX = 2\ndef f(): return X",
        "X: Final = 1\ndef f(): global X; return X",
        "X: Final = 1\nfor X in (): pass\ndef f(): return X",
        "X: Final = 1\ndef f(X): return X",
        "X: Final = 1\ndef f():\n  from m import X\n  return X",
        "if X:\n  X: Final = 1\ndef f(): return X",
        "from m import *\nX: Final = 1\ndef f(): return X",
        "X: Final = [1]\ndef f(): return X",  # it can change
        "X: Final = (1, 2)\ndef f(): return X",  # it may be known by its identity
        "X: Final = g()\ndef f(): return X",
        "class C:\n  X: Final = 1\ndef f(): return X",
        "X: Final = 1\nclass f: X",  # a class may have its own
        "Final = list\nX: Final = 1\ndef f(): return X",
        "match 1:\n  case X: pass\nX: Final = 1\ndef f(): return X",
        "X: Final = 1\ntry: pass\nexcept E as X: pass\ndef f(): return X",
        "X: Final = 1\ndef g[X](): pass\ndef f(): return X",
    ],
)
def test_what_is_not_promised_is_looked_up(source: str) -> None:
    assert "X" in loads(function(source))


@pytest.mark.parametrize(
    "text",
    [
        "sys.version_info >= (3, 12, 1)",  # the release decides
        "sys.version_info == VERSION",
        "sys.platform == 'linux'",
        "sys.version_info[2] > 0",
    ],
)
def test_what_only_a_run_knows_is_asked(text: str) -> None:
    assert "sys" in loads(function(f"def f(): return {text}"))


def test_other_levels_promise_nothing() -> None:
    source = FINAL + "X: Final = 1\ndef f(): return X"
    for level in (0, 1, 2):
        ours, host = (
            code_of(source, level),
            compile(source, "module.py", "exec", 0, True, level),
        )
        assert ours == host


def test_assertions_and_docstrings_stay() -> None:
    code = function("def f():\n  'Text.'\n  assert __debug__\n  assert f, 'message'")
    assert code.co_consts[0] == "Text."
    assert "message" in code.co_consts


def test_a_promised_text_is_no_docstring() -> None:
    source = FINAL + "X: Final = 'text'\ndef f(): X\nclass C: X\nd = f.__doc__, C.__doc__"
    assert outcome(code_of(source)) == outcome(host(source))


def test_postponed_annotations_keep_their_text() -> None:
    source = (
        "from __future__ import annotations\n"
        + FINAL
        + "X: Final = 3\ndef f(a: X) -> X: b: X = a\nd = f.__annotations__"
    )
    assert outcome(code_of(source)) == outcome(host(source))


def test_a_promised_constant_is_the_module_s_object() -> None:
    namespace: dict[str, object] = {}
    source = FINAL + "X: Final = 'a text of words'\nY: Final = 1e100\ndef f(): return X, Y\n"
    exec(code_of(source + "x, y = f()\nsame = x is X, y is Y"), namespace)
    assert namespace["same"] == (True, True)


def test_who_breaks_the_promise_is_not_heard() -> None:
    """The contract of level 3."""
    namespace: dict[str, object] = {}
    exec(code_of(FINAL + "X: Final = 1\ndef f(): return X"), namespace)
    namespace["X"] = 2
    assert eval("f()", namespace) == 1


def test_what_warns_is_left_to_the_run() -> None:
    code = code_of(FINAL + "X: Final = True\ndef f(): return ~X")
    namespace: dict[str, object] = {}
    exec(code, namespace)
    with pytest.warns(DeprecationWarning, match="inversion"):
        assert eval("f()", namespace) == -2


def test_errors_are_raised_where_they_were() -> None:
    source = FINAL + "X: Final = 1\n\ndef f():\n  return (X +\n    'a')\n"
    positions = []
    for code in (code_of(source), host(source)):
        inner = next(c for c in code.co_consts if isinstance(c, CodeType))
        adds = [i for i in dis.get_instructions(inner) if i.opname == "BINARY_OP"]
        positions.append([i.positions for i in adds])
    assert positions[0] == positions[1] != []


CONSTANTS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.text("ab\u00e9'{}%", max_size=4),
    st.binary(max_size=3),
    st.floats(allow_nan=False),
    st.sampled_from([True, False, None, 0, 1, "", b""]),
)
NAMES = ["A", "B", "C", "D"]
#: a and b are parameters; C is no promise; D is bound too late.
ATOMS = st.one_of(st.sampled_from([*NAMES, "a", "b", "TYPE_CHECKING"]), CONSTANTS.map(repr))


def compound(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(
        ["+", "-", "*", "//", "%", "and", "or", "==", "!=", "<", "<=", ">", ">=", "|", "in"]
    )
    return st.one_of(
        st.builds("({} {} {})".format, parts, binary, parts),
        st.builds("(not {})".format, parts),
        st.builds("(-{})".format, parts),
        st.builds("({} if {} else {})".format, parts, parts, parts),
        st.builds("({} < {} <= {})".format, parts, parts, parts),
        st.builds("({}, {})".format, parts, parts),
        st.builds(
            "f'<{{{}}}|{{{}!r}}>'".format, st.sampled_from(NAMES), st.sampled_from(NAMES)
        ),
        st.builds("(lambda a: {})({})".format, parts, parts),
        st.builds("[{} for a in ({},)]".format, parts, ATOMS),
        st.builds("[b := {}][0]".format, parts),
        st.builds("({}).__class__.__name__".format, parts),
    )


EXPRESSIONS = st.recursive(ATOMS, compound, max_leaves=7)


def statement(expression: str, kind: str, other: str) -> str:
    return {
        "if": f"if {expression}: r.append({other})\nelse: r.append('else')",
        "while": f"while {expression}:\n  r.append({other})\n  break",
        "assert": f"assert {expression}, {other}",
        "for": f"for b in ({expression}, {other}): r.append(b)",
        "class": f"class K:\n  k = {expression}\n  def m(self): return {other}\n"
        "r.append((K.k, K().m()))",
        "def": f"def g(a={expression}): return {other}\nr.append(g())",
        "match": f"match {expression}:\n  case 1: r.append(1)\n  case b: r.append({other})",
    }[kind]


KINDS = st.sampled_from(["if", "while", "assert", "for", "class", "def", "match"])
STATEMENTS = st.builds(statement, EXPRESSIONS, KINDS, EXPRESSIONS)


@given(
    CONSTANTS, EXPRESSIONS, CONSTANTS, CONSTANTS, st.lists(STATEMENTS, min_size=1, max_size=3)
)
def test_random_modules_do_the_same(one, second, third, fourth, statements) -> None:
    body = textwrap.indent("\n".join(statements), "  ")
    source = (
        FINAL
        + f"from typing import TYPE_CHECKING\nA: Final = {one!r}\na = b = 2\n"
        + f"B: Final = {second.replace('D', 'A')}\nC = {third!r}\nr = []\n"
        + f"def f(a, b):\n{body}\n  return a, b\n"
        + f"D: Final = {fourth!r}\nr.append(f(1, 'b'))\n"
        + "\n".join(statements)
        + "\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = host(source)
        except SyntaxError:  # a walrus where none may stand
            return
        assert outcome(code_of(source)) == outcome(code)

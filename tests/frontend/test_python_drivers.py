"""The drivers in Python: the portable one and PLY's own parser build the host's trees."""

from __future__ import annotations
import __future__

import ast
import random
import sysconfig
import warnings
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import seal
from dx_py.frontend import ast_artifact
from dx_py.frontend.grammar.reader import read_grammar
from dx_py.frontend.parser import prepared as prepared_text
from dx_py.frontend.portable import parser as portable
from dx_py.frontend.portable.tokens import Refusal
from dx_py.frontend.reference import parser as reference
from dx_py.frontend.tables import build_tables
from tests.frontend.host_oracle import cases, host, outcome

LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = random.Random(12).sample(sorted(LIBRARY.rglob("*.py")), 60)

VALID = [
    "",
    "# only a comment\n",
    "x = 1\n",
    "if a:\n\tb\n\tc\n",
    "f'{x!r:>{w}.{p}} {{y}} {a = } {b=!s:^5}'\n",
    "f'{a:{b}{c}}' 'd' f'''{\n1}'''\n",
    "rf'\\{a}' f'\\N{BULLET}{b}\\\n'\n",
    "match x:\n  case [1, *_] | {'a': 1, **r} if r: pass\n  case C(a, b=-1+2j): pass\n",
    "match = case = type = _ = 1\nmatch[case](type)\n",
    "type X[T: int, *Ts, **P] = list[T]\n",
    "def f(a, /, b=1, *c: *d, e, g=2, **h) -> i: ...\n",
    "with (a, b): pass\nwith (a as b, c): pass\nwith ((a := 1), b): pass\n",
    "a: int\n(a): int = 1\na.b: int\n",
    "async def f():\n  async with a as b, c: [await x async for x in y if z]\n",
    "x = 0xFF + 0o17 + 0b1 + 1_000.5e-3j + .5 + 1. + 00\n",
    "b'\\x41\\101\\q' b'c'\n'\\x41\\u0041\\U00000041\\N{DIGIT ONE}\\q\\777'\n",
    "é = ﬁ = 'é'\nu'x' 'y'\n",
    "a < b <= c is not d not in e\nnot a or b and c or d\nlambda *, a=1: a ** -b\n",
    "x[1:2, ::3, *a]\nx[:]\nx[a:=1]\n",
    "1if a else 2\n",
    "    # indented comment\nx\\\n= 1\n",
    "try: pass\nexcept* (A, B) as e: pass\nelse: pass\nfinally: pass\n",
]

INVALID = [
    "x = \n",
    "(\n",
    ")\n",
    "(]\n",
    "'a\n",
    "'''a\n",
    "f'{a'\n",
    "f'{a b}'\n",
    "f'}'\n",
    "f'{a!x}'\n",
    "f'{a! r}'\n",
    "if a:\nb\n",
    "  a\n",
    "if a:\n    b\n  c\n",
    "if a:\n\tb\n    c\n",
    "if a:\n\tb\n        c\n",
    "f() = 1\n",
    "del f()\n",
    "a + 1 += 2\n",
    "(a, b): int\n",
    "f(a=1, b)\n",
    "f(**a, *b)\n",
    "f(a.b=1)\n",
    "(a.b := 1)\n",
    "def f(a=1, b): pass\n",
    "def f(*): pass\n",
    "def f(a, /, /): pass\n",
    "012\n",
    "1__0\n",
    "0x\n",
    "0b12\n",
    "1_\n",
    "b'é'\n",
    "'a' b'b'\n",
    "'\\x4'\n",
    "'\\N{NO SUCH NAME}'\n",
    "a\xa0b\n",
    "a ? b\n",
    "a \\ b\n",
    "match x:\n  case {**_}: pass\n",
    "match x:\n  case C(a=1, b): pass\n",
    "match x:\n  case 1 + 1: pass\n",
    "class C[T=int]: pass\n",
    "t'a'\n",
    "(" * 201 + ")" * 201 + "\n",
]


@pytest.fixture(scope="module")
def tables():
    return build_tables(read_grammar())


@pytest.fixture(params=[portable, reference], ids=["portable", "reference"])
def parse(request, tables):
    def run(source: bytes) -> ast.AST:
        return request.param.parse_utf8(source, tables, mode="EXEC", minor_version=12).tree

    return run


def dump(tree: ast.AST) -> str:
    return ast.dump(tree, include_attributes=True)


def host_tree(source: bytes | str) -> ast.AST:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


@pytest.mark.parametrize("source", VALID)
def test_valid_source_gives_the_host_s_tree(parse, source):
    assert dump(parse(source.encode())) == dump(host_tree(source))


@pytest.mark.parametrize("source", INVALID)
def test_invalid_source_is_refused(parse, source):
    with pytest.raises(SyntaxError):
        host_tree(source)
    with pytest.raises(Refusal):
        parse(source.encode())


@pytest.mark.parametrize(
    "source", ["x = 1\n", "if a: b\n", "while a:\n  b\n", "@d\ndef f(): pass\n", "x; y\n"]
)
def test_one_statement_at_a_prompt_gives_the_host_s_tree(tables, source):
    for driver in (portable, reference):
        found = driver.parse_utf8(source.encode(), tables, mode="SINGLE", minor_version=12)
        assert dump(found.tree) == dump(ast.parse(source, mode="single"))


def prepared(path: Path) -> bytes | None:
    """A library file as the drivers take it, or ``None`` if the host refuses it."""
    source = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        host_tree(source)
        source.decode()
    except ValueError:
        return None
    except SyntaxError:
        return None
    return source.removeprefix(b"\xef\xbb\xbf").rstrip(b"\n") + b"\n"


def test_the_library_parses_to_the_host_s_trees(parse):
    sources = [source for path in SAMPLE if (source := prepared(path))]
    assert len(sources) > 50
    for source in sources:
        assert dump(parse(source)) == dump(host_tree(source))


ODD = [
    "x = '\\d'\n", "b'\\q'\n", "'\\777'\n", "'\\П'\n", "f'\\{6}'\n", "f'a\\{{x}}'\n",
    "f'\\d{x}\\e'\n", "rf'\\{6}'\n", "1if 1else 2\n", "0x1for x in y\n",
]  # fmt: skip


@pytest.mark.parametrize("source", ODD)
def test_what_is_odd_about_literals_is_reported(tables, source):
    found = portable.parse_utf8(source.encode(), tables, mode="EXEC", minor_version=12)
    with warnings.catch_warnings(record=True) as host:
        warnings.simplefilter("always")
        ast.parse(source)
    assert [message for _, message in found.warnings] == [str(w.message) for w in host]


@pytest.mark.parametrize(
    "source", ["x='\\d'; f'\\{6}' '\\q'\ny='\\400'\n", "0if f'\\{{' else 1\n"]
)
@pytest.mark.filterwarnings("ignore")
def test_warnings_are_those_of_the_native_parser(tables, source):
    native = pytest.importorskip("dx_py.frontend._ast").artifact_body(source)
    found = portable.parse_utf8(source.encode(), tables, mode="EXEC", minor_version=12)
    marks = [(line, column, message) for (line, column), message in found.warnings]
    assert ast_artifact.encode(found.tree, mode="exec", warnings=marks) == seal(native)


@pytest.mark.parametrize("mode", ["exec", "func_type"])
@pytest.mark.parametrize("source", cases("type_comments.txt"), ids=ascii)
def test_type_comments_give_the_host_s_tree(tables, source, mode):
    def parse_portable(source, mode):
        text = source.encode() if isinstance(source, str) else source
        return portable.parse_utf8(
            prepared_text(text), tables, mode=mode.upper(), minor_version=12, type_comments=True
        ).tree

    def parse_host(source, mode):
        return host(source, mode, ast.PyCF_TYPE_COMMENTS)

    try:
        found = outcome(parse_portable, source, mode)
    except Refusal:
        found = "refused"
    assert found == outcome(parse_host, source, mode)


@pytest.mark.parametrize("source", ["a <> b\n", "f'{a<>b}'\n", "f'{a!r}'\n"])
def test_with_barry_as_bdfl_the_sign_is_a_diamond(tables, source):
    found = portable.parse_utf8(
        source.encode(), tables, mode="EXEC", minor_version=12, barry_as_bdfl=True
    )
    flag = __future__.barry_as_FLUFL.compiler_flag
    assert dump(found.tree) == dump(host(source, "exec", flag))


@pytest.mark.parametrize("source", ["a != b\n", "f'{a!=b}'\n"])
def test_with_barry_as_bdfl_the_other_sign_is_refused(tables, source):
    with pytest.raises(Refusal, match="with Barry as BDFL, use '<>' instead of '!='"):
        portable.parse_utf8(
            source.encode(), tables, mode="EXEC", minor_version=12, barry_as_bdfl=True
        )

"""The native parser against the host: what is accepted, and with which tree."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.frontend.host_oracle import cases, dump, host, outcome
from tests.frontend.token_mutants import mutants

_ast = pytest.importorskip("dx_py.frontend._ast")

MODES = ("exec", "eval", "single", "func_type")


def native(source, mode="exec"):
    return _ast.parse(source, "<unknown>", mode)


@pytest.mark.parametrize("mode", MODES)
def test_syntax_in_each_mode(mode):
    for source in cases("syntax.txt"):
        assert outcome(native, source, mode) == outcome(host, source, mode), source


@pytest.mark.parametrize("mode", MODES)
def test_syntax_as_bytes(mode):
    for source in cases("syntax.txt"):
        data = source.encode("utf-8")
        assert outcome(native, data, mode) == outcome(host, data, mode), source


@pytest.mark.parametrize("source", cases("encodings.txt"), ids=ascii)
def test_encodings(source):
    assert outcome(native, source) == outcome(host, source)


@pytest.mark.parametrize("source", cases("type_comments.txt"), ids=ascii)
def test_type_comments(source):
    def with_comments(text, mode):
        return _ast.parse(text, "<unknown>", mode, type_comments=True)

    def host_with_comments(text, mode):
        return host(text, mode, ast.PyCF_TYPE_COMMENTS)

    assert outcome(with_comments, source) == outcome(host_with_comments, source)


@pytest.mark.parametrize("version", range(7, 13))
def test_feature_version(version):
    def of_version(text, mode):
        return _ast.parse(text, "<unknown>", mode, minor_version=version)

    def host_version(text, mode):
        return ast.parse(text, mode=mode, feature_version=version)

    for source in cases("syntax.txt"):
        # Asked for a version before 3.9, the host refuses every parenthesis after `with`.
        if version < 9 and source.startswith("with ("):
            continue
        assert (outcome(of_version, source) == "refused") == (
            outcome(host_version, source) == "refused"
        ), source


@pytest.mark.parametrize(
    "source",
    ["def f[T = int](): pass", "class A[*Ts = *tuple[int]]: pass", "type X[**P = [int]] = P"],
)
def test_defaults_of_type_parameters_need_3_13(source):
    with pytest.raises(SyntaxError, match=r"only supported in Python 3\.13 and greater"):
        _ast.parse(source)
    assert _ast.artifact_body(source, minor_version=13)


def test_except_lists_without_parentheses_need_3_14():
    source = "try: pass\nexcept A, B: pass\n"
    with pytest.raises(SyntaxError, match=r"only supported in Python 3\.14 and greater"):
        _ast.parse(source)
    tree = _ast.parse(source, minor_version=14)
    assert isinstance(tree.body[0].handlers[0].type, ast.Tuple)


def test_template_strings_need_3_14():
    source = "t'a{x!r:>{w}} {y = }'"
    with pytest.raises(SyntaxError):
        _ast.parse(source)
    assert _ast.artifact_body(source, minor_version=14)
    with pytest.raises(ValueError, match=r"'TemplateStr' needs Python 3\.14"):
        _ast.parse(source, minor_version=14)


def test_a_brace_in_a_broken_format_opens_no_field():
    source = "f\"{K#\n:\n{o#\n=}'"
    assert outcome(native, source) == outcome(host, source) == "refused"


# ---- Limits.


@pytest.mark.parametrize("count", [99, 100, 101])
def test_levels_of_indentation(count):
    source = "".join(f"{' ' * i}if 1:\n" for i in range(count)) + " " * count + "x\n"
    assert outcome(native, source) == outcome(host, source)


@pytest.mark.parametrize("count", [199, 200, 201])
@pytest.mark.parametrize("pair", ["()", "[]", "{}"])
def test_nested_brackets(pair, count):
    source = pair[0] * count + pair[1] * count
    assert outcome(native, source) == outcome(host, source)


@pytest.mark.parametrize("count", [140, 149, 150, 151])
def test_nested_fstrings(count):
    source = "f'{" * count + "x" + "}'" * count
    assert outcome(native, source) == outcome(host, source)


DEEP = ["-", "not ", "1+", "lambda:", "x if y else ", "2**", "await ", "a and ", "a<", "a="]
OPEN = ["(", "[a,", "{a:", "f(x ", "f'{", "if a:", "@a\n", "match x:\n", "with a,", "\\\n", ";"]


@pytest.mark.parametrize("piece", DEEP + OPEN, ids=ascii)
def test_a_hundred_thousand_levels(piece):
    source = piece * 100_000 + "1\n"
    assert outcome(native, source) == outcome(host, source)


@pytest.mark.skipif(sys.version_info[:3] != (3, 12, 1), reason="the limit is the release's")
@pytest.mark.parametrize("count", [2993, 2994])
def test_depth_of_trees(count):
    source = "-" * count + "1"
    assert outcome(native, source) == outcome(host, source)


@pytest.mark.parametrize(
    "source",
    ["x = '" + "a" * 10_000_000 + "'\n", "x = [" + "1, " * 200_000 + "]\n", "#" * 10_000_000],
    ids=["string", "list", "comment"],
)
def test_lines_of_megabytes(source):
    assert outcome(native, source) == outcome(host, source)


@pytest.mark.parametrize(
    "digits", ["1" * 4300, "1" * 4301, "1_" * 4300 + "1", "0" * 5000, "1" * 5000 + ".0"]
)
def test_long_numbers(digits):
    assert outcome(native, digits) == outcome(host, digits)


def test_identifiers_are_normalised_as_unicodedata_does():
    for point in range(0x80, 0x110000):
        name = "a" + chr(point)
        if name.isidentifier() and point % 7 == 0:
            assert dump(native(name)) == dump(host(name))


@pytest.mark.parametrize(
    "text", ["가각", "ᄀ\u1161\u11a8", "a\u0323\u0307", "\u1e9b\u0323", "ﷺ"]
)
def test_sequences_of_combining_characters_normalise(text):
    assert outcome(native, text) == outcome(host, text)


@pytest.mark.parametrize("seed", range(4))
def test_token_mutants(seed):
    for text in mutants(100, seed):
        assert outcome(native, text) == outcome(host, text), text

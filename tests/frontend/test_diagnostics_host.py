"""Refusals carry the host's class, message, line, columns and text."""

from __future__ import annotations

import ast
import json
import os
import warnings
from pathlib import Path

import pytest

from dx_py.frontend.parser import parse

SOURCES = json.loads((Path(__file__).parent / "data/invalid_sources.json").read_text())

# Where the message depends on what comes later in the file, or on the mode.
MORE = {
    "lexer_error_further_down_wins": "a b\nx = 'abc\n",
    "unmatched_bracket_further_down_wins": "a b\n)",
    "bracket_of_an_earlier_line": "f(a, b\nx = 1\ny = 2\n",
    "bracket_of_the_same_line": "a b\n(c",
    "missing_comma_over_lines": "x = {\n'a': 1\n'b': 2\n}\n",
    "columns_are_characters": "(é, y é ü)",
    "comment_at_a_missing_colon": "if x   # c\n  pass\n",
    "legacy_print_before_the_error": "print -1\na b",
    "match_call_before_the_error": "match(x)\n1 2",
    "python_2_except": "try: pass\nexcept A, e: pass",
    "crlf": "if x:\r\n  a b\r\n",
    "form_feed": "\x0cif x\n",
    "nested_field": "f'{x:{y z}}'",
    "deep_dict": "{1: {2: {3: {4: 5 6}}}}",
    "walrus_in_call": "f(x.y := 1)",
    "fstrings_too_deep": 'f"{' * 150 + "1" + '}"' * 150,
    "fields_too_deep": 'f"{1:{2:{3:{4}}}}"',
    "unclosed_bracket_before_a_bad_dedent": "f(a b\n  c\n",
    "bad_dedent_after_an_error": "a b\nif x:\n    y\n  z\n",
    "beginning_of_a_soft_keyword": "(ma b)",
    "further_key_without_colon": "{a: 1, b c: 2}",
    "name_touching_a_number": "1format(x)",
    "unknown_character_before_an_open_string": "a $ b\n'",
    "positional_before_another_error": "f(a=1, b: c)",
    "dedent_to_nowhere": "if True:\n  a\n b c\n",
}


def attributes(error):
    place = (error.filename, error.lineno, error.offset, error.end_lineno, error.end_offset)
    return type(error), error.msg, place, error.text


def host_error(source, mode):
    with warnings.catch_warnings(action="ignore"), pytest.raises(SyntaxError) as caught:
        compile(source, "<test>", mode, ast.PyCF_ONLY_AST, dont_inherit=True)
    return attributes(caught.value)


def our_error(source, mode):
    with pytest.raises(SyntaxError) as caught:
        parse(source, filename="<test>", mode=mode)
    return attributes(caught.value)


@pytest.mark.parametrize("source", SOURCES)
def test_refusal_of_a_known_mistake_is_the_hosts(source):
    assert our_error(source, "exec") == host_error(source, "exec")


@pytest.mark.parametrize("source", MORE.values(), ids=MORE.keys())
def test_refusal_is_the_hosts(source):
    assert our_error(source, "exec") == host_error(source, "exec")


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"# coding: utf-8\n"])
@pytest.mark.parametrize(
    "source", ["\u00e9 = \u00fc b", "\u00e9 = '", "f(\u00e9 b)", "\u00e9 = (\u00fc,"]
)
def test_refusal_of_bytes_is_the_hosts(source, start):
    source = start + source.encode()
    assert our_error(source, "exec") == host_error(source, "exec")


EXPRESSIONS = ["a b", "x = 1", "(a", "yield", "*a", "f(a b)", "a; b", "", "\n\n", "9+"]


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_refusal_of_an_expression_is_the_hosts(source):
    assert our_error(source, "eval") == host_error(source, "eval")


PROMPT_INPUTS = [
    "a b\n", "if x\n", "f(a=1, b)\n", "def f(:\n", "x = = 1", "", "\n", "9+", "if v:pass",
    "1\n2", "x = 1\ny = 2\n", "f() # c\n$", '"""a\nb"""\n\nx', "def f():\n  x\n  ",
]  # fmt: skip


# The portable parser does not see that the last line is not ended.
OPEN_BLOCKS = ("if v:pass", "def f():\n  x\n  ")


@pytest.mark.parametrize("source", PROMPT_INPUTS)
def test_refusal_of_a_prompts_input_is_the_hosts(source):
    if source in OPEN_BLOCKS and os.environ.get("DX_PORTABLE") == "1":
        pytest.skip("known of the portable parser")
    assert our_error(source, "single") == host_error(source, "single")

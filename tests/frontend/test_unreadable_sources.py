"""Refusals of bytes that are no text, in every attribute, against the host's."""

from __future__ import annotations

import ast
import sys

import pytest

from dx_py.frontend.parser import parse
from tests.frontend.host_oracle import REFUSALS, cases

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.version_info[:3] != (3, 12, 1), reason="words of that release"),
]

# The host decodes this one with a newline added, into nonsense; and counts columns of the
# replacement character here.
OTHERWISE = (b"# coding: utf-16\nx", b"# coding: utf_8\nx='\xff'")


def refusal(parse_source, source):
    try:
        parse_source(source)
    except SyntaxError as e:
        place = (e.lineno, e.offset, e.end_lineno, e.end_offset)
        return (type(e), e.msg, e.filename, *place, e.text)
    except REFUSALS as e:
        return (type(e), str(e))
    return None


@pytest.mark.parametrize("name", ["encodings.txt", "nul_bytes.txt", "undecodable.txt"])
def test_refusals_equal_the_hosts(name):
    for source in cases(name):
        if source not in OTHERWISE:
            host = refusal(lambda text: ast.parse(text, "<test>"), source)
            assert refusal(lambda text: parse(text, filename="<test>"), source) == host

"""The text of SSA functions: printing and parsing are inverse, errors say where."""

from __future__ import annotations

import math

import pytest

from dx_py.artifacts.artifact import decode, encode
from dx_py.ir.codec import decode_function, encode_function
from dx_py.ir.core import Function
from dx_py.ir.opcodes import OPCODES
from dx_py.ir.parser import IRSyntaxError, parse_function
from dx_py.ir.printer import format_function
from dx_py.ir.types import parse_type

LOOP = """\
function f {
b0(v0: obj, v1: obj<list>?):
  v2: f64 = const.f64 value=0x1.8000000000000p+0
  jump b1(v2)
b1(v3: f64):
  v4: obj<float> = box.f64 v3
  v5: obj, v6: i1 = py.for_iter v0 @0:4(v0, _, v4 | v0) owned v0
  branch v6 b1(v3) b2()
b2():
  v7: obj = py.binary_op v0, v0 op="+" @1:12!(v4 | ) in @0:3(v0 | v0)
  exit reason="never \\"ran\\"" @0:9(v0 | v7)
}
"""


def test_printing_what_was_parsed_gives_the_text():
    assert format_function(parse_function(LOOP)) == LOOP


def test_an_artifact_holds_the_whole_function():
    artifact = encode_function(parse_function(LOOP))
    assert format_function(decode_function(decode(encode(artifact)))) == LOOP


@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, -1e308, math.inf, -math.inf, 5e-324])
def test_floats_keep_every_bit(value):
    function = Function("f", next_value=0)
    block = function.new_block()
    function.blocks.append(block)
    block.ops.append(function.new_op("const.f64", attrs={"value": value}))
    parsed = parse_function(format_function(function))
    read = parsed.entry.ops[0].attrs["value"]
    assert isinstance(read, float)
    assert read.hex() == value.hex()


@pytest.mark.parametrize(
    "text", ["obj", "obj?", "obj<list>", "obj<float>?", "obj<m:A|m:B.C>", "i64", "f64", "i1"]
)
def test_types_round_trip(text):
    assert str(parse_type(text)) == text


@pytest.mark.parametrize("text", ["int", "i64?", "f64<float>", "obj<>", ""])
def test_other_texts_are_not_types(text):
    with pytest.raises(ValueError, match="not a type"):
        parse_type(text)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("  v1: obj = py.nothing v0", "line 3: unknown opcode 'py.nothing'"),
        ("  jump b9()", "line 3: 'b9'"),
        ("  return v0 v0 =", "line 3: unexpected '='"),
        ("  v1: real = const.null", "line 3: not a type: 'real'"),
        ("  return v0 ~", "line 3: unexpected character"),
    ],
)
def test_errors_name_the_line(line, message):
    with pytest.raises(IRSyntaxError, match=message):
        parse_function(f"function f {{\nb0(v0: obj):\n{line}\n}}\n")


def test_names_in_the_table_are_families_and_terminators():
    families = {"const", "py", "guard", "box", "unbox", "float", "int", "bool", "list", "tuple"}
    families |= {"iter", "range", "ref", "jump", "branch", "return", "exit", "poll"}
    families |= {"type", "object", "assume", "number", "sized", "cell", "closure", "array"}
    families |= {"slice", "sequence", "bytes", "str", "dict", "set", "contains", "frame"}
    assert {name.split(".")[0] for name in OPCODES} == families


def test_only_terminators_have_successors():
    assert all(spec.terminator for spec in OPCODES.values() if spec.successors)

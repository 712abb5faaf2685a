"""Code objects to SSA: valid for whatever is compiled, refused with a reason for the rest."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import types

import pytest

from dx_py.ir.bytecode import build_code_blocks, read_instructions
from dx_py.ir.feedback import Feedback
from dx_py.ir.printer import format_function
from dx_py.ir.profile_sites import profile_sites
from dx_py.ir.ssa_construction import UnsupportedError, construct_ssa
from dx_py.ir.verifier import verify

MODULES = ("bisect", "colorsys", "heapq", "random", "statistics", "textwrap", "fractions")


def ssa(source, feedback=Feedback()):  # noqa: B008
    namespace = {}
    exec(source, namespace)
    function = construct_ssa(namespace["f"].__code__, feedback)
    verify(function, "after construction")
    return format_function(function)


def code_objects(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_objects(constant)


def library_code():
    loaders = (importlib.util.find_spec(name).loader for name in MODULES)
    codes = (loader.get_code(name) for loader, name in zip(loaders, MODULES, strict=True))
    return [*itertools.chain.from_iterable(map(code_objects, codes))]


def test_everything_in_the_library_is_valid_or_refused():
    built = 0
    for code in library_code():
        with contextlib.suppress(UnsupportedError):
            verify(construct_ssa(code, Feedback()), code.co_qualname)
            built += 1
    assert built > 10


def test_instructions_follow_the_host_s_disassembler():
    import dis

    for code in library_code():
        expected = [
            (i.offset // 2, i.opname, i.arg or 0)
            for i in dis.get_instructions(code)
            if i.opname not in ("CACHE", "EXTENDED_ARG")
        ]
        assert [(i.pc, i.opcode, i.arg) for i in read_instructions(code)] == expected


def test_sampled_positions_are_inside_the_frame():
    for code in library_code():
        room = code.co_nlocals + code.co_stacksize + len(code.co_cellvars + code.co_freevars)
        for _, positions in profile_sites(code):
            assert all(0 <= position < room for position in positions)


def test_a_large_jump_resumes_at_its_prefix():
    body = "\n".join("        t = t + i" for _ in range(120))
    namespace = {}
    exec(f"def f(n):\n    t = 0\n    for i in n:\n{body}\n    return t", namespace)
    loop = next(i for i in read_instructions(namespace["f"].__code__) if i.opcode == "FOR_ITER")
    assert loop.start == loop.pc - 1
    assert build_code_blocks(namespace["f"].__code__)[loop.target]


def test_an_operand_that_may_raise_is_off_the_stack_in_its_state():
    assert 'py.binary_op v0, v1 op="+" @0:3(v0, v1 | )' in ssa("def f(a, b): return a + b")


def test_the_caller_s_operands_stay_on_the_stack():
    text = ssa("def f(a, b): return a * (a + b)")
    assert 'op="+" @0:4(v0, v1 | v0)' in text


def test_code_that_never_ran_is_an_exit():
    source = "def f(a):\n    if a:\n        return a + 1\n    return a"
    ran = Feedback({0: 5, 1: 5, 2: 5}, {})
    assert ssa(source, ran).count('exit reason="never ran"') == 2


def test_locals_are_given_up_after_the_frame():
    text = ssa("def f(a):\n    b = -a\n    return b")
    assert "  ref.drop_last v0\n" in text


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("async def f():\n    yield 1", "asynchronous generator"),
        ("def f(a):\n    del a\n    return lambda: a", "instruction DELETE_DEREF"),
        ("def f(a):\n    import a", "instruction IMPORT_NAME"),
    ],
)
def test_what_stays_interpreted_is_named(source, reason):
    with pytest.raises(UnsupportedError, match=reason):
        ssa(source)


def test_starred_parameters_are_a_tuple_and_a_dict():
    text = ssa("def f(a, *b, c, **d):\n    return b")
    assert "b0(v0: obj, v1: obj, v2: obj<tuple>, v3: obj<dict>):" in text
    assert "return v2" in text


def test_a_closure_shares_its_cells():
    text = ssa("def f(a):\n    return lambda: a")
    assert "= cell.new v0 " in text
    assert "py.make_function" in text

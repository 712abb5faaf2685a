"""Code objects against the host's: where they differ, attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from types import CodeType

from dx_py.ir.bytecode import read_instructions

ATTRIBUTES = (
    "co_name",
    "co_qualname",
    "co_filename",
    "co_firstlineno",
    "co_flags",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_varnames",
    "co_cellvars",
    "co_freevars",
    "co_names",
    "co_code",
    "co_stacksize",
    "co_exceptiontable",
    "co_linetable",
)


def differences(ours: CodeType, host: CodeType) -> Iterator[tuple[str, str]]:
    """Pairs of the attribute and where it differs; nothing for equal code objects."""
    where = f"{host.co_qualname}:{host.co_firstlineno}"
    for name in ATTRIBUTES:
        mine, theirs = getattr(ours, name), getattr(host, name)
        if mine != theirs:
            yield name, f"{where}: {_explained(name, ours, host)}"
    if list(ours.co_positions()) != list(host.co_positions()):
        yield "co_positions", where
    if list(ours.co_lines()) != list(host.co_lines()):
        yield "co_lines", where
    yield from _constant_differences(ours.co_consts, host.co_consts, where)


def _explained(name: str, ours: CodeType, host: CodeType) -> str:
    if name == "co_code":
        return _first_difference(listing(ours), listing(host))
    if name in ("co_linetable",):
        return _first_difference(places(ours), places(host))
    return f"{getattr(ours, name)!r} is not {getattr(host, name)!r}"


def _first_difference(ours: list[str], host: list[str]) -> str:
    for index, (mine, theirs) in enumerate(zip_longest(ours, host, fillvalue="nothing")):
        if mine != theirs:
            before = "; ".join(host[max(0, index - 3) : index])
            return f"after {before!r}: {mine} is not {theirs}"
    return "the same"


def listing(code: CodeType) -> list[str]:
    """The instructions as text, without offsets and distances."""
    return [
        i.opcode if i.target is not None else f"{i.opcode} {i.arg}"
        for i in read_instructions(code)
    ]


def places(code: CodeType) -> list[str]:
    positions = list(code.co_positions())
    return [f"{i.opcode} {i.arg} at {positions[i.pc]}" for i in read_instructions(code)]


def _constant_differences(
    ours: tuple[object, ...], host: tuple[object, ...], where: str
) -> Iterator[tuple[str, str]]:
    if len(ours) != len(host):
        yield "co_consts", f"{where}: {_shown(ours)} is not {_shown(host)}"
        return
    for mine, theirs in zip(ours, host, strict=True):
        if isinstance(mine, CodeType) and isinstance(theirs, CodeType):
            yield from differences(mine, theirs)
        elif not same_constant(mine, theirs):
            yield "co_consts", f"{where}: {mine!r} is not {theirs!r}"


def _shown(constants: tuple[object, ...]) -> str:
    return repr([c.co_name if isinstance(c, CodeType) else c for c in constants])


def same_constant(ours: object, host: object) -> bool:
    """Of one type and value; frozensets as sets, whose order is chance."""
    if type(ours) is not type(host):
        return False
    if isinstance(ours, tuple) and isinstance(host, tuple):
        return len(ours) == len(host) and all(map(same_constant, ours, host))
    if isinstance(ours, frozenset) and isinstance(host, frozenset):
        return {(type(v), repr(v)) for v in ours} == {(type(v), repr(v)) for v in host}
    return repr(ours) == repr(host)

"""Types of SSA values: how a value is represented, and what is known of its Python class.

Text: ``obj``, ``obj<float>``, ``obj<list>?`` (the ``?``: may be null, an unbound local or an
exhausted iterator's item), ``obj<m:A|m:B>`` (one of several classes), ``i64``, ``f64``, ``i1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

_TEXT = re.compile(r"(obj|i64|f64|i1)(?:<([\w.:|]+)>)?(\?)?")

#: What an exhausted iterator counts as: it refers to nothing any more.
ENDED = "ended_iterator"

#: Exact builtin classes whose instances own no other object and whose deallocation runs no
#: Python code: releasing one cannot invalidate a borrowed container.
LEAF_CLASSES = frozenset(
    {"int", "float", "bool", "NoneType", "str", "bytes", "range", "range_iterator", ENDED}
)


class Rep(Enum):
    """The machine representation of a value."""

    OBJ = "obj"
    I64 = "i64"
    F64 = "f64"
    I1 = "i1"


@dataclass(frozen=True, slots=True)
class Type:
    """A representation; for objects also the exact class, where known, and nullability."""

    rep: Rep
    cls: str | None = None
    nullable: bool = False

    @property
    def is_object(self) -> bool:
        return self.rep is Rep.OBJ

    @property
    def is_leaf(self) -> bool:
        return self.cls is not None and LEAF_CLASSES.issuperset(self.cls.split("|"))

    def __str__(self) -> str:
        cls = f"<{self.cls}>" if self.cls else ""
        return f"{self.rep.value}{cls}{'?' if self.nullable else ''}"


OBJ = Type(Rep.OBJ)
MAYBE_OBJ = Type(Rep.OBJ, nullable=True)
I64 = Type(Rep.I64)
F64 = Type(Rep.F64)
I1 = Type(Rep.I1)


#: Classes of arrays of the standard library, by their items; of integers their bits, and
#: whether there is a sign, as C has them on 64-bit Unix.
FLOAT_ARRAYS = ("array.d", "array.f")
INT_ARRAYS = {
    "array.b": (8, True),
    "array.h": (16, True),
    "array.i": (32, True),
    "array.l": (64, True),
    "array.q": (64, True),
    "array.B": (8, False),
    "array.H": (16, False),
    "array.I": (32, False),
}


def union(classes: Iterable[str]) -> str:
    """The one name of "one of these classes"."""
    return "|".join(sorted(classes))


def is_within(known: str | None, wanted: str) -> bool:
    """Whether an object known to be of (one of) these classes is of the wanted ones."""
    return known is not None and set(known.split("|")) <= set(wanted.split("|"))


def exact(cls: str) -> Type:
    """The type of an object whose class is exactly ``cls``."""
    return Type(Rep.OBJ, cls)


def parse_type(text: str) -> Type:
    """The inverse of ``str``; raises ValueError on anything else."""
    match = _TEXT.fullmatch(text)
    if match is None or (match[1] != "obj" and (match[2] or match[3])):
        raise ValueError(f"not a type: {text!r} (known: obj, obj<class>, obj?, i64, f64, i1)")
    return Type(Rep(match[1]), match[2], match[3] is not None)

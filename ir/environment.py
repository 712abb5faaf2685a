"""What native code may take for granted of the program around a function.

A *routine* is a code object the compiler may look into: the function itself (number 0) and
those it may call. An *entity* is what a name stands for, as long as nobody assigns to it.
Classes are named ``module:qualified.name``; builtin classes by their plain name. All of it is
found in the user's process by ``runtime_support/native_program.py``, which also finds the
same things again when the code is loaded into another process.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType
from typing import Final

from dx_py.ir.bytecode import read_instructions
from dx_py.ir.feedback import Feedback

#: A class and an attribute of its instances; ``class NAME`` or ``module NAME`` and a member;
#: ``super N NAME``, of a routine that is called with such an object, and what it asks for.
type Member = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Entity:
    """``kind``: function, cfunction (in C), class, module, builtin or object; of a class's
    members also classmethod; super, of what ``super()`` finds.

    ``text``: the class's, module's or C function's name, or the class of an object; of super
    the class whose bases are searched.
    ``routine``: of a function, or of a class's ``__init__``; -1 where it is not known.
    """

    kind: str
    text: str = ""
    routine: int = -1


@dataclass(frozen=True, slots=True)
class Attribute:
    """Where instances of a class have an attribute.

    ``kind``: ``value`` (inline values), ``field`` (in a dict, of some of them), ``slot``,
    ``method``, ``staticmethod``, ``classmethod`` or ``property`` (of a routine), ``inherited``
    (a method in C, of the class ``owner``), or ``constant`` (found on the class).
    ``shadowed``: an instance may have one of its own.
    ``offset``: of a value or slot, as it is now; what is the same for several classes is then
    done by the same code.
    """

    kind: str
    routine: int = -1
    shadowed: bool = False
    offset: int = -1
    owner: str = ""


@dataclass(frozen=True)
class Routine:
    """``defaults``: how many there are; ``builtins``: names that no global shadows."""

    code: CodeType
    feedback: Feedback = field(default_factory=Feedback)
    globals: Mapping[str, Entity] = field(default_factory=dict)
    defaults: int = 0

    @cached_property
    def starts(self) -> Mapping[int, int]:
        """For the pc of each instruction the unit where it is resumed."""
        return {i.pc: i.start for i in read_instructions(self.code)}


@dataclass(frozen=True, slots=True)
class LoopEntry:
    """A loop that runs already, and is to go on natively.

    ``pc``: where it begins. ``slots``: the class of what each local and each place of the stack
    holds there, ``null`` for nothing, ``?`` for a class without a name.
    """

    pc: int
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """``ancestors``: its method resolution order, by name. ``plain_checks``: ``isinstance``
    with it asks nobody else."""

    ancestors: tuple[str, ...]
    compares_identity: bool
    always_true: bool
    plain_checks: bool


@dataclass(frozen=True)
class Program:
    """``storage``: the attributes that plain stores write to, by class and name."""

    routines: tuple[Routine, ...]
    attributes: Mapping[Member, Attribute] = field(default_factory=dict)
    storage: Mapping[Member, Attribute] = field(default_factory=dict)
    members: Mapping[Member, Entity] = field(default_factory=dict)
    classes: Mapping[str, ClassFacts] = field(default_factory=dict)

    @cached_property
    def identities(self) -> frozenset[str]:
        """Classes whose instances are equal only to themselves."""
        return frozenset(n for n, facts in self.classes.items() if facts.compares_identity)

    @cached_property
    def always_true(self) -> frozenset[str]:
        """Classes whose instances are true, whatever they hold."""
        return frozenset(n for n, facts in self.classes.items() if facts.always_true)

    def is_subclass(self, cls: str, wanted: str) -> bool | None:
        """Whether ``isinstance`` says so of an instance of ``cls``; None: not known."""
        facts, target = self.classes.get(cls), self.classes.get(wanted)
        if (":" in cls and facts is None) or (":" in wanted and target is None):
            return None
        if (target is not None and not target.plain_checks) or "?" in (cls, wanted):
            return None
        if facts is not None:
            unknown = "?" in facts.ancestors
            return wanted in facts.ancestors or (None if unknown else False)
        return _is_builtin_subclass(cls, wanted)

    def attribute(self, cls: str, name: str) -> Attribute | None:
        """Of a class, or of several that have it in the same way."""
        return _common(self.attributes, cls, name)

    def place(self, cls: str, name: str) -> Attribute | None:
        """Where plain stores put it, in the same way."""
        return _common(self.storage, cls, name)

    def entity(self, slot: str) -> Entity | None:
        """What the row of the address table stands for, if it is such a name's."""
        kind, _, rest = slot.partition(":")
        if kind in ("global", "builtin"):
            number, _, name = rest.partition(":")
            return self.routines[int(number)].globals.get(name)
        if kind == "member":
            owner, _, name = rest.rpartition(" ")
            return self.members.get((owner, name))
        return Entity("function", routine=int(rest)) if kind == "func" else None

    def starts(self, number: int) -> Mapping[int, int]:
        return self.routines[number].starts if self.routines else {}


def _is_builtin_subclass(cls: str, wanted: str) -> bool | None:
    """Of a builtin class: those that are no builtin name are derived from object alone."""
    if ":" in wanted or cls == wanted:
        return cls == wanted
    target, known = getattr(builtins, wanted, None), getattr(builtins, cls, object)
    if not isinstance(target, type) or not isinstance(known, type):
        return None
    return issubclass(known, target)


_OF_ROUTINES: Final = ("method", "staticmethod", "property")


def _common(table: Mapping[Member, Attribute], cls: str, name: str) -> Attribute | None:
    found = {table.get((one, name)) for one in cls.split("|")}
    attribute = found.pop()
    if found or attribute is None:
        return None
    # Methods that nobody looked into, and constants, are different objects.
    unknown = attribute.kind in _OF_ROUTINES and attribute.routine < 0
    differs = attribute.kind in ("constant", "classmethod")
    return None if "|" in cls and (unknown or differs) else attribute

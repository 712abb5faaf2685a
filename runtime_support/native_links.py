"""Link a unit to this process: find what its rows and routines stand for.

Runs in the user's process. A unit names what it assumes (``native_program``); what cannot be
found here, or is another thing than it was, makes it unusable: ``LookupError`` says what.
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType, ModuleType
    from typing import Any


class Links:
    """What ``load_unit`` needs beside the rows: see there."""

    def __init__(self, core: Any, program: ModuleType, function: FunctionType) -> None:  # noqa: ANN401
        self.core = core
        self.program = program
        self.functions: list[Any] = [function]
        self.types: dict[str, type] = {}
        self.keys: list[tuple[dict[str, Any], str]] = []
        self.given: dict[str, Any] = {}

    def find_routines(
        self, paths: tuple[Any, ...], digests: tuple[bytes, ...], sha256: Callable[..., bytes]
    ) -> None:
        """The function of each path, checked to have the code the unit was made from."""
        for path, digest in zip(paths[1:], digests[1:], strict=True):
            if path is None:
                self.functions.append(None)
                continue
            function = self._find(path)
            if type(function) is not self.program.Function:
                raise LookupError(f"no function at {path}")
            if sha256(marshal.dumps(function.__code__, 0)) != digest:
                raise LookupError(f"the function at {path} is another one")
            self.functions.append(function)

    def find_rows(self, rows: tuple[str, ...]) -> None:
        for row in rows:
            kind, _, rest = row.partition(":")
            finder = _FINDERS.get(kind)
            if finder is not None and (kind != "type" or ":" in rest or rest in ARRAYS):
                self.given[row] = finder(self, rest)

    def check_classes(self, classes: tuple[tuple[str, Any], ...]) -> None:
        """They are still what they were when the code was compiled."""
        for text, facts in classes:
            if self.program.class_facts(self.core, self.cls(text)) != facts:
                raise LookupError(f"class '{text}' is another one")

    def value_of(self, slot: str) -> Any:  # noqa: ANN401
        """The object of a global, builtin or member, which is watched from now on."""
        kind, _, rest = slot.partition(":")
        if kind == "member":
            owner, _, name = rest.rpartition(" ")
            return self.member(owner, name)
        if kind == "inherited":
            text, _, name = rest.partition(" ")
            return self.attribute(text, name, kind)[1]
        if kind == "found":
            text, _, name = rest.partition(" ")
            found = self.core.attribute(self.cls(text), sys.intern(name))
            return found and found[2]
        if kind == "super":
            start, text, name = rest.split(" ")
            self.cls(text)
            return self.program.find_super(self.cls(start), text, name)
        number, _, name = rest.partition(":")
        scope = self.functions[int(number)].__globals__
        self.keys.append((scope, sys.intern(name)))
        if kind == "builtin":
            builtins = getattr(self.functions[int(number)], self.program.BUILTINS)
            if name in scope or name not in builtins:
                raise LookupError(f"'{name}' is no builtin here")
            return builtins[name]
        if name not in scope:
            raise LookupError(f"global '{name}' is not known here")
        return scope[name]

    def arguments(self) -> tuple[Any, ...]:
        """The last arguments of ``load_unit``.

        The function itself is not among those that the unit holds: it would hold the unit.
        """
        types = tuple(self.types.values())
        return (None, *self.functions[1:]), types, self.given, tuple(self.keys)

    def _find(self, path: tuple[Any, ...]) -> Any:  # noqa: ANN401
        kind, owner, *name = path
        if kind == "global":
            scope = self.functions[owner].__globals__
            self.keys.append((scope, sys.intern(name[0])))
            return scope.get(name[0])
        if kind == "init":
            return self.core.constructor(self.cls(owner))
        if kind == "member":
            return self.member(owner, name[0])
        if kind == "class":
            self.cls(owner)
            return self.program.class_method(self.core, f"class {owner}", name[0])
        if kind == "super":
            self.cls(name[0])
            return self.program.find_super(self.cls(owner), *name)
        return self.attribute(owner, name[0], kind)[1]

    def cls(self, text: str) -> type:
        """A class, which is watched from now on."""
        found = self.program.find_class(text)
        if found is None:
            raise LookupError(f"class '{text}' is not known here")
        self.types[text] = found
        return found  # type: ignore[no-any-return]

    def attribute(self, texts: str, name: str, kind: str) -> tuple[int, Any]:
        """Of a class, or of several, which all must have it in the same place."""
        return self._common(self.core.attribute, texts, name, kind)

    def storage(self, texts: str, name: str, kind: str) -> int:
        return self._common(self.core.storage, texts, name, kind)[0]

    def _common(
        self, look_up: Callable[[type, str], Any], texts: str, name: str, kind: str
    ) -> tuple[int, Any]:
        first = None
        for text in texts.split("|"):
            found = look_up(self.cls(text), sys.intern(name))
            if found is None or found[0] != kind or (first and found != first):
                raise LookupError(f"attribute '{name}' of '{text}' is no {kind} as it was")
            first = found
        assert first is not None
        return first[1], first[2]

    def member(self, owner: str, name: str) -> Any:  # noqa: ANN401
        kind, _, text = owner.partition(" ")
        found = self.program.member(self.core, owner, name)
        if found is None:
            raise LookupError(f"'{name}' of {owner} is not known here")
        if kind == "class":
            self.cls(text)
        else:
            self.keys.append((vars(sys.modules[text]), sys.intern(name)))
        return found[0]


def _of_attribute(links: Links, rest: str) -> Any:  # noqa: ANN401
    """``KIND CLASS NAME``: the offset, or the object that the class has."""
    kind, text, name = rest.split(" ")
    offset, found = links.attribute(text, name, kind)
    return (found,) if kind == "constant" else offset


def _of_storage(links: Links, rest: str) -> int:
    kind, text, name = rest.split(" ")
    return links.storage(text, name, kind)


def _of_field(links: Links, rest: str) -> int:
    """``CLASS NAME``, of one or several: a hint, wrong at first. Stores go where loads find."""
    texts, name = rest.split(" ")
    for text in texts.split("|"):
        cls, interned = links.cls(text), sys.intern(name)
        if not all(links.core.in_dict(cls, interned, stored) for stored in (False, True)):
            raise LookupError(f"attribute '{name}' of '{text}' is not the instances' own here")
    return 0


def _of_keys(links: Links, rest: str) -> int:
    address: int = links.core.keys_address(links.cls(rest))
    return address


def _of_key_count(links: Links, rest: str) -> int:
    """``CLASS NAME``: as many as there are now; a further one may be that name."""
    count: int = links.core.keys_count(links.cls(rest.split(" ")[0]))
    return count


def _of_member(links: Links, rest: str) -> tuple[Any]:
    kind, text, name = rest.split(" ")
    return (links.member(f"{kind} {text}", name),)


def _of_expectation(links: Links, rest: str) -> int:
    """``SLOT KIND TEXT``: the name still stands for that; the row itself is not used."""
    slot, kind, text = rest.rsplit(" ", 2)
    if kind == "routine":
        number = int(text)
        wanted = object.__init__ if number < 0 else links.functions[number]
        if wanted is not None and links.value_of(slot) is not wanted:
            raise LookupError(f"'{slot}' is another function here")
        return 0
    if links.program.kind_of(links.value_of(slot), slot) != (kind, text):
        raise LookupError(f"'{slot}' is no {kind} {text} here")
    return 0


def _of_method(links: Links, rest: str) -> tuple[Any]:
    """``CLASS NAME``: a method of a builtin class."""
    cls, _, name = rest.partition(" ")
    return (vars(links.program.BUILTIN_CLASSES[cls])[name],)


#: Of classes that C has made for good (Include/object.h).
IMMUTABLE_TYPE = 1 << 8
#: Arrays by what they hold: all are of one class, which is known where one was made.
ARRAYS = {f"array.{code}" for code in "dfbBhHiIlq"}


def _of_type(links: Links, rest: str) -> tuple[type]:
    if rest not in ARRAYS:
        return (links.cls(rest),)
    # A program may have a module of that name itself: nothing of it is called.
    found = links.program.find_class("array:array")
    is_theirs = type(found) is type and found.__flags__ & IMMUTABLE_TYPE
    if not is_theirs or not links.core.know_array(found("b")):
        raise LookupError("no array of the standard library is known here")
    known: tuple[type] = links.core.array_type()
    return known


_FINDERS: dict[str, Callable[[Links, str], Any]] = {
    "type": _of_type,
    "attribute": _of_attribute,
    "storage": _of_storage,
    "field": _of_field,
    "hint": lambda links, rest: 0,
    "keys": _of_keys,
    "key_count": _of_key_count,
    "member": _of_member,
    "method": _of_method,
    "expect": _of_expectation,
}

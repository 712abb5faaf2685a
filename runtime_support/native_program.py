"""What the compiler is told of a function and of the program around it.

Runs in the user's process, without any import. Everything is told by name, so that a unit can
be loaded by another process: there ``native_links`` finds the same things under these names.
The shapes are those of ``ir/environment.py``, as tuples that marshal can write.
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType
    from typing import Any

    #: kind, class or module, routine.
    Entity = tuple[str, str, int]
    #: kind, routine, shadowed, offset, owner.
    Attribute = tuple[str, int, bool, int, str]
    #: How a routine's function is found: ("global", routine, name), ("method", class, name) ...
    Path = tuple[Any, ...]

Module: Any = type(sys)
Function: Any = type(lambda: None)
Builtin: Any = type(len)
#: Of a request: more make compiling slow, and are hardly ever inlined.
MAX_ROUTINES = 48
HEAP_TYPE = 1 << 9

_module_dict: Any = Module.__dict__["__dict__"].__get__
_type_dict: Any = type.__dict__["__dict__"].__get__
_qualified: Any = type.__dict__["__qualname__"].__get__
_flags: Any = type.__dict__["__flags__"].__get__


def class_text(cls: type) -> str:
    """The name under which any process finds the class, or ``?``."""
    module = _type_dict(cls).get("__module__")
    qualified = _qualified(cls)
    # What ``type`` has there describes the attribute of others.
    if not _flags(cls) & HEAP_TYPE and (module is None or cls is type):
        tp_name = type.__dict__["__module__"].__get__(cls)
        return qualified if tp_name == "builtins" else "?"
    text = f"{module}:{qualified}"
    if not isinstance(module, str) or not _is_nameable(text):
        return "?"
    return text if find_class(text) is cls else "?"


def _is_nameable(text: str) -> bool:
    return text.isascii() and text.replace(".", "").replace(":", "").replace("_", "").isalnum()


def find_class(text: str) -> type | None:
    """The class of that name: a member of a module, or of a class that is one."""
    module, _, qualified = text.partition(":")
    owner: Any = sys.modules.get(module)
    if type(owner) is not Module:
        return None
    members = _module_dict(owner)
    found: Any = None
    for name in qualified.split("."):
        found = members.get(name)
        if not isinstance(found, type):
            return None
        members = _type_dict(found)
    cls: type = found
    return cls


def named_samples(samples: dict[int, Any]) -> dict[int, Any]:
    """The core's samples with names instead of classes."""
    texts: dict[Any, str] = {None: "?"}

    def text(cls: Any) -> str:  # noqa: ANN401
        if isinstance(cls, str):
            return cls
        if cls not in texts:
            texts[cls] = class_text(cls)
        return texts[cls]

    return {
        pc: (count, tuple(tuple(map(text, operand)) for operand in operands))
        for pc, (count, operands) in samples.items()
    }


def remember(core: Any, code: CodeType, *, in_loop: bool = False) -> None:  # noqa: ANN401
    """Keep a code object's samples, beside those of earlier rounds.

    What was kept before are the plan's names, of globals and attributes, after the earlier
    rounds' samples if there are any. ``in_loop``: of a loop only; samples that are only such
    are marked, for of them nobody knows what a call does.
    """
    kept = marshal.loads(core.kept(code))
    samples = named_samples(core.samples(code))
    names, sites = kept if len(kept) == 2 else kept[1:3]
    if len(kept) > 2:
        samples = _merge(kept[0], samples)
    mark = (IN_LOOP,) if in_loop and len(kept) != 3 else ()
    core.keep(code, marshal.dumps((samples, names, sites, *mark), 0))


def _merge(old: dict[int, Any], new: dict[int, Any]) -> dict[int, Any]:
    merged = dict(old)
    for pc, (count, operands) in new.items():
        before, known = old.get(pc, (0, ((),) * len(operands)))
        classes = tuple(
            tuple(dict.fromkeys((*a, *b))) for a, b in zip(known, operands, strict=True)
        )
        merged[pc] = (before + count, classes)
    return merged


def _sampled(core: Any, code: CodeType) -> tuple[Any, ...] | None:  # noqa: ANN401
    """Samples, names of globals, sites of attributes; None for what was not sampled."""
    kept = core.kept(code)
    found = () if kept is None else marshal.loads(kept)
    return found if len(found) == 3 else None


#: Follows samples of nothing but a loop.
IN_LOOP = "loop"


def is_sampled(core: Any, code: CodeType) -> bool:  # noqa: ANN401
    """Whether its samples are known, be it from an earlier process."""
    return _sampled(core, code) is not None


def describe(core: Any, function: FunctionType) -> tuple[tuple[Any, ...], bool]:  # noqa: ANN401
    """(routines, attributes, storage, members, classes, paths) of a sampled function; whether
    there will hardly be more to tell of it."""
    gathering = Gathering(core)
    gathering.functions.append(function)
    gathering.paths.append(())
    done = 0
    while done < len(gathering.functions):
        gathering.look_into(done)
        done += 1
    return gathering.result(), gathering.is_complete


#: As in ``ir/profile_sites.py``.
SUPER = "super "
#: Kinds of what a class has, and an instance may have under the same name.
SHADOWED = ("method", "staticmethod", "classmethod", "inherited", "constant")
#: By name, because the type checker knows the attribute on some runs and not on others.
BUILTINS = "__builtins__"


#: Those whose methods native code may call quietly.
BUILTIN_CLASSES: dict[str, type] = {
    cls.__name__: cls for cls in (list, int, str, dict, set, object)
}


def class_facts(core: Any, cls: type) -> tuple[Any, ...]:  # noqa: ANN401
    """Names of its ancestors; how it compares, what its truth is, how instances are told."""
    ancestors = tuple(map(class_text, type.__dict__["__mro__"].__get__(cls)))
    return (ancestors, *core.traits(cls))


def kind_of(value: Any, slot: str) -> tuple[str, str]:  # noqa: ANN401
    """What an entity is, without its routine; ``-`` where there is no name for it."""
    if slot.startswith("builtin:"):
        return "builtin", slot.rpartition(":")[2]
    if slot.startswith("inherited:"):
        return "inherited", class_text(value.__objclass__)
    if type(value) is Function:
        return "function", "-"
    if isinstance(value, type):
        return "class", class_text(value)
    if type(value) is Module:
        name = _module_dict(value).get("__name__")
        known = isinstance(name, str) and sys.modules.get(name) is value
        return ("module", name) if known else ("object", "module")
    if type(value) is Builtin:
        return _builtin_kind(value)
    return "object", class_text(type(value))


def _builtin_kind(value: Any) -> tuple[str, str]:  # noqa: ANN401
    """A function of a module in C, by the names of both."""
    text = f"{value.__module__}.{value.__name__}"
    module = sys.modules.get(value.__module__) if value.__module__ else None
    known = type(module) is Module and _module_dict(module).get(value.__name__) is value
    return ("cfunction", text) if known else ("object", "builtin_function_or_method")


class Gathering:
    """Routines are numbered as they are found; those never sampled are not looked into."""

    def __init__(self, core: Any) -> None:  # noqa: ANN401
        self.core = core
        self.functions: list[FunctionType] = []
        self.paths: list[Path] = []
        self.globals: list[dict[str, Entity]] = []
        self.attributes: dict[tuple[str, str], Attribute] = {}
        self.storage: dict[tuple[str, str], Attribute] = {}
        self.members: dict[tuple[str, str], Entity] = {}
        self.classes: dict[str, tuple[Any, ...]] = {}
        #: Not while a callee is to be sampled, or a class has no instance with an attribute.
        self.is_complete = True

    def result(self) -> tuple[Any, ...]:
        routines = tuple(
            (
                marshal.dumps(function.__code__, 0),
                self.core.kept(function.__code__),
                tuple(self.globals[number].items()),
                len(function.__defaults__ or ()),
            )
            for number, function in enumerate(self.functions)
        )
        tables = (self.attributes, self.storage, self.members, self.classes)
        return (routines, *(tuple(table.items()) for table in tables), tuple(self.paths))

    def add(self, function: FunctionType, path: Path) -> int:
        """The routine's number; -1 for one the compiler shall not look into."""
        for number, known in enumerate(self.functions):
            if known is function:
                return number
        if len(self.functions) >= MAX_ROUTINES:
            return -1
        if _sampled(self.core, function.__code__) is None:
            self.is_complete &= not self.core.is_due(function.__code__)
            return -1
        self.functions.append(function)
        self.paths.append(path)
        return len(self.functions) - 1

    def look_into(self, number: int) -> None:
        function = self.functions[number]
        samples, global_names, sites, *_ = marshal.loads(self.core.kept(function.__code__))
        self.globals.append(self._globals(function, number, global_names))
        for _, operands in samples.values():
            for text in dict.fromkeys(text for operand in operands for text in operand):
                self.know_class(text)
        for pc, name, is_store, index in sites:
            classes = samples.get(pc, (0, ()))[1]
            for text in classes[index] if len(classes) > index else ():
                if name.startswith(SUPER):
                    self._super(number, text, name[len(SUPER) :])
                else:
                    self._site(text, name, is_store=is_store)
        for entity in self.globals[number].values():
            self._members(entity, {name for _, name, *_ in sites})

    def _globals(
        self, function: FunctionType, number: int, names: tuple[str, ...]
    ) -> dict[str, Entity]:
        scope, builtins = function.__globals__, getattr(function, BUILTINS)
        found = {}
        for name in names:
            if self.core.is_changing(scope, sys.intern(name)):
                continue
            if name in scope:
                found[name] = self.entity(scope[name], ("global", number, name))
            elif type(builtins) is dict and name in builtins:
                found[name] = ("builtin", name, -1)
        return found

    def entity(self, value: Any, path: Path) -> Entity:  # noqa: ANN401
        kind, text = kind_of(value, "")
        if kind == "function":
            return kind, text, self.add(value, path)
        if kind != "class" or ":" not in text:
            return kind, text, -1
        self.know_class(text)
        init = self.core.constructor(value)
        return kind, text, self.add(init, ("init", text)) if init else -1

    def know_class(self, text: str) -> None:
        cls = find_class(text) if ":" in text else None
        if cls is not None and text not in self.classes:
            self.classes[text] = class_facts(self.core, cls)

    def _site(self, text: str, name: str, *, is_store: bool) -> None:
        table = self.storage if is_store else self.attributes
        cls = find_class(text) if ":" in text else None
        if cls is None or (text, name) in table:
            self.is_complete &= cls is not None or ":" not in text
            return
        look_up = self.core.storage if is_store else self.core.attribute
        found = look_up(cls, sys.intern(name))
        if found is None:
            self.is_complete &= name.startswith("__")
            return
        kind, flag, value = found
        routine = -1
        if type(value) is Function:
            routine = self.add(value, (kind, text, name))
        shadowed = bool(flag) and kind in SHADOWED
        offset = flag if kind in ("value", "slot") else -1
        owner = class_text(value.__objclass__) if kind == "inherited" else ""
        table[text, name] = (kind, routine, shadowed, offset, owner)

    def _super(self, number: int, text: str, name: str) -> None:
        start = super_class(self.functions[number])
        if start is None:
            return
        known, key = class_text(start), (f"super {number} {text}", name)
        found = find_super(start, text, name)
        if type(found) is Function:
            self.members[key] = ("super", known, self.add(found, ("super", known, text, name)))
        elif found is object.__init__:
            self.members[key] = ("super", known, -1)

    def _members(self, entity: Entity, names: set[str]) -> None:
        kind, text, _ = entity
        if kind not in ("module", "class") or text == "?":
            return
        for name in sorted(names):
            owner = f"{kind} {text}"
            found = member(self.core, owner, name)
            if found is not None and (owner, name) not in self.members:
                self.members[owner, name] = self.entity(found[0], ("member", owner, name))
            function = class_method(self.core, owner, name)
            if function is not None:
                routine = self.add(function, ("class", text, name))
                self.members[owner, name] = ("classmethod", "-", routine)


def member(core: Any, owner: str, name: str) -> tuple[Any] | None:  # noqa: ANN401
    """What a module or class has under a name, in a tuple; None where that is not plain."""
    kind, _, text = owner.partition(" ")
    if kind == "class":
        cls = find_class(text) if ":" in text else None
        found: Any = core.class_attribute(cls, sys.intern(name)) if cls else None
        if found is None or len(found) > 1:
            return None
        return (found[0],)
    module = sys.modules.get(text)
    if type(module) is not Module:
        return None
    members = _module_dict(module)
    if name not in members or core.is_changing(members, sys.intern(name)):
        return None
    return (members[name],)


def class_method(core: Any, owner: str, name: str) -> FunctionType | None:  # noqa: ANN401
    """The function of a class's class method."""
    kind, _, text = owner.partition(" ")
    cls = find_class(text) if kind == "class" and ":" in text else None
    found = core.class_attribute(cls, sys.intern(name)) if cls else None
    return None if found is None or len(found) == 1 else found[0]


def super_class(function: FunctionType) -> type | None:
    """What ``super()`` in it starts from: the class that its body was written in."""
    names = function.__code__.co_freevars
    if "__class__" not in names:
        return None
    try:
        found: Any = (function.__closure__ or ())[names.index("__class__")].cell_contents
    except ValueError:
        # Not yet made.
        return None
    return found if isinstance(found, type) and class_text(found) != "?" else None


def find_super(start: type, text: str, name: str) -> Any:  # noqa: ANN401
    """What ``super(start, object).name`` finds for an object of the class named; or None."""
    cls = find_class(text) if ":" in text else None
    bases = type.__dict__["__mro__"].__get__(cls) if cls else ()
    if start not in bases:
        return None
    for base in bases[bases.index(start) + 1 :]:
        if name in _type_dict(base):
            return _type_dict(base)[name]
    return None

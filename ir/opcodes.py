"""The SSA opcode table: the one place that says what an opcode takes, gives, does and owns.

Printer, parser, verifier, codec, effects and refcounting are derived from it. A new opcode
is one row here, one function in ``interpreter`` and one lowering in a back end.

Families: ``const.*``; ``py.*`` (generic, Python's own semantics); ``guard.*`` (checks that
leave to the interpreter when they fail); ``box.*``/``unbox.*``; ``float.*``/``int.*``
arithmetic on machine values; ``list.*``/``tuple.*``/``slice.*``/``sequence.*``/``array.*``/
``iter.*`` on objects of known class; ``object.*`` on instances; ``cell.*`` on variables of
closures; ``frame.*`` on a generator's own frame; ``ref.*`` (inserted last); terminators.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, Flag, auto

from dx_py.ir.types import F64, I1, I64, MAYBE_OBJ, OBJ, Type


class Effect(Flag):
    """What executing an op may do besides computing its results."""

    NONE = 0
    #: Reads memory that other ops may write: not to be moved over a WRITE or PYTHON.
    READ = auto()
    #: Writes memory of the Python heap: a new exit region begins after it.
    WRITE = auto()
    #: May release or overwrite a float or int box that only the heap owned.
    FREE_LEAF = auto()
    #: May run any Python code: nothing on the heap is known afterwards.
    PYTHON = auto()


class Exit(Enum):
    """How an op leaves native code, if it can."""

    NONE = ""
    #: The interpreter resumes at the frame state, and does the instruction itself.
    GUARD = "guard"
    #: An exception is set: the interpreter unwinds from the failing instruction.
    THROW = "throw"


class Ownership(Enum):
    """Who owns an object result."""

    NONE = ""
    #: A new reference: native code must release it.
    NEW = "new"
    #: Borrowed from a container: good until an op that may free what the heap holds.
    HEAP = "heap"
    #: The first operand under another type.
    ALIAS = "alias"
    #: Held by the code, the caller or the pack for as long as the function runs.
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class OpSpec:
    """One row of the table. ``variadic``: further operands of the last operand's type."""

    name: str
    operands: tuple[Type, ...] = ()
    results: tuple[Type, ...] = ()
    attrs: tuple[tuple[str, type], ...] = ()
    effects: Effect = Effect.NONE
    exit: Exit = Exit.NONE
    ownership: Ownership = Ownership.NONE
    variadic: bool = False
    variadic_results: bool = False
    successors: int = 0
    terminator: bool = False
    #: The result's class, where the opcode alone fixes it.
    cls: str | None = None
    needs_own_state: bool = False
    #: Operands whose reference the op takes over; a guard that fails has taken nothing.
    steals: tuple[int, ...] = ()
    #: It takes over the reference of every operand.
    steals_all: bool = False

    @property
    def needs_state(self) -> bool:
        """Whether there is a frame state: to leave by, or for Python code to look at."""
        return (
            self.exit is not Exit.NONE or Effect.PYTHON in self.effects or self.needs_own_state
        )

    @property
    def is_pure(self) -> bool:
        """No effect; a guard is pure too: what it checks is a fact once it has passed."""
        return self.effects is Effect.NONE and not self.terminator


def _float(name: str, *, result: Type = F64, arity: int = 2) -> OpSpec:
    return OpSpec(f"float.{name}", (F64,) * arity, (result,))


def _checked_float(name: str) -> OpSpec:
    return OpSpec(f"float.{name}", (F64, F64), (F64,), exit=Exit.GUARD)


def _checked_int(name: str) -> OpSpec:
    return OpSpec(f"int.{name}", (I64, I64), (I64,), exit=Exit.GUARD)


def _int(name: str, *, result: Type = I64) -> OpSpec:
    return OpSpec(f"int.{name}", (I64, I64), (result,))


def _loud(
    name: str,
    operands: tuple[Type, ...],
    results: tuple[Type, ...],
    attrs: tuple[tuple[str, type], ...] = (),
    *,
    variadic: bool = False,
    variadic_results: bool = False,
    cls: str | None = None,
) -> OpSpec:
    """A ``py.*`` op that may run Python code, gives new objects or raises."""
    return OpSpec(
        f"py.{name}",
        operands,
        results,
        attrs,
        _ANY_EFFECT,
        Exit.THROW,
        Ownership.NEW,
        variadic=variadic,
        variadic_results=variadic_results,
        cls=cls,
    )


def _generic(name: str, arity: int, /, **attrs: type) -> OpSpec:
    """A ``py.*`` op of ``arity`` objects that gives a new object or raises."""
    return _loud(name, (OBJ,) * arity, (OBJ,), tuple(attrs.items()))


def _statement(name: str, arity: int, /, **attrs: type) -> OpSpec:
    """A ``py.*`` op of ``arity`` objects without a result."""
    operands, given = (OBJ,) * arity, tuple(attrs.items())
    return OpSpec(f"py.{name}", operands, (), given, _ANY_EFFECT, Exit.THROW)


def _variadic(name: str, /, cls: str | None = None, **attrs: type) -> OpSpec:
    """A ``py.*`` op of some objects that gives a new one."""
    return _loud(name, (OBJ,), (OBJ,), tuple(attrs.items()), variadic=True, cls=cls)


def _store(name: str, /, *attrs: tuple[str, type]) -> OpSpec:
    """An owner takes over the second operand; the result is what was there, or null."""
    return OpSpec(
        name,
        (OBJ, OBJ),
        (MAYBE_OBJ,),
        attrs,
        # What was there may be a number that was read before, and is released like any other.
        Effect.READ | Effect.WRITE | Effect.FREE_LEAF,
        ownership=Ownership.NEW,
        steals=(1,),
    )


def _next(name: str, *items: Type) -> OpSpec:
    """An iterator's next item, new references, where there is one."""
    effects = Effect.READ | Effect.WRITE | Effect.FREE_LEAF
    results = (*items, I1)
    return OpSpec(f"iter.{name}", (OBJ,), results, (), effects, Exit.GUARD, Ownership.NEW)


_ANY_EFFECT = Effect.PYTHON | Effect.READ | Effect.WRITE | Effect.FREE_LEAF
_ATTR_INT = ("value", int)
_SLOT = ("slot", str)
_CLASS = ("cls", str)
#: The instruction that suspended a frame.
_AFTER = (("pc", int),)
#: An attribute that instances of a class keep, as ``ir/environment.py`` says.
_FIELD = (_CLASS, ("name", str))

_ROWS: tuple[OpSpec, ...] = (
    # Constants. ``slot`` names a row of the pack's address table.
    OpSpec("const.object", (), (OBJ,), (_SLOT,), ownership=Ownership.PINNED),
    OpSpec(
        "const.int",
        (),
        (OBJ,),
        (_ATTR_INT, _SLOT),
        ownership=Ownership.PINNED,
        cls="int",
    ),
    OpSpec(
        "const.float",
        (),
        (OBJ,),
        (("value", float), _SLOT),
        ownership=Ownership.PINNED,
        cls="float",
    ),
    OpSpec("const.null", (), (MAYBE_OBJ,), ownership=Ownership.PINNED, cls="null"),
    OpSpec("const.i64", (), (I64,), (_ATTR_INT,)),
    OpSpec("const.f64", (), (F64,), (("value", float),)),
    OpSpec("const.i1", (), (I1,), (_ATTR_INT,)),
    # Python's own semantics.
    _generic("load_global", 0, name=str),
    _generic("load_attr", 1, name=str),
    _generic("binary_op", 2, op=str),
    _generic("compare_op", 2, op=str),
    _generic("binary_subscr", 2),
    _generic("unary_negative", 1),
    _generic("unary_not", 1),
    _generic("unary_invert", 1),
    _generic("get_iter", 1),
    _generic("binary_slice", 3),
    _generic("contains", 2),
    # The function and its self, or null and what else the attribute is.
    _loud("load_method", (OBJ,), (MAYBE_OBJ, OBJ), (("name", str),)),
    OpSpec("py.store_attr", (OBJ, OBJ), (), (("name", str),), _ANY_EFFECT, Exit.THROW),
    OpSpec("py.list_append", (OBJ, OBJ), (), (), _ANY_EFFECT, Exit.THROW),
    OpSpec("py.is", (MAYBE_OBJ, MAYBE_OBJ), (I1,), (), Effect.NONE),
    OpSpec("py.truth", (OBJ,), (I1,), (), _ANY_EFFECT, Exit.THROW),
    OpSpec("py.store_subscr", (OBJ, OBJ, OBJ), (), (), _ANY_EFFECT, Exit.THROW),
    _loud("unpack_sequence", (OBJ,), (OBJ,), (), variadic_results=True),
    # A function and its arguments: it runs no Python code.
    OpSpec(
        "py.call_quiet",
        (OBJ, OBJ),
        (OBJ,),
        (),
        Effect.READ | Effect.WRITE | Effect.FREE_LEAF,
        Exit.THROW,
        Ownership.NEW,
        variadic=True,
    ),
    # The item of the ``*_next`` family means something only where the flag is true.
    _loud("for_iter", (OBJ,), (OBJ, I1), ()),
    _loud("call", (MAYBE_OBJ, OBJ), (OBJ,), (("kwnames", int),), variadic=True),
    OpSpec(
        "py.build_tuple",
        (OBJ,),
        (OBJ,),
        (),
        Effect.NONE,
        Exit.THROW,
        Ownership.NEW,
        variadic=True,
        cls="tuple",
    ),
    OpSpec(
        "py.build_list",
        (OBJ,),
        (OBJ,),
        (),
        Effect.NONE,
        Exit.THROW,
        Ownership.NEW,
        variadic=True,
        cls="list",
    ),
    OpSpec(
        "py.build_slice",
        (OBJ,),
        (OBJ,),
        (),
        Effect.NONE,
        Exit.THROW,
        Ownership.NEW,
        variadic=True,
        cls="slice",
    ),
    # Keys and values by turns; hashing a key may run Python code.
    _loud("build_map", (OBJ,), (OBJ,), (), variadic=True, cls="dict"),
    # One routine of the interpreter each.
    _statement("store_global", 1, name=str),
    _statement("delete_attr", 1, name=str),
    _statement("delete_subscr", 2),
    _statement("store_slice", 4),
    _variadic("build_set", cls="set"),
    _variadic("build_string", cls="str"),
    _variadic("build_const_map", cls="dict"),
    _statement("list_extend", 2),
    _statement("set_update", 2),
    _statement("dict_update", 2),
    _statement("dict_merge", 3),
    _statement("set_add", 2),
    _statement("map_add", 3),
    _variadic("format", flags=int),
    _generic("list_to_tuple", 1),
    _generic("unary_positive", 1),
    _loud("unpack_ex", (OBJ,), (OBJ,), (("counts", int),), variadic_results=True),
    # The bound exit of a context manager, and what it gives on entry.
    _loud("before_with", (OBJ,), (OBJ, OBJ), ()),
    # A step of what is delegated to (``yield from``, ``await``). The value is yielded where the
    # flag is true, and returned otherwise.
    _loud("send", (OBJ, OBJ), (OBJ, I1), ()),
    _generic("yield_from_iter", 1, coroutines=int),
    _generic("awaitable", 1, where=int),
    # A callable, its arguments in an iterable, keywords in a dict or null.
    _loud("call_ex", (OBJ, OBJ, MAYBE_OBJ), (OBJ,), ()),
    # ``super``, the class, the object. ``given``: they are written in the call.
    _generic("load_super_attr", 3, name=str, given=int),
    _loud(
        "load_super_method", (OBJ, OBJ, OBJ), (MAYBE_OBJ, OBJ), (("name", str), ("given", int))
    ),
    # By the flags of MAKE_FUNCTION: defaults, their dict, annotations, closure; then the code.
    OpSpec(
        "py.make_function",
        (OBJ,),
        (OBJ,),
        (("flags", int),),
        Effect.NONE,
        Exit.THROW,
        Ownership.NEW,
        variadic=True,
        cls="function",
    ),
    # Variables shared with closures. A cell of the running function's is the function's own.
    OpSpec(
        "cell.new", (MAYBE_OBJ,), (OBJ,), (), Effect.NONE, Exit.THROW, Ownership.NEW, cls="cell"
    ),
    OpSpec(
        "closure.cell",
        (),
        (OBJ,),
        (("routine", int), ("index", int)),
        ownership=Ownership.PINNED,
        cls="cell",
    ),
    OpSpec("cell.load", (OBJ,), (OBJ,), (), Effect.READ, Exit.GUARD, Ownership.HEAP),
    # The result is what was there: the caller's to release.
    _store("cell.store"),
    # Checks. The frame state says where the interpreter goes on when one fails.
    OpSpec(
        "guard.type", (OBJ,), (OBJ,), (("cls", str),), Effect.NONE, Exit.GUARD, Ownership.ALIAS
    ),
    OpSpec("guard.bound", (MAYBE_OBJ,), (OBJ,), (), Effect.NONE, Exit.GUARD, Ownership.ALIAS),
    OpSpec("guard.true", (I1,), (), (), Effect.NONE, Exit.GUARD),
    OpSpec("guard.tuple_length", (OBJ,), (), (("length", int),), Effect.NONE, Exit.GUARD),
    OpSpec("guard.list_length", (OBJ,), (), (("length", int),), Effect.READ, Exit.GUARD),
    OpSpec("guard.assumptions", (), (), (), Effect.READ, Exit.GUARD),
    # The interpreter's checks at a jump backwards: signals, the GIL, the collector.
    OpSpec("poll", (), (), (), _ANY_EFFECT, Exit.THROW),
    # Between representations. ``maybe_*`` gives null when its flag is false.
    OpSpec("box.f64", (F64,), (OBJ,), ownership=Ownership.NEW, cls="float"),
    OpSpec("box.i64", (I64,), (OBJ,), ownership=Ownership.NEW, cls="int"),
    OpSpec("box.i1", (I1,), (OBJ,), ownership=Ownership.PINNED, cls="bool"),
    OpSpec("box.maybe_f64", (F64, I1), (MAYBE_OBJ,), ownership=Ownership.NEW, cls="float"),
    OpSpec("box.maybe_i64", (I64, I1), (MAYBE_OBJ,), ownership=Ownership.NEW, cls="int"),
    OpSpec("unbox.f64", (OBJ,), (F64,)),
    OpSpec("unbox.i64", (OBJ,), (I64,), (), Effect.NONE, Exit.GUARD),
    OpSpec("unbox.i1", (OBJ,), (I1,)),
    # float64: Python's results exactly; what would raise or be complex leaves by a guard.
    _float("add"),
    _float("sub"),
    _float("mul"),
    _checked_float("div"),
    _checked_float("pow"),
    _float("neg", arity=1),
    _float("abs", arity=1),
    OpSpec("float.sqrt", (F64,), (F64,), exit=Exit.GUARD),
    # A function of the C library, where its result is an ordinary number.
    OpSpec("float.math", (F64,), (F64,), (("name", str),), exit=Exit.GUARD),
    # The quotient of two ints as a float, where it is exactly the machine's.
    OpSpec("int.truediv", (I64, I64), (F64,), exit=Exit.GUARD),
    # A float, or an int of one digit as a float.
    OpSpec("number.to_f64", (OBJ,), (F64,), exit=Exit.GUARD),
    # Of two numbers, each a float or an int.
    OpSpec(
        "number.arithmetic",
        (OBJ, OBJ),
        (OBJ,),
        (("op", str),),
        Effect.NONE,
        Exit.THROW,
        Ownership.NEW,
        cls="float|int",
    ),
    _float("lt", result=I1),
    _float("le", result=I1),
    _float("gt", result=I1),
    _float("ge", result=I1),
    _float("eq", result=I1),
    _float("ne", result=I1),
    OpSpec("float.from_int", (I64,), (F64,)),
    # int64: overflow leaves by a guard, and the interpreter goes on with a big int.
    _checked_int("add"),
    _checked_int("sub"),
    _checked_int("mul"),
    _checked_int("floordiv"),
    _checked_int("mod"),
    _checked_int("lshift"),
    _checked_int("rshift"),
    OpSpec("int.neg", (I64,), (I64,), exit=Exit.GUARD),
    OpSpec("int.invert", (I64,), (I64,)),
    _int("and"),
    _int("or"),
    _int("xor"),
    _int("lt", result=I1),
    _int("le", result=I1),
    _int("gt", result=I1),
    _int("ge", result=I1),
    _int("eq", result=I1),
    _int("ne", result=I1),
    OpSpec("bool.not", (I1,), (I1,)),
    # Objects of a class a guard has established.
    OpSpec("tuple.item", (OBJ,), (OBJ,), (("index", int),), ownership=Ownership.HEAP),
    OpSpec("tuple.get", (OBJ, I64), (OBJ,), (), Effect.NONE, Exit.GUARD, Ownership.HEAP),
    OpSpec(
        "list.item", (OBJ,), (OBJ,), (("index", int),), Effect.READ, ownership=Ownership.HEAP
    ),
    OpSpec("list.get", (OBJ, I64), (OBJ,), (), Effect.READ, Exit.GUARD, Ownership.HEAP),
    OpSpec("list.length", (OBJ,), (I64,), (), Effect.READ),
    OpSpec("sized.length", (OBJ,), (I64,), (("cls", str),), Effect.READ),
    # An index as a place in the list; then the item is exchanged. The old one is the result.
    OpSpec("list.place", (OBJ, I64), (I64,), (), Effect.READ, Exit.GUARD),
    OpSpec(
        "list.exchange",
        (OBJ, I64, OBJ),
        (OBJ,),
        (),
        Effect.READ | Effect.WRITE,
        ownership=Ownership.NEW,
        steals=(2,),
    ),
    OpSpec("tuple.length", (OBJ,), (I64,)),
    # An item of bytes or a bytearray; a character.
    OpSpec("bytes.get", (OBJ, I64), (I64,), (_CLASS,), Effect.READ, Exit.GUARD),
    OpSpec(
        "str.get", (OBJ, I64), (OBJ,), (), Effect.NONE, Exit.GUARD, Ownership.NEW, cls="str"
    ),
    OpSpec(
        "list.set_f64",
        (OBJ, I64, F64),
        (),
        (),
        Effect.WRITE | Effect.READ | Effect.FREE_LEAF,
        Exit.GUARD,
    ),
    OpSpec(
        "list.set_leaf",
        (OBJ, I64, OBJ),
        (),
        (),
        Effect.WRITE | Effect.READ | Effect.FREE_LEAF,
        Exit.GUARD,
    ),
    # Slices of a builtin container: bounds as a slice with all of them has.
    OpSpec(
        "slice.get",
        (OBJ, I64, I64),
        (OBJ,),
        (_CLASS,),
        Effect.READ,
        Exit.THROW,
        Ownership.NEW,
    ),
    OpSpec(
        "slice.step",
        (OBJ, I64, I64, I64),
        (OBJ,),
        (),
        Effect.READ,
        Exit.THROW,
        Ownership.NEW,
        cls="list",
    ),
    # Of a list, by another list or tuple. The result holds what may have a finaliser, or is
    # null.
    OpSpec(
        "slice.set",
        (OBJ, I64, I64, OBJ),
        (MAYBE_OBJ,),
        (),
        Effect.READ | Effect.WRITE | Effect.FREE_LEAF,
        Exit.THROW,
        Ownership.NEW,
    ),
    # Two of the class one after the other; one several times.
    OpSpec(
        "sequence.concat", (OBJ, OBJ), (OBJ,), (_CLASS,), Effect.READ, Exit.THROW, Ownership.NEW
    ),
    OpSpec(
        "sequence.repeat", (OBJ, I64), (OBJ,), (_CLASS,), Effect.READ, Exit.THROW, Ownership.NEW
    ),
    OpSpec("list.extend", (OBJ, OBJ), (), (), Effect.READ | Effect.WRITE, Exit.THROW),
    # Plain keys: what another key would have to be asked for leaves. The item comes first.
    OpSpec("contains.plain", (OBJ, OBJ), (I1,), (), Effect.READ, Exit.GUARD),
    OpSpec("dict.get", (OBJ, OBJ), (OBJ,), (), Effect.READ, Exit.GUARD, Ownership.HEAP),
    # As the method of a dict: the last operand where there is none.
    OpSpec("dict.find", (OBJ, OBJ, OBJ), (OBJ,), (), Effect.READ, Exit.GUARD, Ownership.NEW),
    # The result is what was there, or null: the caller's to release.
    OpSpec(
        "dict.set",
        (OBJ, OBJ, OBJ),
        (MAYBE_OBJ,),
        (),
        Effect.READ | Effect.WRITE,
        Exit.GUARD,
        Ownership.NEW,
    ),
    OpSpec("set.compare", (OBJ, OBJ), (I1,), (("op", str),), Effect.READ, Exit.GUARD),
    OpSpec(
        "set.combine",
        (OBJ, OBJ),
        (OBJ,),
        (("op", str),),
        Effect.READ,
        Exit.GUARD,
        Ownership.NEW,
    ),
    OpSpec("set.add", (OBJ, OBJ), (), (), Effect.READ | Effect.WRITE, Exit.GUARD),
    OpSpec(
        "list.remove",
        (OBJ, OBJ),
        (),
        (),
        Effect.READ | Effect.WRITE | Effect.FREE_LEAF,
        Exit.GUARD,
    ),
    # Room for one more item, and then the item.
    OpSpec("list.reserve", (OBJ,), (), (), Effect.READ | Effect.WRITE, Exit.THROW),
    OpSpec("list.push", (OBJ, OBJ), (), (), Effect.READ | Effect.WRITE, steals=(1,)),
    OpSpec("list.insert", (OBJ, I64, OBJ), (), (), Effect.READ | Effect.WRITE, Exit.THROW),
    OpSpec(
        "list.pop",
        (OBJ, I64),
        (OBJ,),
        (),
        # The result may be a number that was read before, and is released like any other.
        Effect.READ | Effect.WRITE | Effect.FREE_LEAF,
        Exit.GUARD,
        Ownership.NEW,
    ),
    # Arrays of the standard library, ``cls`` as ``array.d``: the kind of items never changes.
    OpSpec("guard.typecode", (OBJ,), (), (_CLASS,), Effect.NONE, Exit.GUARD),
    OpSpec("array.get_f64", (OBJ, I64), (F64,), (_CLASS,), Effect.READ, Exit.GUARD),
    OpSpec("array.get_i64", (OBJ, I64), (I64,), (_CLASS,), Effect.READ, Exit.GUARD),
    OpSpec(
        "array.set_f64", (OBJ, I64, F64), (), (_CLASS,), Effect.READ | Effect.WRITE, Exit.GUARD
    ),
    OpSpec(
        "array.set_i64", (OBJ, I64, I64), (), (_CLASS,), Effect.READ | Effect.WRITE, Exit.GUARD
    ),
    # Instances of the program's classes. A field is null where it was never set or is deleted:
    # a load then leaves.
    OpSpec("type.is", (OBJ,), (I1,), (_CLASS,), Effect.READ),
    # Where ``type.is`` was true.
    OpSpec("type.refine", (OBJ,), (OBJ,), (_CLASS,), ownership=Ownership.ALIAS),
    # The instance has inline values, and none of them hides a name of its class.
    OpSpec("guard.values", (OBJ,), (), (_CLASS,), Effect.READ, Exit.GUARD),
    OpSpec("guard.unshadowed", (OBJ,), (), _FIELD, Effect.READ, Exit.GUARD),
    OpSpec(
        "object.load_value", (OBJ,), (OBJ,), _FIELD, Effect.READ, Exit.GUARD, Ownership.HEAP
    ),
    OpSpec("object.load_slot", (OBJ,), (OBJ,), _FIELD, Effect.READ, Exit.GUARD, Ownership.HEAP),
    # The result is what was there: the caller's to release.
    _store("object.store_value", *_FIELD),
    _store("object.store_slot", *_FIELD),
    # The same of instances that have a real dict, or may have: a store must be asked for.
    OpSpec(
        "object.load_field", (OBJ,), (OBJ,), _FIELD, Effect.READ, Exit.GUARD, Ownership.HEAP
    ),
    OpSpec("guard.field", (OBJ,), (), _FIELD, Effect.READ, Exit.GUARD),
    _store("object.store_field", *_FIELD),
    # What a name stands for, as the code was compiled for: checked where it is loaded.
    OpSpec("assume.entity", (), (), (_SLOT, ("kind", str), ("text", str))),
    # A routine whose body is part of the code, whatever is left of it.
    OpSpec("assume.routine", (), (), (("routine", int),)),
    OpSpec("object.new", (), (OBJ,), (_CLASS,), Effect.NONE, Exit.THROW, Ownership.NEW),
    OpSpec("iter.new", (OBJ,), (OBJ,), (("cls", str),), Effect.NONE, Exit.THROW, Ownership.NEW),
    OpSpec(
        "range.new",
        (OBJ, OBJ),
        (OBJ,),
        (),
        Effect.NONE,
        Exit.THROW,
        Ownership.NEW,
        variadic=True,
        cls="range",
    ),
    OpSpec(
        "iter.list_next",
        (OBJ,),
        (OBJ, I1),
        (),
        Effect.READ | Effect.WRITE,
        ownership=Ownership.HEAP,
    ),
    OpSpec("iter.range_next", (OBJ,), (I64, I1), (), Effect.READ | Effect.WRITE),
    OpSpec(
        "iter.tuple_next",
        (OBJ,),
        (OBJ, I1),
        (),
        Effect.READ | Effect.WRITE,
        ownership=Ownership.HEAP,
    ),
    # Of other builtin iterators; of pairs, which are unpacked; of numbered items.
    _next("next", OBJ),
    _next("pair_next", OBJ, OBJ),
    _next("numbered_next", I64, OBJ),
    # The exhausted iterator gives up its list or tuple, which is the result.
    OpSpec(
        "iter.list_end",
        (OBJ,),
        (MAYBE_OBJ,),
        (),
        Effect.READ | Effect.WRITE,
        ownership=Ownership.NEW,
    ),
    OpSpec(
        "iter.tuple_end",
        (OBJ,),
        (MAYBE_OBJ,),
        (),
        Effect.READ | Effect.WRITE,
        ownership=Ownership.NEW,
    ),
    # The frame of a generator: what is suspended in it is taken out where native code resumes
    # behind an instruction, and put back where it yields. The flag: whether that is the one.
    OpSpec("frame.resumes", (), (I1,), _AFTER, Effect.READ),
    OpSpec("frame.take", (), (), (), Effect.READ | Effect.WRITE),
    OpSpec(
        "frame.load",
        (),
        (MAYBE_OBJ,),
        (("index", int),),
        Effect.READ,
        ownership=Ownership.NEW,
    ),
    # A local that the host's compiler knows to be bound.
    OpSpec("frame.bound", (MAYBE_OBJ,), (OBJ,), ownership=Ownership.ALIAS),
    # The generator has ended; it leaves where somebody has its frame, which then lives on.
    OpSpec("frame.end", (), (), (), Effect.READ | Effect.WRITE, Exit.GUARD),
    # What is yielded, then what the frame holds meanwhile.
    OpSpec(
        "frame.yield",
        (OBJ, MAYBE_OBJ),
        (),
        _AFTER,
        variadic=True,
        terminator=True,
        steals_all=True,
    ),
    # The interpreter resumes it, nothing was taken out.
    OpSpec("frame.interpret", terminator=True),
    # Where the interpreter gives up a reference; ``refcount_insertion`` makes it a release
    # or nothing. The frame state is what a finaliser would see.
    OpSpec("ref.drop", (MAYBE_OBJ,), needs_own_state=True),
    # The same where the function returns: its frame is gone already.
    OpSpec("ref.drop_last", (MAYBE_OBJ,)),
    # Reference counts: inserted last, by ``refcount_insertion``.
    OpSpec("ref.retain", (MAYBE_OBJ,), (), (), Effect.WRITE),
    OpSpec("ref.release_leaf", (MAYBE_OBJ,), (), (), Effect.WRITE | Effect.FREE_LEAF),
    OpSpec("ref.release", (MAYBE_OBJ,), (), (), _ANY_EFFECT),
    OpSpec("ref.release_last", (MAYBE_OBJ,), (), (), Effect.WRITE | Effect.FREE_LEAF),
    # Terminators.
    OpSpec("jump", successors=1, terminator=True),
    OpSpec("branch", (I1,), successors=2, terminator=True),
    OpSpec("return", (OBJ,), terminator=True, steals=(0,)),
    OpSpec("exit", (), (), (("reason", str),), exit=Exit.GUARD, terminator=True),
)

#: Marks of where the interpreter gives up a reference: no use of the value.
DROPS = ("ref.drop", "ref.drop_last")

OPCODES: dict[str, OpSpec] = {spec.name: spec for spec in _ROWS}

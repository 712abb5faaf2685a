"""For each opcode that the interpreter meets, a function ``f(a, b, xs)`` whose code has it.

Called with a=3, b=2.5, xs=[1, 2, 3]; the opcode may be in a code object nested in ``f``.
"""

from __future__ import annotations

EXAMPLES = {
    "RESUME": "return a",
    "NOP": "while True:\n        break\n    return a",
    "PUSH_NULL": "return a if b else xs[0](1)",
    "LOAD_FAST": "return a",
    "LOAD_FAST_CHECK": "for i in xs:\n        pass\n    return i",
    "LOAD_FAST_AND_CLEAR": "return [x for x in xs]",
    "STORE_FAST": "c = a + 1\n    return c",
    "DELETE_FAST": "c = a\n    del c\n    return a",
    "LOAD_CONST": "return 'text', a",
    "LOAD_GLOBAL": "return len(xs)",
    "POP_TOP": "len(xs)\n    return a",
    "COPY": "return 1 < a < 5",
    "SWAP": "return 1 < a < 5, [x for x in xs]",
    "BINARY_OP": "return a * b - 1",
    "COMPARE_OP": "return a < b, a >= b",
    "IS_OP": "return a is None, b is not None",
    "LOAD_ATTR": "return a.real, xs.copy()",
    "STORE_ATTR": "box = Box()\n    box.x = a\n    return box.x",
    "CONTAINS_OP": "return a in xs, b not in xs",
    "LIST_APPEND": "return [x + 1 for x in xs]",
    "BINARY_SLICE": "return xs[0:2]",
    "UNARY_INVERT": "return ~a",
    "UNARY_NEGATIVE": "return -a, -b",
    "UNARY_NOT": "return not a",
    "BINARY_SUBSCR": "return xs[1]",
    "STORE_SUBSCR": "xs[0] = a\n    return xs",
    "UNPACK_SEQUENCE": "x, y, z = xs\n    return z, y, x",
    "BUILD_TUPLE": "return (a, b)",
    "BUILD_LIST": "return [a, b]",
    "BUILD_MAP": "return {a: b, b: a}",
    "GET_ITER": "for x in xs:\n        a += x\n    return a",
    "FOR_ITER": "for x in xs:\n        a += x\n    return a",
    "POP_JUMP_IF_TRUE": "return a or b",
    "POP_JUMP_IF_FALSE": "if a > b:\n        return 1\n    return 2",
    "POP_JUMP_IF_NONE": "if a is not None:\n        return 1\n    return 2",
    "POP_JUMP_IF_NOT_NONE": "if a is None:\n        return 1\n    return 2",
    "JUMP_FORWARD": (
        "for x in xs:\n        if x > 1:\n            a += 1\n        else:\n"
        "            a += 2\n        b += a\n    return a, b"
    ),
    "JUMP_BACKWARD": "while a < 20:\n        a += 3\n    return a",
    "KW_NAMES": "return sorted(xs, reverse=True)",
    "CALL": "return abs(a), divmod(a, 2)",
    "RETURN_VALUE": "return a",
    "RETURN_CONST": "return 7",
    # Exception handlers.
    "PUSH_EXC_INFO": "try:\n        return xs[a]\n    except IndexError:\n        return b",
    "CHECK_EXC_MATCH": "try:\n        return xs[a]\n    except IndexError:\n        return b",
    "POP_EXCEPT": "try:\n        return xs[a]\n    except IndexError:\n        return b",
    "RERAISE": "try:\n        return xs[a]\n    finally:\n        xs.clear()",
    "CHECK_EG_MATCH": (
        "try:\n        raise ExceptionGroup('g', [ValueError(a)])\n"
        "    except* ValueError as group:\n        a = len(group.exceptions)\n    return a"
    ),
    "WITH_EXCEPT_START": "with Quiet():\n        xs[a]\n    return b",
    "BEFORE_WITH": "with Quiet() as q:\n        return q, a",
    "RAISE_VARARGS": "raise ValueError(a)",
    "LOAD_ASSERTION_ERROR": "assert a < b, 'too much'\n    return a",
    # Generators and coroutines.
    "RETURN_GENERATOR": "def g():\n        yield 1\n    return list(g())",
    "YIELD_VALUE": "def g():\n        yield 1\n    return list(g())",
    "GET_YIELD_FROM_ITER": "def g():\n        yield from [1, 2]\n    return list(g())",
    "SEND": "def g():\n        yield from [1, 2]\n    return list(g())",
    "END_SEND": "def g():\n        yield from [1, 2]\n    return list(g())",
    "JUMP_BACKWARD_NO_INTERRUPT": "def g():\n        yield from xs\n    return list(g())",
    "CLEANUP_THROW": "def g():\n        yield from [1, 2]\n    return list(g())",
    "CALL_INTRINSIC_1": "return (*xs, a, +b)",
    "GET_AWAITABLE": "async def g():\n        return await one()\n    return drive(g())",
    "GET_AITER": (
        "async def g():\n        return [x async for x in numbers()]\n    return drive(g())"
    ),
    "GET_ANEXT": (
        "async def g():\n        async for x in numbers():\n            return x\n"
        "    return drive(g())"
    ),
    "END_ASYNC_FOR": (
        "async def g():\n        async for x in numbers():\n            pass\n"
        "        return x\n    return drive(g())"
    ),
    "BEFORE_ASYNC_WITH": (
        "async def g():\n        async with Quiet() as q:\n            return q\n"
        "    return drive(g())"
    ),
    # Names of classes and modules.
    "STORE_NAME": "class C:\n        x = 1\n    return C.x",
    "LOAD_NAME": "class C:\n        x = 1\n        y = x\n    return C.y",
    "DELETE_NAME": "class C:\n        x = 1\n        del x\n    return hasattr(C, 'x')",
    "LOAD_LOCALS": "class C:\n        x = a\n    return C.x",
    "LOAD_FROM_DICT_OR_DEREF": "class C:\n        x = a\n    return C.x",
    "LOAD_FROM_DICT_OR_GLOBALS": "class C:\n        type X = len\n    return C.X.__value__",
    "LOAD_BUILD_CLASS": "class C:\n        pass\n    return C.__name__",
    "SETUP_ANNOTATIONS": "class C:\n        x: int = 1\n    return C.__annotations__",
    "IMPORT_NAME": "import math\n    return math.floor(b)",
    "IMPORT_FROM": "from math import floor\n    return floor(b)",
    "STORE_GLOBAL": "global stored\n    stored = a\n    return stored",
    "DELETE_GLOBAL": "global stored\n    stored = a\n    del stored\n    return a",
    # Cells.
    "MAKE_CELL": "c = a\n    return [(lambda: c + x)() for x in xs]",
    "LOAD_CLOSURE": "c = a\n    return (lambda: c)()",
    "LOAD_DEREF": "c = a\n    def g():\n        return c\n    return g() + c",
    "STORE_DEREF": "c = a\n    def g():\n        return c\n    c = 1\n    return g()",
    "DELETE_DEREF": "c = a\n    def g():\n        return c\n    del c\n    return a",
    "COPY_FREE_VARS": "return a + kept",
    "MAKE_FUNCTION": "return (lambda x=a: x)()",
    # Patterns.
    "GET_LEN": "match xs:\n        case [x, *_]:\n            return x",
    "MATCH_SEQUENCE": "match xs:\n        case [x, y, z]:\n            return y",
    "MATCH_MAPPING": "match {'k': a}:\n        case {'k': v}:\n            return v",
    "MATCH_KEYS": "match {'k': a}:\n        case {'k': v}:\n            return v",
    "MATCH_CLASS": "match a:\n        case int(x):\n            return x",
    # The rest.
    "STORE_SLICE": "xs[0:2] = [a]\n    return xs",
    "DELETE_SUBSCR": "del xs[0]\n    return xs",
    "UNPACK_EX": "x, *rest = xs\n    return rest, x",
    "DELETE_ATTR": "box = Box()\n    box.x = a\n    del box.x\n    return vars(box)",
    "BUILD_SET": "return {a, b}",
    "BUILD_SLICE": "return xs[a:0:-1]",
    "LOAD_SUPER_ATTR": "return super(Named, NAMED).name(), super(Named, NAMED).letters",
    "CALL_FUNCTION_EX": "return max(*xs)",
    "SET_ADD": "return sorted({x for x in xs})",
    "MAP_ADD": "return {x: a for x in xs}",
    "FORMAT_VALUE": "return f'{a} {b:.3f} {xs!r}'",
    "BUILD_CONST_KEY_MAP": "return {'a': a, 'b': b}",
    "BUILD_STRING": "return f'{a} {b}'",
    "LIST_EXTEND": "return [*xs, a]",
    "SET_UPDATE": "return {*xs, a}",
    "DICT_MERGE": "return dict(**{'a': a}, **{'b': b})",
    "DICT_UPDATE": "return {**{'a': a}, 'b': b}",
    "CALL_INTRINSIC_2": "def g[T: int](x: T):\n        return x\n    return g(a)",
}

#: What the functions refer to.
PRELUDE = """\
class Box:
    letters = 3
    def name(self):
        return 'box'

class Named(Box):
    def name(self):
        return 'named'

NAMED = Named()

class Quiet:
    def __enter__(self):
        return 1
    def __exit__(self, *error):
        return True
    async def __aenter__(self):
        return 1
    async def __aexit__(self, *error):
        return True

async def one():
    return 1

async def numbers():
    yield 1
    yield 2

def drive(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value
"""


def example(name):
    """The source of a module with ``f``, in a function whose ``kept`` it may use."""
    body = EXAMPLES[name].replace("\n", "\n    ")
    inner = f"    def f(a, b, xs):\n        {body}\n    return f\n"
    return f"{PRELUDE}\ndef around(kept):\n{inner}\nf = around(4)\n"

"""Native code gives the interpreter's results whatever comes: types, errors, limits, tools.

Each case runs a function natively and its interpreted copy; ``either`` repeats it with guards
that fail at random (seeded).
"""

from __future__ import annotations

import math
import signal
import sys
import threading

import pytest

from tests.native.observing import outcome

core = pytest.importorskip("dx_py.runtime_support._core")


def same(function, reference, *arguments):
    assert outcome(function, *arguments) == outcome(reference, *arguments)


def product(n, x):
    t = 1
    for i in range(n):
        t = t * x + i
    return t


def total(xs):
    t = xs[0]
    for x in xs:
        t = t + x
    return t


def polynomial(x, a, b):
    return a * x**2 + b / x - 1.5


def compare(a, b):
    if a < b:
        return a
    return b


def count(n, step):
    t = 0
    i = 0
    while i < n:
        t += i // step - i % step
        i += 1
    return t


def bits(n):
    t = 0
    for i in range(n):
        t = (t ^ (i << 3)) & 0xFFFF | i >> 1
    return t


def move(points, dx):
    for point in points:
        x, y = point
        point[0] = x + dx
        point[1] = y - dx
    return points


def last(xs):
    x = None
    for x in xs:  # noqa: B007 - the loop variable is what is tested
        pass
    return x


def with_default(x, y=2.5, z=0.5):
    return x * y + z


def guarded(xs, ys):
    bad = 0.0
    for x in xs:
        for y in ys:
            try:
                bad = bad + x / y
            except ZeroDivisionError:
                bad = bad + 1000.0
            finally:
                bad = bad - 0.5
    return bad


class Added:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return Added((self.value, getattr(other, "value", other)))

    def __radd__(self, other):
        return Added((other, self.value))

    def __repr__(self):
        return f"Added({self.value})"


@pytest.mark.parametrize("arguments", [(5, 3), (200, 3), (70, -2), (3, 1.5), (3, "x"), (0, 9)])
def test_an_overflow_becomes_a_big_int(either, arguments):
    same(either.compile(product, (5, 3)), product, *arguments)


LISTS = [
    [1, 2, 3],
    [1, 2, 3.5, 4],
    [1.5, 2.5],
    ["a", "b"],
    [1, 2.5, Added(3), 4],
    [True, False],
    [2**62, 2**62, 2**62],
    [2**31, -(2**31)],
    [],
    [1, "x"],
    [1, None],
]


@pytest.mark.parametrize("xs", LISTS, ids=repr)
@pytest.mark.parametrize("seen", [[1, 2, 3], [1.5, 2.5, 3.5]], ids=["int", "float"])
def test_operands_of_other_classes(either, seen, xs):
    same(either.compile(total, (seen,)), total, xs)


@pytest.mark.parametrize(
    "arguments",
    [
        (2.0, 1.0, 3.0),
        (0.0, 1.0, 3.0),
        (math.inf, 1.0, 1.0),
        (math.nan, 1.0, 1.0),
        (1e200, 1.0, 1.0),
        (2, 1, 3),
        ("a", 1, 2),
        (2.0, 1.0, True),
        (-0.0, 1.0, 1.0),
    ],
    ids=repr,
)
def test_float_arithmetic_with_its_exceptions(either, arguments):
    same(either.compile(polynomial, (2.0, 1.0, 3.0)), polynomial, *arguments)


@pytest.mark.parametrize(
    "arguments",
    [(1, 2), (2, 1), (2**70, 1), (1.0, 2.0), (math.nan, 1.0), (1, 1.5), ("a", "b"), (1, "b")],
    ids=repr,
)
@pytest.mark.parametrize("seen", [(1, 2), (1.5, 2.5)], ids=["int", "float"])
def test_comparisons(either, seen, arguments):
    same(either.compile(compare, seen, seen[::-1]), compare, *arguments)


@pytest.mark.parametrize(
    "arguments", [(50, 7), (50, -7), (50, 1), (50, -1), (50, 0), (50, 2.5)]
)
def test_division_rounds_down_and_zero_raises(either, arguments):
    same(either.compile(count, (50, 7)), count, *arguments)


@pytest.mark.parametrize("n", [0, 1, 100, 5000])
def test_bit_operations(either, n):
    same(bits, either.compile(bits, (100,)), n)


@pytest.mark.parametrize(
    "points",
    [
        [[1.0, 2.0], [3.0, 4.0]],
        [[1, 2], [3.0, 4.0]],
        [[1.0], [2.0, 3.0]],
        [(1.0, 2.0)],
        [[1.0, "x"]],
        [[True, 2.0]],
    ],
    ids=repr,
)
def test_stores_into_lists(either, points):
    def copied():
        return [type(p)(p) for p in points]

    compiled = either.compile(move, ([[1.0, 2.0], [3.0, 4.0]], 0.5))
    one, other = copied(), copied()
    assert outcome(compiled, one, 0.5) == outcome(move, other, 0.5)
    assert one == other


def test_a_float_held_elsewhere_is_not_overwritten(either):
    compiled = either.compile(move, ([[1.0, 2.0]], 0.5))
    x = float("1.25")
    points = [[x, x], [x, 2.0]]
    compiled(points, 1.0)
    assert x == 1.25
    assert points == [[2.25, 0.25], [2.25, 1.0]]


def test_a_number_that_is_only_moved_keeps_its_identity(native):
    compiled = native.compile(last, ([1.5, 2.5],))
    xs = [float("1.25"), float("3.25")]
    assert compiled(xs) is xs[1]


def test_defaults_and_keywords_are_bound(either):
    compiled = either.compile(with_default, (1.0,), (1.0, 2.0))
    for arguments, keywords in [
        ((1.0,), {}),
        ((1.0, 3.0), {}),
        ((1.0, 3.0, 4.0), {}),
        ((), {"x": 2.0}),
        ((1.0,), {"z": 7.0}),
        ((1.0,), {"z": 7.0, "y": 8.0}),
    ]:
        assert compiled(*arguments, **keywords) == with_default(*arguments, **keywords)
    for arguments, keywords in [((), {}), ((1.0,), {"x": 1.0}), ((1.0,), {"w": 1.0})]:
        with pytest.raises(TypeError):
            compiled(*arguments, **keywords)


def test_an_exception_inside_try_inside_loops(either):
    compiled = either.compile(guarded, ([1.0, 2.0], [1.0, 2.0]))
    for xs, ys in [([1.0, 2.0], [1.0, 0.0]), ([1.0], [0.0, 0.0]), ([1, 2], [3.0, 0])]:
        same(compiled, guarded, xs, ys)


def test_the_traceback_names_line_and_column(native):
    compiled = native.compile(polynomial, (2.0, 1.0, 3.0))
    kind, _, lines = outcome(compiled, 0.0, 1.0, 3.0)
    assert kind is ZeroDivisionError
    assert lines == outcome(polynomial, 0.0, 1.0, 3.0)[2]
    assert lines[0][0] == "polynomial"


def test_locals_are_complete_after_an_exception(native):
    compiled = native.compile(total, ([1, 2, 3],))
    with pytest.raises(TypeError) as caught:
        compiled([1, 2, "x"])
    frame = caught.traceback[-1].frame
    assert frame.f_locals == {"xs": [1, 2, "x"], "t": 4, "x": "x"}


def test_hot_code_does_not_leave(native):
    compiled = native.compile(total, ([1.5, 2.5],))
    assert compiled([0.5] * 10000) == 5000.5
    assert native.exits(compiled) == 0
    assert native.entries(compiled) == 1


def test_references_are_balanced(either):
    compiled = either.compile(last, ([1, 2],))
    item, xs = object(), []
    xs += [item] * 10
    before = sys.getrefcount(item), sys.getrefcount(xs)
    for _ in range(100):
        compiled(xs)
    assert (sys.getrefcount(item), sys.getrefcount(xs)) == before


def test_references_are_balanced_when_it_raises(either):
    compiled = either.compile(total, ([1, 2],))
    item, xs = object(), []
    xs += [item] * 10
    before = sys.getrefcount(item), sys.getrefcount(xs)
    for _ in range(100):
        with pytest.raises(TypeError):
            compiled(xs)
    assert (sys.getrefcount(item), sys.getrefcount(xs)) == before


class Mortal:
    def __init__(self, name, told):
        self.name = name
        self.told = told

    def __del__(self):
        self.told.append(f"{self.name} gone")


def replaces_a_local(names, told, frames):
    for name in names:
        item = Mortal(name, told)
        keep_frame(frames)
        told.append(item.name)


def keep_frame(frames):
    frames.append(sys._getframe(1))


def told_by(function):
    told = []
    function("abc", told, [])
    return told


def test_a_function_whose_frame_is_kept_gives_up_locals_in_time(either):
    """The interpreter finishes it, and native code holds nothing meanwhile."""
    compiled = either.compile(replaces_a_local, ("ab", [], []))
    assert told_by(compiled) == told_by(replaces_a_local)


def test_a_rebound_builtin_is_seen(native):
    compiled = native.compile(bits, (10,))
    bits.__globals__["range"] = lambda n: [n]
    try:
        assert compiled(4) == ((4 << 3) & 0xFFFF | 4 >> 1)
    finally:
        del bits.__globals__["range"]


def test_replaced_code_is_run(native):
    def one(x):
        return x * 2.0

    compiled = native.compile(one, (1.5,))
    assert compiled(2.0) == 4.0
    compiled.__code__ = (lambda x: x * 3.0).__code__
    assert compiled(2.0) == 6.0


def test_a_tool_that_watches_sees_the_interpreter(native):
    compiled = native.compile(total, ([1, 2, 3],))
    lines = []

    def trace(frame, event, _):
        if frame.f_code is compiled.__code__:
            lines.append(event)
        return trace

    entries = native.entries(compiled)
    sys.settrace(trace)
    try:
        compiled([1, 2, 3])
    finally:
        sys.settrace(None)
    assert lines.count("line") > 5
    assert native.entries(compiled) == entries
    compiled([1, 2, 3])
    assert native.entries(compiled) == entries + 1


def test_a_signal_is_handled_inside_a_native_loop(native):
    compiled = native.compile(bits, (10,))
    seen = []

    def handler(number, frame):
        seen.append((frame.f_code.co_name, "i" in frame.f_locals))

    old = signal.signal(signal.SIGALRM, handler)
    # One may come between two calls, in the test's own frame.
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        for _ in range(1000):
            result = compiled(300_000)
            if ("bits", True) in seen:
                break
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert ("bits", True) in seen
    assert result == bits(300_000)


def test_another_thread_gets_its_turn(native):
    compiled = native.compile(bits, (10,))
    done = threading.Event()
    turns = []

    def work():
        while not done.is_set():
            turns.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    while len(turns) < 3:
        compiled(100_000)
    done.set()
    thread.join()


def test_the_recursion_limit_is_the_interpreter_s(native):
    compiled = native.compile(with_default, (1.0,))

    def deep(n):
        return compiled(1.0) if n == 0 else deep(n - 1)

    assert deep(50) == 3.0
    with pytest.raises(RecursionError):
        deep(sys.getrecursionlimit() + 10)

"""Calls, attributes and what callees can see of their callers' frames."""

from __future__ import annotations

import gc
import sys
import warnings
import weakref

import pytest

from tests.native.observing import outcome

core = pytest.importorskip("dx_py.runtime_support._core")


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return f"Point({self.x}, {self.y})"

    def scaled(self, k, *, shift=0):
        return Point(self.x * k + shift, self.y * k)

    @property
    def sum(self):
        return self.x + self.y


def attributes(points, k):
    out = []
    for p in points:
        q = p.scaled(k, shift=1)
        q.x = q.x + p.sum
        out.append(q)
    return out


def membership(xs, y):
    if y in xs:
        return xs[1:]
    return [not xs, y not in xs, xs is y, xs is not None]


def climb(cls, name):
    found = getattr(cls, name)
    while name not in cls.__dict__:
        cls = cls.__bases__[0]
    return found is cls.__dict__[name]


def first(f, a, b):
    return f(a, b)[0]


def squares(xs):
    return [x * x for x in xs if x]


def names(x):
    return min(x, len(str(x))), undefined_name  # noqa: F821


def unpacked(pairs):
    out = {}
    for key, value in pairs:
        out[key] = value
    return out


def caller(f, n):
    t = 0.0
    for i in range(n):
        t = t + f(i)
    return t


CASES = [
    (attributes, ([Point(1, 2)], 3), ([Point(1, 2), Point(1.5, 2)], 2)),
    (attributes, ([Point(1, 2)], 3), ([Point(1, 2), None], 2)),
    (attributes, ([Point(1, 2)], 3), ([Point("a", "b")], 2)),
    (membership, ([1, 2], 2), ([1, 2, 3], 3)),
    (membership, ([1, 2], 5), ("abc", "d")),
    (membership, ([1, 2], 5), (5, 5)),
    (climb, (bool, "real"), (bool, "real")),
    (climb, (int, "real"), (bool, "real")),
    (first, (divmod, 7, 2), (divmod, 10**20, 3)),
    (first, (divmod, 7, 2), (lambda a, b: (object,), 1, 2)),
    (squares, ([1, 2],), ([1, 0, 2.5, True],)),
    (squares, ([1, 2],), ([1, "x"],)),
    (names, (5,), (5,)),
    (unpacked, ([("a", 1)],), ([("a", 1), ("b", 2), "xy"],)),
    (unpacked, ([("a", 1)],), ([("a", 1), ("b",)],)),
    (unpacked, ([("a", 1)],), ([("a", 1, 2)],)),
    (unpacked, ([("a", 1)],), ([5],)),
    (unpacked, ([("a", 1)],), ([([], 1)],)),
    (caller, (float, 3), (float, 30)),
    (caller, (float, 3), (lambda i: 1 / (5 - i), 30)),
    (caller, (float, 3), (str, 3)),
]


@pytest.mark.parametrize(
    ("function", "seen", "arguments"),
    CASES,
    ids=[f"{function.__name__}-{number}" for number, (function, _, _) in enumerate(CASES)],
)
def test_results_and_tracebacks_are_the_interpreter_s(either, function, seen, arguments):
    compiled = either.compile(function, seen)
    assert outcome(compiled, *arguments) == outcome(function, *arguments)


def look(i):
    frame = sys._getframe(1)
    return len(frame.f_locals["t"] * [0]) + frame.f_lineno - frame.f_code.co_firstlineno


def seen_by_callee(f, n):
    t = 0
    for i in range(n):
        t = t + f(i)
    return t


def test_a_callee_sees_the_locals_and_the_line(native):
    compiled = native.compile(seen_by_callee, (look, 3))
    assert outcome(compiled, look, 5) == outcome(seen_by_callee, look, 5)


def test_a_kept_frame_goes_on_and_ends_like_any_other(native):
    kept = []

    def keep(i):
        if i == 2:
            kept.append(sys._getframe(1))
        return i

    compiled = native.compile(seen_by_callee, (abs, 3))
    assert compiled(keep, 6) == 15
    assert kept[0].f_code is compiled.__code__
    assert kept[0].f_locals["i"] == 5
    assert kept[0].f_back is sys._getframe()


def test_an_exception_from_a_callee_passes_once(native):
    def fail(i):
        if i == 3:
            raise ValueError(i)
        return i

    compiled = native.compile(seen_by_callee, (abs, 3))
    assert outcome(compiled, fail, 6) == outcome(seen_by_callee, fail, 6)
    with pytest.raises(ValueError, match="3") as caught:
        compiled(fail, 6)
    assert caught.traceback[-2].frame.f_locals["t"] == 3


def test_warnings_name_the_caller_s_line(native):
    def warn(i):
        warnings.warn("x", stacklevel=2)
        return i

    compiled = native.compile(seen_by_callee, (abs, 3))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compiled(warn, 2)
    assert {w.lineno for w in caught} == {seen_by_callee.__code__.co_firstlineno + 3}


def test_a_builtin_rebound_by_a_callee_is_seen_at_once(native):
    def twice(f, n):
        t = 0
        for i in range(n):
            f(i)
            for j in range(2):
                t = t + j
        return t

    scope = twice.__globals__
    compiled = native.compile(twice, (abs, 3))

    def rebind(i):
        if i == 2:
            scope["range"] = lambda n: [100]

    try:
        assert compiled(rebind, 5) == 2 + 3 * 100
    finally:
        del scope["range"]


def test_a_finalizer_runs_where_the_interpreter_runs_it(native):
    log = []

    class Logged:
        def __init__(self, name):
            self.name = name

        def __del__(self):
            frame = sys._getframe(1)
            log.append((self.name, frame.f_code.co_name, frame.f_lineno))

    def churn(make, n, log):
        x = None
        for i in range(n):
            x = make(i)
        y = make(n)
        x = y
        log.append("end")
        return x and n

    compiled = native.compile(churn, (Logged, 3, log))
    logs = []
    for function in (churn, compiled):
        log.clear()
        function(Logged, 3, log)
        logs.append(log.copy())
    assert logs[0] == logs[1]


def test_arguments_of_calls_are_balanced(either):
    def pass_on(f, x, n):
        for i in range(n):
            f(x, i)
        return x

    compiled = either.compile(pass_on, (max, 1, 3))
    item = object()
    before = sys.getrefcount(item)
    for _ in range(50):
        compiled(lambda x, i: None, item, 5)
    assert sys.getrefcount(item) == before


def test_a_temporary_dies_at_once(native):
    class Thing:
        pass

    died = []

    def use(make, n, died):
        for i in range(n):
            make(i)
            died.append(len(died))
        return n

    def make(i):
        thing = Thing()
        weakref.finalize(thing, died.append, "gone")
        return thing

    compiled = native.compile(use, (make, 2, died))
    died.clear()
    compiled(make, 3, died)
    expected, died[:] = died.copy(), []
    use(make, 3, died)
    assert died == expected


def test_recursion_through_native_code_has_the_interpreter_s_limit(native):
    def down(f, n):
        if n < 1:
            return 0
        return f(f, n - 1) + 1

    compiled = native.compile(down, (lambda f, n: 0, 2))
    assert compiled(compiled, 300) == 300
    with pytest.raises(RecursionError):
        compiled(compiled, sys.getrecursionlimit() + 10)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(30_000)
    try:
        assert compiled(compiled, 20_000) == 20_000
    finally:
        sys.setrecursionlimit(limit)


def test_garbage_is_collected_while_native_code_runs(native):
    def build(make, n):
        out = []
        for i in range(n):
            cycle = make(i)
            out.append(cycle)
        return out

    def make(i):
        cycle = [i]
        cycle.append(cycle)
        gc.collect() if i % 50 == 0 else None
        return cycle

    compiled = native.compile(build, (make, 3))
    assert [c[0] for c in compiled(make, 300)] == list(range(300))


def test_a_caller_may_have_borrowed_the_arguments(native):
    def leave(self, kind, value, tb):
        value.with_traceback(None)
        return tb.tb_lineno > 0

    class Context:
        def __enter__(self):
            return self

    failed = []

    def use():
        with Context():
            failed.append(1)
            raise ValueError

    error = ValueError()
    try:
        raise error
    except ValueError:
        Context.__exit__ = native.compile(leave, (None, ValueError, error, error.__traceback__))
    for _ in range(10):
        use()
    assert len(failed) == 10


def test_a_callee_that_starts_tracing_is_heard(native):
    lines = []

    def trace(frame, event, _):
        lines.append((frame.f_code.co_name, event))
        return trace

    def start(i):
        if i == 2:
            sys._getframe(1).f_trace = trace
            sys.settrace(trace)
        return i

    def watched(f, n):
        t = 0
        for i in range(n):
            t = t + f(i)
        return t

    compiled = native.compile(watched, (abs, 3))
    try:
        heard = []
        for function in (watched, compiled):
            lines.clear()
            function(start, 4)
            sys.settrace(None)
            heard.append([line for line in lines if line[0] == "watched"])
    finally:
        sys.settrace(None)
    assert ("watched", "line") in heard[0]
    assert heard[0] == heard[1]


def test_sampling_keeps_no_class_alive(native):
    class Own:
        pass

    def hold(x):
        return x

    native.sample(hold, (Own(),))
    core.sample(hold.__code__, ((1, (0,)),), False)
    hold(Own())
    gone = weakref.ref(Own)
    del Own
    gc.collect()
    assert gone() is None

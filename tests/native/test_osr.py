"""Running loops are taken over by native code, and given back to the same frame.

Each case calls a function once: its loop is sampled, compiled and entered while it runs. The
interpreted copy does the same; ``either`` repeats it with guards that fail at random (seeded).
"""

from __future__ import annotations

import gc
import marshal
import signal
import sys
import threading
import weakref

import pytest

from tests.native.conftest import copy_of
from tests.native.observing import outcome

core = pytest.importorskip("dx_py.runtime_support._core")

NEVER = 1 << 30


class Loops:
    """The tier's hook for loops, in the tests' own process."""

    def __init__(self, compiler):
        self.compiler = compiler
        self.refused = []
        events = sys.monitoring.events
        sys.monitoring.register_callback(compiler.tool, events.JUMP, core.jump_event)
        core.configure_loops(self.on_loop, 2, 4, 4, True)

    def close(self):
        core.configure_loops(None, NEVER, NEVER, NEVER, True)

    def on_loop(self, function, header, event, classes):
        if event == "hot":
            self.sample(function)
        elif event == "sampled":
            self.compile(function, header, classes)

    def sample(self, function):
        from dx_py.ir.profile_sites import profile_names, profile_sites

        code, events = function.__code__, sys.monitoring.events
        if core.kept(code) is None:
            core.keep(code, marshal.dumps(profile_names(code), 0))
        core.sample(code, tuple(profile_sites(code)), False, True)
        sys.monitoring.set_local_events(
            self.compiler.tool, code, events.INSTRUCTION | events.JUMP
        )

    def compile(self, function, header, classes):
        from dx_py.ir.ssa_construction import UnsupportedError
        from dx_py.runtime_support.native_program import class_text, remember

        code = function.__code__
        remember(core, code, in_loop=True)
        core.finish_loop(code)
        self.watch(function)
        slots = tuple(c if isinstance(c, str) else class_text(c) for c in classes)
        try:
            self.compiler.compile_sampled(function, (header, slots))
        except UnsupportedError as error:
            self.refused.append(str(error))
            core.refuse_loop(code, header)

    def watch(self, function):
        tool, events = self.compiler.tool, sys.monitoring.events
        sys.monitoring.set_local_events(tool, function.__code__, events.JUMP)
        return function

    def entries(self, function):
        return sum(row[1] for row in core.loop_stats(function.__code__).values())

    def same(self, function, *arguments):
        """Called once with a loop that is taken over it does what the interpreter does."""
        watched = self.watch(copy_of(function))
        assert outcome(watched, *arguments) == outcome(copy_of(function), *arguments)
        assert self.refused == []
        assert self.entries(watched) > 0
        return watched


@pytest.fixture
def loops(native):
    taken = Loops(native)
    yield taken
    taken.close()


@pytest.fixture
def either_loops(either):
    taken = Loops(either)
    yield taken
    taken.close()


def over_range(n):
    total = 0
    for i in range(n):
        total = total + i * 3
    return total


def while_loop(n):
    i, total = 0, 0.0
    while i < n:
        total += i * 0.5 if i % 3 == 0 else -1.0
        i += 1
    return total, i


def nested(n):
    found = []
    for a in range(n):
        row = 0
        for b in range(a):
            if b % 5 == 4:
                continue
            row += a * b
        found.append(row)
    return found


def over_list(items):
    total, last = items[0], None
    for last in items:
        total = total + last
    return total, last


def returning(n):
    for i in range(n):
        for j in (1, 2, 3):
            if i * j == 60:
                return i, j
    return None


def grows(n):
    value = 1
    for i in range(n):
        value = value * 3 + i
    return value


def changes_class(n):
    total = 0
    for i in range(n):
        total = total + (i if i < 30 else i / 2)
    return total


def binds_late(n):
    for i in range(n):
        if i > 30:
            late = i
    return late


def unbinds(n):
    first = "x"
    for i in range(n):
        if i == 40:
            del first
        if i == 41:
            return first
    return None


def breaks(n):
    for i in range(n):
        if i == 33:
            break
    else:
        return "not broken"
    return i


def catches(n):
    caught = []
    for i in range(n):
        try:
            caught.append(10 // (i % 7))
        except ZeroDivisionError as error:
            caught.append((str(error), error.__traceback__.tb_lineno))
        finally:
            caught.append(i)
    return caught


def fails(n):
    total = 0
    for i in range(n):
        total += 100 // (n - 1 - i)
    return total


def fails_below_a_try(n):
    total = 0
    try:
        for i in range(n):
            for j in range(3):
                total += 100 // (n - 1 - i - j)
    except ZeroDivisionError as error:
        total = (total, i, j, error.__traceback__.tb_lineno)
    return total


class Context:
    def __init__(self, seen):
        self.seen = seen

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.seen.append(kind)
        return True


def in_context(n):
    seen = []
    for i in range(n):
        with Context(seen):
            seen.append(1 // (i % 5))
    return seen


def closes_over(n):
    total = 0

    def add(k):
        nonlocal total
        total += k

    for i in range(n):
        add(i)
        total -= 1
    return total


def in_call(n):
    return max(0, *[i * i for i in range(n)])


def unpacks(n):
    a, b = 0, 1
    for i, (left, right) in enumerate(zip(range(n), range(n), strict=True)):
        a, b = b, (a + b + left * right + i) % 1000
    return a, b


def strings(n):
    text = ""
    for i in range(n):
        text += str(i % 10)
    return text


def in_dict(n):
    counts = {}
    for i in range(n):
        key = i % 7
        counts[key] = counts.get(key, 0) + 1
    return counts


def numbers_kept(n):
    kept = [None] * n
    for i in range(n):
        kept[i] = i * 1.5
    return kept


CASES = [
    (over_range, 200),
    (while_loop, 200),
    (nested, 40),
    (over_list, [*range(60)]),
    (over_list, [*range(30), 2.5, *range(30)]),
    (over_list, [*range(30), "x", *range(30)]),
    (returning, 100),
    (grows, 90),
    (changes_class, 60),
    (binds_late, 60),
    (unbinds, 60),
    (breaks, 60),
    (catches, 60),
    (fails, 60),
    (fails_below_a_try, 60),
    (in_context, 60),
    (closes_over, 60),
    (in_call, 60),
    (unpacks, 60),
    (strings, 60),
    (in_dict, 60),
    (numbers_kept, 60),
]


@pytest.mark.parametrize(
    ("function", "argument"), CASES, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_call_goes_on_as_interpreted(either_loops, function, argument):
    either_loops.same(function, argument)


def test_a_simple_loop_is_entered_once(loops):
    assert loops.entries(loops.same(over_range, 500)) == 1


def test_native_code_is_entered_again_after_an_exit(loops):
    watched = loops.same(catches, 600)
    assert loops.entries(watched) > 60


def test_a_later_call_is_taken_over_at_its_first_jump(loops):
    watched = loops.same(over_range, 100)
    assert watched(50) == over_range(50)
    assert loops.entries(watched) == 2


def test_another_shape_of_the_frame_stays_interpreted(loops):
    def shaped(n, *, early):
        if early:
            extra = 1
        for i in range(n):
            last = i
        return last, early and extra

    watched = loops.watch(shaped)
    assert watched(60, early=False) == (59, False)
    entries = loops.entries(watched)
    assert watched(60, early=True) == (59, 1)
    assert loops.entries(watched) == entries


def test_a_generator_stays_interpreted(loops):
    def squares(n):
        for i in range(n):
            yield i * i

    watched = loops.watch(squares)
    assert [*watched(60)] == [i * i for i in range(60)]
    assert loops.entries(watched) == 0


def seen_by_callee():
    frame = sys._getframe(1)
    return frame.f_lineno, dict(frame.f_locals)


def shows_itself(n):
    seen = []
    for i in range(n):
        half = i / 2
        if i % 10 == 9:
            seen.append(seen_by_callee()[0])
            seen.append({**seen_by_callee()[1], "seen": None})
    return seen, half


def test_callees_see_the_frame_as_it_is(either_loops):
    either_loops.same(shows_itself, 60)


def test_a_kept_frame_keeps_its_locals(loops):
    kept = []

    def keeps(n):
        total = 0
        for i in range(n):
            total += i
            if i == 30:
                kept.append(sys._getframe())
        return total

    loops.same(keeps, 60)
    first, second = kept
    assert first.f_locals.keys() == second.f_locals.keys()
    assert {**first.f_locals} == {**second.f_locals}


class Witness:
    def __init__(self, seen, number):
        self.seen, self.number = seen, number

    def __del__(self):
        self.seen.append((self.number, sys._getframe(1).f_lineno))


def drops(n):
    seen = []
    kept = Witness(seen, -1)
    for i in range(n):
        kept = Witness(seen, i)
    del kept
    return seen


def test_objects_go_when_the_interpreter_would_let_them_go(either_loops):
    either_loops.same(drops, 40)


def test_what_was_there_before_the_loop_is_not_held_in_it(loops):
    class Plain:
        pass

    def forgets(n):
        thing = Plain()
        known, states = weakref.ref(thing), []
        for i in range(n):
            if i == 30:
                thing = None
            states.append(known() is None)
        return states, thing

    loops.same(forgets, 60)


def test_references_are_counted_exactly(either_loops):
    marker = object()

    def holds(n, value):
        items = [value, None]
        for i in range(n):
            items[i % 2], other = value, items[0]
        return len(items), other is value

    before = sys.getrefcount(marker)
    watched = either_loops.watch(copy_of(holds))
    assert watched(60, marker) == holds(60, marker)
    gc.collect()
    assert sys.getrefcount(marker) == before


def test_a_tracer_that_begins_in_a_callee_sees_the_rest(loops):
    lines = []

    def trace(frame, event, argument):
        lines.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
        return trace

    def begin(frame):
        frame.f_trace = trace
        sys.settrace(trace)

    def traced(n):
        total = 0
        for i in range(n):
            total += i
            if i == 40:
                begin(sys._getframe())
            if i == 42:
                sys.settrace(None)
        return total

    watched = loops.watch(copy_of(traced))
    assert watched(60) == sum(range(60))
    mine, lines[:] = lines[:], []
    assert traced(60) == sum(range(60))
    assert mine == lines


def test_recursion_in_a_loop(either_loops):
    def depth_first(n):
        total = 1
        for i in range(n):
            total += depth_first(i) if i < 5 else i
        return total

    watched = either_loops.watch(depth_first)
    assert watched(60) == 1 + sum([1, 2, 4, 8, 16]) + sum(range(5, 60))
    assert either_loops.entries(watched) > 0


def test_too_deep_recursion_is_told_from_a_loop(loops):
    def deep(n):
        for i in range(40):
            if i == 39:
                return deep(n + 1)
        return None

    with pytest.raises(RecursionError):
        loops.watch(deep)(0)
    assert loops.entries(deep) > 0


def test_threads_run_the_same_loop(loops):
    def work(n):
        total = 0
        for i in range(n):
            total += i % 3
        return total

    results = []
    watched = loops.watch(work)
    watched(100)
    threads = [
        threading.Thread(target=lambda: results.append(watched(20000))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [sum(i % 3 for i in range(20000))] * 4


def test_a_signal_handlers_exception_comes_where_the_loop_is(loops):
    class ArrivedError(Exception):
        pass

    def arrive(number, frame):
        raise ArrivedError

    def waits(n):
        for i in range(n):
            if i == 50:
                signal.raise_signal(signal.SIGUSR1)
        return "over"

    old = signal.signal(signal.SIGUSR1, arrive)
    try:
        loops.same(waits, 100)
    finally:
        signal.signal(signal.SIGUSR1, old)


def test_a_changed_global_is_seen(loops):
    scope = {"step": 1, "__builtins__": __builtins__}
    exec(
        "def adds(n):\n"
        "    total = 0\n"
        "    for i in range(n):\n"
        "        total += step\n"
        "        if i == 30:\n"
        "            globals()['step'] = 100\n"
        "    return total\n",
        scope,
    )
    assert loops.watch(scope["adds"])(60) == 31 + 29 * 100
    assert loops.entries(scope["adds"]) >= 0


def test_redefined_callees_are_called_anew(loops):
    def one():
        return 1

    def two():
        return 2

    scope = {"one": one}

    def calls(n):
        total = 0
        for i in range(n):
            total += scope["one"]()
            if i == 30:
                one.__code__ = two.__code__
        return total

    assert loops.watch(calls)(60) == 31 + 29 * 2

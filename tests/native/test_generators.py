"""Generators with native code: each step does what the host's does, in the host's object."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import sys
import threading
import traceback
import weakref
from types import FunctionType

import pytest


def copy_of(function):
    code = function.__code__.replace()
    named = function.__globals__, function.__name__, function.__defaults__
    copied = FunctionType(code, *named, function.__closure__)
    copied.__kwdefaults__ = function.__kwdefaults__
    return copied


def compiled(compiler, function, *arguments, use=list):
    """A native copy, from what a use of one generator does."""
    copied = copy_of(function)
    with compiler.sampling([copied]), contextlib.suppress(Exception):
        use(copied(*arguments))
    return compiler.compile_sampled(copied)


def look(generator):
    """All that is to be seen of a generator from outside."""
    frame = generator.gi_frame
    seen = [generator.gi_running, generator.gi_suspended, generator.gi_yieldfrom]
    if frame is None:
        return [*seen, None]
    line = frame.f_lineno - frame.f_code.co_firstlineno
    return [*seen, {k: repr(v) for k, v in frame.f_locals.items()}, line, frame.f_lasti]


def act(generator, actions):
    """What each action gives or raises, with the traceback, and what is seen after it."""
    log = []
    for name, *arguments in actions:
        try:
            given = [argument() if callable(argument) else argument for argument in arguments]
            log.append(repr(getattr(generator, name)(*given)))
        except BaseException as error:
            places = traceback.extract_tb(error.__traceback__)
            lines = [(place.name, place.line, place.colno) for place in places[1:]]
            log.append((repr(error), repr(error.__context__), lines))
        log.append(look(generator))
    return log


NEXT = ("__next__",)


def same(compiler, function, arguments, actions, sampled):
    native = compiled(compiler, function, *arguments(), use=sampled)
    wanted = act(copy_of(function)(*arguments()), actions)
    before = compiler.entries(native)
    for _ in range(2):
        assert act(native(*arguments()), actions) == wanted
    assert compiler.entries(native) > before
    return wanted


def count_up(n):
    i = 0
    while i < n:
        yield i
        i += 1


def permutations(pool, r):
    n = len(pool)
    indices = list(range(n))
    cycles = list(range(n - r + 1, n + 1))[::-1]
    yield tuple(pool[i] for i in indices[:r])
    while n:
        for i in reversed(range(r)):
            cycles[i] -= 1
            if cycles[i] == 0:
                indices[i:] = indices[i + 1 :] + indices[i : i + 1]
                cycles[i] = n - i
            else:
                j = cycles[i]
                indices[i], indices[-j] = indices[-j], indices[i]
                yield tuple(pool[i] for i in indices[:r])
                break
        else:
            return


def test_each_item_is_a_native_step(native):
    function = compiled(native, count_up, 10)
    assert list(function(1000)) == [*range(1000)]
    assert native.entries(function) == 1001
    assert native.exits(function) == 0


def test_permutations(either):
    function = compiled(either, permutations, [*range(4)], 4)
    assert [*function([*"abcdef"], 4)] == [*permutations([*"abcdef"], 4)]


def test_between_steps_the_object_shows_what_the_hosts_shows(either):
    def function(a, *rest, b=2, **more):
        total = a
        for item in rest:
            total += item
            got = yield total, b
            del item
            more["got"] = got
        return total

    actions = [NEXT, ("send", 5), NEXT, ("send", 6), NEXT, NEXT]
    same(either, function, lambda: (1, 2, 3, 4), actions, list)


def drain(generator):
    list(generator)


def test_what_is_returned_is_in_the_exception(either):
    def function(n):
        for i in range(n):
            yield -i
        return "end", n

    wanted = same(either, function, lambda: (2,), [NEXT] * 5, drain)
    assert "StopIteration(('end', 2))" in wanted[4]


def test_exceptions_of_the_body_show_its_lines(either):
    def function(items):
        for item in items:
            yield 10 // item

    same(either, function, lambda: ([5, 2, 0, 1],), [NEXT] * 5, lambda g: [next(g), next(g)])


def test_an_exception_thrown_in_is_handled_where_it_is_suspended(either):
    def function(n):
        i = 0
        while i < n:
            try:
                yield i
            except ValueError as error:
                yield repr(error)
            finally:
                i += 1

    actions = [
        NEXT,
        NEXT,
        ("throw", lambda: ValueError("in")),
        NEXT,
        NEXT,
        ("throw", lambda: KeyError(1)),
        NEXT,
    ]
    same(either, function, lambda: (9,), actions, list)


LOG = []


def test_closing_runs_what_must_run(either):
    del LOG[:]

    def function(n):
        try:
            for i in range(n):
                yield -i
        finally:
            LOG.append("closed")

    same(either, function, lambda: (9,), [NEXT, NEXT, ("close",), NEXT, ("close",)], list)
    assert LOG == ["closed"] * 4


def test_one_that_ignores_its_end_is_told(either):
    def function(n):
        for i in range(n):
            try:
                yield i
            except GeneratorExit:
                yield "no"

    actions = [NEXT, ("close",), NEXT, NEXT, ("close",), ("throw", lambda: KeyError(1))]
    same(either, function, lambda: (9,), actions, list)


def test_one_that_is_dropped_half_way_is_closed(either):
    log = []

    def function(n):
        try:
            for i in range(n):
                yield -i
        finally:
            log.append(n)

    native = compiled(either, function, 3)
    generator = native(7)
    assert next(generator) == 0
    del generator
    assert log == [3, 7]


def test_it_cannot_be_entered_twice(either):
    def function(box):
        for step in range(3):
            yield next(box[0]) if step else step

    def start(make):
        box = []
        box.append(make(box))
        return act(box[0], [NEXT, NEXT, NEXT])

    copied = copy_of(function)
    with either.sampling([copied]):
        list(copied([iter("ab")]))
    assert start(either.compile_sampled(copied)) == start(function)


def test_the_frame_is_there_while_it_runs(either):
    def function(n):
        for _ in range(n):
            frame = sys._getframe()
            frames = [frame.f_code.co_name, frame.f_back.f_code.co_name]
            line = frame.f_lineno - frame.f_code.co_firstlineno
            names = sorted(frame.f_locals)
            del frame
            yield frames, names, line

    same(either, function, lambda: (3,), [NEXT] * 4, list)


def test_a_kept_frame_goes_on_showing_the_generator(either):
    def function(n, frames):
        for i in range(n):
            frames.append(sys._getframe())
            yield i

    def see(make):
        frames, seen = [], []
        for item in make(4, frames):
            seen.append((item, [dict(f.f_locals, frames=0) for f in frames], len({*frames})))
        return (
            seen,
            [f.f_lineno - f.f_code.co_firstlineno for f in frames],
            len(frames[0].f_locals),
        )

    native = compiled(either, function, 3, [])
    assert see(native) == see(function)


def test_references_are_given_up_when_the_hosts_are(either):
    class Marked:
        pass

    def function(items):
        last = None
        for item in items:
            yield last
            last = item

    def alive(make):
        made = [Marked() for _ in range(5)]
        references = [weakref.ref(item) for item in made]
        generator = make(iter([made.pop(0) for _ in range(5)]))
        seen = []
        for _ in range(7):
            seen.append(next(generator, "end") is None)
            seen.append([reference() is None for reference in references])
        return seen

    native = compiled(either, function, [1, 2, 3])
    assert alive(native) == alive(function)


def test_reference_counts_are_the_hosts(either):
    value = object()

    def function(items, n):
        kept = items
        for _ in range(n):
            yield kept
            items, kept = kept, items

    def counts(make):
        seen = [sys.getrefcount(value), sys.getrefcount(make)]
        generator = make(value, 3)
        for _ in range(5):
            next(generator, None)
            seen.append(sys.getrefcount(value))
        del generator
        return [*seen, sys.getrefcount(value), sys.getrefcount(make)]

    native, host = compiled(either, function, value, 3), copy_of(function)
    assert counts(native) == counts(host)


def test_a_finaliser_during_a_step_sees_the_frame(either):
    seen = []

    class Marked:
        def __del__(self):
            frame = sys._getframe(1)
            seen.append((frame.f_code.co_name, sorted(frame.f_locals)))

    def function(n):
        for i in range(n):
            marked = Marked()
            yield i
            marked = [i, marked is None]

    native = compiled(either, function, 2)
    del seen[:]
    list(native(3))
    natively = seen[:]
    del seen[:]
    list(function(3))
    assert natively == seen


def test_recursion_is_counted(either):
    def walk(tree, walk):
        if tree:
            for item in walk(tree[0], walk):
                yield item
            yield tree[1]
            for item in walk(tree[2], walk):
                yield item

    def build(n):
        return (build(n // 2), n, build(n // 2)) if n else None

    native = compiled(either, walk, build(8), walk)
    before = either.core.thread_state()[:2]
    assert [*native(build(64), native)] == [*walk(build(64), walk)]
    assert either.core.thread_state()[:2] == before


def test_too_deep_recursion_is_an_error_as_in_the_host(either):
    def function(n, function):
        yield n
        for item in function(n + 1, function):
            yield -item

    def deepest(make):
        try:
            list(make(0, make))
        except RecursionError as error:
            return str(error)

    native = compiled(either, function, 0, count_up, use=lambda g: [next(g), next(g)])
    assert deepest(native) == deepest(function)
    assert [next(native(1, native))] == [1]


def test_unbound_locals_are_found_unbound(either):
    def function(n):
        for i in range(n):
            if i == 2:
                x = i
            if i > 3:
                del x
            yield i
            if i > 1:
                yield x

    same(either, function, lambda: (6,), [NEXT] * 12, lambda g: [next(g) for _ in range(8)])


def test_a_variable_shared_with_a_closure(either):
    def function(n):
        total = 0

        def add(k):
            nonlocal total
            total += k

        for i in range(n):
            add(i)
            yield total

    native = compiled(either, function, 4)
    assert [*native(20)] == [*function(20)]


def test_an_object_of_another_class_leaves_native_code(either):
    def function(items):
        total = 0
        for item in items:
            total += item
            yield total

    items = [1, 2, 2**80, 1.5, 3]
    same(either, function, lambda: (items,), [NEXT] * 7, lambda g: [next(g), next(g)])


def test_numbers_in_loops_survive_a_step(either):
    def function(n):
        i = 0
        x = 1.0
        while i < n:
            if i % 3 == 0:
                yield i, x
            i += 1
            x = x * 1.5 + i

    native = compiled(either, function, 10)
    assert [*native(100)] == [*function(100)]


def test_the_exception_being_handled_is_the_generators_own(either):
    def function(n):
        for i in range(n):
            yield sys.exc_info()[0], i

    native = compiled(either, function, 3)

    def inside(make):
        try:
            raise KeyError(1)
        except KeyError:
            return [*make(3)]

    assert inside(native) == inside(function)


def test_each_thread_steps_its_own(either):
    native = compiled(either, count_up, 10)
    results = []

    def work():
        results.append(sum(native(3000)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [sum(range(3000))] * 4


def test_collected_while_suspended(either):
    def function(cycle):
        while cycle is not None:
            yield cycle

    native = compiled(either, function, [], use=lambda g: [next(g), next(g)])
    cycle = []
    generator = native(cycle)
    cycle.append(generator)
    next(generator)
    reference = weakref.ref(generator)
    del cycle, generator
    gc.collect()
    assert reference() is None


def test_code_and_name_stay_after_the_end(either):
    native = compiled(either, count_up, 3)
    generator = native(3)
    assert [*generator] == [0, 1, 2]
    assert generator.gi_code is native.__code__
    assert generator.gi_frame is None
    assert repr(generator).startswith("<generator object count_up at")


def test_a_generator_expression_in_a_native_function(either):
    def function(values):
        return sum(value * 2 for value in values)

    copied = copy_of(function)
    with either.sampling([copied]):
        copied([1, 2, 3])
    native = either.compile_sampled(copied)
    assert native([1, 2, 3, 4]) == 20


def test_a_native_consumer_of_a_native_generator(either):
    def consume(generator):
        total = 0
        for item in generator:
            total += item
        return total

    native = compiled(either, count_up, 10)
    consumer = either.compile(consume, (count_up(3),))
    assert consumer(native(100)) == 4950
    with pytest.raises(TypeError):
        consumer(iter(["x"]))


def test_an_error_shows_the_consumer_and_the_generator(either):
    def produce(items):
        for item in items:
            yield 1 // item

    def consume(generator):
        total = 0
        for item in generator:
            total += item
        return total

    def trace(consumer, producer):
        try:
            consumer(producer([1, 1, 0]))
        except ZeroDivisionError as error:
            places = traceback.extract_tb(error.__traceback__)[1:]
            return [(p.name, p.lineno, p.colno) for p in places]

    native = compiled(either, produce, [1, 2])
    consumer = either.compile(consume, (count_up(3),))
    assert trace(consumer, native) == trace(consume, produce)


def test_one_loaded_meanwhile_takes_over_at_the_next_step(native):
    copied = copy_of(count_up)
    early = copied(6)
    assert [next(early), next(early)] == [0, 1]
    with native.sampling([copied]):
        list(copied(3))
    native.compile_sampled(copied)
    assert [*early] == [2, 3, 4, 5]
    assert native.entries(copied) == 5


def test_one_whose_code_is_invalid_goes_on_interpreted(native):
    function = compiled(native, count_up, 10)
    generator = function(5)
    assert [next(generator), next(generator)] == [0, 1]
    native.core.invalidate(function.__code__)
    assert [*generator] == [2, 3, 4]
    assert native.entries(function) == 2


def test_a_tracer_sees_every_step(native):
    function = compiled(native, count_up, 10)
    seen = []

    def trace(frame, event, argument):
        if frame.f_code is function.__code__:
            seen.append(event)
        return trace

    generator = function(3)
    next(generator)
    sys.settrace(trace)
    try:
        next(generator)
    finally:
        sys.settrace(None)
    assert seen == ["call", "line", "line", "line", "return"]
    assert next(generator) == 2


def delegating(n, inner):
    got = yield from inner(n)
    yield got
    yield from (n, n)
    return "done", got


def returning(n):
    for i in range(n):
        sent = yield i
        if sent:
            n += sent
    return n


def test_delegating_to_generators_and_iterables(either):
    native = compiled(either, delegating, 3, returning)
    inner = compiled(either, returning, 3)
    assert [*native(5, inner)] == [*delegating(5, returning)]
    actions = [NEXT, NEXT, ("send", 7), NEXT, NEXT, NEXT, NEXT, NEXT, NEXT]
    for chosen in (inner, returning):
        wanted = act(delegating(2, returning), actions)
        found = act(native(2, chosen), actions)
        assert [*map(anonymous, found)] == [*map(anonymous, wanted)]


def anonymous(entry):
    """Without the addresses of objects."""
    return re.sub("0x[0-9a-f]+", "", repr(entry))


def test_an_exception_inside_goes_through_those_that_delegate(either):
    def outer(items, inner):
        try:
            yield from inner(items)
        except ZeroDivisionError as error:
            yield len(traceback.extract_tb(error.__traceback__)), error.__traceback__.tb_lineno
        yield from inner(items)

    def divide(items):
        for item in items:
            yield 1 // item

    native = compiled(either, outer, [1, 2], divide)
    inner = compiled(either, divide, [1, 2])
    actions = [NEXT] * 6
    wanted = act(outer([1, 1, 0], divide), actions)
    assert [*map(anonymous, act(native([1, 1, 0], inner), actions))] == [
        *map(anonymous, wanted)
    ]


def test_frames_of_those_that_delegate_are_seen_from_inside(either):
    def outer(inner, depth):
        if depth:
            yield from outer_again[0](inner, depth - 1)
        else:
            yield from inner(depth)

    def inside(depth):
        for _ in range(3):
            frame, lines = sys._getframe(), []
            while frame.f_code.co_name in ("outer", "inside"):
                lines.append((frame.f_code.co_name, frame.f_lineno, sorted(frame.f_locals)))
                frame = frame.f_back
            del frame
            yield lines, depth

    outer_again = [outer]
    wanted = [*outer(inside, 3)]
    native = compiled(either, outer, inside, 1)
    inner = compiled(either, inside, 1)
    outer_again[0] = native
    assert [*native(inner, 3)] == wanted
    generator = native(inner, 3)
    next(generator)
    assert generator.gi_yieldfrom.gi_yieldfrom.gi_code is native.__code__
    assert list(generator) == wanted[1:]


def test_a_tree_is_walked_by_delegation(either):
    class Tree:
        def __init__(self, left, value, right):
            self.left, self.value, self.right = left, value, right

        def __iter__(self):
            if self.left:
                yield from self.left
            yield self.value
            if self.right:
                yield from self.right

    def build(n):
        return Tree(build(n // 2), n, build(n // 2)) if n else None

    wanted = [*build(100)]
    walk = Tree.__iter__
    with either.sampling([walk]):
        list(build(9))
    either.compile_sampled(walk)
    assert [*build(100)] == wanted
    assert either.entries(walk) > len(wanted)


def run_coroutine(coroutine):
    """What it asks for, and its result."""
    asked = []
    try:
        while True:
            asked.append(coroutine.send(None))
    except StopIteration as end:
        return asked, end.value


class Asking:
    def __await__(self):
        return (yield "asked")


async def fibonacci(n, again):
    if n <= 1:
        await Asking()
        return n
    return await again(n - 1, again) + await again(n - 2, again)


def test_coroutines_await_each_other(either):
    copied = copy_of(fibonacci)
    with either.sampling([copied]):
        run_coroutine(copied(4, copied))
    native = either.compile_sampled(copied)
    assert run_coroutine(native(8, native)) == run_coroutine(fibonacci(8, fibonacci))
    assert either.entries(native) > 100


def test_what_cannot_be_awaited_is_named(either):
    class Iterating:
        def __await__(self):
            return 3

    class Coroutine:
        def __await__(self):
            return self.made

    async def function(value):
        return await value

    def errors(make):
        done = fibonacci(0, fibonacci)
        run_coroutine(done)
        awaited = fibonacci(0, fibonacci)
        awaited.send(None)
        returning = Coroutine()
        returning.made = fibonacci(0, fibonacci)
        found = []
        for value in (3, Iterating(), returning, done, awaited, returning.made, Asking()):
            try:
                found.append(run_coroutine(make(value)))
            except (TypeError, RuntimeError) as error:
                found.append(repr(error))
        awaited.close()
        return found

    copied = copy_of(function)
    with either.sampling([copied]):
        run_coroutine(copied(Asking()))
    assert errors(either.compile_sampled(copied)) == errors(function)


def test_tasks_of_an_event_loop_run_natively(native):
    async def work(n, log):
        for i in range(n):
            await asyncio.sleep(0)
            log.append((n, i))
        return n

    async def main(make, log):
        return await asyncio.gather(*[make(n, log) for n in range(4)])

    copied = copy_of(work)
    with native.sampling([copied]):
        asyncio.run(main(copied, []))
    compiled_work = native.compile_sampled(copied)
    wanted, found = [], []
    assert asyncio.run(main(compiled_work, found)) == asyncio.run(main(work, wanted))
    assert found == wanted
    assert native.entries(compiled_work) == 10


def test_native_code_makes_generators_and_coroutines_itself(either):
    def make(a, b=2, *rest, c=3, **more):
        shared = a

        def inner():
            return shared, c

        yield a, b, rest, c, sorted(more), inner()

    def call(make, n):
        return [next(make(i, n)) for i in range(n)] + [next(make(n, 1, 2, 3, c=4, d=5))]

    native = compiled(either, make, 1)
    caller = either.compile(call, (native, 3))
    assert caller(native, 4) == call(make, 4)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        native()
    assert [generator.__name__ for generator in (native(1), make(1))] == ["make", "make"]


def test_a_coroutine_that_nobody_awaits_is_warned_of(either):
    copied = copy_of(fibonacci)
    with either.sampling([copied]):
        run_coroutine(copied(3, copied))
    native = either.compile_sampled(copied)
    with pytest.warns(RuntimeWarning, match="coroutine 'fibonacci' was never awaited"):
        native(3, native)
    sys.set_coroutine_origin_tracking_depth(2)
    try:
        coroutine = native(1, native)
        assert coroutine.cr_origin[0][2] == sys._getframe().f_code.co_name
        coroutine.close()
    finally:
        sys.set_coroutine_origin_tracking_depth(0)

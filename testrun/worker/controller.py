"""The controller's loop: hand out batches, collect what workers say, replay it in order."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from . import coverage_data, events
from .crash import Death, crash_events, describe_stuck, failure_events
from .durations import Durations
from .exclusive import Turns
from .fallback import fork_reason
from .isolation import chose_role_early, prepare_temporary_folder
from .launching import Forking, Spawning
from .pool import Pool, Process
from .reporting import Replay
from .schedule import Schedule, first_with, make_batches
from .terminal import STDERR, STDOUT, flush, is_uncaptured, put_in_front
from .timeouts import configured_limit, time_limit

# How soon what a test writes is on the screen, under `-s`, while it runs.
LIVE_SECONDS = 0.1
# How long messages may gather: being woken for each costs more than reading it, and takes the
# core of the worker that wrote it.
GATHERING_SECONDS = 0.001
# The first tests of a run are not made to wait: it may be that there are no others.
GATHERING_TESTS = 20


class Controller:
    """Runs the collected items of ``session`` in forked workers.

    On return every item was reported, or the exception that pytest's own loop would have raised
    is under way.
    """

    def __init__(self, session: pytest.Session, *, workers: int, durations: Durations) -> None:
        self.session = session
        self.workers = max(1, min(workers, len(session.items)))
        self.run_id: str = session.config.option.dx_run_id or uuid.uuid4().hex
        self.schedule = plan(session, self.workers, durations)
        self.replay = Replay(session, self.grant)
        self.spawning = fork_reason() is not None
        self.pool = self.make_pool()
        self.turns = Turns(self.schedule, session.items)
        self.limits = [time_limit(item) for item in session.items]
        self.failed: set[int] = set()
        #: Of each worker that had to be killed after its last test, where it was.
        self.stuck: list[str] = []

    def make_pool(self) -> Pool:
        first, count = place_of(self.session.config, self.workers)
        if self.spawning:
            return Pool(Spawning(self.session, count, self.run_id), first=first)
        forking = Forking(self.session, count, self.run_id)
        forking.pool = Pool(forking, count_outputs(self.session.config), first)
        return forking.pool

    def run(self, *, meanwhile: Callable[[], None]) -> None:
        """``meanwhile`` is called once the workers are busy."""
        prepare_temporary_folder(self.session)
        try:
            for number in range(self.workers):
                self.start_worker(number)
            meanwhile()
            while self.pool.processes:
                self.step()
        finally:
            self.pool.stop()

    def start_worker(self, number: int) -> None:
        process = self.pool.start(number)
        if self.spawning:
            process.channel.send((events.ORDER, [item.nodeid for item in self.session.items]))

    def step(self) -> None:
        before = [(process, output_sizes(process)) for process in self.pool.processes]
        heard = self.pool.poll(self.until_deadline())
        for process, messages in heard:
            if messages is None:
                self.bury(process)
                continue
            for message in messages:
                self.hear(process, message)
        speaking = [process for process, _ in heard]
        for process, sizes in before:
            # Silent since then: so it has said all that came before this output.
            if process not in speaking and process.running == self.replay.head:
                self.replay.write_output(new_output(process, sizes))
        self.stop_overdue()
        if heard and self.replay.head >= GATHERING_TESTS:
            time.sleep(GATHERING_SECONDS)

    def hear(self, process: Process, message: tuple[Any, ...]) -> None:
        kind = message[0]
        if kind == events.NEED:
            self.feed(process)
        elif kind == events.DONE:
            process.done = True
            process.started = time.monotonic()
            self.worker_finished(process, message[1])
        elif kind == events.INTERRUPT:
            self.interrupted(process, message[1], message[2])
        elif kind == events.INTERNAL:
            raise WorkerError(f"internal error in worker {process.name}\n{message[1]}")
        elif kind == events.SETUP:
            self.turns.ask(process, message[2])
        elif kind == events.IS_SET_UP:
            self.turns.is_set_up(process, message[2], exclusive=message[3])
        elif kind == events.HAND_BACK:
            self.take_back(process, message[2], message[3])
        elif kind == events.RETURN:
            self.take_terminal(process)
        elif kind == events.OUTPUT:
            self.replay.add((kind, message[1], new_output(process, message[2])))
        else:
            self.note(process, message)
            self.replay.add(message)

    def note(self, process: Process, message: tuple[Any, ...]) -> None:
        """Keep what is needed to name a test when its worker dies."""
        kind, index = message[0], message[1]
        if kind == events.START:
            process.running = index
            process.started = time.monotonic()
            process.reports = set()
            process.recent = [*process.recent[-4:], index]
        elif kind == events.TERMINAL:
            process.interactive = True
            self.withdraw(process, index)
        elif kind in (events.FINISH, events.EXIT):
            process.running = None
            process.assigned.remove(index)
        elif kind == events.HOOK and message[2] == "pytest_runtest_logreport":
            self.note_report(process, index, message[3]["report"])

    def withdraw(self, process: Process, index: int) -> None:
        """It has to wait for all items before its own: none of those may wait for it."""
        held = [number for number in process.assigned if number != index]
        if min(held, default=index) >= index:
            return
        process.assigned = [index]
        process.withdrawn = process.ending = True
        self.schedule.give_back(sorted(held), process.number)
        if not any(other.is_free for other in self.pool.processes):
            self.workers += 1
            self.start_worker(self.workers - 1)

    def note_report(self, process: Process, index: int, report: dict[str, Any]) -> None:
        process.reports.add(str(report.get("when")))
        if report.get("outcome") == "failed":
            self.failed.add(index)

    def interrupted(self, process: Process, index: int, text: str) -> None:
        """A test raised KeyboardInterrupt: that fails the test and ends its worker only."""
        process.assigned.remove(index)
        process.running = None
        self.failed.add(index)
        for event in failure_events(self.session, index, phase="call", text=text):
            self.replay.add(event)

    def feed(self, process: Process) -> None:
        batch = self.schedule.take(self.horizon(), process.number)
        if batch is None:
            process.ending = True
            process.channel.send((events.END,))
        else:
            process.assigned.extend(batch)
            process.channel.send((events.BATCH, batch))

    def take_back(self, process: Process, fixture: str, indexes: list[int]) -> None:
        """It came to a fixture that is another worker's: it tears down its own, and ends."""
        process.running = None
        process.ending = True
        process.assigned = [n for n in process.assigned if n not in indexes]
        self.turns.hand_back(process, fixture, indexes)

    def horizon(self) -> int:
        """The first item that ``--maxfail`` keeps from being reported."""
        limit: int = self.session.config.getoption("maxfail")
        if not limit or len(self.failed) < limit:
            return len(self.session.items)
        return sorted(self.failed)[limit - 1] + 1

    def worker_finished(self, process: Process, output: dict[str, Any]) -> None:
        """As pytest-xdist: plug-ins read ``node.workeroutput`` in ``pytest_testnodedown``."""
        node = WorkerNode(process.name, self.session.config, output)
        manager = self.session.config.pluginmanager
        hook = self.session.config.hook.pytest_testnodedown
        # pytest-cov expects its own distributed mode behind this hook.
        without = [manager.getplugin(coverage_data.PLUGIN)]
        without += [
            implementation.plugin
            for implementation in hook.get_hookimpls()
            if chose_role_early(implementation.plugin)
        ]
        manager.subset_hook_caller("pytest_testnodedown", without)(node=node, error=None)

    def until_deadline(self) -> float | None:
        deadlines = [
            deadline for deadline in map(self.deadline, self.pool.processes) if deadline
        ]
        if self.pool.outputs:
            deadlines.append(time.monotonic() + LIVE_SECONDS)
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def deadline(self, process: Process) -> float | None:
        if process.interactive or process.waiting:
            return None
        if process.done:
            limit = configured_limit(self.session.config)
        else:
            limit = None if process.running is None else self.limits[process.running]
        return None if limit is None else process.started + limit

    def grant(self, index: int) -> None:
        """Let the worker that runs this item have the terminal: all before it is shown."""
        for process in self.pool.processes:
            if process.running == index:
                flush()
                put_in_front(process.pid)
                process.channel.send((events.GRANT, process.withdrawn))

    def take_terminal(self, process: Process) -> None:
        if process.interactive:
            process.interactive = False
            process.started = time.monotonic()
            put_in_front(os.getpgrp())

    def show_rest(self, process: Process) -> None:
        """Under `-s`: what came after its last message, in the place of the test it was at."""
        # Without a test, where others were quicker, it is shown as soon as it comes.
        last = process.recent[-1] if process.recent else -1
        index = last if process.running is None else process.running
        written = new_output(process, output_sizes(process))
        if index < self.replay.head:
            self.replay.write_output(written)
        else:
            self.replay.add((events.OUTPUT, index, written))
        for file in process.output:
            file.close()

    def stop_overdue(self) -> None:
        now = time.monotonic()
        for process in list(self.pool.processes):
            deadline = self.deadline(process)
            if deadline is not None and deadline <= now:
                process.write_stacks()
                process.kill()
                if process.done:
                    self.stuck.append(describe_stuck(process.name, process.stacks()))
                self.bury(process, timed_out=True)

    def bury(self, process: Process, *, timed_out: bool = False) -> None:
        """A worker is gone: blame the running item, give back the rest, start another."""
        status = self.pool.remove(process)
        self.take_terminal(process)
        if process.output:
            self.show_rest(process)
        if not process.done:
            self.blame(process, status, timed_out=timed_out)
        left = [number for number in process.assigned if number != process.running]
        self.schedule.give_back(left, process.number)
        self.turns.forget(process)
        if self.schedule.has_work(process.number):
            self.start_worker(process.number)
        process.dump.close()

    def blame(self, process: Process, status: int, *, timed_out: bool) -> None:
        if not process.recent:
            raise WorkerError(f"worker {process.name} died before its first test ({status})")
        if process.running is not None:
            index = process.running
            limit = self.limits[index] if timed_out else None
            death = Death(process.name, status, limit, process.stacks())
            recent = [self.session.items[number].nodeid for number in process.recent[:-1]]
            self.failed.add(index)
            for event in crash_events(
                self.session, index, death, reported=process.reports, recent=recent
            ):
                self.replay.add(event)


def plan(session: pytest.Session, workers: int, durations: Durations) -> Schedule:
    """The batches of a run; what failed last goes first where a failure may end the run."""
    option = session.config.option
    fixed: bool = option.dx_deterministic
    batches = make_batches(
        session.items,
        workers=workers,
        dist=option.dx_dist,
        seconds=(lambda _item: 1.0) if fixed else durations.of,
    )
    cache: Any = getattr(session.config, "cache", None)
    if not fixed and option.maxfail and cache is not None:
        failed = cache.get("cache/lastfailed", {})
        numbered = enumerate(session.items)
        batches = first_with(batches, {n for n, item in numbered if item.nodeid in failed})
    return Schedule(batches, fixed_for=workers if fixed else 0)


def place_of(config: pytest.Config, workers: int) -> tuple[int, int]:
    """The number of the first worker among all of its run, which may be one of several
    processes, and how many they are."""
    if not config.option.dx_shard_plan:
        return 0, workers
    index, count = config.option.dx_shard
    return (index - 1) * workers, count * workers


def count_outputs(config: pytest.Config) -> int:
    """How many files a worker's tests write to where nothing is captured; else none."""
    if not is_uncaptured(config):
        return 0
    return 1 if os.path.sameopenfile(STDOUT, STDERR) else 2


def output_sizes(process: Process) -> tuple[int, ...]:
    return tuple(os.fstat(file.fileno()).st_size for file in process.output)


def new_output(process: Process, sizes: tuple[int, ...]) -> list[bytes]:
    """What was written since the last call, up to the given sizes of its files."""
    written: list[bytes] = []
    for number, (file, size) in enumerate(zip(process.output, sizes)):
        shown = process.shown.get(number, 0)
        written.append(os.pread(file.fileno(), max(0, size - shown), shown))
        process.shown[number] = shown + len(written[-1])
    return written


class WorkerNode:
    """The controller's view of a worker, as much of pytest-xdist's as plug-ins read."""

    def __init__(self, name: str, config: pytest.Config, output: dict[str, Any]) -> None:
        self.config = config
        self.workeroutput = output
        self.workerinput = {"workerid": name}
        self.gateway = Gateway(name)


class Gateway:
    def __init__(self, name: str) -> None:
        self.id = name


class WorkerError(Exception):
    """A worker failed outside any test."""

"""The native tier in the user's process: what is hot gets native code.

A function that is called or loops a few times is looked up in the store. One that goes on is
sampled for some calls, and compiled by the worker, which stores the result for the next run.
``DX_JIT=sync`` waits for the worker, and samples and compiles at the first calls: for tests.
No compiler module is ever imported here.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType, ModuleType
    from typing import Any

    #: The extension module: mypy knows no stub of it.
    Core = Any
    #: Of the worker; None where it failed or there is none.
    Answer = tuple[Any, ...] | None

    from dx_py.runtime_support.native_profile import Recorder
    from dx_py.runtime_support.native_symbols import Symbols
    from dx_py.runtime_support.native_units import Stored, Unit
    from dx_py.runtime_support.posted_requests import PostedRequests
    from dx_py.runtime_support.startup import Parts
    from dx_py.runtime_support.store_files import StoreFiles
    from dx_py.runtime_support.worker_client import Worker

#: Calls and jumps before the store is asked, before sampling; calls that are sampled; calls
#: from then until it is compiled: what it calls has then been sampled, too.
THRESHOLDS = {"1": (4, 200, 200, 2000, 20, 2), "sync": (1, 1, 1, 1, 1, 1)}
#: Jumps back in one activation before the store is asked for the loop's code, before sampling;
#: jumps that are sampled.
LOOP_THRESHOLDS = {"1": (1000, 2000, 200), "sync": (20, 24, 8)}

MAX_FAILURES = 3
#: What is refused when little is known of what it calls, which may be sampled only then and get
#: native code later: it is asked for once more, in this process after so many calls, in the
#: next one when it is hot. The worker and ``_give_up`` call the second refusal so.
PROVISIONAL = ("mostly generic operations", "not faster natively")
SECOND = "still "
CALLS_BEFORE_RETRY = 200
#: How often compiling is put off while classes have no instances yet, or callees no samples.
MAX_RETRIES = 3
#: Times a function is sampled, and compiled again, before it is left to the interpreter.
MAX_ROUNDS = 5
#: The same under ``DX_JIT=sync``, where each round is one call and sees few of the branches.
MAX_EAGER_ROUNDS = 20
NO_LIMIT = 1 << 60
#: More calls than there will be.
NEVER = 1 << 30
#: Of ``DX_JIT_STRESS=N``: each guard fails once in about N times.
STRESS_SEED = 20241122
#: Files of the import system, and of DX-Py's own modules: nothing of them gets hot.
IMPORT_SYSTEM = "<frozen importlib"
#: Of DX-Py's own modules alone, which make native code and cannot wait for it.
OWN_FILES = "<frozen importlib._dx_py."


def install(settings: dict[str, str], parts: Parts) -> None:
    """Start the tier, unless the host is not one it knows or the events are taken."""
    files = parts.load("runtime_support.store_files")
    report = Report(settings.get("DX_STATS", ""))
    try:
        core = _load_core(settings["DX_PY_HOME"], files)
    except ImportError as error:
        # A second interpreter in this process, or a second load.
        core, report.refusal = None, str(error)
    if report.refusal is not None:
        pass
    elif core is None or core.refusal() is not None:
        report.refusal = "its core was not built" if core is None else core.refusal()
    elif sys.monitoring.get_tool(sys.monitoring.OPTIMIZER_ID) is not None:
        report.refusal = "another optimizer uses sys.monitoring"
    else:
        _start(settings, parts, files, core, report)
    if parts.json is not None:
        parts.json.sections["native"] = report.summary
    if report.target:
        files.private_extension("atexit").register(report.write)


def _start(
    settings: dict[str, str], parts: Parts, files: ModuleType, core: Core, report: Report
) -> None:
    client = parts.load("runtime_support.worker_client")
    python = settings.get("DX_WORKER_PYTHON") or client.own_python(settings["DX_PY_HOME"])
    root = settings["DX_CACHE_DIR"]
    layout = root and files.trusted_layout(root)
    store = files.StoreFiles(layout) if layout else None
    units = parts.load("runtime_support.native_units")
    worker = client.Worker(python) if python and store else None
    tier = Tier(core, units, store, worker, report)
    tier.program = parts.load("runtime_support.native_program")
    tier.links = parts.load("runtime_support.native_links")
    tier.worker_error = client.WorkerError
    if worker is not None:
        posted = parts.load("runtime_support.posted_requests")
        tier.requests = posted.PostedRequests(worker.start)
    tier.limit = int(settings.get("DX_JIT_LIMIT") or NO_LIMIT)
    if settings.get("DX_JIT_TRACE"):
        tier.trace = settings["DX_JIT_TRACE"]
        tier.stop_after = int(settings.get("DX_OPT_BISECT") or NO_LIMIT)
        # Children would count their functions, too.
        os.environ["DX_JIT"] = "0"
    tier.eager = settings["DX_JIT"] == "sync"
    if settings.get("DX_JIT_STRESS"):
        tier.is_stressed = True
        core.set_stress(STRESS_SEED, int(settings["DX_JIT_STRESS"]))
    perf, gdb = settings.get("DX_PERF_MAP") == "1", settings.get("DX_GDB") == "1"
    if perf or gdb:
        symbols = parts.load("runtime_support.native_symbols")
        report.symbols = symbols.Symbols(core, perf=perf, gdb=gdb)
    if settings.get("DX_PROFILE_OUT") or parts.json is not None:
        profile = parts.load("runtime_support.native_profile")
        report.recorder = profile.Recorder(core, tier.program)
        if settings.get("DX_PROFILE_OUT"):
            os.environ.pop("DX_PROFILE_OUT", None)
            profile.write_at_exit(report.recorder, settings["DX_PROFILE_OUT"], files)
    if settings.get("DX_JIT_IMPORTS") == "1":
        tier.left_alone = OWN_FILES
    if settings.get("DX_JIT_AUDITED") == "1":
        # Of this process: tests of audit hooks start others.
        os.environ.pop("DX_JIT_AUDITED", None)
        core.bear_audits()
    core.set_trials(not tier.eager)
    core.set_budget(not tier.eager)
    if settings.get("DX_JIT_COUNT"):
        tier.is_counting = True
        core.count_instructions()
        write = parts.load("runtime_support.native_counts").write
        files.private_extension("atexit").register(write, core, settings["DX_JIT_COUNT"])
    mode = "sync" if tier.eager else "1"
    tier.watch((NEVER,) * 6 if tier.limit == 0 else THRESHOLDS[mode])
    if tier.limit:
        loops = parts.load("runtime_support.native_loops").Loops(tier)
        core.configure_loops(loops.on_loop, *LOOP_THRESHOLDS[mode], tier.is_stressed)
    if settings.get("DX_SYS_JIT") == "1":
        core.offer_sys_jit()
    # Registered before the program's own: called after them.
    files.private_extension("atexit").register(tier.stop)


def _load_core(home: str, files: ModuleType) -> Core:
    external = sys.modules["_frozen_importlib_external"]
    for suffix in sys.modules["_imp"].extension_suffixes():
        path = f"{home}/runtime_support/_core{suffix}"
        if os.path.exists(path):
            loader = external.ExtensionFileLoader("dx_py.runtime_support._core", path)
            spec = external.spec_from_file_location(loader.name, path, loader=loader)
            module = loader.create_module(spec)
            loader.exec_module(module)
            return module
    return None


class Tier:
    """Hooks of the core: each gets the function that reached a threshold."""

    worker_error: type[Exception]
    #: Those to the worker that nobody waits for.
    requests: PostedRequests
    #: Modules: how a function is described, and its code linked.
    program: ModuleType
    links: ModuleType
    #: Compile whatever can be compiled, as tests want, not only what gets faster.
    eager: bool
    #: How the names of files begin whose functions never get native code.
    left_alone = IMPORT_SYSTEM
    #: How many functions may have native code: to find the one that spoils a program.
    limit: int
    #: A file that gets a line for each function that is given native code; "" for none.
    trace = ""
    #: How many passes the last of these functions goes through.
    stop_after = NO_LIMIT
    #: Guards are compiled to fail at random, too; their failures count for nothing.
    is_stressed = False
    #: Each instruction that is interpreted is an event.
    is_counting = False

    def __init__(
        self,
        core: Core,
        units: ModuleType,
        store: StoreFiles | None,
        worker: Worker | None,
        report: Report,
    ) -> None:
        self.core = core
        self.units = units
        self.store = store
        self.worker = worker
        self.report = report
        self.monitoring: Any = sys.monitoring
        self.tool: int = self.monitoring.OPTIMIZER_ID
        #: What is sampled along with a code object that has it inlined.
        self.watched: dict[CodeType, list[FunctionType]] = {}

    def watch(self, thresholds: tuple[int, ...]) -> None:
        on_exits = None if self.is_stressed else self.on_exits
        hooks = (self.on_warm, self.on_hot, self.on_sampled, self.on_ready, on_exits)
        self.core.configure(*hooks, *thresholds)
        self.core.set_poll(self.on_poll)
        self.core.set_change(self.monitoring.restart_events)
        events = self.monitoring.events
        self.core.hide_tool(self.on_tools)
        callbacks = {
            events.PY_START: self.core.start_event,
            events.JUMP: self.core.jump_event,
            events.INSTRUCTION: self.core.instruction_event,
        }
        for event, callback in callbacks.items():
            self.monitoring.register_callback(self.tool, event, callback)
        self.on_tools(False)

    def on_tools(self, others: bool) -> None:
        """A debugger, a profiler or coverage has come, or the last one has gone."""
        events = self.monitoring.events
        wanted = events.PY_START | events.JUMP
        if self.is_counting:
            wanted |= events.INSTRUCTION
        self.core.as_tool("set_events", 0 if others else wanted)

    def stop(self) -> None:
        """What gets hot while the interpreter ends finds no modules any more to be compiled."""
        self.core.configure(*[None] * 5, *[NEVER] * 6)
        self.core.configure_loops(None, *[NEVER] * 3, True)

    def on_warm(self, function: FunctionType) -> None:
        """Native code of an earlier run, if there is any.

        What it relies on may still be missing: ``__init__`` makes attributes at its first call.
        """
        if function.__code__.co_filename.startswith(self.left_alone):
            self.core.finish(function.__code__)
            return
        if self._load_stored(function):
            if not self.core.retries(function.__code__):
                self.core.finish(function.__code__)
            self.report.stored += 1
        elif self.core.kept(function.__code__) is not None:
            self.core.look_again(function.__code__)

    def on_hot(self, function: FunctionType) -> None:
        """Sample the next calls, at the places the worker names.

        Where that was done before, perhaps in another process, what is stored may fit by now;
        if it does not in the end, it is compiled anew.
        """
        code = function.__code__
        if not self.program.is_sampled(self.core, code):
            self.plan(function, self.sample)
            return
        stored = self.stored(self.key(code))
        # What was sampled again in this process is not to be as it was stored.
        is_new = self.core.rounds(code) > 0
        if stored is not None and not isinstance(stored[0], str) and not is_new:
            if self._load_stored(function):
                self.core.finish(code)
                return
            retries = self.core.retries(code)
            if retries < MAX_RETRIES:
                # What it was made of may belong to a later part of the program.
                self.core.try_later(code, CALLS_BEFORE_RETRY * 4**retries)
                return
        self.core.finish(code)
        self.on_ready(function)

    def on_sampled(self, function: FunctionType) -> None:
        """Remember what was sampled: callers may want it, too."""
        code = function.__code__
        self._end_sampling(code)
        for callee in self.watched.pop(code, ()):
            self._end_sampling(callee.__code__)
            self.core.install(callee)

    def _end_sampling(self, code: CodeType) -> None:
        self.core.as_tool("set_local_events", code, 0)
        self.program.remember(self.core, code)
        self.core.finish(code)

    def on_ready(self, function: FunctionType) -> None:
        """Have it compiled from what was sampled."""
        code = function.__code__
        program, is_complete = self.program.describe(self.core, function)
        may_wait = not self.eager and self.core.rounds(code) < 2
        if may_wait and not is_complete and self.core.retries(code) < MAX_RETRIES:
            self.core.try_later(code, CALLS_BEFORE_RETRY)
            return
        request = self.request(program, self.key(code))
        request["again"] = SECOND if self.core.retries(code) else ""
        self.ask(function, self._compiled, "compile", request)

    def request(self, program: tuple[Any, ...], key: bytes) -> dict[str, Any]:
        """To compile what is described; the result is recorded under the key."""
        request = {
            "program": program,
            "target": self.core.target(),
            "layout": self.core.layout(),
            "key": key,
            "eager": self.eager,
            "stress": self.is_stressed,
        }
        if self.limit == 1 and self.stop_after != NO_LIMIT:
            request["stop_after"] = self.stop_after
        return request

    def _compiled(self, function: FunctionType, answer: Answer) -> None:
        if answer is not None and self._load_stored(function):
            self.report.compiled += 1

    def on_exits(self, function: FunctionType, routines: Any) -> None:  # noqa: ANN401
        """It leaves native code often, perhaps by a guard of a routine it has inlined.

        ``routines`` are these, or what was measured: None, it does not pay; True, it does, and
        takes long; Ellipsis, it takes long, which may have been measured already.

        All of them are interpreted and sampled for a while, the frames that leave just now
        first of all.
        """
        code = function.__code__
        if routines is True or routines is ...:
            self._long_calls(function, known=routines is True)
            return
        self.core.invalidate(code)
        if routines is None:
            again = SECOND if self.core.retries(code) else ""
            self._give_up(function, f"{again}not faster natively")
            return
        if self.core.rounds(code) >= (MAX_EAGER_ROUNDS if self.eager else MAX_ROUNDS):
            self._give_up(function, "left native code too often")
            return

        def sample_all(function: FunctionType, answer: Answer) -> None:
            if not self.sample(function, answer):
                return
            self.watched[code] = []
            for routine in routines[1:]:
                if routine and self.core.is_done(routine.__code__):
                    self.plan(routine, self._watch_for(code))
            # Events that were no longer wanted of the code are wanted again.
            self.monitoring.restart_events()

        self.plan(function, sample_all)
        self.monitoring.restart_events()

    def _long_calls(self, function: FunctionType, *, known: bool) -> None:
        """Measured in one process, for all: half of the few calls are interpreted for it."""
        if self.store is None:
            return
        code = function.__code__
        key = self.store.sha256(self.key(code) + b"pays")
        if known:
            self.ask(function, lambda function, answer: None, "note", key, "it pays")
        elif self.stored(key) is not None:
            self.core.end_trial(code)

    def _give_up(self, function: FunctionType, why: str) -> None:
        """From now on, and in later processes, it is interpreted."""
        code = function.__code__
        self.report.refuse(function, why)
        message = ("give up", self.key(code), self.core.kept(code) or b"", why)
        self.ask(function, lambda function, answer: None, *message)

    def _watch_for(self, code: CodeType) -> Callable[[FunctionType, Answer], None]:
        """Sample a callee for as long as ``code`` is, unless that is over or done anyway."""

        def watch(routine: FunctionType, answer: Answer) -> None:
            done = self.core.is_done(routine.__code__)
            if code in self.watched and done and self.sample(routine, answer, watched=True):
                self.core.suspend(routine)
                self.watched[code].append(routine)
                self.monitoring.restart_events()

        return watch

    def plan(
        self, function: FunctionType, then: Callable[[FunctionType, Answer], object]
    ) -> None:
        """What to sample, by an earlier run's plan or by the worker's."""
        code = function.__code__
        key = self.store.sha256(self.key(code) + b"plan") if self.store else b""
        stored = self.stored(key)
        if stored is not None and isinstance(stored[0], tuple):
            then(function, stored[0])
        else:
            self.ask(function, then, "plan", marshal.dumps(code), key)

    def sample(
        self,
        function: FunctionType,
        answer: Answer,
        *,
        watched: bool = False,
        of_loop: bool = False,
    ) -> bool:
        """By the worker's plan, if there is one."""
        code = function.__code__
        if answer is None or answer[0] != "plan":
            if answer is not None:
                self.report.refuse(function, str(answer[1]))
                self.core.finish(code)
            return False
        if self.core.kept(code) is None:
            self.core.keep(code, marshal.dumps(answer[2], 0))
        self.core.sample(code, answer[1], watched, of_loop)
        events = self.monitoring.events
        self.core.as_tool("set_local_events", code, events.INSTRUCTION)
        return True

    def ask(
        self,
        function: FunctionType,
        then: Callable[[FunctionType, Answer], object],
        *message: Any,  # noqa: ANN401
    ) -> None:
        """``then`` gets the answer (None: there is none), at once or at a later call.

        The function is interpreted until then, and not kept alive.
        """
        if self.worker is None:
            then(function, None)
        elif self.eager:
            try:
                answer = self.worker.ask(*message)
            except self.worker_error:
                self._worker_failed()
                answer = None
            then(function, answer)
        else:
            self._post(function, then, message)

    def _post(
        self,
        function: FunctionType,
        then: Callable[[FunctionType, Answer], object],
        message: tuple[Any, ...],
    ) -> None:
        code = function.__code__
        known = sys.modules["_weakref"].ref(function)
        self.core.await_answer(code, True)

        def take(answer: Answer) -> None:
            if self.core.await_answer(code, False):
                self.monitoring.restart_events()
            if answer is None:
                self._worker_failed()
            function = known()
            if function is not None and function.__code__ is code:
                then(function, answer)

        self.requests.post(message, take)

    def on_poll(self) -> None:
        """A function that awaits an answer was called."""
        self.requests.poll()

    def _worker_failed(self) -> None:
        """After some failures the program goes on without: each may cost a process start."""
        self.report.failures += 1
        if self.report.failures >= MAX_FAILURES:
            self.worker = None

    def key(self, code: CodeType) -> bytes:
        if self.store is None:
            return b""
        key: bytes = self.units.unit_key(code, self.core.target(), self.store.sha256)
        return self.store.sha256(key + b"stress") if self.is_stressed else key

    def stored(self, key: bytes) -> Stored | None:
        digest = self.store.lookup(key) if self.store else None
        body = self.store.get(digest) if self.store and digest else None
        stored: Stored | None = self.units.decode_unit(body) if body else None
        return stored

    def _load_stored(self, function: FunctionType) -> bool:
        """Load what is stored for the function; whether there is anything usable."""
        key = self.key(function.__code__)
        if self.report.recorder is not None:
            self.report.recorder.handled(function, key)
        stored = self.stored(key)
        if stored is None:
            return False
        unit, kept = stored
        if kept:
            self.core.keep(function.__code__, kept)
        if isinstance(unit, str):
            self._refused(function, unit)
            return True
        return not self.take_turn(function) or self.link(function, unit)

    def take_turn(self, function: FunctionType) -> bool:
        """Whether it may have native code, as one of a limited number."""
        if self.limit <= 0:
            return False
        self.limit -= 1
        self._tell_trace(function.__code__)
        if self.limit == 0:
            self.report.last = f"{function.__qualname__} in {function.__code__.co_filename}"
        return True

    def _refused(self, function: FunctionType, why: str) -> None:
        code = function.__code__
        self.report.refuse(function, why)
        if why in PROVISIONAL and not self.core.retries(code):
            is_new = self.core.is_done(code)
            self.core.try_later(code, CALLS_BEFORE_RETRY if is_new else 0)

    def _tell_trace(self, code: CodeType) -> None:
        if self.trace:
            line = f"{code.co_qualname}\t{code.co_filename}\t{code.co_firstlineno}\n"
            with open(self.trace, "ab", buffering=0) as file:
                file.write(line.encode("utf-8", "backslashreplace"))

    def link(self, function: FunctionType, unit: Unit, *loop: Any) -> bool:  # noqa: ANN401
        """A unit that does not fit the program as it is now is not usable.

        ``loop``: of code for a running loop where that begins, and which slots hold objects.
        """
        code, entry, rows, guards, paths, digests, classes = unit
        try:
            links = self.links.Links(self.core, self.program, function)
            links.find_routines(paths, digests, self.store and self.store.sha256)
            links.find_rows(rows)
            links.check_classes(classes)
            parts = (code, entry, rows, len(guards), *links.arguments(), *loop)
            self.core.load_unit(function, *parts)
        except (LookupError, OSError) as error:
            self.report.refuse(function, str(error))
            return False
        if loop:
            self.report.loops += 1
        else:
            self.report.load(function, unit)
        return True


class Report:
    """What the tier did, for ``--stats``."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.refusal: str | None = None
        self.last = ""
        self.compiled = self.stored = self.failures = self.loops = 0
        self.refused: dict[str, str] = {}
        #: Of a profile that is written at exit, if one was asked for.
        self.recorder: Recorder | None = None
        #: Of names for perf and gdb, if they were asked for.
        self.symbols: Symbols | None = None

    def refuse(self, function: FunctionType, why: str) -> None:
        self.refused[function.__qualname__] = why
        if self.recorder is not None:
            self.recorder.refused(function, why)

    def load(self, function: FunctionType, unit: Unit) -> None:
        if self.symbols is not None:
            self.symbols.loaded(function.__code__)
        self.refused.pop(function.__qualname__, None)
        if self.recorder is not None:
            self.recorder.loaded(function, unit)

    def summary(self) -> dict[str, Any]:
        """For ``--stats-json``."""
        return {
            "off": self.refusal,
            "compiled": self.compiled,
            "stored": self.stored,
            "loops": self.loops,
            "failed_requests": self.failures,
            "functions": [] if self.recorder is None else self.recorder.summary(),
        }

    def write(self) -> None:
        text = "\n".join(self._lines()) + "\n"
        if not self.target.startswith("/"):
            os.write(2, text.encode("utf-8", "backslashreplace"))
            return
        row = f"{os.getpid()}\t{text[:-1]}".replace("\n", "; ") + "\n"
        descriptor = os.open(self.target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, row.encode("utf-8", "backslashreplace"))
        os.close(descriptor)

    def _lines(self) -> list[str]:
        if self.refusal is not None:
            return [f"dx-py: native code is off: {self.refusal}"]
        line = f"dx-py: {self.compiled} functions compiled, {self.stored} from the store"
        line += f", {len(self.refused)} stay interpreted"
        if self.loops:
            line += f", {self.loops} running loops got native code"
        if self.failures:
            line += f", {self.failures} requests failed"
        reasons = dict.fromkeys(self.refused.values(), 0)
        for why in self.refused.values():
            reasons[why] += 1
        if self.last:
            line += f"; the last was {self.last}"
        order = sorted(reasons, key=lambda why: (-reasons[why], why))
        return [line, *(f"dx-py: {reasons[why]} for: {why}" for why in order)]

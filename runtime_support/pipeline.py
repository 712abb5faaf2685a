"""Source -> tree -> code as artifacts, inside the user's process.

The front end makes the tree, the host's ``compile()`` the code (the stage ``host_compile``),
and the store keeps both. What the front end does not accept stays source: the host then
raises its own error. If it accepts instead, that is a fault of ours, which is counted, and
fatal under ``DX_STRICT=1``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

    from dx_py.runtime_support.code_cache import CodeCache
    from dx_py.runtime_support.front_end import FrontEnd
    from dx_py.runtime_support.warning_probe import WarningProbe

_compile = compile
_ONLY_AST = 0x400


class Pipeline:
    """Counts what it does, for ``--stats`` and the conformance runs."""

    def __init__(
        self,
        front_end: FrontEnd,
        cache: CodeCache,
        probe: type[WarningProbe],
        tell_failure: Callable[[str, BaseException], None],
        *,
        strict: bool,
    ) -> None:
        self._front_end = front_end
        self._probe = probe
        self._tell_failure = tell_failure
        self._strict = strict
        self.cache = cache
        self.parsed = 0
        self.rejected = 0
        self.unequal: list[str] = []
        self.wrongly_rejected: list[tuple[str, str]] = []

    @property
    def loaded(self) -> int:
        return self.cache.loaded

    @property
    def saved(self) -> int:
        return self.cache.saved

    @property
    def problem(self) -> str:
        return self.cache.problem

    def known_code(self, source: object, filename: object, optimize: int) -> CodeType | None:
        """The code that an earlier run made of ``source``."""
        if not isinstance(filename, str):
            return None
        return self.cache.load(source, filename, optimize)

    def compiling(
        self, source: object, filename: object, optimize: int = -1, *, silence: bool = False
    ) -> Compiling:
        """A context: compile its ``tree``, set its ``code``, and the artifact is kept."""
        return Compiling(self, self._probe(silence=silence), source, filename, optimize)

    def code_known_equal(self, pyc: memoryview, filename: str) -> CodeType | None:
        """The stage's code, if it was found equal to the code in ``pyc`` before."""
        return self.cache.load_equal(pyc, filename)

    def equal_code(self, host: CodeType, pyc: memoryview) -> CodeType:
        """The stage's code in place of ``host``, the code in ``pyc``.

        It is made from the source file, silently, as the host says nothing when it reads a
        .pyc. A .pyc that holds other code than its source gives is what the program asked
        for: then ``host`` is the answer.
        """
        filename = host.co_filename
        try:
            with open(filename, "rb") as file:
                source = file.read()
            code = self.cache.load(source, filename, -1, even_if_warned=True)
            if code is None:
                code = self._compile_silently(source, filename)
        except (OSError, SyntaxError):
            return host  # the source went, or is not what the .pyc was made of
        except Exception as error:
            self._tell_failure(f"the code of '{filename}'", error)
            return host
        if code is None or not self.cache.are_equal(code, host):
            self.unequal.append(filename)
            return host
        self.cache.save_equal(pyc, source)
        return code

    def _compile_silently(self, source: bytes, filename: str) -> CodeType | None:
        """What the host does without compiling leaves no trace when we compile.

        The names in "\\N{...}" are looked up in ``unicodedata``.
        """
        shows_names = "unicodedata" in sys.modules
        with self.compiling(source, filename, silence=True) as work:
            if work.tree is not source:
                work.code = _compile(work.tree, filename, "exec", dont_inherit=True)
        if not shows_names:
            sys.modules.pop("unicodedata", None)
        return work.code

    def save(self, source: object, code: CodeType, optimize: int, *, warned: bool) -> None:
        """Keep the artifacts of both stages."""
        if not self.cache.is_writing or not isinstance(source, bytes):
            return
        with self._probe(silence=True):
            body = self._front_end.artifact_body(source)
        self.cache.save(source, body, code, optimize, warned=warned)

    def tree_of(self, source: object, filename: object, mode: str = "exec") -> Any:  # noqa: ANN401
        """The tree of ``source``; ``source`` itself if it is the host's to judge."""
        if not isinstance(source, bytes | str) or not isinstance(filename, str):
            return source
        try:
            tree = self._front_end.tree(source, filename, mode)
        except Exception as error:
            self._judge_rejection(source, filename, mode, error)
            return source
        self.parsed += 1
        return tree

    def _judge_rejection(
        self, source: bytes | str, filename: str, mode: str, error: Exception
    ) -> None:
        self.rejected += 1
        try:
            with self._probe(silence=True):
                _compile(source, filename, mode, _ONLY_AST, dont_inherit=True)
        except Exception:
            return
        self.accuse(filename, f"{type(error).__name__}: {error}")

    def accuse(self, filename: str, why: str = "") -> None:
        """Note that the host accepts what the front end refused."""
        self.wrongly_rejected.append((filename, why))
        if self._strict:
            _die(filename, why)


class Compiling:
    """One compilation: what to compile, and what came of it."""

    def __init__(
        self,
        pipeline: Pipeline,
        probe: WarningProbe,
        source: object,
        filename: object,
        optimize: int,
    ) -> None:
        self._pipeline = pipeline
        self._probe = probe
        self._source = source
        self._filename = filename
        self._optimize = optimize
        #: For ``compile()``: a tree, or the source.
        self.tree: Any = source
        self.code: CodeType | None = None

    @property
    def warned(self) -> bool:
        return self._probe.seen

    def __enter__(self) -> Compiling:
        self._probe.__enter__()
        self.tree = self._pipeline.tree_of(self._source, self._filename)
        return self

    def __exit__(self, kind: object, *rest: object) -> bool:
        """Keeps a RecursionError to itself: the host may compile source that is too deep for
        it as a tree, which it walks once more. ``code`` is None then."""
        self._probe.__exit__(kind, *rest)
        if self.code is not None and self.tree is not self._source:
            # The tree's strings would count as references while the code is written.
            self.tree = None
            self._pipeline.save(self._source, self.code, self._optimize, warned=self.warned)
        return kind is RecursionError and self.tree is not self._source


def _die(filename: str, why: str) -> None:
    """End the process: no handler of the program's may take our fault for its own."""
    message = f"dx-py: strict: the host accepts '{filename}': {why}\n"
    os.write(2, message.encode("utf-8", "backslashreplace"))
    os._exit(70)

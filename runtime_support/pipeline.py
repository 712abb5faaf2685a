"""Source -> tree -> code as artifacts, for the user's process.

A worker of DX-Py's own makes both (``code_generator``), and the store keeps them. The host's
``compile()`` has three parts left. What the worker refuses stays source: the host raises its
own error; if it accepts instead, that is a fault of ours, which is counted, and fatal under
``DX_STRICT=1``. Code that warns is compiled by the host as well, for its warnings. And where
the worker fails, the host's code takes the place of ours.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from dx_py.runtime_support.code_cache import CodeCache
    from dx_py.runtime_support.code_generator import Answer, CodeGenerator
    from dx_py.runtime_support.warning_probe import WarningProbe

_compile = compile
#: The level of ``dxc -O3``.
_PROMISES = 3


class Pipeline:
    """Counts what it does, for ``--stats`` and the conformance runs."""

    def __init__(
        self,
        generator: CodeGenerator,
        cache: CodeCache,
        probe: type[WarningProbe],
        tell_failure: Callable[[str, BaseException], None],
        *,
        strict: bool,
        takes_promises: bool,
    ) -> None:
        self._generator = generator
        self._probe = probe
        self._tell_failure = tell_failure
        self._strict = strict
        self._takes_promises = takes_promises
        self.cache = cache
        self.parsed = 0
        self.rejected = 0
        self.unequal: list[str] = []
        self.wrongly_rejected: list[tuple[str, str]] = []

    @property
    def loaded(self) -> int:
        return self.cache.loaded

    @property
    def shipped(self) -> int:
        return self.cache.shipped

    @property
    def saved(self) -> int:
        return self.cache.saved

    @property
    def problem(self) -> str:
        return self.cache.problem

    def code_of(
        self, source: object, filename: object, optimize: int = -1
    ) -> tuple[CodeType | None, bool]:
        """The code of a module, and whether compiling it warns.

        No code: the host is to compile. Code that warns: the host is to compile as well,
        because it warns whenever it compiles, and may make an error of a warning.
        """
        if not isinstance(source, bytes | str) or not isinstance(filename, str):
            return None, False
        code, warned = self.cache.load(source, filename, optimize)
        if code is not None:
            return code, warned
        return self._generate(source, filename, optimize)

    def promised_code(
        self, filename: object, source: object = None, *, may_be_written: bool = False
    ) -> CodeType | None:
        """The module's code of level 3, where ``DX_OPTIMIZE=3`` asks for it and it is kept.

        ``source`` is what the file holds, if that is known. The host would write code that
        it gets for a source to a .pyc, for every Python to find: that is never of level 3.
        """
        if not self._takes_promises or not isinstance(filename, str):
            return None
        if may_be_written and not sys.dont_write_bytecode:
            return None
        if source is None:
            try:
                with open(filename, "rb") as file:
                    source = file.read()
            except OSError:
                return None
        code, warned = self.cache.load(source, filename, _PROMISES)
        return None if warned else code

    def text_code(
        self, source: bytes | str, filename: str, mode: str, flags: int, optimize: int
    ) -> tuple[CodeType | None, bool]:
        """As ``code_of``, of what the program's own ``compile`` is given; kept nowhere."""
        answer = self._generator.ask(source, mode, flags, optimize)
        return self._judge(answer, source, filename, mode, flags)

    def code_known_equal(self, pyc: memoryview, filename: str) -> CodeType | None:
        """The stage's code, if it was found equal to the code in ``pyc`` before."""
        return self.cache.load_equal(pyc, filename)

    def equal_code(self, host: CodeType, pyc: memoryview) -> CodeType:
        """The stage's code in place of ``host``, the code in ``pyc``.

        It is made from the source file, and says nothing, as the host says nothing when it
        reads a .pyc. A .pyc that holds other code than its source gives is what the program
        asked for: then ``host`` is the answer.
        """
        filename = host.co_filename
        try:
            with open(filename, "rb") as file:
                source = file.read()
            code, _ = self.code_of(source, filename)
        except OSError:
            return host  # the source went
        except Exception as error:
            self._tell_failure(f"the code of '{filename}'", error)
            return host
        if code is None:
            return host
        if not self.cache.are_equal(code, host):
            self.unequal.append(filename)
            return host
        self.cache.save_equal(pyc, source)
        return code

    def _generate(
        self, source: bytes | str, filename: str, optimize: int
    ) -> tuple[CodeType | None, bool]:
        answer = self._generator.ask(source, "exec", 0, optimize)
        code, warned = self._judge(answer, source, filename, "exec", 0)
        if code is not None and isinstance(source, bytes):
            _, data, _, tree = answer
            self.cache.save(source, tree, data, optimize, warned=warned)
        return code, warned

    def _judge(
        self, answer: Answer, source: bytes | str, filename: str, mode: str, flags: int
    ) -> tuple[CodeType | None, bool]:
        what, *rest = answer
        if what == "code":
            self.parsed += 1
            return self.cache.code_from(rest[0], filename), rest[1]
        if what == "refused":
            self._judge_rejection(source, filename, mode, flags, rest[0])
        elif what == "failed":
            self._tell_defect(filename, rest[0])
        elif what == "gone":
            self._tell_failure(f"compiling '{filename}'", OSError(rest[0]))
        return None, False

    def _tell_defect(self, filename: str, problem: str) -> None:
        if self._strict:
            _die(f"'{filename}': {problem}")
        line = f"dx-py: '{filename}': {problem}; the interpreter's compiler takes its place\n"
        os.write(2, line.encode("utf-8", "backslashreplace"))

    def _judge_rejection(
        self, source: bytes | str, filename: str, mode: str, flags: int, why: str
    ) -> None:
        self.rejected += 1
        try:
            with self._probe(silence=True):
                _compile(source, filename, mode, flags, dont_inherit=True)
        except Exception:
            return
        self.accuse(filename, why)

    def accuse(self, filename: str, why: str = "") -> None:
        """Note that the host accepts what we refused."""
        self.wrongly_rejected.append((filename, why))
        if self._strict:
            _die(f"the host accepts '{filename}': {why}")


def _die(what: str) -> None:
    """End the process: no handler of the program's may take our fault for its own."""
    os.write(2, f"dx-py: strict: {what}\n".encode("utf-8", "backslashreplace"))
    os._exit(70)

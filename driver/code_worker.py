"""The compile worker of ``--compile=all``: bytecode for a program that runs elsewhere.

Reads requests from its input and answers on its output (``worker_client`` has the format)
until the input ends. It knows no store and no file: what it is told is all it reads.

    (source, mode, flags, optimize, digits)  ->
        ("code", marshal bytes, whether compiling warned, msgpack of the AST artifact)
        ("refused", the error)
        ("too deep",)
        ("failed", stage, function and error)
"""

from __future__ import annotations

import gc
import marshal
import os
import sys
import warnings
from typing import Any, BinaryIO, Final

from dx_py.artifacts.code_marshal import dumps
from dx_py.backend.bytecode.compile_tree import compile_tree
from dx_py.driver.code_generation import STAGE
from dx_py.driver.internal_error import OWN_ERRORS, description
from dx_py.frontend import _ast

type Answer = tuple[Any, ...]

# Of ``compile``, for the parser: PyCF_TYPE_COMMENTS, PyCF_ALLOW_INCOMPLETE_INPUT, and the
# future statement barry_as_FLUFL.
_TYPE_COMMENTS: Final = 0x1000
_INCOMPLETE: Final = 0x4000
_BARRY_AS_BDFL: Final = 0x400000


def main() -> int:
    # Whatever prints must not end up in the conversation.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Trees hold no cycles, and the process ends with its program.
    gc.disable()
    serve(sys.stdin.buffer, answers)
    return 0


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each request in turn; a malformed one ends the conversation."""
    while (head := requests.read(4)) and len(head) == 4:
        request: Any = marshal.loads(requests.read(int.from_bytes(head, "little")))
        answer = marshal.dumps(answer_to(*request))
        answers.write(len(answer).to_bytes(4, "little") + answer)
        answers.flush()


def answer_to(source: str | bytes, mode: str, flags: int, optimize: int, digits: int) -> Answer:
    """The code of ``source``, as ``compile`` would make it, under no file's name.

    ``digits`` is the program's limit for integers in decimal.
    """
    sys.set_int_max_str_digits(digits)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = _parsed(source, mode, flags)
        except (RecursionError, MemoryError):
            return ("too deep",)
        except Exception as error:
            return _refused(error)
        try:
            data = dumps(compile_tree(tree, "", optimize=optimize, flags=flags))
        except SyntaxError as error:
            return _refused(error)
        except OWN_ERRORS:
            return ("too deep",)
        except Exception as error:
            return "failed", description(STAGE, error)
        warned = bool(caught)
        is_kept = isinstance(source, bytes) and mode == "exec" and not flags
        return "code", data, warned, _ast.artifact_body(source) if is_kept else b""


def _refused(error: Exception) -> Answer:
    return "refused", f"{type(error).__name__}: {error}"


def _parsed(source: str | bytes, mode: str, flags: int) -> Any:  # noqa: ANN401 - a tree
    return _ast.parse(
        source,
        "",
        mode,
        type_comments=bool(flags & _TYPE_COMMENTS),
        allow_incomplete=bool(flags & _INCOMPLETE),
        barry_as_bdfl=bool(flags & _BARRY_AS_BDFL),
    )

"""The compile worker: native code for programs that run elsewhere.

Reads requests from its input and answers on its output (``worker_client`` has the format)
until the input ends. Results go into the store; the program that asked reads them there.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from collections.abc import Mapping
from types import CodeType
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from dx_py.artifacts.artifact import Artifact, Digest, encode
from dx_py.artifacts.configuration import open_default
from dx_py.artifacts.store import ArtifactStore
from dx_py.backend.llvm.lowering import NoLoweringError
from dx_py.backend.llvm.native_function import (
    NativeFunction,
    NotWorthItError,
    Target,
    compile_function,
)
from dx_py.ir.environment import Attribute, ClassFacts, Entity, LoopEntry, Program, Routine
from dx_py.ir.feedback import Feedback
from dx_py.ir.profile_sites import profile_names, profile_sites
from dx_py.ir.ssa_construction import UnsupportedError, check_supported
from dx_py.runtime_support.native_units import KIND, SCHEMA, encode_unit

if TYPE_CHECKING:
    from dx_py.runtime_support.native_units import Stored, Unit

#: Samples of one instruction: how many, and the classes of each operand.
type Samples = Mapping[int, tuple[int, tuple[tuple[str, ...], ...]]]

#: Rows whose first part is the number of a routine.
_ROUTINE_ROWS: Final = ("code", "func", "const", "default", "globals", "global", "builtin")


def main() -> int:
    # Whatever prints must not end up in the conversation.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers, open_default())
    return 0


def serve(requests: BinaryIO, answers: BinaryIO, store: ArtifactStore) -> None:
    """Answer each request in turn; a malformed one ends the conversation."""
    while (head := requests.read(4)) and len(head) == 4:
        message: Any = marshal.loads(requests.read(int.from_bytes(head, "little")))
        answer = marshal.dumps(_answer(message, store))
        # A program that has ended wants no answers, but the next one wants its code.
        with contextlib.suppress(BrokenPipeError):
            answers.write(len(answer).to_bytes(4, "little") + answer)
            answers.flush()


def _answer(message: Any, store: ArtifactStore) -> Any:  # noqa: ANN401
    match message:
        case ("plan", bytes(code), bytes(key)):
            plan = _plan(marshal.loads(code))
            # The next program that gets as far samples at once.
            _record(store, key, (plan, b""))
            return plan
        case ("compile", dict(request)):
            return compile_and_record(request, store)
        case ("note", bytes(key), str(text)):
            return _record(store, key, (text, b""))
        case ("give up", bytes(key), bytes(kept), str(why)):
            return _record(store, key, (why, kept))
    return ("refused", "unknown request")


def _plan(code: CodeType) -> tuple[object, ...]:
    """Where to sample; refused at once where no samples would help."""
    try:
        check_supported(code)
    except UnsupportedError as error:
        return ("refused", str(error))
    return ("plan", tuple(profile_sites(code)), profile_names(code))


def compile_and_record(
    request: Mapping[str, Any], store: ArtifactStore
) -> tuple[object, object]:
    """("stored", digest), or ("refused", why): a run finds either under the request's key."""
    unit: Any = compile_unit(request)
    kept = request["program"][0][0][1]
    if "loop" in request and not isinstance(unit, str):
        unit = ("loop", request["loop"][1], unit)
    return _record(store, request["key"], (unit, kept))


def _record(store: ArtifactStore, key: bytes, stored: Stored) -> tuple[object, object]:
    digest = store.put(encode(Artifact(KIND, SCHEMA, encode_unit(stored))))
    store.record(Digest(key.hex()), digest)
    return ("refused", stored[0]) if isinstance(stored[0], str) else ("stored", digest)


def compile_unit(request: Mapping[str, Any]) -> Unit | str:
    """The unit, or why the code stays interpreted."""
    machine, cpu = request["target"]
    try:
        native = compile_function(
            read_program(request["program"]),
            Target(machine, cpu, request["layout"]),
            eager=request["eager"],
            stress=request.get("stress", False),
            # A third of the time, where each is verified.
            verify_each=False,
            stop_after=request.get("stop_after"),
            loop=LoopEntry(*request["loop"]) if "loop" in request else None,
        )
    except NotWorthItError as error:
        return f"{request.get('again', '')}{error}"
    except (UnsupportedError, NoLoweringError) as error:
        return str(error)
    except Exception as error:
        # A defect of ours: the program goes on interpreted, its statistics say so, and the next
        # program does not run into it again.
        return f"internal error: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return _unit(native, request["program"])


def read_program(description: Any) -> Program:  # noqa: ANN401
    """What ``runtime_support/native_program.py`` has described."""
    routines, attributes, storage, members, classes, _ = description
    return Program(
        tuple(map(_routine, routines)),
        {key: Attribute(*value) for key, value in attributes},
        {key: Attribute(*value) for key, value in storage},
        {key: Entity(*value) for key, value in members},
        {name: ClassFacts(*facts) for name, facts in classes},
    )


def _routine(description: tuple[Any, ...]) -> Routine:
    code, kept, names, defaults = description
    samples, *_ = marshal.loads(kept)
    entities = {name: Entity(*entity) for name, entity in names}
    return Routine(marshal.loads(code), feedback_of(samples), entities, defaults)


def feedback_of(samples: Samples) -> Feedback:
    counts = {pc: count for pc, (count, _) in samples.items()}
    return Feedback(counts, {pc: classes for pc, (_, classes) in samples.items() if classes})


def _unit(native: NativeFunction, description: Any) -> Unit:  # noqa: ANN401
    """Of the routines those that were inlined are named; the others need not be found."""
    guards = tuple((site.opcode, site.routine, site.pc) for site in native.lowered.guards)
    rows = native.lowered.table
    paths, digests = used_routines(rows, description)
    classes = used_classes(rows, description)
    return native.blob.code, native.blob.entry, rows, guards, paths, digests, classes


def used_classes(rows: tuple[str, ...], description: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """What was known of the classes that rows name."""
    names = {row.removeprefix("type:") for row in rows if row.startswith("type:")}
    names |= {row.split(" ")[-1] for row in rows if row.startswith("expect:")}
    return tuple((name, facts) for name, facts in description[4] if name in names)


def used_routines(rows: tuple[str, ...], description: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Paths and code digests of the routines that rows name; None and nothing for others."""
    routines, *_, paths = description
    kinds = (row.removeprefix("expect:").split(":") for row in rows)
    used = {int(parts[1]) for parts in kinds if parts[0] in _ROUTINE_ROWS}
    # A global of another routine's module is found from that one, which has a lower number.
    for number in range(len(paths) - 1, 0, -1):
        if number in used and paths[number][0] == "global":
            used.add(paths[number][1])
    digests = (hashlib.sha256(routine[0]).digest() for routine in routines)
    return (
        tuple(path if number in used else None for number, path in enumerate(paths)),
        tuple(data if number in used else b"" for number, data in enumerate(digests)),
    )

"""What the front end did in this process, for ``--stats``."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from dx_py.runtime_support.compile_auto import Reader
    from dx_py.runtime_support.pipeline import Pipeline


def report_at_exit(
    pipeline: Pipeline | Reader, target: str, private: Callable[[str], ModuleType]
) -> None:
    """Write the counts when the interpreter ends.

    ``target`` is "1" for the standard error, or an absolute path to which one line a process
    is appended.
    """
    # The functions registered are the interpreter's, not the module object's.
    private("atexit").register(_report, pipeline, target)


def _report(pipeline: Pipeline | Reader, target: str) -> None:
    text = "\n".join(_lines(pipeline)) + "\n"
    if not target.startswith("/"):
        os.write(2, text.encode("utf-8", "backslashreplace"))
        return
    row = f"{os.getpid()}\t{text[:-1]}".replace("\n", "; ") + "\n"
    descriptor = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, row.encode("utf-8", "backslashreplace"))
    os.close(descriptor)


def _lines(pipeline: Pipeline | Reader) -> list[str]:
    counts = f"{pipeline.parsed} sources through the front end"
    counts += (
        f", {pipeline.loaded} code objects from artifacts, {pipeline.saved} artifacts written"
    )
    lines = ["dx-py: " + counts]
    if pipeline.problem:
        lines.append(f"dx-py: the store {pipeline.problem}")
    if pipeline.rejected:
        lines.append(f"dx-py: {pipeline.rejected} sources left to the host's parser")
    for name, why in pipeline.wrongly_rejected:
        lines.append(f"dx-py: wrongly rejected '{name}': {why}")
    lines += [f"dx-py: '{name}' gives other code than its .pyc" for name in pipeline.unequal]
    return lines

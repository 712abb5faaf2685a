"""What the compiler did in this process, for ``--stats``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from dx_py.runtime_support.compile_auto import Reader
    from dx_py.runtime_support.pipeline import Pipeline
    from dx_py.runtime_support.startup import Parts


def report_at_exit(
    pipeline: Pipeline | Reader, parts: Parts, private: Callable[[str], ModuleType]
) -> None:
    """Tell the counts when the interpreter ends."""
    if parts.json is not None:
        parts.json.sections["front_end"] = lambda: _counts(pipeline)
    # The functions registered are the interpreter's, not the module object's.
    private("atexit").register(_report, pipeline, parts)


def _report(pipeline: Pipeline | Reader, parts: Parts) -> None:
    parts.tell("\n".join(_lines(pipeline)))


def _counts(pipeline: Pipeline | Reader) -> dict[str, Any]:
    return {
        "parsed": pipeline.parsed,
        "loaded": pipeline.loaded,
        "saved": pipeline.saved,
        "rejected": pipeline.rejected,
        "wrongly_rejected": [name for name, _ in pipeline.wrongly_rejected],
        "store_problem": pipeline.problem or None,
    }


def _lines(pipeline: Pipeline | Reader) -> list[str]:
    counts = f"{pipeline.parsed} sources through the compiler"
    counts += (
        f", {pipeline.loaded} code objects from artifacts, {pipeline.saved} artifacts written"
    )
    lines = ["dx-py: " + counts]
    if pipeline.shipped:
        lines.append(f"dx-py: {pipeline.shipped} code objects came with installed packages")
    if pipeline.problem:
        lines.append(f"dx-py: the store {pipeline.problem}")
    if pipeline.rejected:
        lines.append(f"dx-py: {pipeline.rejected} sources left to the host's compiler")
    for name, why in pipeline.wrongly_rejected:
        lines.append(f"dx-py: wrongly rejected '{name}': {why}")
    lines += [f"dx-py: '{name}' gives other code than its .pyc" for name in pipeline.unequal]
    return lines

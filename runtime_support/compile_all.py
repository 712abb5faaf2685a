"""``--compile=all``: every module and the main script go through our compiler."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dx_py.runtime_support.startup import Parts


def install(settings: dict[str, str], parts: Parts) -> None:
    """Wire the parts together, in the user's process.

    All are loaded before the hook is in place: it does not serve modules of our own.
    """
    load = parts.load
    extensions = load("runtime_support.front_end")
    front_end = extensions.find(parts.home)
    if front_end is None or settings.get("DX_PORTABLE") == "1":
        parts.tell("dx-py: no native front end for this Python: the host compiles")
        return
    private = load("runtime_support.store_files").private_extension
    cache = load("runtime_support.code_cache").open_cache(settings, parts)
    pipeline = load("runtime_support.pipeline").Pipeline(
        load("runtime_support.code_generator").open_generator(settings, parts),
        cache,
        load("runtime_support.warning_probe").WarningProbe,
        parts.tell_failure,
        strict=settings.get("DX_STRICT") == "1",
        takes_promises=settings.get("DX_OPTIMIZE") == "3" and not sys.flags.optimize,
    )
    main_script = load("runtime_support.main_script")
    if settings.get("DX_STATS"):
        load("runtime_support.statistics").report_at_exit(pipeline, parts, private)
    is_main = sys.modules["_thread"]._is_main_interpreter()
    if is_main and settings.get("DX_COMPILE_STRESS") == "1":
        path = extensions.find_extension(parts.home + "/runtime_support/_builtins")
        extensions.load_extension(path).install(
            front_end.parse, pipeline.text_code, pipeline.accuse
        )
    load("runtime_support.import_hook").install(pipeline, replace_pycs=True)
    main_script.install(pipeline, private, parts.tell_failure)

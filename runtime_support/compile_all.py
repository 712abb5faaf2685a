"""``--compile=all``: every module and the main script go through the front end."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from dx_py.runtime_support.startup import Parts


def install(settings: dict[str, str], parts: Parts) -> None:
    """Wire the parts together, in the user's process.

    All are loaded before the hook is in place: it does not serve modules of our own.
    """
    load = parts.load
    front_end = load("runtime_support.front_end").find(parts.home)
    if front_end is None or settings.get("DX_PORTABLE") == "1":
        if "DX_STATS" in settings:
            sys.stderr.write("dx-py: no native front end for this Python: the host compiles\n")
        return
    store_files = load("runtime_support.store_files")
    cache = load("runtime_support.code_cache").CodeCache(
        _open_store(store_files, settings),
        load("runtime_support.code_artifact"),
        load("artifacts.code_marshal", struct=store_files.private_extension("_struct")).dumps,
    )
    pipeline = load("runtime_support.pipeline").Pipeline(
        front_end,
        cache,
        load("runtime_support.warning_probe").WarningProbe,
        strict=settings.get("DX_STRICT") == "1",
    )
    main_script = load("runtime_support.main_script")
    if "DX_STATS" in settings:
        load("runtime_support.statistics").report_at_exit(
            pipeline, settings["DX_STATS"], store_files.private_extension
        )
    load("runtime_support.import_hook").install(pipeline, replace_pycs=True)
    main_script.install(pipeline, store_files.private_extension)


def _open_store(store_files: ModuleType, settings: dict[str, str]) -> object:
    """The store; None where it cannot be used."""
    root = store_files.store_root(settings)
    layout = None if root is None else store_files.trusted_layout(root)
    try:
        return None if layout is None else store_files.StoreFiles(layout)
    except ImportError:
        return None

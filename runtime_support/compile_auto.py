"""``--compile=auto``: a module without a valid .pyc comes from its artifact, if it has one.

All else is the host's: a valid .pyc holds equal code, so that nothing is gained by looking
further, and what no artifact holds is compiled by the host, which writes its .pyc.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from dx_py.runtime_support.code_cache import CodeCache
    from dx_py.runtime_support.startup import Parts


def install(settings: dict[str, str], parts: Parts) -> None:
    reader = Reader(settings, parts)
    if settings.get("DX_STATS") or parts.json is not None:
        statistics = parts.load("runtime_support.statistics")
        private = parts.load("runtime_support.store_files").private_extension
        statistics.report_at_exit(reader, parts, private)
    parts.load("runtime_support.import_hook").install_reader(reader.code_of)


class Reader:
    """The store, opened when the first module without a .pyc is imported."""

    parsed = rejected = saved = 0

    def __init__(self, settings: dict[str, str], parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        self._cache: CodeCache | None = None
        self._was_opened = False
        self.wrongly_rejected: list[tuple[str, str]] = []
        self.unequal: list[str] = []

    @property
    def loaded(self) -> int:
        return 0 if self._cache is None else self._cache.loaded

    @property
    def shipped(self) -> int:
        return 0 if self._cache is None else self._cache.shipped

    @property
    def problem(self) -> str:
        return "" if self._cache is None else self._cache.problem

    def code_of(self, source: object, filename: object, optimize: int) -> CodeType | None:
        """None where the host is to compile."""
        if not self._was_opened:
            # First, for our own modules may be without .pyc files as well.
            self._was_opened = True
            self._open()
        if self._cache is None or not isinstance(filename, str):
            return None
        code, warned = self._cache.load(source, filename, optimize)
        # The host warns whenever it compiles.
        return None if warned else code

    def _open(self) -> None:
        try:
            code_cache = self._parts.load("runtime_support.code_cache")
            self._cache = code_cache.open_cache(self._settings, self._parts)
        except Exception as error:
            self._parts.tell_failure("opening the store", error)

"""From options to the objects that do the work: store, network, catalog, environment."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import UsageError
from dx_py.pkg.index.catalog import Catalog, Index
from dx_py.pkg.index.credentials import Credentials
from dx_py.pkg.index.fetcher import Fetcher
from dx_py.pkg.index.metadata_source import MetadataSource
from dx_py.pkg.index.page_cache import PageCache
from dx_py.pkg.index.transport import TransportSettings
from dx_py.pkg.names import normalize
from dx_py.pkg.requirements_file import RequirementsFile
from dx_py.pkg.resolve.evaluation import FileRules
from dx_py.pkg.store_paths import pkg_store

if TYPE_CHECKING:
    from dx_py.pkg.index.progress import Watcher

DEFAULT_INDEX = "https://pypi.org/simple"


@dataclass(slots=True)
class Services:
    """What a command that reaches for indexes works with."""

    store: Path
    fetcher: Fetcher
    catalog: Catalog
    metadata: MetadataSource


def make_services(
    arguments: Arguments, said: RequirementsFile, *, store: Path | None = None
) -> Services:
    """``said`` holds options of requirements files, which add to the command line's."""
    place = store or pkg_store()
    credentials = Credentials(
        use_keyring=arguments.text("keyring-provider") in ("subprocess", "import")
    )
    fetcher = Fetcher(
        _transport_settings(arguments, said),
        credentials,
        retries=_number(arguments, "retries", 5),
        offline=arguments.flag("offline"),
        watcher=_watcher(arguments),
    )
    max_age = _number(arguments, "index-max-age", -1)
    catalog = Catalog(
        fetcher,
        PageCache(place, max_age=None if max_age < 0 else max_age),
        _indexes(arguments, said, credentials),
        [*arguments.many("find-links"), *said.options.get("find-links", [])],
        best_match=arguments.text("index-strategy") == "unsafe-best-match",
        refresh=arguments.flag("refresh")
        or arguments.flag("no-cache-dir")
        or bool(arguments.many("refresh-package")),
    )
    return Services(place, fetcher, catalog, MetadataSource(fetcher, place))


def _watcher(arguments: Arguments) -> Watcher | None:
    """Only on a terminal, and where nobody asked for silence."""
    silent = any(arguments.flag(name) for name in ("quiet", "json", "verbose"))
    if silent or arguments.text("progress-bar") == "off" or not sys.stderr.isatty():
        return None
    from dx_py.pkg.index.progress import TerminalProgress

    return TerminalProgress(sys.stderr)


def _transport_settings(arguments: Arguments, said: RequirementsFile) -> TransportSettings:
    trusted = [*arguments.many("trusted-host"), *said.options.get("trusted-host", [])]
    return TransportSettings(
        ca_bundle=arguments.text("cert"),
        client_cert=arguments.text("client-cert"),
        proxy=arguments.text("proxy"),
        timeout=float(_number(arguments, "timeout", 15)),
        trusted=tuple(host.lower() for host in trusted),
    )


def _number(arguments: Arguments, name: str, default: int) -> int:
    text = arguments.text(name)
    if not text:
        return default
    try:
        return int(float(text))
    except ValueError:
        raise UsageError(f"--{name} needs a number; got {text!r}") from None


def _indexes(
    arguments: Arguments, said: RequirementsFile, credentials: Credentials
) -> list[Index]:
    """Extra indexes first: a private one must not be overruled by the public one."""
    if arguments.flag("no-index") or "no-index" in said.flags:
        return []
    extra = [*arguments.many("extra-index-url"), *said.options.get("extra-index-url", [])]
    main = said.options.get("index-url", [])[-1:] or [
        arguments.text("index-url") or DEFAULT_INDEX
    ]
    return [_index(text, credentials) for text in (*extra, *main)]


def _index(text: str, credentials: Credentials) -> Index:
    name, equals, url = text.partition("=")
    if not equals or "/" in name or ":" in name:
        name, url = "", text
    clean = credentials.learn_index(url, name)
    return Index(clean.rstrip("/"), name)


def file_rules(
    arguments: Arguments,
    said: RequirementsFile,
    environment: Environment,
) -> FileRules:
    no_binary = _names(arguments, said, "no-binary")
    only_binary = _names(arguments, said, "only-binary")
    no_build = arguments.flag("no-build")
    return FileRules(
        tags={tag: rank for rank, tag in enumerate(environment.interpreter.tags)},
        python=Version(environment.interpreter.version_text),
        wheels_allowed=lambda name: not _covers(no_binary, name),
        sdists_allowed=lambda name: not (no_build or _covers(only_binary, name)),
        uploaded_before=_moment(arguments.text("exclude-newer")),
        ignore_requires_python=arguments.flag("ignore-requires-python"),
    )


def universal_file_rules(
    arguments: Arguments, said: RequirementsFile, oldest: Version
) -> FileRules:
    """Wheels for any platform and for ``oldest`` or a newer Python, which may still come."""
    no_binary = _names(arguments, said, "no-binary")
    only_binary = _names(arguments, said, "only-binary")
    no_build = arguments.flag("no-build")
    return FileRules(
        tags={},
        python=oldest,
        wheels_allowed=lambda name: not _covers(no_binary, name),
        sdists_allowed=lambda name: not (no_build or _covers(only_binary, name)),
        uploaded_before=_moment(arguments.text("exclude-newer")),
        is_universal=True,
    )


def _names(arguments: Arguments, said: RequirementsFile, option: str) -> frozenset[str]:
    found: set[str] = set()
    for text in (*arguments.many(option), *said.options.get(option, [])):
        for name in text.split(","):
            if name == ":none:":
                found.clear()
            elif name:
                found.add(name if name == ":all:" else normalize(name))
    return frozenset(found)


def _covers(names: frozenset[str], name: str) -> bool:
    return ":all:" in names or name in names


def _moment(text: str) -> str:
    """A date or a time as RFC 3339 in UTC; the whole of a date counts as before it ends."""
    if not text:
        return ""
    from datetime import UTC, datetime, timedelta

    try:
        days = int(text[1:-1]) if text.startswith("P") and text.endswith("D") else None
        moment = (
            datetime.fromisoformat(text)
            if days is None
            else datetime.now(UTC) - timedelta(days=days)
        )
    except ValueError:
        raise UsageError(
            f"--exclude-newer needs a date such as 2026-03-31, a time such as "
            f"2026-03-31T12:00:00Z, or a number of days such as P7D; got {text!r}"
        ) from None
    if len(text) == len("2026-03-31"):
        moment += timedelta(days=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

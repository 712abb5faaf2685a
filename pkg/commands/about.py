"""``dx-py pip cache``, ``config``, ``debug``, ``inspect`` and ``index``."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import PkgError, UsageError
from dx_py.pkg.index.credentials import redact
from dx_py.pkg.installed import InstalledDistribution
from dx_py.pkg.names import normalize
from dx_py.pkg.store_paths import pkg_store


def cache(arguments: Arguments) -> int:
    word = _word(arguments, ("dir", "info", "list", "remove", "purge"))
    store = pkg_store()
    if word == "dir":
        sys.stdout.write(f"{store}\n")
    elif word == "info":
        sys.stdout.write("".join(f"{line}\n" for line in _cache_info(store)))
    elif word == "list":
        for path in sorted((store / "built").rglob("*.whl")):
            sys.stdout.write(f" - {path.name} ({_size(path.stat().st_size)})\n")
    else:
        _remove_from_cache(store, word, arguments.positional[1:])
    return 0


def _cache_info(store: Path) -> Iterator[str]:
    yield f"Location: {store}"
    for title, name in (
        ("Index pages", "pages"),
        ("Metadata", "metadata"),
        ("Unpacked wheels", "wheels"),
        ("Built wheels", "built"),
    ):
        sizes = [path.stat().st_size for path in (store / name).rglob("*") if path.is_file()]
        yield f"{title}: {len(sizes)} files, {_size(sum(sizes))}"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _remove_from_cache(store: Path, word: str, patterns: list[str]) -> None:
    if word == "purge":
        removed = sum(1 for path in store.rglob("*") if path.is_file())
        for name in (
            "answers",
            "pages",
            "evaluated",
            "metadata",
            "wheels",
            "built",
            "partial",
            "replies",
            "venvs",
            "venv-templates",
            "tmp",
        ):
            shutil.rmtree(store / name, ignore_errors=True)
    else:
        if not patterns:
            raise UsageError("cache remove needs a pattern, for instance 'numpy*'")
        found = [p for pattern in patterns for p in (store / "built").rglob(f"{pattern}.whl")]
        removed = len(found)
        for path in found:
            path.unlink()
    sys.stdout.write(f"Files removed: {removed}\n")


def config(arguments: Arguments) -> int:
    from dx_py.pkg.configuration import config_paths, config_sources, environment_options

    word = _word(arguments, ("list", "get", "set", "unset", "debug"))
    rest = arguments.positional[1:]
    if word == "debug":
        for kind, path in config_paths(None):
            sys.stdout.write(f"{kind}: {path}, exists: {path.is_file()}\n")
        return 0
    if word in ("set", "unset"):
        return _write_config(word, rest)
    found = {key: value for s in config_sources(None) for key, value in s.values.items()}
    found |= {f":env:.{name}": value for name, value in environment_options().items()}
    if word == "list":
        for key in sorted(found):
            sys.stdout.write(f"{key}={redact(found[key])!r}\n")
        return 0
    if not rest or rest[0] not in found:
        raise PkgError(f"no such key - {rest[0] if rest else '(none given)'}")
    sys.stdout.write(f"{redact(found[rest[0]])}\n")
    return 0


def _write_config(word: str, rest: list[str]) -> int:
    """In the user's own file, as pip does."""
    import configparser

    from dx_py.pkg.configuration import user_config_path

    if len(rest) != (2 if word == "set" else 1) or "." not in rest[0]:
        raise UsageError(
            f"config {word} needs SECTION.NAME{' VALUE' if word == 'set' else ''}, "
            "for instance global.index-url"
        )
    section, _, name = rest[0].partition(".")
    path = user_config_path()
    parser = configparser.RawConfigParser()
    parser.read(path, encoding="utf-8")
    if word == "set":
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, name, rest[1])
    elif not parser.has_section(section) or not parser.remove_option(section, name):
        raise PkgError(f"no such key - {rest[0]}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    path.chmod(0o600)  # an index URL in it may hold a password
    sys.stdout.write(f"Writing to {path}\n")
    return 0


def debug(arguments: Arguments) -> int:
    from dx_py.pkg.commands.help import version

    environment = _environment(arguments)
    interpreter = environment.interpreter
    lines = [
        f"dx-py: {version().split()[-1]}",
        f"target: {environment.script_python}",
        f"python: {interpreter.version_text}",
        f"prefix: {environment.prefix}",
        f"site-packages: {environment.paths['purelib']}",
        f"store: {pkg_store()}",
        f"Compatible tags: {len(interpreter.tags)}",
        *(f"  {tag}" for tag in interpreter.tags[: None if arguments.flag("verbose") else 10]),
    ]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def inspect(arguments: Arguments) -> int:
    environment = _environment(arguments)
    document = {
        "version": "1",
        "pip_version": "dx-py",
        "installed": [
            _inspected(environment.installed[name]) for name in sorted(environment.installed)
        ],
        "environment": environment.interpreter.markers,
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    return 0


def _inspected(distribution: InstalledDistribution) -> dict[str, Any]:
    metadata = distribution.metadata
    found: dict[str, Any] = {
        "metadata": {
            "metadata_version": metadata.metadata_version,
            "name": metadata.name,
            "version": metadata.version,
            "summary": metadata.first("summary"),
            "requires_dist": list(metadata.requires_dist),
            "requires_python": metadata.requires_python,
            "provides_extra": list(metadata.provides_extra),
        },
        "metadata_location": str(distribution.info),
        "installer": distribution.read("INSTALLER").strip(),
        "requested": distribution.is_requested,
    }
    if distribution.direct_url is not None:
        found["direct_url"] = distribution.direct_url
    return found


def index(arguments: Arguments) -> int:
    from dx_py.pkg.commands.newest import all_versions

    word = _word(arguments, ("versions",))
    names = arguments.positional[1:]
    if not names:
        raise UsageError(f"index {word} needs a name")
    environment = _environment(arguments)
    for name in names:
        versions = all_versions(arguments, environment, normalize(name))
        if not versions:
            raise PkgError(f"no matching distribution found for {name}")
        installed = environment.installed.get(normalize(name))
        _print_versions(arguments, name, versions, installed)
    return 0


def _print_versions(
    arguments: Arguments,
    name: str,
    versions: list[str],
    installed: InstalledDistribution | None,
) -> None:
    if arguments.flag("json"):
        document: dict[str, Any] = {
            "name": name, "versions": versions, "latest": versions[0]
        }  # fmt: skip
        if installed is not None:
            document["installed_version"] = installed.version
        sys.stdout.write(json.dumps(document) + "\n")
        return
    sys.stdout.write(f"{name} ({versions[0]})\nAvailable versions: {', '.join(versions)}\n")
    if installed is not None:
        sys.stdout.write(f"  INSTALLED: {installed.version}\n  LATEST:    {versions[0]}\n")


def _word(arguments: Arguments, known: tuple[str, ...]) -> str:
    word = arguments.positional[0] if arguments.positional else ""
    if word not in known:
        raise UsageError(
            f"'{arguments.command.word}' needs one of {', '.join(known)}; got {word!r}"
        )
    return word


def _environment(arguments: Arguments) -> Environment:
    arguments.counts.setdefault("break-system-packages", 1)
    return environment_from(arguments, pkg_store())

"""What pip's (and uv's) files and variables say, as defaults of options.

Later ones win: global, user and environment's ``pip.conf``, ``PIP_CONFIG_FILE``, then
``PIP_*``, and uv's names for the same things where pip's are not set. A section for a
command beats ``[global]``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dx_py.pkg.errors import UsageError

#: uv's variables, and what pip calls the option.
_UV_NAMES = {
    "UV_DEFAULT_INDEX": "index-url",
    "UV_INDEX_URL": "index-url",
    "UV_EXTRA_INDEX_URL": "extra-index-url",
    "UV_FIND_LINKS": "find-links",
    "UV_EXCLUDE_NEWER": "exclude-newer",
    "UV_LINK_MODE": "link-mode",
    "UV_OFFLINE": "offline",
    "UV_PYTHON": "python",
}
#: `PIP_CONFIG_FILE` names a file, `PIP_VERSION` is set by some base images: no options.
_NO_OPTIONS = ("PIP_CONFIG_FILE", "PIP_VERSION")


@dataclass(frozen=True, slots=True)
class Source:
    """One place that sets options: ``values`` by ``section.name``."""

    kind: str
    path: Path
    values: Mapping[str, str] = field(default_factory=dict)


def defaults_for(command: str, *, prefix: Path | None, isolated: bool) -> dict[str, str]:
    """Option texts by name for a command of ``dx-py pip``."""
    if isolated:
        return {}
    found = {name: os.environ[key] for key, name in _UV_NAMES.items() if os.environ.get(key)}
    sources = list(config_sources(prefix))
    for section in ("global", command):
        for source in sources:
            for key, value in source.values.items():
                if key.startswith(f"{section}."):
                    found[key.partition(".")[2]] = value
    found.update(environment_options())
    return found


def environment_options() -> dict[str, str]:
    """``PIP_INDEX_URL`` sets ``index-url``; an empty variable sets nothing."""
    return {
        key[len("PIP_") :].lower().replace("_", "-"): value
        for key, value in sorted(os.environ.items())
        if key.startswith("PIP_") and key not in _NO_OPTIONS and value
    }


def config_sources(prefix: Path | None) -> Iterator[Source]:
    """The files that exist, least important first."""
    for kind, path in config_paths(prefix):
        if path.is_file():
            yield Source(kind, path, _read(path))


def config_paths(prefix: Path | None) -> Iterator[tuple[str, Path]]:
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    for path in _global_paths():
        yield "global", path
    home = Path.home()
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    yield "user", home / ("pip" if sys.platform == "win32" else ".pip") / name
    yield "user", _user_config() / "pip" / name
    if prefix is not None:
        yield "site", prefix / name
    if named:
        yield "env", Path(named)


def user_config_path() -> Path:
    """The file that ``config set`` writes."""
    return _user_config() / "pip" / ("pip.ini" if sys.platform == "win32" else "pip.conf")


def _global_paths() -> list[Path]:
    if sys.platform == "win32":
        return [Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "pip" / "pip.ini"]
    if sys.platform == "darwin":
        return [Path("/Library/Application Support/pip/pip.conf")]
    folders = os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
    return [*(Path(folder) / "pip" / "pip.conf" for folder in folders), Path("/etc/pip.conf")]


def _user_config() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming")
    mac = Path.home() / "Library/Application Support"
    if sys.platform == "darwin" and (mac / "pip").is_dir():
        return mac
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _read(path: Path) -> dict[str, str]:
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"'{path}' cannot be read: {error}") from None
    return {
        f"{section}.{name.replace('_', '-')}": value
        for section in parser.sections()
        for name, value in parser.items(section)
        if value
    }

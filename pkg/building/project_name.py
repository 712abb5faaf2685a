"""The name of a local project without building it, where its files say it."""

from __future__ import annotations

import configparser
import tomllib
from pathlib import Path


def static_name(folder: Path) -> str:
    """From ``[project]``, ``[tool.poetry]`` or setup.cfg; empty where only a build knows."""
    try:
        pyproject = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        pyproject = {}
    tool = pyproject.get("tool", {})
    for table in (pyproject.get("project"), tool.get("poetry"), _flit(tool)):
        if isinstance(table, dict) and isinstance(table.get("name"), str):
            return str(table["name"])
    parser = configparser.RawConfigParser()
    try:
        parser.read(folder / "setup.cfg", encoding="utf-8")
        return parser.get("metadata", "name", fallback="")
    except (configparser.Error, UnicodeDecodeError):
        return ""


def _flit(tool: dict[str, object]) -> object:
    flit = tool.get("flit")
    metadata = flit.get("metadata") if isinstance(flit, dict) else None
    if isinstance(metadata, dict):
        return {"name": metadata.get("dist-name", metadata.get("module"))}
    return None

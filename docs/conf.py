"""Sphinx configuration: MyST Markdown, warnings are errors (see `make docs`)."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "DX-Py"
author = "the DX-Py developers"
copyright = "2026, the DX-Py developers"
version = release = PROJECT["version"]

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]
exclude_patterns = ["_build"]
nitpicky = True
html_theme = "furo"
html_title = "DX-Py"

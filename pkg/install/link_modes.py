"""How files get from the store to an environment."""

from __future__ import annotations

#: ``auto``: hard links, or copies where the file system has none.
LINK_MODES = ("auto", "hardlink", "clone", "copy", "symlink")

"""Private names: `__name` in `class Class` is `_Class__name`."""

from __future__ import annotations


def mangle(name: str, class_name: str | None) -> str:
    """The name as it is looked up; `class_name` is the innermost enclosing class."""
    if class_name is None or not name.startswith("__"):
        return name
    if name.endswith("__") or "." in name:
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name

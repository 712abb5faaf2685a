"""Cases of sources in a text file: each after a line `### name`."""

from __future__ import annotations

from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"


def read_cases():
    for path in sorted(CASES.glob("*.txt")):
        for part in path.read_text(encoding="utf-8").split("### ")[1:]:
            name, _, source = part.partition("\n")
            yield pytest.param(source, id=f"{path.stem}-{name.replace(' ', '_')}")

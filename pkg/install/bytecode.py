"""``--compile``: bytecode for what was just installed, by the target interpreter."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from dx_py.pkg.environment import Environment


def compile_installed(environment: Environment, names: Iterable[str]) -> None:
    """Files that do not compile are left alone, as pip leaves them."""
    files: list[str] = []
    for name in names:
        distribution = environment.installed.get(name)
        listed = distribution.files() if distribution is not None else None
        if distribution is not None and listed:
            files += [str(distribution.location / f) for f in listed if f.endswith(".py")]
    if files:
        subprocess.run(
            [str(environment.script_python), "-I", "-m", "compileall", "-q", "-i", "-"],
            input="\n".join(files), text=True, capture_output=True, check=False,
        )  # fmt: skip

"""Which environment a command works on. Light: the quick answers begin with it."""

from __future__ import annotations

from pathlib import Path

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.environment import Environment, open_environment


def environment_from(arguments: Arguments, store: Path) -> Environment:
    environment = open_environment(
        store,
        python=arguments.text("python"),
        system=arguments.flag("system"),
        break_system=arguments.flag("break-system-packages"),
    )
    if arguments.flag("universal"):
        return environment  # --python-version is the oldest of many
    if not any(arguments.many(name) for name in ("python-version", "platform", "abi")):
        return environment
    from dx_py.pkg.imitation import imitate

    return imitate(
        environment,
        version=arguments.text("python-version"),
        platforms=arguments.many("platform"),
        abis=arguments.many("abi"),
    )

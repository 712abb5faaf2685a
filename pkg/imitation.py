"""Another interpreter or platform than the target's: ``--python-version``, ``--platform``..."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from packaging import tags
from packaging.version import InvalidVersion, Version

from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import UsageError
from dx_py.pkg.interpreter import Interpreter, supported_tags

_SYSTEMS = {"linux": ("Linux", "linux", "posix"), "macosx": ("Darwin", "darwin", "posix"),
            "win": ("Windows", "win32", "nt")}  # fmt: skip


def imitate(
    environment: Environment, *, version: str = "", platforms: list[str], abis: list[str]
) -> Environment:
    """``environment`` as if its interpreter were of that version, on those platforms.

    What is installed in it does not count: it was installed for another.
    """
    if not version and not platforms and not abis:
        return environment
    interpreter = environment.interpreter
    if version:
        interpreter = _of_version(interpreter, version)
    if platforms or abis:
        interpreter = _on_platforms(interpreter, platforms, abis)
    return replace(environment, interpreter=interpreter, searched=())


def _of_version(interpreter: Interpreter, text: str) -> Interpreter:
    """``3.9``, ``39`` and ``3.9.21`` are understood, as pip understands them."""
    dotted = f"{text[0]}.{text[1:]}" if text.isdigit() and len(text) > 1 else text
    try:
        parsed = Version(dotted)
    except InvalidVersion:
        raise UsageError(f"--python-version {text!r} is no version such as 3.12") from None
    full = dotted if dotted.count(".") >= 2 else f"{dotted}.0"
    major, minor = parsed.major, parsed.minor
    markers = interpreter.markers | {
        "python_version": f"{major}.{minor}",
        "python_full_version": full,
        "implementation_version": full,
    }
    answer: dict[str, Any] = interpreter.answer | {
        "version": [major, minor, parsed.micro],
        "markers": markers,
    }
    return Interpreter(interpreter.executable, answer, supported_tags(answer))


def _on_platforms(
    interpreter: Interpreter, platforms: list[str], abis: list[str]
) -> Interpreter:
    named = [name.replace("-", "_").replace(".", "_") for name in platforms] or [
        tag.rpartition("-")[2] for tag in interpreter.tags
    ]
    major, minor, _ = interpreter.version
    expanded = list(dict.fromkeys(name for each in named for name in _expand(each)))
    wanted_abis = abis or [f"cp{major}{minor}"]
    found = [
        *tags.cpython_tags((major, minor), wanted_abis, expanded),
        *tags.compatible_tags((major, minor), f"cp{major}{minor}", expanded),
    ]
    answer = dict(interpreter.answer)
    if platforms:
        answer["markers"] = interpreter.markers | _platform_markers(named[0])
    return Interpreter(
        interpreter.executable, answer, tuple(dict.fromkeys(str(tag) for tag in found))
    )


def _expand(platform: str) -> list[str]:
    """Older platforms whose wheels run on this one, too."""
    prefix, _, rest = platform.partition("_")
    parts = rest.split("_", 2)
    if prefix == "macosx" and len(parts) == 3:
        version = (int(parts[0]), int(parts[1]))
        return list(tags.mac_platforms(version, parts[2]))
    if prefix == "manylinux" and len(parts) == 3:
        return [
            *(f"manylinux_2_{minor}_{parts[2]}" for minor in range(int(parts[1]), 4, -1)),
            *(f"{old}_{parts[2]}" for old in ("manylinux2014", "manylinux2010", "manylinux1")),
            f"linux_{parts[2]}",
        ]
    return [platform]


def _platform_markers(platform: str) -> dict[str, str]:
    for prefix, (system, sys_platform, os_name) in _SYSTEMS.items():
        if platform.startswith((prefix, f"many{prefix}", f"musl{prefix}")):
            machine = platform.rpartition("_")[2]
            if platform.endswith("x86_64"):
                machine = "x86_64"
            return {
                "platform_system": system,
                "sys_platform": sys_platform,
                "os_name": os_name,
                "platform_machine": machine,
                "platform_release": "",
                "platform_version": "",
            }
    return {}

"""Run by a target interpreter, by path: prints as JSON what an installer must know of it.

Python 3.9 and later, standard library only. Paths are templates over ``{base}``, so one
answer serves the interpreter and every virtual environment made from it.
"""

import json
import os
import pathlib
import platform
import sys
import sysconfig


def markers() -> dict[str, str]:
    """The marker environment of PEP 508."""
    info = sys.implementation.version
    kinds = {"alpha": "a", "beta": "b", "candidate": "rc", "final": ""}
    suffix = kinds[info.releaselevel]
    version = f"{info[0]}.{info[1]}.{info[2]}" + (suffix + str(info.serial) if suffix else "")
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "sys_platform": sys.platform,
    }


def paths(scheme: str) -> dict[str, str]:
    names = ("purelib", "platlib", "scripts", "data", "include")
    base = {"base": "{base}", "platbase": "{base}", "installed_base": "{base}",
            "installed_platbase": "{base}"}  # fmt: skip
    return {name: sysconfig.get_path(name, scheme, base) for name in names}


def schemes() -> dict[str, dict[str, str]]:
    """Name to templates, for the interpreter itself, an environment and a ``--prefix``."""
    known = sysconfig.get_scheme_names()
    # Python 3.9 has it under a private name only.
    get_default = getattr(sysconfig, "get_default_scheme", None)
    default = (get_default or vars(sysconfig)["_get_default_scheme"])()
    environment = "venv" if "venv" in known else ("nt" if os.name == "nt" else "posix_prefix")
    prefix = "nt" if os.name == "nt" else "posix_prefix"
    return {"default": paths(default), "venv": paths(environment), "prefix": paths(prefix)}


def main() -> None:
    variables = sysconfig.get_config_vars()
    stdlib = sysconfig.get_path("stdlib")
    answer = {
        "markers": markers(),
        "schemes": schemes(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "base_executable": getattr(sys, "_base_executable", sys.executable),
        "version": list(sys.version_info[:3]),
        "platform": sysconfig.get_platform(),
        "ext_suffix": variables.get("EXT_SUFFIX") or "",
        "free_threaded": bool(variables.get("Py_GIL_DISABLED")),
        "debug": bool(variables.get("Py_DEBUG")),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "externally_managed": (pathlib.Path(stdlib) / "EXTERNALLY-MANAGED").exists(),
        "sys_path": [entry for entry in sys.path if entry],
    }
    sys.stdout.write(json.dumps(answer))


main()

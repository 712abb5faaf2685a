"""Entry script: ``boot.py ARGS`` is ``pytest ARGS``; ``boot.py -m ARGS``, ``python -m pytest``;
``boot.py --dx-serve SOCKET`` is the server that such runs may be forked from. Edges of a build
graph are ``--dx-plan COLLECTION COUNT PLAN`` and ``--dx-part -m ARGS``, a run whose failures
are for another to report.

Gives the process the ``sys.path`` and ``sys.argv`` that pytest's own entry would have had.
"""

from __future__ import annotations

import importlib.util
import os
import sys

PACKAGE = "_dx_testrun"
# Statuses of pytest that say nothing which the run that reports would not say again.
REPORTABLE = (0, 1, 2, 4, 5)
FOLDER = os.path.dirname(os.path.abspath(__file__))


def load_package() -> None:
    """Register this folder as the package ``_dx_testrun``, off ``sys.path``."""
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(FOLDER, "__init__.py"), submodule_search_locations=[FOLDER]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def imitate_entry(arguments: list[str]) -> list[str]:
    """Set ``sys.path[0]`` and ``sys.argv`` as pytest's entry would; return its arguments."""
    scripts = os.path.dirname(sys.executable)
    if arguments[:1] == ["-m"]:
        sys.path[0] = os.getcwd()
        sys.argv = [os.path.join(scripts, "pytest"), *arguments[1:]]
        return arguments[1:]
    sys.path[0] = scripts
    sys.argv = [os.path.join(scripts, "pytest"), *arguments]
    return arguments


def main() -> int:
    load_package()
    if sys.argv[1:2] == ["--dx-serve"]:
        resident = importlib.import_module(f"{PACKAGE}.server.resident")
        return int(resident.main(sys.argv[2]))
    if sys.argv[1:2] == ["--dx-plan"]:
        sharding = importlib.import_module(f"{PACKAGE}.sharding")
        return int(sharding.write_plan(*sys.argv[2:]))
    is_part = sys.argv[1:2] == ["--dx-part"]
    arguments = imitate_entry(sys.argv[2 if is_part else 1 :])
    supervisor = importlib.import_module(f"{PACKAGE}.supervisor")
    status: int = supervisor.supervise(arguments)
    return 0 if is_part and status in REPORTABLE else status


if __name__ == "__main__":
    sys.exit(main())

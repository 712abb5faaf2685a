"""One edge of ``--engine=ninja``: a request to a wheel in the store (see `edges`).

python -I -m dx_py.pkg.commands.edge REQUEST POINTER
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from packaging.version import Version

from dx_py.artifacts.errors import DxError
from dx_py.artifacts.pointer import write_pointer
from dx_py.pkg.commands.build_environments import BuildEnvironments
from dx_py.pkg.commands.edges import VARIABLE, read_request
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.resolving import Workshop, open_workshop
from dx_py.pkg.commands.services import make_services
from dx_py.pkg.commands.table import find
from dx_py.pkg.environment import environment_of
from dx_py.pkg.errors import PkgError
from dx_py.pkg.install.wheel_store import StoredWheel
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.requirements_file import RequirementsFile
from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.store_paths import pkg_store


def main(request: Path, pointer: Path) -> int:
    """0, or 1 with the reason in a file beside the pointer and on standard error."""
    try:
        wheel = _acquired(read_request(request.read_bytes()), json.loads(os.environ[VARIABLE]))
    except DxError as error:
        said = (error.message, error.hint) if isinstance(error, PkgError) else (str(error), "")
        text = json.dumps(dict(zip(("message", "hint"), said, strict=True)))
        pointer.with_suffix(".error").write_text(text, encoding="utf-8")
        sys.stderr.write(f"{error}\n")
        return 1
    write_pointer(pointer, {"wheel": wheel.digest})  # type: ignore[dict-item]
    return 0


def _acquired(request: dict[str, Any], settings: dict[str, Any]) -> StoredWheel:
    command = find("install")
    assert command is not None
    arguments = Arguments(command, settings["values"], settings["counts"])
    said = RequirementsFile(options=settings["options"], flags=set(settings["flags"]))
    environment = environment_of(Path(settings["python"]), pkg_store())
    services = make_services(arguments, said, store=pkg_store())
    environments = BuildEnvironments(arguments, said, services, environment)
    workshop = open_workshop(arguments, services, environment, environments)
    try:
        return _one(request, workshop)
    finally:
        workshop.builder.close()
        services.fetcher.close()


def _one(request: dict[str, Any], workshop: Workshop) -> StoredWheel:
    name = NormalizedName(request["name"])
    candidate = Candidate(
        name, NormalizedName(""), Version(request["version"]), wheel_row=request["file"]
    )
    if request["hashes"] is not None:
        allowed = {key: frozenset(each) for key, each in request["hashes"].items()}
        workshop.acquirer.hashes[name] = allowed
    wheels = workshop.acquirer.acquire(
        [candidate], lambda _: workshop.builder.build_tree(request["tree"])
    )
    return wheels[name]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))

"""``dx-py pip tree``, ``why`` and ``why-not``: who needs what."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.environment import Environment
from dx_py.pkg.errors import PkgError, ResolutionError
from dx_py.pkg.installed import InstalledDistribution
from dx_py.pkg.names import NormalizedName, normalize
from dx_py.pkg.requirements_file import Line, RequirementsFile
from dx_py.pkg.resolve.requirement import applies, from_metadata
from dx_py.pkg.store_paths import pkg_store

#: For each installed name, what it needs and in which versions.
Needs = dict[NormalizedName, dict[NormalizedName, str]]


def needs_of(environment: Environment) -> Needs:
    markers = environment.interpreter.markers
    found: Needs = {}
    for name in sorted(environment.installed):
        distribution = environment.installed[name]
        of_one = found.setdefault(distribution.name, {})
        for text in distribution.metadata.requires_dist:
            parsed = from_metadata(text, name)
            if applies(parsed, markers):
                of_one[normalize(parsed.name)] = str(parsed.specifier)
    return found


def tree(arguments: Arguments) -> int:
    environment = _environment(arguments)
    needs = needs_of(environment)
    if arguments.flag("invert"):
        needs = _inverted(needs)
    needed = {name for of_one in needs.values() for name in of_one}
    named = [normalize(name) for name in arguments.many("package")]
    roots = named or [name for name in needs if name not in needed]
    rows = [_node(name, "", environment, needs, ()) for name in roots]
    if arguments.flag("json"):
        sys.stdout.write(json.dumps(rows) + "\n")
    else:
        for row in rows:
            sys.stdout.write("".join(f"{line}\n" for line in _lines(row)))
    return 0


def _inverted(needs: Needs) -> Needs:
    found: Needs = {name: {} for name in needs}
    for name, of_one in needs.items():
        for needed, specifier in of_one.items():
            found.setdefault(needed, {})[name] = specifier
    return found


def _node(
    name: NormalizedName,
    specifier: str,
    environment: Environment,
    needs: Needs,
    above: tuple[str, ...],
) -> dict[str, Any]:
    installed = environment.installed.get(name)
    node: dict[str, Any] = {
        "name": installed.display_name if installed else name,
        "version": installed.version if installed else None,
        "required": specifier,
        "cycle": name in above,
        "dependencies": [],
    }
    if name not in above:
        node["dependencies"] = [
            _node(child, wanted, environment, needs, (*above, name))
            for child, wanted in sorted(needs.get(name, {}).items())
        ]
    return node


def _lines(node: dict[str, Any], indent: str = "", branch: str = "") -> Iterator[str]:
    version = f"v{node['version']}" if node["version"] else "(not installed)"
    wanted = f" [required: {node['required']}]" if node["required"] else ""
    cycle = " (*)" if node["cycle"] else ""
    yield f"{indent}{branch}{node['name']} {version}{wanted}{cycle}"
    below = indent + {"": "", "├── ": "│   ", "└── ": "    "}[branch]
    children = node["dependencies"]
    for position, child in enumerate(children):
        last = position == len(children) - 1
        yield from _lines(child, below, "└── " if last else "├── ")


def why(arguments: Arguments) -> int:
    """Exit status 1 for what is not installed."""
    environment = _environment(arguments)
    by_whom = _inverted(needs_of(environment))
    status = 0
    for text in arguments.positional:
        name = normalize(text)
        found = environment.installed.get(name)
        if found is None:
            sys.stderr.write(f"WARNING: {text} is not installed\n")
            status = 1
            continue
        sys.stdout.write(f"{found.display_name} {found.version}{_asked_for(found)}\n")
        for chain in _chains(name, by_whom, (name,)):
            sys.stdout.write(f"  {' <- '.join(chain)}\n")
    if not arguments.positional:
        raise PkgError("why needs at least one name")
    return status


def _asked_for(found: InstalledDistribution) -> str:
    return " was asked for" if found.is_requested else " is there for others"


def _chains(
    name: NormalizedName, by_whom: Needs, above: tuple[NormalizedName, ...]
) -> Iterator[tuple[str, ...]]:
    """Every way up to something that nothing else needs."""
    owners = [owner for owner in sorted(by_whom.get(name, {})) if owner not in above]
    if not owners and len(above) > 1:
        yield above
    for owner in owners:
        yield from _chains(owner, by_whom, (*above, owner))


def why_not(arguments: Arguments) -> int:
    """Whether something could be installed beside what was asked for; status 1 if not."""
    from dx_py.pkg.commands.resolution_only import resolved

    if not arguments.positional:
        raise PkgError("why-not needs a requirement, for instance 'django>=5'")
    environment = _environment(arguments)
    said = RequirementsFile()
    for text in arguments.positional:
        said.requirements.append(Line(text, "the command line"))
    named = {normalize(text.partition("=")[0].rstrip("<>!~")) for text in arguments.positional}
    for name, each in sorted(environment.installed.items()):
        if each.is_requested and not each.direct_url and name not in named:
            pin = f"{each.display_name}=={each.version}"
            said.requirements.append(Line(pin, "installed, as you asked"))
    try:
        with resolved(arguments, said) as found:
            pins = found.resolving.resolution.pins
    except ResolutionError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    changed = [
        f"{name} {pin.version}"
        for name, pin in pins.items()
        if name not in environment.installed
        or environment.installed[name].version != str(pin.version)
    ]
    sys.stdout.write(
        f"nothing is against it: it would install {', '.join(changed) or 'nothing'}\n"
    )
    return 0


def _environment(arguments: Arguments) -> Environment:
    arguments.counts.setdefault("break-system-packages", 1)
    return environment_from(arguments, pkg_store())

"""``dx-py pip install``."""

from __future__ import annotations

import sys
from pathlib import Path

from dx_py.pkg.commands.answers import keep_change, key_of
from dx_py.pkg.commands.build_environments import BuildEnvironments
from dx_py.pkg.commands.installing import Outcome, alone, install_into
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.services import make_services
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.commands.wanted import read_files
from dx_py.pkg.environment import Environment, prefix_folder, target_folder
from dx_py.pkg.errors import PkgError, UsageError
from dx_py.pkg.store_paths import pkg_store


def install(arguments: Arguments) -> int:
    said = read_files(arguments)
    if not said.requirements and not arguments.many("requirement"):
        raise PkgError(
            "install needs at least one requirement",
            hint="name a package, or a file with -r, or a folder with -e",
        )
    if arguments.flag("user"):
        raise UsageError(
            "--user is not supported", hint="make an environment with 'dx-py venv .venv'"
        )
    foreign = any(arguments.many(name) for name in ("python-version", "platform", "abi"))
    if foreign and not arguments.text("target") and not arguments.flag("dry-run"):
        raise UsageError(
            "--python-version, --platform and --abi need --target or --dry-run",
            hint="what is made for another interpreter does not belong in this environment",
        )
    store = pkg_store()
    environment = _target(arguments, environment_from(arguments, store))
    services = make_services(arguments, said, store=store)
    environments = BuildEnvironments(arguments, said, services, environment)
    try:
        with alone(environment, arguments):
            key = key_of(arguments, environment)
            outcome = install_into(environment, said, arguments, services, environments)
    finally:
        services.fetcher.close()
    text, problems = _finish(arguments, environment, outcome)
    if not problems:
        site = environment.paths["purelib"]
        keep_change(key, outcome, outcome.wheels, services, text=text, site=site)
    return 0


def _target(arguments: Arguments, environment: Environment) -> Environment:
    if arguments.text("target"):
        return target_folder(environment, Path(arguments.text("target")))
    if arguments.text("prefix"):
        return prefix_folder(environment, Path(arguments.text("prefix")))
    return environment


def _finish(
    arguments: Arguments, environment: Environment, outcome: Outcome
) -> tuple[str, list[str]]:
    """Print what was done; the text, and what is wrong with the environment now."""
    if arguments.text("report"):
        from dx_py.pkg.commands.report import write_report

        write_report(arguments.text("report"), environment, outcome)
    if arguments.flag("json"):
        from dx_py.pkg.commands.report import print_json

        print_json(outcome, dry_run=arguments.flag("dry-run"))
        return "", []
    if arguments.flag("compile") and not arguments.flag("dry-run"):
        from dx_py.pkg.install.bytecode import compile_installed

        compile_installed(environment, [each.name for each in outcome.to_install])
    for warning in outcome.resolving.warnings:
        sys.stderr.write(f"WARNING: {warning}\n")
    text = "" if arguments.flag("quiet") else _summary(arguments, outcome)
    sys.stdout.write(text)
    conflicts = outcome.to_install and not arguments.flag("no-warn-conflicts")
    if not conflicts or _was_resolved_whole(outcome, arguments, environment):
        return text, []
    return text, _warn_of_conflicts(environment)


def _summary(arguments: Arguments, outcome: Outcome) -> str:
    dry_run = arguments.flag("dry-run")
    lines = [
        f"Requirement already satisfied: {each.name} in {each.location} ({each.version})"
        for each in outcome.satisfied
    ]
    if outcome.to_remove and not dry_run:
        lines += [
            f"  Uninstalled {each.display_name}-{each.version}" for each in outcome.to_remove
        ]
    if outcome.to_install:
        names = " ".join(f"{each.name}-{each.version}" for each in outcome.to_install)
        lines.append(f"{'Would install' if dry_run else 'Successfully installed'} {names}")
    return "".join(f"{line}\n" for line in lines)


def _was_resolved_whole(
    outcome: Outcome, arguments: Arguments, environment: Environment
) -> bool:
    """Whether all that is there is from one resolution, which then left no conflict."""
    is_free = arguments.flag("no-deps") or outcome.wanted.overrides
    return (
        not is_free and environment.installed.keys() <= outcome.resolving.resolution.pins.keys()
    )


def _warn_of_conflicts(environment: Environment) -> list[str]:
    from dx_py.pkg.consistency import problems

    found = list(problems(environment))
    for problem in found:
        sys.stderr.write(f"WARNING: {problem}\n")
    return found

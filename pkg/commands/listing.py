"""``dx-py pip freeze``, ``list``, ``show`` and ``check``: what is installed, in pip's words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.target import environment_from
from dx_py.pkg.environment import Environment
from dx_py.pkg.installed import InstalledDistribution, scan
from dx_py.pkg.names import normalize
from dx_py.pkg.store_paths import pkg_store

#: What ``pip freeze`` leaves out unless --all is given, by the target's version.
_TOOLS = frozenset(("pip",))
_OLD_TOOLS = frozenset(("pip", "setuptools", "distribute", "wheel"))


def freeze(arguments: Arguments) -> int:
    environment = _environment(arguments)
    tools = _OLD_TOOLS if environment.interpreter.version < (3, 12) else _TOOLS
    hidden = frozenset() if arguments.flag("all") else tools
    shown = [each for each in _chosen(arguments, environment) if each.name not in hidden]
    if arguments.flag("json"):
        return _print_json([_row(each) for each in shown])
    lines = {each.name: freeze_line(each) for each in shown}
    for path in arguments.many("requirement"):
        _print_in_order_of(path, lines)
    sys.stdout.write("".join(f"{line}\n" for line in lines.values()))
    return 0


def _print_in_order_of(path: str, lines: dict[Any, str]) -> None:
    """The file's own requirements first, in its order; what it does not name comes after."""
    from dx_py.pkg.requirements_file import RequirementsFile, read
    from dx_py.pkg.resolve.requirement import from_user

    said = RequirementsFile()
    read(path, said)
    for line in said.requirements:
        name = normalize(from_user(line.text, line.origin).name) if not line.editable else ""
        if name in lines:
            sys.stdout.write(f"{lines.pop(name)}\n")
        else:
            sys.stderr.write(
                f"WARNING: Requirement file [{path}] contains {line.text}, but package is not "
                "installed\n"
            )
    sys.stdout.write("## The following requirements were added by pip freeze:\n")


def freeze_line(distribution: InstalledDistribution) -> str:
    source = distribution.editable_location
    if source:
        return f"-e {source}" if _is_plain_folder(distribution) else _direct(distribution)
    if distribution.direct_url:
        return _direct(distribution)
    return f"{distribution.display_name}=={distribution.version}"


def _is_plain_folder(distribution: InstalledDistribution) -> bool:
    return "vcs_info" not in (distribution.direct_url or {})


def _direct(distribution: InstalledDistribution) -> str:
    direct: dict[str, Any] = distribution.direct_url or {}
    url = str(direct.get("url", ""))
    vcs = direct.get("vcs_info")
    if vcs:
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    digest = (direct.get("archive_info") or {}).get("hash", "")
    fragments = [digest] if digest else []
    if direct.get("subdirectory"):
        fragments.append(f"subdirectory={direct['subdirectory']}")
    suffix = f"#{'&'.join(fragments)}" if fragments else ""
    return f"{distribution.display_name} @ {url}{suffix}"


def list_packages(arguments: Arguments) -> int:
    environment = _environment(arguments)
    shown = _chosen(arguments, environment)
    if arguments.flag("editable"):
        shown = [each for each in shown if each.editable_location]
    if arguments.flag("not-required"):
        needed = _needed(shown, environment)
        shown = [each for each in shown if each.name not in needed]
    rows = [_row(each) for each in shown]
    if arguments.flag("outdated") or arguments.flag("uptodate"):
        rows = _compare_with_index(arguments, environment, shown)
    _print_rows(arguments, rows)
    return 0


def _compare_with_index(
    arguments: Arguments, environment: Environment, shown: list[InstalledDistribution]
) -> list[dict[str, str]]:
    from dx_py.pkg.commands.newest import newest_versions

    newest = newest_versions(arguments, environment, [each.name for each in shown])
    rows = []
    for each in shown:
        latest = newest.get(each.name)
        is_outdated = latest is not None and latest.is_newer_than(each.version)
        if arguments.flag("outdated") and is_outdated and latest is not None:
            extra = {"latest_version": latest.version, "latest_filetype": latest.kind}
            rows.append(_row(each) | extra)
        elif arguments.flag("uptodate") and not is_outdated:
            rows.append(_row(each))
    return rows


def _row(distribution: InstalledDistribution) -> dict[str, str]:
    row = {"name": distribution.display_name, "version": distribution.version}
    source = distribution.editable_location
    return row | {"editable_project_location": source} if source else row


def _print_rows(arguments: Arguments, rows: list[dict[str, str]]) -> None:
    form = "json" if arguments.flag("json") else arguments.text("format", "columns")
    if form == "json":
        _print_json(rows)
    elif form == "freeze":
        sys.stdout.write("".join(f"{row['name']}=={row['version']}\n" for row in rows))
    elif rows:
        sys.stdout.write(_columns(rows))


_TITLES = {
    "name": "Package",
    "version": "Version",
    "latest_version": "Latest",
    "latest_filetype": "Type",
    "editable_project_location": "Editable project location",
}


def _columns(rows: list[dict[str, str]]) -> str:
    keys = [key for key in _TITLES if any(key in row for row in rows)]
    table = [
        [_TITLES[key] for key in keys],
        *([row.get(key, "") for key in keys] for row in rows),
    ]
    widths = [max(len(line[column]) for line in table) for column in range(len(keys))]
    table.insert(1, ["-" * width for width in widths])
    lines = (
        " ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    )
    return "".join(f"{line}\n" for line in lines)


def _needed(shown: Iterable[InstalledDistribution], environment: Environment) -> set[str]:
    from dx_py.pkg.resolve.requirement import applies, from_metadata

    return {
        normalize(parsed.name)
        for each in shown
        for text in each.metadata.requires_dist
        if applies(parsed := from_metadata(text, each.name), environment.interpreter.markers)
    }


def show(arguments: Arguments) -> int:
    """Exit status 1 if none of the names is installed, as pip's."""
    environment = _environment(arguments)
    found = [
        environment.installed[name]
        for text in arguments.positional
        if (name := normalize(text)) in environment.installed
    ]
    missing = [t for t in arguments.positional if normalize(t) not in environment.installed]
    if missing or not arguments.positional:
        names = ", ".join(missing)
        text = f"Package(s) not found: {names}" if missing else "give one or more names"
        sys.stderr.write(f"WARNING: {text}\n")
    cards = [_card(each, environment, arguments) for each in found]
    if arguments.flag("json"):
        _print_json(cards)
    else:
        sys.stdout.write("---\n".join(_format_card(card) for card in cards))
    return 0 if found else 1


def _card(
    distribution: InstalledDistribution, environment: Environment, arguments: Arguments
) -> dict[str, Any]:
    metadata = distribution.metadata
    requires = sorted(_needed([distribution], environment))
    card: dict[str, Any] = {
        "Name": distribution.display_name,
        "Version": distribution.version,
        "Summary": metadata.first("summary"),
        "Home-page": metadata.first("home-page") or _homepage(metadata.fields),
        "Author": metadata.first("author"),
        "Author-email": metadata.first("author-email"),
        "License": metadata.first("license-expression") or metadata.first("license"),
        "Location": str(distribution.location),
    }
    if distribution.editable_location:
        card["Editable project location"] = distribution.editable_location
    card["Requires"] = ", ".join(requires)
    card["Required-by"] = ", ".join(_required_by(distribution, environment))
    if arguments.flag("files") or arguments.flag("verbose"):
        card["Files"] = distribution.files() or []
    return card


def _homepage(fields: dict[str, list[str]]) -> str:
    for text in fields.get("project-url", []):
        label, _, url = text.partition(",")
        if label.strip().lower().replace("-", "").replace(" ", "") == "homepage":
            return url.strip()
    return ""


def _required_by(distribution: InstalledDistribution, environment: Environment) -> list[str]:
    return [
        other.display_name
        for name, other in sorted(environment.installed.items())
        if distribution.name in _needed([other], environment)
    ]


def _format_card(card: dict[str, Any]) -> str:
    lines = []
    for title, value in card.items():
        if title == "Files":
            lines += ["Files:", *(f"  {path}" for path in value)]
        else:
            lines.append(f"{title}: {value}".rstrip() if not value else f"{title}: {value}")
    return "".join(f"{line}\n" for line in lines)


def check(arguments: Arguments) -> int:
    """Exit status 1 if something is missing or does not fit."""
    from dx_py.pkg.consistency import problems

    found = list(problems(_environment(arguments)))
    if arguments.flag("json"):
        _print_json(found)
    else:
        text = "".join(f"{line}\n" for line in found) or "No broken requirements found.\n"
        sys.stdout.write(text)
    return 1 if found else 0


def _environment(arguments: Arguments) -> Environment:
    arguments.counts.setdefault("break-system-packages", 1)  # looking is always allowed
    environment = environment_from(arguments, pkg_store())
    folders = arguments.many("path")
    if folders:
        return replace(environment, searched=tuple(Path(folder) for folder in folders))
    if arguments.flag("local"):
        own = (environment.paths["purelib"], environment.paths["platlib"])
        return replace(environment, searched=tuple(dict.fromkeys(own)))
    return environment


def _chosen(arguments: Arguments, environment: Environment) -> list[InstalledDistribution]:
    excluded = {normalize(name) for name in arguments.many("exclude")}
    found = scan(environment.searched)
    return [
        found[name]
        for name in sorted(found)
        if name not in excluded
        and not (arguments.flag("exclude-editable") and found[name].editable_location)
    ]


def _print_json(value: object) -> int:
    sys.stdout.write(json.dumps(value) + "\n")
    return 0

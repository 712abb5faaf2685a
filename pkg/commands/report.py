"""``--report`` (pip's installation report, version 1) and ``--json`` of ``install``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dx_py.pkg.commands.installing import Outcome
from dx_py.pkg.environment import Environment
from dx_py.pkg.resolve.candidate import Candidate


def write_report(path: str, environment: Environment, outcome: Outcome) -> None:
    document = {
        "version": "1",
        "pip_version": "dx-py",
        "install": [_item(candidate, outcome) for candidate in outcome.to_install],
        "environment": environment.interpreter.markers,
    }
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        Path(path).write_text(text, encoding="utf-8")


def _item(candidate: Candidate, outcome: Outcome) -> dict[str, Any]:
    metadata = outcome.resolving.metadata(candidate)
    extras = outcome.resolving.resolution.extras.get(candidate.name, ())
    item: dict[str, Any] = {
        "download_info": download_info(candidate),
        "is_direct": candidate.direct is not None,
        "is_yanked": candidate.yanked is not None,
        "requested": candidate.name in outcome.wanted.names,
        "metadata": {
            "metadata_version": metadata.metadata_version,
            "name": metadata.name,
            "version": metadata.version,
            "requires_dist": list(metadata.requires_dist),
            "requires_python": metadata.requires_python,
            "provides_extra": list(metadata.provides_extra),
        },
    }
    if extras:
        item["requested_extras"] = list(extras)
    return item


def download_info(candidate: Candidate) -> dict[str, Any]:
    """The direct_url.json that the file would have had as a direct reference."""
    if candidate.direct is not None:
        return candidate.direct.direct_url
    entry = candidate.best_file
    hashes = dict(entry.hashes)
    first = "=".join(entry.hashes[0]) if entry.hashes else ""
    return {"url": entry.url, "archive_info": {"hash": first, "hashes": hashes}}


def print_json(outcome: Outcome, *, dry_run: bool) -> None:
    document = {
        "dry_run": dry_run,
        "installed": [
            {"name": each.name, "version": str(each.version)} for each in outcome.to_install
        ],
        "removed": [{"name": each.name, "version": each.version} for each in outcome.to_remove],
        "satisfied": [
            {"name": each.name, "version": each.version} for each in outcome.satisfied
        ],
        "warnings": outcome.resolving.warnings,
    }
    sys.stdout.write(json.dumps(document, sort_keys=True) + "\n")

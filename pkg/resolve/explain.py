"""Why there is no solution: the derivation, collapsed, in the user's terms."""

from __future__ import annotations

from collections.abc import Iterable

from dx_py.pkg.resolve.incompatibility import DependencyCause, RootCause, facts_below
from dx_py.pkg.resolve.provider import PackageProvider
from dx_py.pkg.resolve.pubgrub import UnsolvableError
from dx_py.pkg.resolve.requirement import Requirement


def explain(
    error: UnsolvableError, provider: PackageProvider, requirements: Iterable[Requirement]
) -> str:
    lines = ["these requirements cannot be met together:"]
    for fact in facts_below(error.proof):
        if isinstance(fact.cause, RootCause):
            lines.append(f"  you asked for {fact.cause.requirement}")
        elif isinstance(fact.cause, DependencyCause):
            lines.append(f"  {fact.cause.candidate} needs {fact.cause.requirement}")
    return "\n".join(lines[:12])

"""Bring an environment from what is installed to what was resolved, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dx_py.pkg.environment import Environment
from dx_py.pkg.install.installer import Installation, stage
from dx_py.pkg.install.lock import exclusive
from dx_py.pkg.install.natively import apply_natively, can_apply
from dx_py.pkg.install.transaction import Transaction, begin, recover
from dx_py.pkg.install.uninstall import pth_without, removal_paths
from dx_py.pkg.installed import InstalledDistribution


@dataclass(frozen=True, slots=True)
class Change:
    """``remove`` are taken away, whether or not something of the same name comes."""

    install: tuple[Installation, ...]
    remove: tuple[InstalledDistribution, ...]


def apply(
    change: Change, environment: Environment, *, link_mode: str = "auto", keep_undo: bool = True
) -> None:
    """All of ``change`` or nothing; raises EnvironmentProblemError and leaves it as it was."""
    if keep_undo and can_apply(link_mode) and not _touches_pth(change.remove):
        _apply_natively(change, environment, link_mode)
    else:
        _apply(change, environment, link_mode=link_mode, keep_undo=keep_undo)
    environment.forget_installed()


def _touches_pth(distributions: Iterable[InstalledDistribution]) -> bool:
    return any(each.editable_location for each in distributions)


def _apply_natively(change: Change, environment: Environment, link_mode: str) -> None:
    with exclusive(environment.state):
        recover(environment.state)
        removals = [
            path for each in change.remove for path in removal_paths(each, environment.prefix)
        ]
        apply_natively(change.install, removals, environment, link_mode=link_mode)


def _apply(
    change: Change, environment: Environment, *, link_mode: str, keep_undo: bool
) -> None:
    with begin(environment.state, keep_undo=keep_undo) as transaction:
        _remove(change.remove, environment, transaction)
        for installation in change.install:
            stage(installation, environment, transaction, link_mode=link_mode)


def _remove(
    distributions: Iterable[InstalledDistribution],
    environment: Environment,
    transaction: Transaction,
) -> None:
    for distribution in distributions:
        transaction.remove(removal_paths(distribution, environment.prefix))
        source = distribution.editable_location
        if source:
            _remove_pth_line(environment.paths["purelib"], source, transaction)


def _remove_pth_line(purelib: Path, source: str, transaction: Transaction) -> None:
    """easy-install.pth is shared between all packages in development mode."""
    pth = purelib / "easy-install.pth"
    content = pth_without(pth, source)
    if content is None:
        return
    transaction.remove([str(pth)])
    if content:
        (transaction.stage(purelib) / pth.name).write_bytes(content)

"""The time limit of an item: the mark ``timeout``, else ``--timeout``, else the ini key.

Where pytest-timeout is installed it enforces these itself inside the worker, with its own
report; ours then comes later, for what it cannot interrupt.
"""

from __future__ import annotations

import pytest

GRACE_SECONDS = 5.0


def time_limit(item: pytest.Item) -> float | None:
    """Seconds for setup, call and teardown together; None for no limit."""
    limit = marked_limit(item)
    if limit is None:
        limit = configured_limit(item.config)
    if not limit or limit <= 0:
        return None
    return limit + GRACE_SECONDS if has_pytest_timeout(item.config) else limit


def has_pytest_timeout(config: pytest.Config) -> bool:
    manager = config.pluginmanager
    return manager.hasplugin("timeout") or manager.hasplugin("pytest_timeout")


def marked_limit(item: pytest.Item) -> float | None:
    mark = item.get_closest_marker("timeout")
    if mark is None:
        return None
    value = mark.args[0] if mark.args else mark.kwargs.get("timeout")
    return None if value is None else float(value)


def configured_limit(config: pytest.Config) -> float | None:
    for value in (config.getoption("timeout", None), ini_value(config, "timeout")):
        if value:
            return float(str(value))
    return None


def ini_value(config: pytest.Config, name: str) -> object:
    try:
        return config.getini(name)
    except (KeyError, ValueError):
        return None

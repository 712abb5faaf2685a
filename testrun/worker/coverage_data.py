"""pytest-cov over forked workers: measuring went on in each, so each leaves its data file.

The plug-in of the controller combines, as it does for any process that was measured with it,
and makes the reports.
"""

from __future__ import annotations

from typing import Any

import pytest

PLUGIN = "_cov"


def is_measured(config: pytest.Config) -> bool:
    return controller_of(config) is not None


def controller_of(config: pytest.Config) -> Any:  # noqa: ANN401
    return getattr(config.pluginmanager.getplugin(PLUGIN), "cov_controller", None)


def save_worker_data(config: pytest.Config) -> None:
    """In a worker, after its last test: write what it measured beside the controller's data."""
    controller = controller_of(config)
    if controller is not None:
        controller.cov.stop()
        controller.cov.save()

"""Plug-in module with the fixtures that pytest-xdist gives to tests.

Functions of a module, as there: pytest deprecates those of a plug-in's class.
"""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """``gw0``, ``gw1``, ...; ``master`` outside workers, as pytest-xdist has it."""
    given: Any = getattr(request.config, "workerinput", {"workerid": "master"})
    return str(given["workerid"])


@pytest.fixture(scope="session")
def testrun_uid(request: pytest.FixtureRequest) -> str:
    """The same text in all workers of a run."""
    given: Any = getattr(request.config, "workerinput", {"testrunuid": "master"})
    return str(given["testrunuid"])

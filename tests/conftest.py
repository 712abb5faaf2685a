"""Settings and options of the whole suite."""

from __future__ import annotations

import os

from hypothesis import settings

# `make test` tries the same examples every time; the fuzzing targets choose "random".
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile(os.environ.get("DX_HYPOTHESIS_PROFILE", "fixed"))


def pytest_addoption(parser):
    parser.addoption(
        "--bless", action="store_true", help="rewrite golden files with what came out"
    )

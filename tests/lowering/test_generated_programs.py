"""Random programs become the host's code, or the host's refusal.

`make fuzz-code` runs ten thousand; here a few.
"""

from __future__ import annotations

import ast
import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.frontend.programs import misplaced, sources
from tests.lowering.outcomes import compared

EXAMPLES = int(os.environ.get("DX_CODE_EXAMPLES", "60"))
quietly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES < 1000,
    suppress_health_check=list(HealthCheck),
)


def parsed(source):
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


@pytest.mark.filterwarnings("ignore")
@quietly
@given(sources())
def test_programs(source):
    for optimize in (0, 2):
        tree = parsed(source)
        if tree is not None:
            assert compared(tree, optimize=optimize) == []


@pytest.mark.filterwarnings("ignore")
@quietly
@given(misplaced())
def test_programs_that_may_be_refused(source):
    tree = parsed(source)
    if tree is not None:
        assert compared(tree) == []

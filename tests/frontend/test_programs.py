"""The generator of programs keeps its promise: what it makes is valid."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.frontend.programs import sources


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(sources())
def test_generated_programs_compile(source):
    compile(source, "<generated>", "exec", dont_inherit=True)

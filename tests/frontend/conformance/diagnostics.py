"""Every refusal of a source that CPython's tests compile, against the host's."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from dx_py.frontend.parser import parse
from tests.frontend.host_verdict import host_verdict, our_verdict

HARVEST = Path(__file__).with_name("harvest.py")
# Differences that docs/frontend/conformance.md lists; a smaller number changes that page.
KNOWN = {"exec": 4, "eval": 12, "single": 118}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    path = tmp_path_factory.mktemp("harvest") / "sources.json"
    folder = path.parent
    subprocess.run([sys.executable, HARVEST, path], check=True, cwd=folder, capture_output=True)
    return [source for source in json.loads(path.read_text()) if "\0" not in source]


def refusal(parse_source, source):
    try:
        parse_source(source)
    except SyntaxError as e:
        place = (e.lineno, e.offset, e.end_lineno, e.end_offset)
        return (type(e), e.msg, e.filename, *place, e.text)
    except (UnicodeEncodeError, RecursionError, MemoryError, ValueError) as e:
        return type(e)
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", KNOWN)
def test_refusals_equal_the_hosts(sources, mode, capsys):
    outcome = Counter()
    for source in sources:
        host = refusal(lambda text: ast.parse(text, "<test>", mode), source)
        if isinstance(host, tuple):
            ours = refusal(lambda text: parse(text, filename="<test>", mode=mode), source)
            outcome["equal" if ours == host else "differ"] += 1
    with capsys.disabled():
        print(f"\nrefused in mode {mode}: {dict(outcome)}")  # noqa: T201
    assert outcome["equal"] > 1000
    assert outcome["differ"] <= KNOWN[mode]


@pytest.mark.filterwarnings("ignore")
def test_compile_time_verdicts_equal_the_hosts(sources, capsys):
    outcome = Counter()
    for source in sources:
        try:
            tree = ast.parse(source)
            host = host_verdict(tree)
        except (SyntaxError, UnicodeEncodeError, RecursionError, MemoryError, ValueError):
            continue
        outcome["refused" if isinstance(host, tuple) else "compiled"] += 1
        assert our_verdict(tree) == host, source
    with capsys.disabled():
        print(f"\ncompile-time verdicts: {dict(outcome)}")  # noqa: T201
    assert outcome["refused"] > 300

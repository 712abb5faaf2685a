"""The documents in `diagnostics/` show what is printed for each source in them.

A document alternates between `python` blocks and the `text` blocks that answer them.
`pytest --bless` rewrites the answers; read the difference before it is committed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dx_py.frontend.diagnostics.explain import explain
from dx_py.frontend.diagnostics.render import render

DOCUMENTS = sorted((Path(__file__).parent / "diagnostics").glob("*.md"))
PAIR = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```\n", re.DOTALL)


def answer(source):
    text = source.encode()
    found = explain(text, "example.py")
    shown = [render(diagnostic, text, "example.py", colour=False) for diagnostic in found]
    return "\n\n".join(shown) + "\n"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_document_shows_what_is_printed(document, pytestconfig):
    text = document.read_text(encoding="utf-8")
    answered = PAIR.sub(
        lambda pair: f"```python\n{pair[1]}```\n\n```text\n{answer(pair[1])}```\n", text
    )
    if pytestconfig.getoption("--bless"):
        document.write_text(answered, encoding="utf-8")
    assert answered == text


def test_every_source_in_the_documents_has_an_answer():
    texts = [document.read_text(encoding="utf-8") for document in DOCUMENTS]
    assert sum(text.count("```python") for text in texts) == sum(
        len(PAIR.findall(text)) for text in texts
    )

"""The terminals of the grammar by number, as the Python lexers need them."""

from __future__ import annotations

from dataclasses import dataclass

from dx_py.frontend.grammar.reader import Grammar


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``kinds`` maps terminal names, ``keywords`` and ``operators`` texts to numbers."""

    kinds: dict[str, int]
    keywords: dict[str, int]
    operators: dict[str, int]


def vocabulary(grammar: Grammar) -> Vocabulary:
    kinds = {name: number for number, name in enumerate(grammar.terminals)}
    return Vocabulary(
        kinds=kinds,
        keywords={text: kinds[name] for text, name in grammar.keywords.items()},
        operators={text: kinds[name] for text, name in grammar.operators.items()},
    )

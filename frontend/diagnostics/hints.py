"""What to do about an error, where that is more than its message says."""

from __future__ import annotations

import difflib
import keyword
from collections.abc import Sequence

from dx_py.frontend.diagnostics.automaton import Automaton, automaton
from dx_py.frontend.diagnostics.search import Finding
from dx_py.frontend.diagnostics.tokens import Token, TokenKind

_ADVICE = {
    "expected an indented block": "indent the statements of the block, or write 'pass'",
    "unexpected indent": "start the line where the statement before it starts",
    "unindent does not match": "start the line where an enclosing block starts",
    "inconsistent use of tabs": "indent with spaces only",
    "unterminated string literal": "close the string on its line, or use triple quotes",
    "invalid non-printable character": "delete the character, or type the line anew",
}
_GENERIC = ("invalid syntax", "expected ':'")
_SIMILARITY = 0.7
# A misspelt keyword stands at most this many tokens before the one that does not fit.
_REACH = 2


def hints(finding: Finding) -> tuple[str, ...]:
    message = finding.diagnostic.message
    for start, advice in _ADVICE.items():
        if message.startswith(start):
            return (advice,)
    if not message.startswith(_GENERIC):
        return ()
    source = finding.source
    word = _misspelt_keyword(source.tokens, finding.index, source.start, automaton())
    return () if word is None else (f"did you mean '{word}'?",)


def expected(finding: Finding) -> tuple[str, ...]:
    """What could stand at the token that does not fit; nothing if it is not known."""
    if finding.diagnostic.message != "invalid syntax":
        return ()
    source = finding.source
    kinds = [token.terminal for token in source.tokens[: finding.index]]
    states, count = automaton().read([source.start, *kinds])
    return automaton().expected(states) if count == len(kinds) + 1 else ()


def _misspelt_keyword(
    tokens: Sequence[Token], index: int, start: int, machine: Automaton
) -> str | None:
    """A keyword that, in place of a similar name nearby, lets the parser read on."""
    kinds = [start, *(token.terminal for token in tokens)]
    line = _line_start(tokens, index)
    places = {line, *range(max(line, index - _REACH), index + 1)}
    for place in sorted(places, reverse=True):
        token = tokens[place]
        if token.kind is not TokenKind.NAME:
            continue
        for word in _similar_keywords(token.text):
            changed = [*kinds[: place + 1], machine.terminal(word), *kinds[place + 2 :]]
            if machine.read(changed)[1] - 1 > max(index, place + 1):
                return word
    return None


def _similar_keywords(name: str) -> list[str]:
    words = difflib.get_close_matches(name, keyword.kwlist, n=3, cutoff=_SIMILARITY)
    return [word for word in words if word != name]


def _line_start(tokens: Sequence[Token], index: int) -> int:
    marks = (TokenKind.NEWLINE, TokenKind.INDENT, TokenKind.DEDENT)
    while index > 0 and tokens[index - 1].kind not in marks:
        index -= 1
    return index

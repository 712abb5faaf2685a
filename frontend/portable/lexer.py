"""UTF-8 source to ``Tokens``, in one pass over one regular expression.

The loop adds names and most operators itself; everything else is a method of ``Scanner``.
"""

from __future__ import annotations

import re
from functools import cache

from dx_py.frontend.portable import lexicon
from dx_py.frontend.portable.fields import begin_spec, end_field, enters_spec, scan_text
from dx_py.frontend.portable.scanner import Scanner
from dx_py.frontend.portable.tokens import Dialect, Refusal, Tokens
from dx_py.frontend.portable.vocabulary import Vocabulary


def tokenize(source: bytes, vocabulary: Vocabulary, mode: str, dialect: Dialect) -> Tokens:
    """Tokens of UTF-8 ``source`` whose line breaks are ``\\n``; ``mode`` as EXEC, EVAL, ...

    Raises ``Refusal``.
    """
    scanner = _begin(source, vocabulary, mode, dialect)
    _Loop(scanner, _pattern(tuple(vocabulary.operators), dialect)).run()
    return scanner.finish()


def readable_tokens(
    source: bytes, vocabulary: Vocabulary, mode: str, dialect: Dialect
) -> tuple[Tokens, Refusal | None]:
    """As ``tokenize``, with what was read before a refusal; soft keywords may be names."""
    scanner = _begin(source, vocabulary, mode, dialect)
    try:
        _Loop(scanner, _pattern(tuple(vocabulary.operators), dialect)).run()
        return scanner.finish(), None
    except Refusal as refusal:
        return scanner.tokens, refusal


def _begin(source: bytes, vocabulary: Vocabulary, mode: str, dialect: Dialect) -> Scanner:
    scanner = Scanner(vocabulary, Tokens(source.decode("latin-1")), dialect)
    scanner.begin(mode)
    return scanner


class _Loop:
    def __init__(self, scanner: Scanner, pattern: re.Pattern[str]) -> None:
        self.scanner = scanner
        self.pattern = pattern
        handlers = {
            "number": scanner.number,
            "string": scanner.string,
            "fstring": self.fstring,
            "delicate": self.delicate,
            "newline": self.newline,
            "comment": scanner.comment,
            "not_equal": scanner.not_equal,
            "continuation": lambda _, start: scanner.continuation(start),
            "open_string": scanner.open_string,
            "name": scanner.name,
        }
        self.handlers = {
            group: handlers[name]
            for name, group in pattern.groupindex.items()
            if name in handlers
        }

    def run(self) -> None:
        """Names and operators, nine tokens in ten, are added here: a call costs more."""
        scanner = self.scanner
        tokens = scanner.tokens
        text = tokens.text
        match = self.pattern.match
        handlers, fstrings = self.handlers, scanner.fstrings
        plain, delicate = (self.pattern.groupindex[group] for group in ("plain", "delicate"))
        vocabulary = scanner.vocabulary
        kind_of = (vocabulary.operators | vocabulary.keywords).get
        name_kind = vocabulary.kinds["NAME"]
        add_kind, add_value = tokens.kinds.append, tokens.values.append
        add_start, add_end = tokens.starts.append, tokens.ends.append
        size = len(text)
        index = scanner.begin_line(0)
        line, line_start = scanner.line, scanner.line_start
        while index < size:
            found = match(text, index)
            if found is None:
                index = _skip_blanks(text, index)
                index = scanner.unknown(index) if index < size else index
                continue
            group = found.lastindex or 0
            word = found[group]
            start, index = found.span(group)
            if group == plain:
                add_kind(kind_of(word, name_kind))
                add_value(word)
            elif group == delicate and not fstrings:
                scanner.count_bracket(word, start)
                add_kind(kind_of(word, name_kind))
                add_value(None)
            else:
                index = handlers[group](word, start)
                line, line_start = scanner.line, scanner.line_start
                continue
            add_start((line, start - line_start))
            add_end((line, index - line_start))

    def delicate(self, text: str, start: int) -> int:
        scanner = self.scanner
        if scanner.fstrings:
            if enters_spec(scanner, text):
                return begin_spec(scanner, start)
            if text == "}" and scanner.in_field():
                return end_field(scanner, start)
        return scanner.operator(text, start)

    def newline(self, _: str, start: int) -> int:
        scanner = self.scanner
        inside = scanner.brackets or scanner.fstrings
        after = scanner.newline(start)
        return after if inside else scanner.begin_line(after)

    def fstring(self, text: str, start: int) -> int:
        return scan_text(self.scanner, self.scanner.fstring_start(text, start))


@cache
def _pattern(operators: tuple[str, ...], dialect: Dialect) -> re.Pattern[str]:
    starts = lexicon.FSTRING_START
    if dialect.templates:
        starts += f"|{lexicon.TSTRING_START}"
    simple = [text for text in operators if text not in lexicon.DELICATE]
    groups = {"not_equal": "<>|!="} if dialect.diamonds else {}
    groups |= {
        "plain": f"{lexicon.PLAIN_NAME}|{lexicon.operators(simple)}",
        "delicate": lexicon.operators(list(lexicon.DELICATE)),
        "newline": r"\n",
        "string": lexicon.STRING,
        "fstring": starts,
        "open_string": lexicon.OPEN_STRING,
        "name": lexicon.NAME,
        "number": lexicon.NUMBER,
        "comment": lexicon.COMMENT,
        "continuation": lexicon.CONTINUATION,
    }
    alternatives = "|".join(f"(?P<{name}>{regex})" for name, regex in groups.items())
    return re.compile(rf"{lexicon.BLANKS}(?:{alternatives})", re.DOTALL)


def _skip_blanks(text: str, index: int) -> int:
    while text[index : index + 1] in (" ", "\t", "\f"):
        index += 1
    return index

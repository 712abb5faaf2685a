"""Random `match` patterns: names bound once, nothing irrefutable before the end."""

from __future__ import annotations

import ast

from hypothesis import strategies as st

from tests.frontend.generation.choices import Choices
from tests.frontend.generation.expressions import KEYWORDS, LOAD

LITERALS = st.one_of(st.text(max_size=3), st.integers(0, 99), st.binary(max_size=2))


class Patterns:
    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def pattern(self) -> ast.pattern:
        return self.capture() if self.choices.flag() else self.refutable()

    def capture(self) -> ast.pattern:
        return ast.MatchAs(None, self.choices.maybe(lambda: self.choices.fresh("m")))

    def refutable(self) -> ast.pattern:
        if not self.choices.burn():
            return self.value()
        maker = self.choices.one_of(
            (self.value, self.singleton, self.sequence, self.mapping, self.class_, self.either)
        )
        pattern = maker()
        named = self.choices.number(0, 3) == 3
        return ast.MatchAs(pattern, self.choices.fresh("m")) if named else pattern

    def value(self) -> ast.pattern:
        return ast.MatchValue(self.key())

    def key(self) -> ast.expr:
        match self.choices.number(0, 3):
            case 0:
                return self.dotted()
            case 1:
                return ast.UnaryOp(ast.USub(), ast.Constant(self.choices.number(0, 9)))
            case 2:
                left, right = (self.choices.number(0, 9) for _ in range(2))
                return ast.BinOp(ast.Constant(left), ast.Add(), ast.Constant(complex(0, right)))
            case _:
                return ast.Constant(self.choices.draw(LITERALS))

    def dotted(self) -> ast.Attribute:
        return ast.Attribute(ast.Name("mod", LOAD), self.choices.one_of(KEYWORDS), LOAD)

    def singleton(self) -> ast.pattern:
        return ast.MatchSingleton(self.choices.one_of((None, True, False)))

    def sequence(self) -> ast.pattern:
        before = self.choices.several(self.pattern, 0, 2)
        if self.choices.flag():
            return ast.MatchSequence(before)
        star = ast.MatchStar(self.choices.maybe(lambda: self.choices.fresh("m")))
        return ast.MatchSequence([*before, star, *self.choices.several(self.pattern, 0, 2)])

    def mapping(self) -> ast.pattern:
        keys = [ast.Constant(self.choices.fresh("k")) for _ in range(self.choices.number(0, 2))]
        rest = self.choices.maybe(lambda: self.choices.fresh("m"))
        return ast.MatchMapping(keys, [self.pattern() for _ in keys], rest)

    def class_(self) -> ast.pattern:
        names = self.choices.draw(st.lists(st.sampled_from(KEYWORDS), unique=True, max_size=2))
        return ast.MatchClass(
            self.choices.one_of((ast.Name("Class", LOAD), self.dotted())),
            self.choices.several(self.pattern, 0, 2),
            list(names),
            [self.pattern() for _ in names],
        )

    def either(self) -> ast.pattern:
        """Alternatives bind the same names: none, here."""
        return ast.MatchOr(self.choices.several(self.value, 2, 3))

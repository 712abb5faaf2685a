"""Random expressions, valid at their place."""

from __future__ import annotations

import ast
from dataclasses import replace

from hypothesis import strategies as st

from tests.frontend.generation.choices import Choices, Place

LOAD = ast.Load()
STORE = ast.Store()

NAMES = ("a", "b", "self", "__private", "_", "ünïcode", "match", "print", "type")
WALRUS_NAMES = ("w0", "w1")
KEYWORDS = ("key", "other", "__mangled", "case", "type")

TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from("'\"\\{}\n\r\t\0\ud800"), max_size=5
)
CONSTANTS = st.one_of(
    st.none(),
    st.booleans(),
    st.just(...),
    TEXTS,
    st.binary(max_size=4),
    st.integers(min_value=0, max_value=2**70),
    st.floats(min_value=0, allow_nan=False, allow_infinity=True),
    st.floats(min_value=0, allow_nan=False, allow_infinity=False).map(lambda x: complex(0, x)),
)
BINARY = tuple(ast.operator.__subclasses__())
UNARY = tuple(ast.unaryop.__subclasses__())
COMPARISONS = tuple(ast.cmpop.__subclasses__())


class Expressions:
    """Each method draws one node class or position."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def expression(self, place: Place) -> ast.expr:
        if not self.choices.burn():
            return self.leaf()
        makers = [self.leaf_at, *PLAIN]
        if place.walrus:
            makers.append(Expressions.walrus)
        if place.is_async:
            makers.append(Expressions.awaiting)
        if place.yields:
            makers.append(Expressions.yielding)
        maker = self.choices.one_of(makers)
        return self.leaf() if maker == self.leaf_at else maker(self, place)

    def leaf_at(self, _place: Place) -> ast.expr:
        return self.leaf()

    def leaf(self) -> ast.expr:
        if self.choices.flag():
            return self.name()
        value = self.choices.draw(CONSTANTS)
        kind = "u" if isinstance(value, str) and self.choices.number(0, 9) == 9 else None
        return ast.Constant(value, kind)

    def name(self) -> ast.Name:
        return ast.Name(self.choices.one_of(NAMES), LOAD)

    def items(self, place: Place, low: int = 0) -> list[ast.expr]:
        return self.choices.several(lambda: self.item(place), low, 3)

    def item(self, place: Place) -> ast.expr:
        value = self.expression(place)
        return ast.Starred(value, LOAD) if self.choices.number(0, 4) == 4 else value

    def binary(self, place: Place) -> ast.expr:
        operator = self.choices.one_of(BINARY)()
        return ast.BinOp(self.expression(place), operator, self.expression(place))

    def unary(self, place: Place) -> ast.expr:
        return ast.UnaryOp(self.choices.one_of(UNARY)(), self.expression(place))

    def boolean(self, place: Place) -> ast.expr:
        operator = self.choices.one_of((ast.And, ast.Or))()
        return ast.BoolOp(operator, self.choices.several(lambda: self.expression(place), 2, 3))

    def comparison(self, place: Place) -> ast.expr:
        operators = self.choices.several(lambda: self.choices.one_of(COMPARISONS)(), 1, 3)
        return ast.Compare(
            self.expression(place), operators, [self.expression(place) for _ in operators]
        )

    def conditional(self, place: Place) -> ast.expr:
        return ast.IfExp(self.expression(place), self.expression(place), self.expression(place))

    def lambda_(self, place: Place) -> ast.expr:
        inner = Place(function=True, yields=self.choices.flag(), walrus=place.walrus)
        return ast.Lambda(self.parameters(place, annotated=False), self.expression(inner))

    def attribute(self, place: Place) -> ast.expr:
        return ast.Attribute(self.expression(place), self.choices.one_of(KEYWORDS), LOAD)

    def subscript(self, place: Place) -> ast.expr:
        return ast.Subscript(self.expression(place), self.subscript_index(place), LOAD)

    def subscript_index(self, place: Place) -> ast.expr:
        match self.choices.number(0, 2):
            case 0:
                return self.expression(place)
            case 1:
                return self.slice(place)
            case _:
                return ast.Tuple([self.slice(place), *self.items(place)], LOAD)

    def slice(self, place: Place) -> ast.expr:
        bounds = [self.choices.maybe(lambda: self.expression(place)) for _ in range(3)]
        return ast.Slice(*bounds)

    def call(self, place: Place) -> ast.expr:
        return ast.Call(self.expression(place), self.items(place), self.keywords(place))

    def keywords(self, place: Place) -> list[ast.keyword]:
        names = self.choices.draw(st.lists(st.sampled_from(KEYWORDS), unique=True, max_size=2))
        named = [ast.keyword(name, self.expression(place)) for name in names]
        if self.choices.number(0, 4) == 4:
            named.append(ast.keyword(None, self.expression(place)))
        return named

    def display(self, place: Place) -> ast.expr:
        match self.choices.number(0, 3):
            case 0:
                return ast.Tuple(self.items(place), LOAD)
            case 1:
                return ast.List(self.items(place), LOAD)
            case 2:
                return ast.Set(self.items(place, low=1))
            case _:
                return self.dictionary(place)

    def dictionary(self, place: Place) -> ast.expr:
        keys = self.choices.several(
            lambda: self.choices.maybe(lambda: self.expression(place)), 0, 3
        )
        return ast.Dict(keys, [self.expression(place) for _ in keys])

    def comprehension(self, place: Place) -> ast.expr:
        inner = replace(place, yields=False, walrus=place.walrus and not place.class_body)
        clauses = self.choices.several(lambda: self.clause(inner), 1, 2)
        match self.choices.number(0, 3):
            case 0:
                return ast.ListComp(self.expression(inner), clauses)
            case 1:
                return ast.SetComp(self.expression(inner), clauses)
            case 2:
                return ast.GeneratorExp(self.expression(inner), clauses)
            case _:
                return ast.DictComp(self.expression(inner), self.expression(inner), clauses)

    def clause(self, place: Place) -> ast.comprehension:
        """The iterable is drawn last: `:=` may not stand anywhere in it."""
        target = ast.Name(self.choices.one_of(("i", "j")), STORE)
        conditions = self.choices.several(lambda: self.expression(place), 0, 1)
        iterable = self.expression(replace(place, walrus=False))
        is_async = int(place.is_async and self.choices.flag())
        return ast.comprehension(target, iterable, conditions, is_async)

    def fstring(self, place: Place) -> ast.expr:
        return ast.JoinedStr(self.fstring_parts(place, depth=0))

    def fstring_parts(self, place: Place, depth: int) -> list[ast.expr]:
        parts: list[ast.expr] = []
        for _ in range(self.choices.number(0, 3)):
            text = self.choices.draw(TEXTS)
            if text:
                parts.append(ast.Constant(text))
            parts.append(self.field(place, depth))
        return parts

    def field(self, place: Place, depth: int) -> ast.FormattedValue:
        value = self.expression(place)
        conversion = self.choices.one_of((-1, 114, 115, 97))
        spec = None
        if depth < 1 and self.choices.flag():
            spec = ast.JoinedStr(self.fstring_parts(place, depth + 1))
        return ast.FormattedValue(value, conversion, spec)

    def walrus(self, place: Place) -> ast.expr:
        target = ast.Name(self.choices.one_of(WALRUS_NAMES), STORE)
        return ast.NamedExpr(target, self.expression(place))

    def awaiting(self, place: Place) -> ast.expr:
        return ast.Await(self.expression(place))

    def yielding(self, place: Place) -> ast.expr:
        if place.is_async or self.choices.flag():
            return ast.Yield(self.choices.maybe(lambda: self.expression(place)))
        return ast.YieldFrom(self.expression(place))

    def annotation(self) -> ast.expr:
        name = self.name()
        return ast.Subscript(name, self.name(), LOAD) if self.choices.flag() else name

    def parameters(self, place: Place, *, annotated: bool) -> ast.arguments:
        def parameter() -> ast.arg:
            note = self.choices.maybe(self.annotation) if annotated else None
            return ast.arg(self.choices.fresh("p"), note)

        choices = self.choices
        positional_only = choices.several(parameter, 0, 2)
        positional = choices.several(parameter, 0, 2)
        keyword_only = choices.several(parameter, 0, 2)
        defaults = choices.number(0, len(positional_only) + len(positional))
        return ast.arguments(
            posonlyargs=positional_only,
            args=positional,
            vararg=choices.maybe(parameter),
            kwonlyargs=keyword_only,
            kw_defaults=[choices.maybe(lambda: self.expression(place)) for _ in keyword_only],
            kwarg=choices.maybe(parameter),
            defaults=[self.expression(place) for _ in range(defaults)],
        )


PLAIN = (
    Expressions.binary,
    Expressions.unary,
    Expressions.boolean,
    Expressions.comparison,
    Expressions.conditional,
    Expressions.lambda_,
    Expressions.attribute,
    Expressions.subscript,
    Expressions.call,
    Expressions.display,
    Expressions.comprehension,
    Expressions.fstring,
)

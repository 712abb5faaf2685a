"""Random statements, valid at their place."""

from __future__ import annotations

import ast
from dataclasses import replace

from tests.frontend.generation.choices import Choices, Place
from tests.frontend.generation.expressions import BINARY, NAMES, STORE, Expressions
from tests.frontend.generation.patterns import Patterns

GLOBALS = ("g0", "g1")
TYPE_PARAMETERS = ("T", "U", "P")


class Statements:
    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.expressions = Expressions(choices)
        self.patterns = Patterns(choices)

    def block(self, place: Place) -> list[ast.stmt]:
        return self.choices.several(lambda: self.statement(place), 1, 3)

    def optional_block(self, place: Place) -> list[ast.stmt]:
        return self.block(place) if self.choices.number(0, 3) == 3 else []

    def statement(self, place: Place) -> ast.stmt:
        if not self.choices.burn():
            return ast.Pass()
        makers = [*SIMPLE, *COMPOUND]
        if place.returns:
            makers.append(Statements.return_)
        if place.loop:
            makers.append(Statements.leave_loop)
        return self.choices.one_of(makers)(self, place)

    def expr(self, place: Place) -> ast.expr:
        return self.expressions.expression(place)

    def target(self, place: Place) -> ast.expr:
        match self.choices.number(0, 4):
            case 0 | 1:
                return ast.Name(self.choices.one_of((*NAMES[:4], *GLOBALS)), STORE)
            case 2:
                return ast.Attribute(self.expr(place), "attribute", STORE)
            case 3:
                return ast.Subscript(self.expr(place), self.expr(place), STORE)
            case _:
                return self.several_targets(place)

    def several_targets(self, place: Place) -> ast.expr:
        if not self.choices.burn():
            return ast.Tuple([], STORE)
        items = self.choices.several(lambda: self.target(place), 1, 3)
        if self.choices.flag():
            items[-1] = ast.Starred(items[-1], STORE)
        return self.choices.one_of((ast.Tuple, ast.List))(items, STORE)

    def value(self, place: Place) -> ast.stmt:
        return ast.Expr(self.expr(place))

    def assign(self, place: Place) -> ast.stmt:
        targets = self.choices.several(lambda: self.target(place), 1, 2)
        return ast.Assign(targets, self.expr(place))

    def augmented(self, place: Place) -> ast.stmt:
        operator = self.choices.one_of(BINARY)()
        return ast.AugAssign(ast.Name("a", STORE), operator, self.expr(place))

    def annotated(self, place: Place) -> ast.stmt:
        target = ast.Name(self.choices.one_of(("n0", "n1")), STORE)
        value = self.choices.maybe(lambda: self.expr(place))
        simple = int(self.choices.flag())
        return ast.AnnAssign(target, self.expressions.annotation(), value, simple)

    def delete(self, place: Place) -> ast.stmt:
        targets = self.choices.several(self.expressions.name, 1, 2)
        return ast.Delete([ast.Name(target.id, ast.Del()) for target in targets])

    def raise_(self, place: Place) -> ast.stmt:
        exception = self.choices.maybe(lambda: self.expr(place))
        cause = self.choices.maybe(lambda: self.expr(place)) if exception else None
        return ast.Raise(exception, cause)

    def assert_(self, place: Place) -> ast.stmt:
        return ast.Assert(self.expr(place), self.choices.maybe(lambda: self.expr(place)))

    def import_(self, place: Place) -> ast.stmt:
        names = [
            ast.alias(
                self.choices.one_of(("os", "os.path", "a.b.c")),
                self.choices.maybe(lambda: self.choices.one_of(NAMES)),
            )
            for _ in range(self.choices.number(1, 2))
        ]
        return ast.Import(names)

    def import_from(self, place: Place) -> ast.stmt:
        level = self.choices.number(0, 2)
        module = "pkg.mod" if not level or self.choices.flag() else None
        if not place.function and not place.class_body and self.choices.flag():
            return ast.ImportFrom(module, [ast.alias("*")], level)
        return ast.ImportFrom(module, [ast.alias("x"), ast.alias("y", "z")], level)

    def type_alias(self, place: Place) -> ast.stmt:
        return ast.TypeAlias(
            ast.Name("Alias", STORE), self.type_parameters(), self.expressions.annotation()
        )

    def return_(self, place: Place) -> ast.stmt:
        if place.is_async and place.yields:
            return ast.Return(None)
        return ast.Return(self.choices.maybe(lambda: self.expr(place)))

    def leave_loop(self, place: Place) -> ast.stmt:
        return self.choices.one_of((ast.Break, ast.Continue))()

    def if_(self, place: Place) -> ast.stmt:
        return ast.If(self.expr(place), self.block(place), self.optional_block(place))

    def while_(self, place: Place) -> ast.stmt:
        body = self.block(replace(place, loop=True))
        return ast.While(self.expr(place), body, self.optional_block(place))

    def for_(self, place: Place) -> ast.stmt:
        kind = ast.AsyncFor if place.is_async and self.choices.flag() else ast.For
        target, iterable = self.target(place), self.expr(place)
        body = self.block(replace(place, loop=True))
        return kind(target, iterable, body, self.optional_block(place))

    def with_(self, place: Place) -> ast.stmt:
        kind = ast.AsyncWith if place.is_async and self.choices.flag() else ast.With
        items = [
            ast.withitem(self.expr(place), self.choices.maybe(lambda: self.target(place)))
            for _ in range(self.choices.number(1, 2))
        ]
        return kind(items, self.block(place))

    def try_(self, place: Place) -> ast.stmt:
        star = self.choices.flag()
        inside = replace(place, loop=False, returns=False) if star else place
        handlers = [
            ast.ExceptHandler(
                self.expr(place),
                self.choices.maybe(lambda: self.choices.one_of(NAMES)),
                self.block(inside),
            )
            for _ in range(self.choices.number(0, 2))
        ]
        if handlers and not star and self.choices.flag():
            handlers.append(ast.ExceptHandler(None, None, self.block(place)))
        otherwise = self.optional_block(place) if handlers else []
        final = [] if handlers and self.choices.flag() else self.block(place)
        kind = ast.TryStar if star and handlers else ast.Try
        return kind(self.block(place), handlers, otherwise, final)

    def match_(self, place: Place) -> ast.stmt:
        cases = self.choices.several(
            lambda: ast.match_case(
                self.patterns.refutable(),
                self.choices.maybe(lambda: self.expr(place)),
                self.block(place),
            ),
            1,
            2,
        )
        if self.choices.flag():
            cases.append(ast.match_case(self.patterns.capture(), None, self.block(place)))
        return ast.Match(self.expr(place), cases)

    def function(self, place: Place) -> ast.stmt:
        kind = self.choices.one_of((ast.FunctionDef, ast.AsyncFunctionDef))
        arguments = self.expressions.parameters(place, annotated=True)
        own = tuple(parameter.arg for parameter in (*arguments.posonlyargs, *arguments.args))
        inside = Place(
            function=True,
            is_async=kind is ast.AsyncFunctionDef,
            yields=self.choices.flag(),
            returns=True,
            enclosing_names=(*place.enclosing_names, *own),
        )
        body = [*self.declarations(place), *self.block(inside)]
        return kind(
            self.choices.fresh("function"),
            arguments,
            body,
            self.choices.several(lambda: self.expr(place), 0, 1),
            self.choices.maybe(self.expressions.annotation),
            None,
            self.type_parameters(),
        )

    def declarations(self, place: Place) -> list[ast.stmt]:
        """A docstring, then `global` and `nonlocal` before anything uses the names."""
        found: list[ast.stmt] = []
        if self.choices.number(0, 2) == 2:
            found.append(ast.Expr(ast.Constant('Doc "string".\n\n    \\ indented\t"')))
        if self.choices.number(0, 2) == 2:
            found.append(ast.Global([self.choices.one_of(GLOBALS)]))
        if place.enclosing_names and self.choices.flag():
            found.append(ast.Nonlocal([self.choices.one_of(place.enclosing_names)]))
        return found

    def class_(self, place: Place) -> ast.stmt:
        inside = Place(class_body=True, enclosing_names=place.enclosing_names)
        return ast.ClassDef(
            self.choices.fresh("Class"),
            self.expressions.items(replace(place, yields=False, is_async=False, walrus=False)),
            [],
            self.block(inside),
            self.choices.several(lambda: self.expr(place), 0, 1),
            self.type_parameters(),
        )

    def type_parameters(self) -> list[ast.type_param]:
        if self.choices.number(0, 3) < 3:
            return []
        bound = self.choices.maybe(self.expressions.annotation)
        every = [ast.TypeVar("T", bound), ast.TypeVarTuple("U"), ast.ParamSpec("P")]
        return every[: self.choices.number(1, 3)]


SIMPLE = (
    Statements.value,
    Statements.assign,
    Statements.augmented,
    Statements.annotated,
    Statements.delete,
    Statements.raise_,
    Statements.assert_,
    Statements.import_,
    Statements.import_from,
    Statements.type_alias,
)
COMPOUND = (
    Statements.if_,
    Statements.while_,
    Statements.for_,
    Statements.with_,
    Statements.try_,
    Statements.match_,
    Statements.function,
    Statements.class_,
)

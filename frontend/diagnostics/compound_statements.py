"""Reading statements that hold blocks, and whole files."""

from __future__ import annotations

from dx_py.frontend.diagnostics import (
    arguments,
    expressions,
    parameters,
    patterns,
    simple_statements,
    targets,
)
from dx_py.frontend.diagnostics.reader import Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind

_BOTH_EXCEPTS = "cannot have both 'except' and 'except*' on the same 'try'"


def file(r: Reader) -> None:
    while not r.at_kind(TokenKind.END):
        statement(r)


def statement(r: Reader) -> None:
    read = _STATEMENTS.get(r.token.symbol)
    if read is not None:
        read(r)
    elif not (r.at_word("match") and _match(r)):
        simple_statements.simple_statements(r)


def block(r: Reader, owner: str, keyword: int) -> None:
    """After the colon: the rest of the line, or lines further in."""
    if not r.at_kind(TokenKind.NEWLINE):
        simple_statements.simple_statements(r)
        return
    r.advance()
    _expect_indent(r, owner, keyword)
    while not r.at_kind(TokenKind.DEDENT):
        if r.at_kind(TokenKind.END):
            return
        statement(r)
    r.advance()


def _expect_indent(r: Reader, owner: str, keyword: int) -> None:
    if not r.at_kind(TokenKind.INDENT):
        line = r.tokens[keyword].span.line
        r.explain_indentation(f"expected an indented block after {owner} on line {line}")
    r.expect_kind(TokenKind.INDENT)


def _colon(r: Reader) -> None:
    """At the end of a header; that the line ends without one has its own message."""
    if r.at_kind(TokenKind.NEWLINE):
        r.explain_here("expected ':'")
    r.expect(":")


def _forced(r: Reader, symbol: str) -> None:
    """The host asks for some symbols by name at once, without looking for other reasons."""
    if not r.at(symbol):
        with r.aloud():
            r.explain(f"expected '{symbol}'", r.index)
    r.advance()


def _if(r: Reader) -> None:
    _tested_block(r, "if")
    while r.at("elif"):
        _tested_block(r, "elif")
    _else(r)


def _tested_block(r: Reader, word: str) -> None:
    keyword = r.expect(word)
    expressions.named_expression(r)
    _colon(r)
    block(r, f"'{word}' statement", keyword)


def _else(r: Reader) -> None:
    if r.at("else"):
        keyword = r.advance()
        _forced(r, ":")
        block(r, "'else' statement", keyword)


def _while(r: Reader) -> None:
    _tested_block(r, "while")
    _else(r)


def _for(r: Reader) -> None:
    keyword = r.expect("for")
    targets.for_targets(r)
    r.expect("in")
    expressions.star_expressions(r)
    _colon(r)
    block(r, "'for' statement", keyword)
    _else(r)


def _with(r: Reader) -> None:
    keyword = r.expect("with")
    if r.attempt(_plain_with_items) is None:
        _bracketed_with_items(r)
    _colon(r)
    block(r, "'with' statement", keyword)


def _plain_with_items(r: Reader) -> bool:
    _with_item(r)
    while r.accept(","):
        _with_item(r)
    if not r.at(":") and not r.at_kind(TokenKind.NEWLINE):
        raise Unexpected
    return True


def _bracketed_with_items(r: Reader) -> None:
    r.expect("(")
    _with_item(r)
    while r.accept(",") and not r.at(")"):
        _with_item(r)
    r.expect(")")


def _with_item(r: Reader) -> None:
    expressions.expression(r)
    if r.accept("as"):
        targets.as_target(r)


def _try(r: Reader) -> None:
    keyword = r.expect("try")
    _forced(r, ":")
    block(r, "'try' statement", keyword)
    if not r.at("except", "finally"):
        r.explain_here("expected 'except' or 'finally' block")
    _handlers(r)
    _else(r)
    if r.at("finally"):
        keyword = r.advance()
        _forced(r, ":")
        block(r, "'finally' statement", keyword)


def _handlers(r: Reader) -> None:
    starred: bool | None = None
    while r.at("except"):
        is_star = r.ahead().symbol == "*"
        if starred is not None and starred is not is_star:
            _refuse_both(r, is_star=is_star)
        starred = is_star
        _handler(r)


def _refuse_both(r: Reader, *, is_star: bool) -> None:
    keyword = r.index
    if r.look(_handler_header) is not None:
        r.explain(_BOTH_EXCEPTS, keyword, keyword + is_star)
    _handler(r)
    raise Unexpected


def _handler_header(r: Reader) -> bool:
    r.expect("except")
    is_star = r.accept("*")
    if is_star or not r.at(":"):
        expressions.expression(r)
        if r.accept("as"):
            r.expect_kind(TokenKind.NAME)
    r.expect(":")
    return True


def _handler(r: Reader) -> None:
    keyword = r.expect("except")
    is_star = r.accept("*")
    if is_star and (r.at(":") or r.at_kind(TokenKind.NEWLINE)):
        r.explain_here("expected one or more exception types")
    if is_star or not (r.at(":") or r.at_kind(TokenKind.NEWLINE)):
        _exception_types(r)
    _colon(r)
    block(r, "'except*' statement" if is_star else "'except' statement", keyword)


def _exception_types(r: Reader) -> None:
    first = r.index
    expressions.expression(r)
    if r.at(","):
        _refuse_unparenthesised(r, first)
    if r.accept("as"):
        r.expect_kind(TokenKind.NAME)


def _refuse_unparenthesised(r: Reader, first: int) -> None:
    if r.quiet:
        raise Unexpected
    r.expect(",")
    expressions.star_expressions(r)
    if r.accept("as"):
        r.expect_kind(TokenKind.NAME)
    if r.at(":"):
        r.explain_from("multiple exception types must be parenthesized", first)
    raise Unexpected


def _function(r: Reader) -> None:
    keyword = r.expect("def")
    r.expect_kind(TokenKind.NAME)
    type_parameters(r)
    _forced(r, "(")
    parameters.function_parameters(r)
    r.expect(")")
    r.attempt(_returned)
    _forced(r, ":")
    block(r, "function definition", keyword)


def _returned(r: Reader) -> None:
    r.expect("->")
    expressions.expression(r)


def _class(r: Reader) -> None:
    keyword = r.expect("class")
    r.expect_kind(TokenKind.NAME)
    type_parameters(r)
    if r.accept("("):
        arguments.read_arguments(r, is_call=False)
        r.expect(")")
    _colon(r)
    block(r, "class definition", keyword)


def type_parameters(r: Reader) -> None:
    """`[T: bound, *Ts, **P]`, if any."""
    r.attempt(_bracketed_type_parameters)


def _bracketed_type_parameters(r: Reader) -> None:
    r.expect("[")
    _type_parameter(r)
    while r.accept(",") and not r.at("]"):
        _type_parameter(r)
    r.expect("]")


def _type_parameter(r: Reader) -> None:
    kind = {"*": "TypeVarTuple", "**": "ParamSpec"}.get(r.token.symbol)
    if kind is not None:
        r.advance()
    r.expect_kind(TokenKind.NAME)
    if not r.at(":"):
        return
    colon = r.advance()
    bound = expressions.expression(r)
    if kind is not None:
        what = "constraints" if bound.kind == "tuple" else "bound"
        with r.aloud():
            r.explain_from(f"cannot use {what} with {kind}", colon)


def _decorated(r: Reader) -> None:
    while r.accept("@"):
        expressions.named_expression(r)
        r.expect_kind(TokenKind.NEWLINE)
    if not r.at("def", "class", "async"):
        raise Unexpected
    statement(r)


def _async(r: Reader) -> None:
    r.expect("async")
    if not r.at("def", "for", "with"):
        raise Unexpected
    statement(r)


def _match(r: Reader) -> bool:
    """Whether the line is a `match` statement: the word is a name anywhere else."""
    keyword = r.advance()
    if r.attempt(_subject) is None or not (r.at(":") or r.at_kind(TokenKind.NEWLINE)):
        r.index = keyword
        return False
    if r.ahead().kind is not TokenKind.NEWLINE if r.at(":") else r.quiet:
        r.index = keyword
        return False
    _colon(r)
    r.expect_kind(TokenKind.NEWLINE)
    _expect_indent(r, "'match' statement", keyword)
    while not r.at_kind(TokenKind.DEDENT):
        _case(r)
    r.advance()
    return True


def _subject(r: Reader) -> bool:
    expressions.star_named_expressions(r)
    return True


def _case(r: Reader) -> None:
    if not r.at_word("case"):
        raise Unexpected
    keyword = r.advance()
    patterns.patterns(r)
    if r.accept("if"):
        expressions.named_expression(r)
    _colon(r)
    block(r, "'case' statement", keyword)


_STATEMENTS = {
    "if": _if,
    "while": _while,
    "for": _for,
    "with": _with,
    "try": _try,
    "def": _function,
    "class": _class,
    "@": _decorated,
    "async": _async,
}

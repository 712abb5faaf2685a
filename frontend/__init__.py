"""Source to tokens to AST: lexer, parser, symbols, diagnostics, unparser."""

"""The reference front end: a ply.lex lexer and PLY's own LR parser on the grammar."""

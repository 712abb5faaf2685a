"""The front end in pure Python, where no native library can be loaded: lexer, LR driver."""

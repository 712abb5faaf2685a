/* What dx_py.frontend._native binds; frontend.h says what it is. cffi reads this file: no
 * preprocessor directives. */

enum { DX_MODE_EXEC, DX_MODE_EVAL, DX_MODE_SINGLE, DX_MODE_FUNC_TYPE };

/* What went wrong, by the exception a Python caller raises for it. */
enum {
    DX_NO_ERROR,
    DX_SYNTAX_ERROR,
    DX_INDENTATION_ERROR,
    DX_TAB_ERROR,
    DX_MEMORY_ERROR,
    DX_RECURSION_ERROR,
    DX_VALUE_ERROR,   /* a damaged artifact */
    DX_CALLBACK_ERROR /* the caller's own callback failed, and knows why */
};

/* Lines count from one, columns from zero; no place is known where `line` is zero. */
typedef struct {
    int kind;
    int line, column, end_line, end_column;
    int at_end;      /* the text ended where more was needed */
    int from_lexer;  /* a token could not be read, rather than tokens not be parsed */
    char message[240];
} dx_error;

/* A valid construct that CPython warns about with SyntaxWarning. */
typedef struct {
    int line, column;
    char message[120];
} dx_warning;

/* Finds the UTF-8 text of the character or sequence called `name` (not terminated), writes at
 * most 64 bytes to `text` and returns their number: 0 if there is none, -1 on failure. */
typedef int (*dx_name_lookup)(void *context, const char *name, size_t size, char *text);

typedef struct {
    int mode;
    int minor_version;      /* accept what Python 3.<minor_version> accepts */
    int type_comments;      /* keep `# type:` comments */
    int allow_incomplete;   /* the end implies no dedent, and where more text could help, the
                               message is "incomplete input" (codeop's flags) */
    int barry_as_bdfl;      /* PEP 401: `<>` instead of `!=` */
    size_t max_int_digits;  /* decimal literals with more are refused; 0: no limit */
    dx_name_lookup name_lookup; /* for \N{...}; without one, such names become U+FFFD */
    void *name_context;
} dx_options;

typedef struct dx_ast dx_ast;

/* Exec mode, 3.12, the host's defaults. */
dx_options dx_default_options(void);

/* Parses `size` bytes of UTF-8 without byte order mark. Returns a new tree, which
 * the caller releases with dx_ast_free, or NULL with `error` filled in. The source may be
 * freed after the call. */
dx_ast *dx_parse(const char *source, size_t size, const dx_options *options, dx_error *error);

/* Releases a tree; NULL is allowed. */
void dx_ast_free(dx_ast *tree);

/* The warnings of a tree, in order of their places; they belong to the tree. */
size_t dx_ast_warnings(const dx_ast *tree, const dx_warning **warnings);

/* Writes the msgpack body of an AST artifact (docs/frontend/ast-artifact.md). Returns a new
 * block, which the caller releases with dx_free, or NULL with `error` filled in. */
uint8_t *dx_ast_write(const dx_ast *tree, size_t *size, dx_error *error);

/* Releases a block that this library allocated. */
void dx_free(void *block);

/* Where the encoding declaration of PEP 263 stands in the first two lines: returns its length
 * and sets `name` to its start inside `source`, or returns 0. */
size_t dx_find_encoding(const char *source, size_t size, const char **name);

/* Digest of the grammar the library was built from: 64 characters and a NUL. */
const char *dx_grammar_digest(void);

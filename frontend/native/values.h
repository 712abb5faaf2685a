/* What the parser's stack holds: nodes of the tree, lists, identifiers, constants.
 *
 * Every value begins with a dx_value head whose tag tells its struct. Values live in the
 * context's arena; operators and singletons are constants of the library.
 */
#ifndef DX_VALUES_H
#define DX_VALUES_H

#include <string.h>

#include "context.h"
#include "kinds.h"

enum {
    DX_NONE,
    DX_TRUE,
    DX_FALSE,
    DX_ELLIPSIS,
    DX_OPERATOR,   /* kind: its class */
    DX_INT,        /* dx_int */
    DX_BIG_INT,    /* dx_text: the literal, as it may not fit a dx_int */
    DX_FLOAT,      /* dx_float */
    DX_IMAGINARY,  /* dx_float */
    DX_STRING,     /* dx_text: UTF-8, lone surrogates as three bytes each */
    DX_BYTES,      /* dx_text */
    DX_IDENTIFIER, /* dx_identifier */
    DX_LIST,       /* dx_list */
    DX_NODE,       /* dx_node; kind: its class, count: its fields */
    DX_TUPLE       /* dx_tuple: intermediate result of an action, never in a tree */
};

enum {
    DX_HAS_SURROGATES = 1, /* of a string */
    DX_RAW = 1,            /* of the text part of an f-string, or the offset of a field's brace:
                            * backslashes are literal */
    DX_PARENTHESISED = 1   /* of a NamedExpr node */
};

typedef struct {
    uint8_t tag, kind, flags, count;
} dx_value;

typedef struct {
    dx_value head;
    dx_span span;
    dx_value *fields[];
} dx_node;

typedef struct {
    dx_value head;
    int32_t size, capacity;
    dx_value **items;
} dx_list;

typedef struct {
    dx_value head;
    size_t size;
    const char *bytes; /* in the arena or in the context's text; not terminated */
} dx_text;

struct dx_identifier {
    dx_value head;
    uint32_t hash, size;
    uint32_t number; /* in order of first appearance, from zero */
    const char *bytes;
};

typedef struct {
    dx_value head;
    int64_t value;
} dx_int;

typedef struct {
    dx_value head;
    double value;
} dx_float;

typedef struct {
    dx_value head;
    dx_span span;
    dx_value *first, *second, *third;
} dx_tuple;

extern const dx_value dx_singletons[4];
extern const dx_value dx_operators[DX_KIND_COUNT];

/* Singletons and operators are never written through these. */
#define DX_V_NONE ((dx_value *)&dx_singletons[DX_NONE])
#define DX_V_TRUE ((dx_value *)&dx_singletons[DX_TRUE])
#define DX_V_FALSE ((dx_value *)&dx_singletons[DX_FALSE])
#define DX_V_ELLIPSIS ((dx_value *)&dx_singletons[DX_ELLIPSIS])
#define DX_V_OPERATOR(kind) ((dx_value *)&dx_operators[kind])

static inline bool dx_is_node(const dx_value *value, int kind)
{
    return value->tag == DX_NODE && value->kind == kind;
}

static inline dx_node *dx_as_node(dx_value *value) { return (dx_node *)value; }
static inline dx_list *dx_as_list(dx_value *value) { return (dx_list *)value; }
static inline dx_text *dx_as_text(dx_value *value) { return (dx_text *)value; }
static inline dx_tuple *dx_as_tuple(dx_value *value) { return (dx_tuple *)value; }

/* A node with uninitialised fields. */
dx_node *dx_new_node(dx_context *context, int kind, dx_span span);

/* An empty list with room for `capacity` items. */
dx_list *dx_new_list(dx_context *context, int32_t capacity);
void dx_push(dx_context *context, dx_list *list, dx_value *item);

dx_value *dx_new_int(dx_context *context, int64_t value);
dx_text *dx_new_text(dx_context *context, int tag, const char *bytes, size_t size);
dx_value *dx_new_float(dx_context *context, int tag, double value);
dx_value *dx_new_tuple(dx_context *context, dx_span span, dx_value *first, dx_value *second,
                       dx_value *third);
dx_value *dx_new_constant(dx_context *context, dx_span span, dx_value *value, dx_value *kind);

/* The identifier with these bytes, which must live as long as the context if it is new. */
dx_value *dx_intern(dx_context *context, const char *bytes, size_t size);

/* The same for a caller that has the hash: DX_HASH_START, then dx_hash_byte of each byte. */
dx_value *dx_intern_hashed(dx_context *context, const char *bytes, size_t size, uint32_t hash);

/* FNV-1a. */
#define DX_HASH_START 2166136261u

static inline uint32_t dx_hash_byte(uint32_t hash, char byte)
{
    return (hash ^ (unsigned char)byte) * 16777619u;
}

static inline bool dx_identifier_is(const dx_value *value, const char *text)
{
    const dx_identifier *name = (const dx_identifier *)value;
    return name->size == strlen(text) && !memcmp(name->bytes, text, name->size);
}

#endif

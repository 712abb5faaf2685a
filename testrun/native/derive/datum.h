/* What an expression of a test file is known to give, without running it. */
#ifndef DX_DERIVE_DATUM_H
#define DX_DERIVE_DATUM_H

#include <stdint.h>

#include "texts.h"
#include "tree.h"

enum dx_sort {
    DX_D_UNKNOWN,
    DX_D_NONE,
    DX_D_BOOL,
    DX_D_INT,   /* `text` instead of `integer` where it is large */
    DX_D_FLOAT,
    DX_D_TEXT,
    DX_D_BYTES,
    DX_D_TUPLE,
    DX_D_LIST,
    DX_D_DICT,  /* `items` are keys and values in turn */
    DX_D_SET,   /* its order is not known */
    DX_D_NAMED, /* an object whose `__name__` is `text` */
    DX_D_PLAIN, /* an object without one, of no type that has a text of its own in ids */
    DX_D_PATTERN,
    DX_D_PARAM,    /* pytest.param: `items` are its values, `id` is NULL without one */
    DX_D_EXTERNAL, /* something of a library, by its dotted name `text` */
    DX_D_FUNCTION,
    DX_D_CLASS,
    DX_D_MODULE
};

struct dx_datum {
    enum dx_sort sort;
    bool truth; /* of a BOOL; of a LIST: it is a generator's; of a PATTERN: it is bytes */
    union {
        int64_t integer;
        double real;
        size_t size; /* of `text` */
    };
    const char *text; /* UTF-8, lone surrogates as three bytes each */
    struct dx_datum **items;
    size_t count;
    struct dx_datum *id;
    dx_tree marks;               /* of a PARAM: the call, whose `marks=` holds them */
    union {
        struct dx_binding *binding; /* of a FUNCTION, CLASS */
        struct dx_module *module;   /* of a MODULE */
    };
};

extern struct dx_datum dx_unknown, dx_none, dx_plain;

struct dx_datum *dx_new_datum(enum dx_sort sort);
struct dx_datum *dx_text_datum(enum dx_sort sort, const char *text, size_t size);
struct dx_datum *dx_integer_datum(int64_t value);
struct dx_datum *dx_truth_datum(bool value);
void dx_add_item(struct dx_datum *datum, struct dx_datum *item);

static inline bool dx_known(const struct dx_datum *datum) {
    return datum->sort != DX_D_UNKNOWN;
}

static inline bool dx_is_sequence(const struct dx_datum *datum) {
    return datum->sort == DX_D_TUPLE || datum->sort == DX_D_LIST;
}

/* 1, 0, or -1 where the truth value is not known. */
int dx_truth(const struct dx_datum *datum);

/* 1, 0, or -1 where it is not known whether they are equal. */
int dx_same(const struct dx_datum *one, const struct dx_datum *other);

/* What str() gives; NULL where it is not known. */
const char *dx_str(const struct dx_datum *datum);
const char *dx_repr(const struct dx_datum *datum);

#endif

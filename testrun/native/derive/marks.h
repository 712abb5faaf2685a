/* Marks of pytest, and what other decorators do to a test function. */
#ifndef DX_DERIVE_MARKS_H
#define DX_DERIVE_MARKS_H

#include "evaluate.h"

struct dx_mark {
    const char *name;
    dx_tree call; /* NULL for a mark without arguments */
    struct dx_scope *scope;
};

struct dx_marks {
    struct dx_mark *items;
    size_t count;
    const char *unknown; /* why there may be others; NULL if there are none */
};

/* What the decorators of a function make of it. */
struct dx_decorated {
    struct dx_marks marks; /* in the order in which they were applied */
    bool is_fixture;
    dx_tree fixture; /* the call of pytest.fixture; NULL if it is not called */
    bool is_static;
    bool is_property;
    int patches;            /* arguments that unittest.mock fills */
    dx_tree given;          /* the call of hypothesis.given */
    const char *unknown;    /* a decorator that may do anything; NULL if there is none */
};

struct dx_decorated dx_decorated_by(struct dx_binding *function);

/* `pytestmark` of a module; of a class with its decorators. */
void dx_add_scope_marks(struct dx_marks *marks, struct dx_scope *scope);
void dx_add_class_marks(struct dx_marks *marks, struct dx_binding *binding);
void dx_add_marks(struct dx_marks *marks, const struct dx_marks *others);

#endif

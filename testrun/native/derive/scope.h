/* The names of a module or class body after it ran, in the order in which they came to be.
 *
 * Statements are followed in order. A condition that can be told decides its branch; below one
 * that cannot, whatever is bound is uncertain. */
#ifndef DX_DERIVE_SCOPE_H
#define DX_DERIVE_SCOPE_H

#include "datum.h"
#include "frontend.h"

enum dx_bound {
    DX_BOUND_NOTHING, /* deleted, or never there */
    DX_BOUND_FUNCTION,
    DX_BOUND_CLASS,
    DX_BOUND_IMPORT, /* the module `source` */
    DX_BOUND_MEMBER, /* `member` of the module `source`, `level` dots before it */
    DX_BOUND_VALUE,
    DX_BOUND_OBSCURE /* anything */
};

struct dx_trees {
    dx_tree *items;
    size_t count;
};

struct dx_binding {
    const char *name;
    enum dx_bound kind;
    bool certain;
    bool changed; /* the value may have been changed in a way that is not followed */
    bool busy;    /* it is being evaluated */
    dx_tree node; /* of a FUNCTION, CLASS: its definition; of a VALUE: the expression */
    struct dx_trees additions; /* what `+=`, extend() and [append()] added to a list */
    const char *source, *member;
    int level;
    struct dx_scope *scope;
    struct dx_datum *datum; /* once evaluated */
    struct dx_scope *body;  /* of a CLASS, once it was looked into */
};

/* `NAME.attribute = value` */
struct dx_attribute {
    const char *name, *attribute;
    dx_tree value;
    bool certain;
};

struct dx_scope {
    struct dx_module *module;
    struct dx_binding *owner; /* of a class body: the class */
    struct dx_binding **bindings;
    size_t count;
    struct dx_binding **slots; /* by name */
    size_t capacity;
    struct dx_attribute *attributes;
    size_t attribute_count;
    const char *obscurity; /* why there may be any other names; NULL if there are none */
    const char *failure;   /* why running it fails; NULL if it does not, as far as is known */
    bool skipped;          /* it asks pytest to skip it */
};

struct dx_module {
    const char *path;
    const char *folder;
    const char *text; /* the source */
    size_t size;
    struct dx_scope scope;
    const char *problem; /* why nothing is known of it; NULL otherwise */
    bool mentions_yield;
    bool shared; /* others may point into its tree */
    dx_ast *tree; /* owned; NULL once it is released */
    void *fixtures;      /* fixtures.c */
};

/* The module in the file `path`, read once, for the names in it; never NULL. */
struct dx_module *dx_load_module(const char *path);

/* The same with the bodies of its functions, for a file that pytest imports. */
struct dx_module *dx_load_test_module(const char *path);

/* Gives the tree's memory back; the module is read anew should anything ask for it again. */
void dx_release_module(struct dx_module *module);

/* The name's binding; NULL if the body never bound it, or deleted it. */
struct dx_binding *dx_lookup(const struct dx_scope *scope, const char *name);

/* The names of the class. */
struct dx_scope *dx_class_scope(struct dx_binding *binding);

/* The module that the binding imports, or imports from; NULL if its source is not found. */
struct dx_module *dx_imported_module(const struct dx_binding *binding);

/* A module of the same package tree, "a.b" seen from `level` dots; NULL if not found. */
const char *dx_source_from(const struct dx_module *module, const char *dotted, int level);

#endif

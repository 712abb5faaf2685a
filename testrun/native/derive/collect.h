/* Files into items, in pytest's order. */
#ifndef DX_DERIVE_COLLECT_H
#define DX_DERIVE_COLLECT_H

#include "fixtures.h"

/* What one parameter of a scope above a function has for value. */
struct dx_key {
    const char *name;
    int rank;
    const struct dx_datum *value;
    const void *axis;
    size_t index;
    const char *path;  /* of the file; of its folder for packages; NULL for sessions */
    const void *class; /* for classes */
};

struct dx_item_found {
    const char *id;
    const char *reason; /* why it is a dynamic group; NULL for an exact id */
    const char *file;   /* whose group it is */
    struct dx_key *keys;
    size_t key_count;
};

struct dx_collection {
    const struct dx_settings *settings;
    struct dx_item_found *items;
    size_t count;
    size_t exact, groups, deselected;
    const char *doubt; /* why the list as a whole may be another; NULL if it is not in doubt */
};

struct dx_collection dx_collect(const struct dx_settings *settings);

/* Where a node stands; each level copies and extends that of its parent. */
struct dx_node_place {
    struct dx_collection *collection;
    struct dx_sight sight;
    struct dx_marks marks;      /* of the enclosing classes, the nearest first, then the module */
    struct dx_texts names;      /* of the nodes above, for -k */
    const char *prefix;         /* of ids: "tests/test_a.py", "tests/test_a.py::TestA" */
    const char *path;           /* of the file */
    const char *wanted;         /* what a path on the command line asks for: "::TestA" */
    const void *class;
    bool has_plain_fixture_hooks;
};

void dx_collect_module(struct dx_node_place place, const char *path);

/* One function, under the name it has in its module or class. */
void dx_collect_function(const struct dx_node_place *place, struct dx_binding *function,
                         const char *name, bool in_class);

void dx_add_group(const struct dx_node_place *place, const char *id, const char *reason);
void dx_add_exact(const struct dx_node_place *place, const char *id, struct dx_key *keys,
                  size_t key_count, const struct dx_texts *marks);

/* Whether -m leaves out all that has these marks. */
bool dx_is_deselected(const struct dx_node_place *place, const struct dx_texts *marks);

/* pytest's order of items that share parameters of wide scopes. */
void dx_reorder(struct dx_collection *collection);

#endif

/* Fixtures: where they are defined, and which of them a test gets. */
#ifndef DX_DERIVE_FIXTURES_H
#define DX_DERIVE_FIXTURES_H

#include "classes.h"
#include "ids.h"
#include "marks.h"

/* Scopes, the narrowest first. */
enum dx_rank { DX_RANK_FUNCTION, DX_RANK_CLASS, DX_RANK_MODULE, DX_RANK_PACKAGE, DX_RANK_SESSION };

struct dx_fixture {
    const char *name;
    const char *attribute; /* the name it is bound to */
    int rank;
    bool autouse;
    struct dx_texts arguments;
    struct dx_axis *axis; /* NULL without parameters */
    const char *unknown;  /* why something of it is not known */
};

/* The fixtures of one module, class or plug-in, sorted by attribute. */
struct dx_fixtures {
    struct dx_fixture *items;
    size_t count;
    const char *unknown; /* why there may be others; NULL if there are none */
};

const struct dx_fixtures *dx_fixtures_of_module(struct dx_module *module);
const struct dx_fixtures *dx_fixtures_of_class(const struct dx_lineage *lineage);

/* What a node sees: from the session down to its class. */
struct dx_sight {
    const struct dx_fixtures **holders;
    size_t count;
};

struct dx_sight dx_sight_with(struct dx_sight sight, const struct dx_fixtures *holder);

/* The fixtures with parameters that a test gets, in the order of its parameters. */
struct dx_closure {
    const struct dx_fixture **items;
    size_t count;
    const char *unknown;
};

struct dx_closure dx_closure_of(struct dx_sight sight, const struct dx_texts *initial,
                                const struct dx_texts *direct);

/* Adds the names of fixtures that every node of this sight gets. */
void dx_add_autouse(struct dx_sight sight, struct dx_texts *names);

/* Scope of the fixture called `name`; -1 where it is not known. */
int dx_rank_of(struct dx_sight sight, const char *name);

/* Required arguments of a function, without the first one if `bound`. */
struct dx_texts dx_arguments_of(dx_tree function, bool bound);

/* Fixtures that pytest and known plug-ins bring along, none of them with parameters. */
bool dx_is_provided(const char *name);

#endif

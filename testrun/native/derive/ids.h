/* Parameter sets into the part of an id between brackets. */
#ifndef DX_DERIVE_IDS_H
#define DX_DERIVE_IDS_H

#include "evaluate.h"
#include "settings.h"

/* One parametrize() call or one parametrized fixture. */
struct dx_axis {
    struct dx_texts names;        /* of the arguments */
    struct dx_datum **sets;       /* PARAMs with as many items as there are names */
    size_t count;
    const char **ids;             /* one for each set */
    int scope;                    /* enum dx_rank */
    const char *unknown;          /* why its ids are not known; NULL if they are */
};

/* Fills the ids. `given` is the value of `ids=`, UNKNOWN where it cannot be told, NULL if there
 * is none; `function` the name of an id function ("builtins.str"), or NULL. */
void dx_make_ids(struct dx_axis *axis, struct dx_datum *given, const char *function,
                 const struct dx_settings *settings);

#endif

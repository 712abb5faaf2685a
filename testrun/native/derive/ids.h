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
    struct dx_datum *given;       /* the value of `ids=`; NULL if there is none */
    const char *id_function;      /* "builtins.str" or the like, if `ids=` is one */
    const char **ids;             /* one for each set, once dx_make_ids made them */
    int scope;                    /* enum dx_rank */
    const char *unknown;          /* why its ids are not known; NULL if they are */
};

/* Makes the ids, or says in `unknown` why they are not known. */
void dx_make_ids(struct dx_axis *axis, const struct dx_settings *settings);

#endif

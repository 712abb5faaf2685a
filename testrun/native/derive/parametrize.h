/* parametrize() marks and parametrized fixtures into axes of ids. */
#ifndef DX_DERIVE_PARAMETRIZE_H
#define DX_DERIVE_PARAMETRIZE_H

#include "fixtures.h"

/* Both without ids: dx_make_ids makes them where they are wanted. */
struct dx_axis *dx_axis_of_fixture(struct dx_scope *scope, dx_tree call, const char *name,
                                   int rank);
struct dx_axis *dx_axis_of_mark(const struct dx_mark *mark, struct dx_sight sight);

/* The arguments that a mark names; false where they are not known. */
bool dx_names_of_mark(const struct dx_mark *mark, struct dx_texts *names);

#endif

/* parametrize() marks and parametrized fixtures into axes of ids. */
#ifndef DX_DERIVE_PARAMETRIZE_H
#define DX_DERIVE_PARAMETRIZE_H

#include "fixtures.h"

struct dx_axis *dx_axis_of_fixture(struct dx_scope *scope, dx_tree call, const char *name,
                                   int rank, const struct dx_settings *settings);

struct dx_axis *dx_axis_of_mark(const struct dx_mark *mark, struct dx_sight sight,
                                const struct dx_settings *settings);

/* The arguments that a mark names; false where they are not known. */
bool dx_names_of_mark(const struct dx_mark *mark, struct dx_texts *names);

#endif

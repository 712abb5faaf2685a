/* Plug-ins that are installed beside pytest. */
#ifndef DX_DERIVE_PLUGINS_H
#define DX_DERIVE_PLUGINS_H

#include "fixtures.h"

/* `sight` with the fixtures of all of them; `*refusal` is set where one may do anything. */
struct dx_sight dx_see_plugins(struct dx_sight sight, const char **refusal);

#endif

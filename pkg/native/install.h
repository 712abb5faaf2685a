/* Stored wheels into an environment, and distributions out of it, in one transaction. */
#ifndef DX_PKG_INSTALL_H
#define DX_PKG_INSTALL_H

#include <stdbool.h>
#include <stddef.h>

#include "wheel_plan.h"

/* Where an environment keeps what. `headers` is the folder above the distribution's own. */
struct dx_pkg_target {
    const char *finals[DX_PKG_SCHEMES];
    const char *state;
    const char *python;  /* what scripts are started with */
    const char *version; /* of the interpreter, "3.12": pip names a script after it */
    enum dx_pkg_link_mode mode;
};

struct dx_pkg_wheel {
    const char *folder; /* in the store: the plan, and the tree */
    const char *name;   /* normalised */
    bool requested;
    const char *direct_url; /* the content of direct_url.json, or NULL */
};

struct dx_pkg_change {
    const struct dx_pkg_wheel *wheels;
    size_t wheel_count;
    struct dx_pkg_list removals; /* absolute paths, none inside another */
};

/* All of `change` or, with the problem noted, nothing. The caller holds the environment's lock,
 * and no transaction is open. */
bool dx_pkg_apply(struct dx_pkg *pkg, const struct dx_pkg_target *target,
                  const struct dx_pkg_change *change);

#endif

/* What installing a wheel writes where; pkg/install/plan.py describes plans, make_plan.py makes them. */
#ifndef DX_PKG_WHEEL_PLAN_H
#define DX_PKG_WHEEL_PLAN_H

#include <stdbool.h>

#include "memory.h"

enum dx_pkg_scheme {
    DX_PKG_PURELIB,
    DX_PKG_PLATLIB,
    DX_PKG_HEADERS,
    DX_PKG_SCRIPTS,
    DX_PKG_DATA,
    DX_PKG_SCHEMES
};

struct dx_pkg_plan {
    enum dx_pkg_scheme root;
    const char *info;        /* the name of the metadata folder */
    struct dx_pkg_bytes text;
    bool uses[DX_PKG_SCHEMES];
};

/* Reads the plan of the stored wheel in `folder`; false with the problem noted. */
bool dx_pkg_read_plan(struct dx_pkg *pkg, const char *folder, struct dx_pkg_plan *plan);

/* The scheme with this name, or DX_PKG_SCHEMES. */
enum dx_pkg_scheme dx_pkg_scheme_of(const char *name);

enum dx_pkg_link_mode { DX_PKG_LINK_OR_COPY, DX_PKG_HARDLINK, DX_PKG_COPY };

/* Makes the plan's folders and files below `roots`, which exist for every scheme it uses. Of two
 * files with one name the later wins. */
bool dx_pkg_link(struct dx_pkg *pkg, const struct dx_pkg_plan *plan, const char *tree,
                 const char *const roots[DX_PKG_SCHEMES], enum dx_pkg_link_mode mode);

extern const char DX_PKG_PLAN_MAGIC[];

#endif

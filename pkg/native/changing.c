#include "changing.h"

#include <unistd.h>

#include "file_tree.h"
#include "transaction.h"

int dx_pkg_lock_whole(struct dx_pkg *pkg, const struct dx_pkg_environment *environment) {
    int lock;
    if (dx_pkg_try_lock(pkg, environment->state, &lock) != DX_PKG_LOCKED)
        return -1;
    if (!dx_pkg_is_there(dx_pkg_format(pkg, "%s/txn", environment->state)))
        return lock;
    close(lock);
    return -1;
}

bool dx_pkg_change(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                   const struct dx_pkg_change *change, struct dx_pkg_reply *reply) {
    struct dx_pkg_target target = {
        .finals = {[DX_PKG_PURELIB] = environment->site,
                   [DX_PKG_PLATLIB] = environment->site,
                   [DX_PKG_HEADERS] = environment->include,
                   [DX_PKG_SCRIPTS] = environment->bin,
                   [DX_PKG_DATA] = environment->prefix},
        .state = environment->state,
        .python = environment->python,
        .version = environment->version,
        .mode = DX_PKG_LINK_OR_COPY,
    };
    if (dx_pkg_apply(pkg, &target, change))
        return true;
    dx_pkg_add_text(pkg, &reply->err, dx_pkg_format(pkg, "ERROR: %s\n", pkg->problem));
    if (pkg->hint)
        dx_pkg_add_text(pkg, &reply->err, dx_pkg_format(pkg, "  hint: %s\n", pkg->hint));
    reply->status = 1;
    return false;
}

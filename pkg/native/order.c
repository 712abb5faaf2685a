#include "pkg.h"

#include <stdlib.h>
#include <string.h>

#include "command_key.h"
#include "install.h"
#include "quick.h"
#include "records.h"
#include "state.h"

static const char MAGIC[] = "DXORDER1";

/* An order: "S scheme folder" for each scheme, "T state", "Y python version", "M mode", "W folder
 * name requested direct_url" for a wheel ("" for no direct URL), "X path" for a removal. */
struct order {
    struct dx_pkg_target target;
    struct dx_pkg_change change;
    struct dx_pkg_wheel *wheels;
};

static enum dx_pkg_link_mode mode_of(const char *name) {
    if (strcmp(name, "copy") == 0)
        return DX_PKG_COPY;
    return strcmp(name, "hardlink") == 0 ? DX_PKG_HARDLINK : DX_PKG_LINK_OR_COPY;
}

static bool read_field(struct dx_pkg *pkg, const struct dx_pkg_record *record,
                       struct order *order) {
    const char *const *fields = record->fields;
    if (dx_pkg_is(record, "S", 2)) {
        enum dx_pkg_scheme scheme = dx_pkg_scheme_of(fields[1]);
        if (scheme != DX_PKG_SCHEMES)
            order->target.finals[scheme] = fields[2];
    } else if (dx_pkg_is(record, "T", 1)) {
        order->target.state = fields[1];
    } else if (dx_pkg_is(record, "Y", 2)) {
        order->target.python = fields[1];
        order->target.version = fields[2];
    } else if (dx_pkg_is(record, "M", 1)) {
        order->target.mode = mode_of(fields[1]);
    } else if (dx_pkg_is(record, "W", 4)) {
        order->wheels[order->change.wheel_count++] = (struct dx_pkg_wheel){
            .folder = fields[1],
            .name = fields[2],
            .requested = strcmp(fields[3], "1") == 0,
            .direct_url = *fields[4] ? fields[4] : NULL,
        };
    } else if (dx_pkg_is(record, "X", 1)) {
        dx_pkg_push(pkg, &order->change.removals, fields[1]);
    } else {
        return false;
    }
    return true;
}

static size_t count_wheels(struct dx_pkg_bytes bytes) {
    struct dx_pkg_reader reader = dx_pkg_open(bytes, MAGIC);
    struct dx_pkg_record record;
    size_t count = 0;
    while (dx_pkg_next(&reader, &record))
        count += dx_pkg_is(&record, "W", 4);
    return count;
}

static bool is_complete(const struct dx_pkg_target *target) {
    for (int scheme = 0; scheme < DX_PKG_SCHEMES; scheme++)
        if (!target->finals[scheme])
            return false;
    return target->state && target->python;
}

static bool read_order(struct dx_pkg *pkg, struct dx_pkg_bytes bytes, struct order *order) {
    struct dx_pkg_reader reader = dx_pkg_open(bytes, MAGIC);
    struct dx_pkg_record record;
    order->wheels = dx_pkg_take(pkg, (count_wheels(bytes) + 1) * sizeof *order->wheels);
    order->change.wheels = order->wheels;
    while (dx_pkg_next(&reader, &record))
        if (!read_field(pkg, &record, order))
            return dx_pkg_fail(pkg, "an order that cannot be read");
    return (!reader.damaged && is_complete(&order->target)) ||
           dx_pkg_fail(pkg, "an order that is not whole");
}

static char *owned(const char *text, const char *more) {
    size_t size = strlen(text), rest = more ? strlen(more) + 1 : 0;
    char *copy = malloc(size + rest + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, size + 1);
    if (more) {
        copy[size] = '\n';
        memcpy(copy + size + 1, more, rest);
    }
    return copy;
}

char *dx_pkg_apply_order(const char *order, size_t size) {
    struct dx_pkg pkg = {0};
    struct order read = {0};
    struct dx_pkg_bytes bytes = {dx_pkg_copy(&pkg, order, size), size, size + 1};
    bool done = read_order(&pkg, bytes, &read) && dx_pkg_apply(&pkg, &read.target, &read.change);
    char *problem = done ? NULL : owned(pkg.problem ? pkg.problem : "it failed", pkg.hint);
    dx_pkg_release(&pkg);
    return problem;
}

int dx_pkg_answer(const char *own_python, char **words, char **out, char **err) {
    struct dx_pkg pkg = {0};
    struct dx_pkg_reply reply = {0};
    struct dx_pkg_setting setting = {own_python};
    int status = DX_PKG_ASK_PYTHON;
    *out = *err = NULL;
    if (words[0] && dx_pkg_quick(&pkg, &setting, words, &reply)) {
        *out = owned(reply.out.data ? reply.out.data : "", NULL);
        *err = owned(reply.err.data ? reply.err.data : "", NULL);
        status = reply.status;
    }
    dx_pkg_release(&pkg);
    return status;
}

static bool find_known(struct dx_pkg *pkg, char **words, const char *prefix,
                       struct dx_pkg_environment *environment) {
    const char *python;
    return dx_pkg_may_keep(words, &python) &&
           dx_pkg_find_environment(pkg, python, environment) &&
           strcmp(environment->prefix, prefix) == 0;
}

int dx_pkg_answer_key(char **words, const char *prefix, char key[65]) {
    struct dx_pkg pkg = {0};
    struct dx_pkg_environment environment;
    struct dx_pkg_installed installed;
    bool found;
    if (strcmp(words[0], "compile") == 0)
        found = dx_pkg_folder_key(&pkg, words, key);
    else
        found = find_known(&pkg, words, prefix, &environment) &&
                dx_pkg_scan(&pkg, environment.site, &installed) &&
                dx_pkg_environment_key(&pkg, words, &environment, &installed, key);
    dx_pkg_release(&pkg);
    return found ? 0 : -1;
}

int dx_pkg_note_state(char **words, const char *prefix, const char *text) {
    struct dx_pkg pkg = {0};
    struct dx_pkg_environment environment;
    char key[65];
    bool noted = find_known(&pkg, words, prefix, &environment) &&
                 dx_pkg_environment_key(&pkg, words, &environment, NULL, key) &&
                 dx_pkg_note_current(&pkg, &environment, key, text);
    dx_pkg_release(&pkg);
    return noted ? 0 : -1;
}

void dx_pkg_free(void *text) {
    free(text);
}

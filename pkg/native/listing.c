#include "listing.h"

#include <string.h>

#include "arguments.h"
#include "environment.h"
#include "file_tree.h"
#include "installed.h"
#include "settings.h"

/* What `freeze` leaves out; before 3.12 environments had more of it. */
static const char *const TOOLS[] = {"pip", NULL};
static const char *const OLD_TOOLS[] = {"pip", "setuptools", "distribute", "wheel", NULL};
enum { FIRST_WITHOUT_SETUPTOOLS = 12 };

static bool look(struct dx_pkg *pkg, const struct dx_pkg_arguments *arguments,
                 struct dx_pkg_environment *environment, struct dx_pkg_installed *installed) {
    return dx_pkg_settings_are_about_indexes(pkg) &&
           dx_pkg_find_environment(pkg, arguments->python, environment) &&
           !dx_pkg_is_there(dx_pkg_format(pkg, "%s/txn", environment->state)) &&
           dx_pkg_scan(pkg, environment->site, installed);
}

static bool is_among(const char *const *names, const char *name) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void add_pins(struct dx_pkg *pkg, const struct dx_pkg_installed *installed,
                     const char *const *hidden, struct dx_pkg_bytes *out) {
    for (size_t i = 0; i < installed->count; i++) {
        const struct dx_pkg_distribution *each = &installed->items[i];
        if (is_among(hidden, each->name))
            continue;
        dx_pkg_add_text(pkg, out, each->display);
        dx_pkg_add_text(pkg, out, "==");
        dx_pkg_add_text(pkg, out, each->version);
        dx_pkg_add_text(pkg, out, "\n");
    }
}

bool dx_pkg_freeze(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply) {
    static const char *const options[] = {"--python", "--all", NULL}, *const none[] = {NULL};
    struct dx_pkg_arguments arguments;
    struct dx_pkg_environment environment;
    struct dx_pkg_installed installed;
    if (!dx_pkg_parse(pkg, words + 1, options, &arguments) || arguments.positional.count ||
        !look(pkg, &arguments, &environment, &installed))
        return false;
    const char *const *tools = environment.minor < FIRST_WITHOUT_SETUPTOOLS ? OLD_TOOLS : TOOLS;
    add_pins(pkg, &installed, arguments.all ? none : tools, &reply->out);
    return true;
}

static void add_json(struct dx_pkg *pkg, const struct dx_pkg_installed *installed,
                     struct dx_pkg_bytes *out) {
    dx_pkg_add_text(pkg, out, "[");
    for (size_t i = 0; i < installed->count; i++)
        dx_pkg_add_text(pkg, out,
                        dx_pkg_format(pkg, "%s{\"name\": \"%s\", \"version\": \"%s\"}",
                                      i ? ", " : "", installed->items[i].display,
                                      installed->items[i].version));
    dx_pkg_add_text(pkg, out, "]\n");
}

static size_t wider(size_t width, const char *text) {
    return strlen(text) > width ? strlen(text) : width;
}

static void add_padded(struct dx_pkg *pkg, struct dx_pkg_bytes *out, const char *text,
                       size_t width) {
    dx_pkg_add_text(pkg, out, text);
    for (size_t size = strlen(text); size <= width; size++)
        dx_pkg_add_text(pkg, out, " ");
}

static void add_rule(struct dx_pkg *pkg, struct dx_pkg_bytes *out, size_t width, char end) {
    for (size_t i = 0; i < width; i++)
        dx_pkg_add_text(pkg, out, "-");
    dx_pkg_add(pkg, out, &end, 1);
}

static void add_columns(struct dx_pkg *pkg, const struct dx_pkg_installed *installed,
                        struct dx_pkg_bytes *out) {
    size_t name = strlen("Package"), version = strlen("Version");
    for (size_t i = 0; i < installed->count; i++) {
        name = wider(name, installed->items[i].display);
        version = wider(version, installed->items[i].version);
    }
    if (!installed->count)
        return;
    add_padded(pkg, out, "Package", name);
    dx_pkg_add_text(pkg, out, "Version\n");
    add_rule(pkg, out, name, ' ');
    add_rule(pkg, out, version, '\n');
    for (size_t i = 0; i < installed->count; i++) {
        add_padded(pkg, out, installed->items[i].display, name);
        dx_pkg_add_text(pkg, out, installed->items[i].version);
        dx_pkg_add_text(pkg, out, "\n");
    }
}

/* Names and versions that JSON would have to quote are left to Python. */
static bool are_simple(const struct dx_pkg_installed *installed) {
    for (size_t i = 0; i < installed->count; i++)
        if (strpbrk(installed->items[i].display, "\"\\") ||
            strpbrk(installed->items[i].version, "\"\\"))
            return false;
    return true;
}

bool dx_pkg_list(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply) {
    static const char *const options[] = {"--python", "--format", NULL}, *const none[] = {NULL};
    struct dx_pkg_arguments arguments;
    struct dx_pkg_environment environment;
    struct dx_pkg_installed installed;
    if (!dx_pkg_parse(pkg, words + 1, options, &arguments) || arguments.positional.count ||
        !look(pkg, &arguments, &environment, &installed) || !are_simple(&installed))
        return false;
    const char *format = arguments.format ? arguments.format : "columns";
    if (strcmp(format, "freeze") == 0)
        add_pins(pkg, &installed, none, &reply->out);
    else if (strcmp(format, "json") == 0)
        add_json(pkg, &installed, &reply->out);
    else if (strcmp(format, "columns") == 0)
        add_columns(pkg, &installed, &reply->out);
    else
        return false;
    return true;
}

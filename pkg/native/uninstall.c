#include "uninstall.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "changing.h"
#include "removal.h"
#include "settings.h"

static bool is_bare_name(const char *text) {
    size_t size = strlen(text);
    if (!size || !isalnum((unsigned char)*text) || !isalnum((unsigned char)text[size - 1]))
        return false;
    for (; *text; text++)
        if ((unsigned char)*text > 126 || (!isalnum((unsigned char)*text) && !strchr("-_.", *text)))
            return false;
    return true;
}

/* The normalised names, each once, in the order given. */
static bool read_names(struct dx_pkg *pkg, const struct dx_pkg_list *words,
                       struct dx_pkg_list *names) {
    for (size_t i = 0; i < words->count; i++) {
        if (!is_bare_name(words->items[i]))
            return false;
        const char *name = dx_pkg_normalize(pkg, words->items[i], strlen(words->items[i]));
        bool known = false;
        for (size_t j = 0; j < names->count; j++)
            known = known || strcmp(names->items[j], name) == 0;
        if (!known)
            dx_pkg_push(pkg, names, name);
    }
    return names->count > 0;
}

static void word(struct dx_pkg *pkg, const struct dx_pkg_distribution *found, const char *name,
                 bool quiet, struct dx_pkg_reply *reply) {
    if (!found)
        dx_pkg_add_text(
            pkg, &reply->err,
            dx_pkg_format(pkg, "WARNING: Skipping %s as it is not installed.\n", name));
    else if (!quiet)
        dx_pkg_add_text(pkg, &reply->out,
                        dx_pkg_format(pkg, "Successfully uninstalled %s-%s\n", found->display,
                                      found->version));
}

/* With the environment's lock held. */
static bool uninstall(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                      const struct dx_pkg_list *names, bool quiet, struct dx_pkg_reply *reply) {
    struct dx_pkg_installed installed;
    struct dx_pkg_change change = {0};
    if (!dx_pkg_scan(pkg, environment->site, &installed))
        return false;
    for (size_t i = 0; i < names->count; i++) {
        const struct dx_pkg_distribution *found = dx_pkg_find(&installed, names->items[i]);
        if (found && !dx_pkg_removal(pkg, environment, found, &change.removals))
            return false;
    }
    if (change.removals.count && !dx_pkg_change(pkg, environment, &change, reply))
        return true;
    for (size_t i = 0; i < names->count; i++)
        word(pkg, dx_pkg_find(&installed, names->items[i]), names->items[i], quiet, reply);
    return true;
}

bool dx_pkg_uninstall(struct dx_pkg *pkg, char *const *words, struct dx_pkg_reply *reply) {
    static const char *const options[] = {"--python", "--quiet", "--yes", NULL};
    struct dx_pkg_arguments arguments;
    struct dx_pkg_environment environment;
    struct dx_pkg_list names = {0};
    if (!dx_pkg_parse(pkg, words + 1, options, &arguments) ||
        !read_names(pkg, &arguments.positional, &names) ||
        !dx_pkg_settings_are_about_indexes(pkg) ||
        !dx_pkg_find_environment(pkg, arguments.python, &environment))
        return false;
    int lock = dx_pkg_lock_whole(pkg, &environment);
    if (lock < 0)
        return false;
    bool done = uninstall(pkg, &environment, &names, arguments.quiet, reply);
    close(lock);
    return done;
}

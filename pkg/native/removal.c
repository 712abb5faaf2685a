#include "removal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_tree.h"

/* What belongs to the distribution, sorted: the paths, and the folders on the way to them. */
struct owned {
    struct dx_pkg *pkg;
    struct dx_pkg_list paths;
    struct dx_pkg_list folders;
};

static bool is_folder_itself(const char *path) {
    struct stat found;
    return lstat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* `top` is never taken away itself. */
static void own(struct owned *owned, const char *top, const char *path) {
    dx_pkg_push(owned->pkg, &owned->paths, path);
    const char *last = owned->folders.count ? owned->folders.items[owned->folders.count - 1] : "";
    for (const char *folder = dx_pkg_parent(owned->pkg, path);
         dx_pkg_is_below(folder, top) && strcmp(folder, last) != 0;
         folder = dx_pkg_parent(owned->pkg, folder))
        dx_pkg_push(owned->pkg, &owned->folders, folder);
}

/* The paths of RECORD, a first column without quotes. */
static bool read_record(struct owned *owned, const struct dx_pkg_environment *environment,
                        const char *info) {
    struct dx_pkg_bytes record = dx_pkg_read(
        owned->pkg, AT_FDCWD, dx_pkg_format(owned->pkg, "%s/%s/RECORD", environment->site, info));
    if (!record.size || strchr(record.data, '"') || strlen(record.data) != record.size)
        return false;
    for (const char *line = record.data; *line;) {
        size_t size = strcspn(line, "\r\n"), name = strcspn(line, ",\r\n");
        if (name) {
            const char *path = dx_pkg_absolute(owned->pkg, environment->site,
                                               dx_pkg_copy(owned->pkg, line, name));
            if (dx_pkg_is_below(path, environment->site))
                own(owned, environment->site, path);
            else if (dx_pkg_is_below(path, environment->prefix))
                own(owned, environment->prefix, path);
        }
        line += size + strspn(line + size, "\r\n");
    }
    own(owned, environment->site,
        dx_pkg_format(owned->pkg, "%s/%s", environment->site, info));
    dx_pkg_sort(&owned->paths);
    dx_pkg_sort(&owned->folders);
    return true;
}

/* Whether `name` in a __pycache__ is the bytecode of a module of ours beside that folder. */
static bool is_bytecode_of_ours(const struct owned *owned, const char *package,
                                const char *name) {
    const char *stem = dx_pkg_copy(owned->pkg, name, strcspn(name, "."));
    return dx_pkg_holds(&owned->paths, dx_pkg_format(owned->pkg, "%s/%s.py", package, stem));
}

/* Adds what goes of a __pycache__ that RECORD does not name; true if all of it does. */
static bool collect_bytecode(const struct owned *owned, const char *package, const char *cache,
                             struct dx_pkg_list *going) {
    struct dx_pkg_list names = dx_pkg_names_in(owned->pkg, cache), ours = {0};
    for (size_t i = 0; i < names.count; i++)
        if (is_bytecode_of_ours(owned, package, names.items[i]))
            dx_pkg_push(owned->pkg, &ours,
                        dx_pkg_format(owned->pkg, "%s/%s", cache, names.items[i]));
    if (ours.count == names.count)
        dx_pkg_push(owned->pkg, going, cache);
    else
        for (size_t i = 0; i < ours.count; i++)
            dx_pkg_push(owned->pkg, going, ours.items[i]);
    return ours.count == names.count;
}

static bool collect(const struct owned *owned, const char *folder, struct dx_pkg_list *found);

/* Whether all of this entry of `folder` goes; what goes of it is added. */
static bool collect_entry(const struct owned *owned, const char *folder, const char *name,
                          struct dx_pkg_list *going) {
    const char *path = dx_pkg_format(owned->pkg, "%s/%s", folder, name);
    bool is_ours = dx_pkg_holds(&owned->paths, path);
    bool leads_to_ours = dx_pkg_holds(&owned->folders, path);
    bool is_mine = is_ours || leads_to_ours;
    if (!is_mine && (strcmp(name, "__pycache__") != 0 || !is_folder_itself(path)))
        return false;
    if (!is_mine)
        return collect_bytecode(owned, folder, path, going);
    if (!is_ours && is_folder_itself(path) && !collect(owned, path, going))
        return false;
    dx_pkg_push(owned->pkg, going, path);
    return true;
}

/* Whether all of `folder` goes; what goes of it otherwise is added to `found`. */
static bool collect(const struct owned *owned, const char *folder, struct dx_pkg_list *found) {
    struct dx_pkg_list names = dx_pkg_names_in(owned->pkg, folder), going = {0};
    bool whole = names.count || access(folder, R_OK | X_OK) == 0;
    for (size_t i = 0; i < names.count; i++)
        if (!collect_entry(owned, folder, names.items[i], &going))
            whole = false;
    for (size_t i = 0; !whole && i < going.count; i++)
        dx_pkg_push(owned->pkg, found, going.items[i]);
    return whole;
}

/* A top is not walked: most of what it holds is not ours. `other` is a top inside this one. */
static void collect_top(const struct owned *owned, const char *top, const char *other,
                        struct dx_pkg_list *found) {
    struct dx_pkg_list names = {0};
    const struct dx_pkg_list *both[] = {&owned->paths, &owned->folders};
    size_t size = strlen(top);
    const char *last = "";
    for (int kind = 0; kind < 2; kind++)
        for (size_t i = 0; i < both[kind]->count; i++) {
            const char *path = both[kind]->items[i];
            if (!dx_pkg_is_below(path, top) || (other && dx_pkg_is_below(path, other)))
                continue;
            const char *name = dx_pkg_copy(owned->pkg, path + size + 1,
                                           strcspn(path + size + 1, "/"));
            if (strcmp(name, last) != 0)
                dx_pkg_push(owned->pkg, &names, name);
            last = name;
        }
    if (names.count)
        dx_pkg_push(owned->pkg, &names, "__pycache__");
    dx_pkg_sort(&names);
    for (size_t i = 0; i < names.count; i++)
        if ((i == 0 || strcmp(names.items[i - 1], names.items[i]) != 0) &&
            dx_pkg_is_there(dx_pkg_format(owned->pkg, "%s/%s", top, names.items[i])))
            collect_entry(owned, top, names.items[i], found);
}

bool dx_pkg_removal(struct dx_pkg *pkg, const struct dx_pkg_environment *environment,
                    const struct dx_pkg_distribution *distribution, struct dx_pkg_list *paths) {
    struct owned owned = {.pkg = pkg};
    if (!read_record(&owned, environment, distribution->info))
        return false;
    collect_top(&owned, environment->site, NULL, paths);
    collect_top(&owned, environment->prefix, environment->site, paths);
    return true;
}

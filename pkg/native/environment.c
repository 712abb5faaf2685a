#include "environment.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "file_tree.h"

const char *dx_pkg_here(struct dx_pkg *pkg) {
    char *folder = getcwd(NULL, 0);
    const char *copy = folder ? dx_pkg_copy(pkg, folder, strlen(folder)) : NULL;
    free(folder);
    return copy;
}

static bool has_config(struct dx_pkg *pkg, const char *prefix) {
    return dx_pkg_is_file(dx_pkg_format(pkg, "%s/pyvenv.cfg", prefix));
}

/* The nearest .venv upward. */
static const char *project_environment(struct dx_pkg *pkg) {
    const char *here = dx_pkg_here(pkg);
    for (const char *folder = here; folder; folder = dx_pkg_parent(pkg, folder)) {
        const char *candidate = dx_pkg_format(pkg, "%s/.venv", folder);
        if (has_config(pkg, candidate))
            return candidate;
        if (!*folder)
            break;
    }
    return NULL;
}

/* A path whose parts are only names: of others Python's reading may be another. */
static bool is_plain(const char *path) {
    for (const char *part = path; *part;) {
        size_t length = strcspn(part, "/");
        if ((length == 0 && part != path) || (length == 2 && strncmp(part, "..", 2) == 0))
            return false;
        part += length + (part[length] == '/');
    }
    return true;
}

/* The environment's folder, absolute, and in `python` the interpreter where it was named. */
static const char *choose(struct dx_pkg *pkg, const char *named, const char **python) {
    const char *here = dx_pkg_here(pkg), *active = getenv("VIRTUAL_ENV");
    if (!active || !*active)
        active = getenv("CONDA_PREFIX");
    const char *chosen = named && *named ? named : active && *active ? active : NULL;
    if (!chosen)
        return project_environment(pkg);
    if (!here || !is_plain(chosen))
        return NULL;
    const char *path = dx_pkg_absolute(pkg, here, chosen);
    if (dx_pkg_is_folder(path))
        return path;
    if (chosen != named || !strchr(named, '/') || !dx_pkg_is_file(path))
        return NULL;
    *python = path;
    return dx_pkg_parent(pkg, dx_pkg_parent(pkg, path));
}

static const char *python_in(struct dx_pkg *pkg, const char *prefix) {
    static const char *const names[] = {"python", "python3", NULL};
    for (const char *const *name = names; *name; name++) {
        const char *path = dx_pkg_format(pkg, "%s/bin/%s", prefix, *name);
        if (access(path, F_OK) == 0)
            return path;
    }
    return NULL;
}

static bool says(const char *line, size_t size, const char *key, const char *value) {
    size_t name = strcspn(line, "=");
    if (name >= size)
        return false;
    const char *at = line + name + 1, *end = line + size;
    while (name && isspace((unsigned char)line[name - 1]))
        name--;
    while (isspace((unsigned char)*line) && name) {
        line++;
        name--;
    }
    while (at < end && isspace((unsigned char)*at))
        at++;
    while (at < end && isspace((unsigned char)end[-1]))
        end--;
    return name == strlen(key) && strncasecmp(line, key, name) == 0 &&
           (size_t)(end - at) == strlen(value) && strncasecmp(at, value, strlen(value)) == 0;
}

/* An environment that does not say so is taken for one that inherits. */
static bool inherits_nothing(struct dx_pkg *pkg, const char *config) {
    struct dx_pkg_bytes text = dx_pkg_read(pkg, AT_FDCWD, config);
    for (const char *line = text.data; line && *line;) {
        size_t size = strcspn(line, "\n");
        if (says(line, size, "include-system-site-packages", "false"))
            return true;
        line += size + (line[size] == '\n');
    }
    return false;
}

/* "python3.12" gives 12; anything else -1. */
static int minor_of(const char *name) {
    static const char before[] = "python3.";
    if (strncmp(name, before, sizeof before - 1) != 0)
        return -1;
    const char *digits = name + sizeof before - 1;
    size_t count = strspn(digits, "0123456789");
    return count && count < 4 && !digits[count] ? atoi(digits) : -1;
}

/* lib/python3.N, where there is exactly one such folder and no other library folder. */
static bool find_library(struct dx_pkg *pkg, struct dx_pkg_environment *found) {
    const char *other = dx_pkg_format(pkg, "%s/lib64", found->prefix);
    struct dx_pkg_list names = dx_pkg_names_in(pkg, dx_pkg_format(pkg, "%s/lib", found->prefix));
    char target[8];
    ssize_t size = readlink(other, target, sizeof target);
    if (dx_pkg_is_there(other) && !(size == 3 && memcmp(target, "lib", 3) == 0))
        return false;
    if (names.count != 1 || (found->minor = minor_of(names.items[0])) < 0)
        return false;
    found->version = names.items[0] + strlen("python");
    found->site = dx_pkg_format(pkg, "%s/lib/%s/site-packages", found->prefix, names.items[0]);
    found->include = dx_pkg_format(pkg, "%s/include/site/%s", found->prefix, names.items[0]);
    return dx_pkg_is_folder(found->site);
}

bool dx_pkg_find_environment(struct dx_pkg *pkg, const char *named,
                             struct dx_pkg_environment *found) {
    *found = (struct dx_pkg_environment){0};
    found->prefix = choose(pkg, named, &found->python);
    if (!found->prefix || !*found->prefix || !has_config(pkg, found->prefix))
        return false;
    found->config = dx_pkg_format(pkg, "%s/pyvenv.cfg", found->prefix);
    found->bin = dx_pkg_format(pkg, "%s/bin", found->prefix);
    found->state = dx_pkg_format(pkg, "%s/.dx-py", found->prefix);
    if (!found->python)
        found->python = python_in(pkg, found->prefix);
    if (!found->python || !inherits_nothing(pkg, found->config) || !find_library(pkg, found))
        return false;
    char *real = realpath(found->python, NULL);
    found->real = real ? dx_pkg_copy(pkg, real, strlen(real)) : NULL;
    free(real);
    return found->real != NULL;
}

#include "settings.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "file_tree.h"

extern char **environ;

static const char *const ABOUT_INDEXES[] = {
    "cert",          "client-cert", "default-timeout", "disable-pip-version-check",
    "extra-index-url", "find-links", "index-url",      "no-color",
    "no-index",      "no-input",    "progress-bar",    "proxy",
    "retries",       "root-user-action", "timeout",    "trusted-host",
    NULL};

/* Of uv's variables these are read, and are not about indexes. */
static const char *const OTHERS_OF_UV[] = {"UV_PYTHON=", "UV_LINK_MODE=", NULL};

/* The name of an option however it is spelled: "INDEX_URL" is "index-url". */
static bool is_about_indexes(const char *name, size_t size) {
    for (const char *const *known = ABOUT_INDEXES; *known; known++) {
        size_t i = 0;
        while (i < size && (*known)[i] &&
               (name[i] == '_' ? '-' : tolower((unsigned char)name[i])) == (*known)[i])
            i++;
        if (i == size && !(*known)[i])
            return true;
    }
    return false;
}

static bool variables_are_harmless(void) {
    for (char **entry = environ; *entry; entry++) {
        size_t size = strcspn(*entry, "=");
        bool is_set = (*entry)[size] && (*entry)[size + 1];
        if (is_set && strncmp(*entry, "PIP_", 4) == 0 && strncmp(*entry, "PIP_CONFIG_FILE=", 16) &&
            strncmp(*entry, "PIP_VERSION=", 12) && !is_about_indexes(*entry + 4, size - 4))
            return false;
        for (const char *const *name = OTHERS_OF_UV; *name; name++)
            if (is_set && strncmp(*entry, *name, strlen(*name)) == 0)
                return false;
    }
    return true;
}

/* A line of a file: blank, comment, section, continued value, or an option. */
static bool line_is_harmless(const char *line, size_t size) {
    if (!size || strchr("#;[ \t\r", *line))
        return true;
    size_t name = strcspn(line, "=:\n");
    while (name && isspace((unsigned char)line[name - 1]))
        name--;
    return is_about_indexes(line, name);
}

static bool file_is_harmless(const char *text) {
    while (text && *text) {
        size_t size = strcspn(text, "\n");
        if (!line_is_harmless(text, size))
            return false;
        text += size + (text[size] == '\n');
    }
    return true;
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static void push(struct dx_pkg *pkg, struct dx_pkg_list *paths, const char *folder,
                 const char *rest) {
    dx_pkg_push(pkg, paths, dx_pkg_format(pkg, "%s/%s", folder, rest));
}

static void push_global(struct dx_pkg *pkg, struct dx_pkg_list *paths) {
#ifdef __APPLE__
    dx_pkg_push(pkg, paths, "/Library/Application Support/pip/pip.conf");
#else
    const char *folders = variable("XDG_CONFIG_DIRS");
    for (const char *folder = folders ? folders : "/etc/xdg"; *folder;) {
        size_t size = strcspn(folder, ":");
        push(pkg, paths, dx_pkg_copy(pkg, folder, size), "pip/pip.conf");
        folder += size + (folder[size] == ':');
    }
    dx_pkg_push(pkg, paths, "/etc/pip.conf");
#endif
}

/* Least important first; false without a home folder, which Python would look for elsewhere. */
static bool list_files(struct dx_pkg *pkg, struct dx_pkg_list *paths) {
    const char *named = variable("PIP_CONFIG_FILE"), *home = variable("HOME");
    if (named && strcmp(named, "/dev/null") == 0)
        return true;
    if (!home)
        return false;
    push_global(pkg, paths);
    push(pkg, paths, home, ".pip/pip.conf");
#ifdef __APPLE__
    push(pkg, paths, home, "Library/Application Support/pip/pip.conf");
#endif
    const char *user = variable("XDG_CONFIG_HOME");
    push(pkg, paths, user ? user : dx_pkg_format(pkg, "%s/.config", home), "pip/pip.conf");
    if (named)
        dx_pkg_push(pkg, paths, named);
    return true;
}

bool dx_pkg_settings_are_about_indexes(struct dx_pkg *pkg) {
    struct dx_pkg_list paths = {0};
    if (!variables_are_harmless() || !list_files(pkg, &paths))
        return false;
    for (size_t i = 0; i < paths.count; i++)
        if (!file_is_harmless(dx_pkg_read(pkg, AT_FDCWD, paths.items[i]).data))
            return false;
    return true;
}

bool dx_pkg_add_settings(struct dx_pkg *pkg, struct dx_pkg_bytes *bytes) {
    struct dx_pkg_list paths = {0}, variables = {0};
    if (!list_files(pkg, &paths))
        return false;
    for (char **entry = environ; *entry; entry++)
        if (strncmp(*entry, "PIP_", 4) == 0 || strncmp(*entry, "UV_", 3) == 0 ||
            strncmp(*entry, "DX_INDEX_", 9) == 0)
            dx_pkg_push(pkg, &variables, *entry);
    dx_pkg_sort(&variables);
    for (size_t i = 0; i < variables.count; i++)
        dx_pkg_add(pkg, bytes, variables.items[i], strlen(variables.items[i]) + 1);
    for (size_t i = 0; i < paths.count; i++) {
        struct dx_pkg_bytes text = dx_pkg_read(pkg, AT_FDCWD, paths.items[i]);
        dx_pkg_add(pkg, bytes, paths.items[i], strlen(paths.items[i]) + 1);
        dx_pkg_add(pkg, bytes, text.data ? text.data : "", text.size);
        dx_pkg_add(pkg, bytes, "", 1);
    }
    return true;
}

#include "installed.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "file_tree.h"

bool dx_pkg_ends(const char *text, const char *suffix) {
    size_t size = strlen(text), wanted = strlen(suffix);
    return size >= wanted && strcmp(text + size - wanted, suffix) == 0;
}

char *dx_pkg_normalize(struct dx_pkg *pkg, const char *name, size_t size) {
    char *normal = dx_pkg_take(pkg, size + 1);
    size_t written = 0;
    for (size_t i = 0; i < size; i++) {
        bool separates = name[i] == '-' || name[i] == '_' || name[i] == '.';
        if (!separates)
            normal[written++] = (char)tolower((unsigned char)name[i]);
        else if (!written || normal[written - 1] != '-')
            normal[written++] = '-';
    }
    normal[written] = '\0';
    return normal;
}

/* The value of the first "Name:" of the headers; NULL without one, or with one that is folded
 * or not ASCII. */
static const char *display_name(struct dx_pkg *pkg, const char *text) {
    while (*text && *text != '\n' && *text != '\r') {
        size_t size = strcspn(text, "\r\n");
        if (strncasecmp(text, "name:", 5) == 0) {
            const char *start = text + 5, *end = text + size;
            start += strspn(start, " \t");
            while (end > start && isspace((unsigned char)end[-1]))
                end--;
            for (const char *at = start; at < end; at++)
                if ((unsigned char)*at > 126 || (unsigned char)*at <= ' ')
                    return NULL;
            return end > start ? dx_pkg_copy(pkg, start, (size_t)(end - start)) : NULL;
        }
        text += size;
        text += *text == '\r';
        text += *text == '\n';
    }
    return NULL;
}

/* "Name-1.0.dist-info"; false for any other shape. */
static bool read_folder_name(struct dx_pkg *pkg, const char *info,
                             struct dx_pkg_distribution *found) {
    size_t size = strlen(info) - strlen(".dist-info"), name = strcspn(info, "-");
    if (name + 1 >= size || !isdigit((unsigned char)info[name + 1]))
        return false;
    size_t version = strcspn(info + name + 1, "-");
    if (name + 1 + version > size)
        version = size - name - 1;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)info[i] > 126 || (unsigned char)info[i] <= ' ')
            return false;
    found->info = info;
    found->name = dx_pkg_normalize(pkg, info, name);
    found->version = dx_pkg_copy(pkg, info + name + 1, version);
    return true;
}

static bool describe(struct dx_pkg *pkg, int folder, const char *info,
                     struct dx_pkg_distribution *found) {
    if (!read_folder_name(pkg, info, found))
        return false;
    found->metadata = dx_pkg_read(pkg, folder, dx_pkg_format(pkg, "%s/METADATA", info));
    if (!found->metadata.data)
        return false;
    found->display = display_name(pkg, found->metadata.data);
    if (!found->display)
        return false;
    return faccessat(folder, dx_pkg_format(pkg, "%s/direct_url.json", info), F_OK, 0) != 0;
}

static int by_name(const void *left, const void *right) {
    const struct dx_pkg_distribution *one = left, *other = right;
    return strcmp(one->name, other->name);
}

static bool has_doubles(const struct dx_pkg_installed *installed) {
    for (size_t i = 1; i < installed->count; i++)
        if (strcmp(installed->items[i - 1].name, installed->items[i].name) == 0)
            return true;
    return false;
}

static bool scan(struct dx_pkg *pkg, int folder, const struct dx_pkg_list *names,
                 struct dx_pkg_installed *found) {
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        if (name[0] == '~')
            continue;
        if (dx_pkg_ends(name, ".egg-info") || dx_pkg_ends(name, ".egg-link"))
            return false;
        if (dx_pkg_ends(name, ".dist-info") &&
            !describe(pkg, folder, name, &found->items[found->count++]))
            return false;
    }
    return true;
}

bool dx_pkg_scan(struct dx_pkg *pkg, const char *site, struct dx_pkg_installed *found) {
    struct dx_pkg_list names = dx_pkg_names_in(pkg, site);
    int folder = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return false;
    *found = (struct dx_pkg_installed){0};
    found->items = dx_pkg_take(pkg, (names.count + 1) * sizeof *found->items);
    bool whole = scan(pkg, folder, &names, found);
    close(folder);
    if (!whole)
        return false;
    qsort(found->items, found->count, sizeof *found->items, by_name);
    return !has_doubles(found);
}

const struct dx_pkg_distribution *dx_pkg_find(const struct dx_pkg_installed *installed,
                                              const char *name) {
    struct dx_pkg_distribution wanted = {.name = name};
    if (!installed->count)
        return NULL;
    return bsearch(&wanted, installed->items, installed->count, sizeof wanted, by_name);
}

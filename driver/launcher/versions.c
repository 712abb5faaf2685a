#include "versions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "interpreter.h"
#include "text.h"

enum { CONFIGURATION_LIMIT = 65536 };

/* A folder with one folder a version, whose name is `prefix` and then the version. */
struct shelf {
    const char *folder;
    const char *prefix;
};

enum { SHELVES = 3 };

static void find_shelves(struct shelf shelves[SHELVES]) {
    const char *user = dx_setting("HOME") ? dx_setting("HOME") : "/nonexistent";
    const char *pyenv = dx_setting("PYENV_ROOT"), *uv = dx_setting("UV_PYTHON_INSTALL_DIR");
    const char *data = dx_setting("XDG_DATA_HOME");
    data = data ? data : dx_join(user, ".local/share");
    pyenv = pyenv ? pyenv : dx_join(user, ".pyenv");
    shelves[0] = (struct shelf){dx_join(pyenv, "versions"), ""};
    shelves[1] = (struct shelf){uv ? uv : dx_join(data, "uv/python"), "cpython-"};
    shelves[2] = (struct shelf){"/Library/Frameworks/Python.framework/Versions", ""};
}

char *dx_python_in(const char *folder) {
    static const char *const names[] = {"bin/python", "bin/python3", NULL};
    for (const char *const *name = names; *name; name++) {
        char *path = dx_join(folder, *name);
        if (dx_is_program(path))
            return path;
    }
    return NULL;
}

bool dx_is_version(const char *text) {
    return isdigit((unsigned char)*text) && strspn(text, "0123456789.") == strlen(text);
}

/* Whether `text` begins with `version`, so that 3.1 is not found in 3.12. */
static bool has_version(const char *text, const char *version) {
    return dx_starts(text, version) && !isdigit((unsigned char)text[strlen(version)]);
}

/* Orders versions by their numbers, so that 3.12.10 is above 3.12.9. */
static int compare_versions(const char *one, const char *other) {
    for (;;) {
        char *end, *other_end;
        long left = strtol(one, &end, 10), right = strtol(other, &other_end, 10);
        if (left != right)
            return left < right ? -1 : 1;
        if (*end != '.' || *other_end != '.')
            return (*end == '.') - (*other_end == '.');
        one = end + 1;
        other = other_end + 1;
    }
}

static bool configuration_has_version(const char *text, const char *version) {
    struct dx_list lines = dx_split(text, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        const char *line = lines.items[i], *equals = strchr(line, '=');
        if (!equals || !dx_starts(line, "version"))
            continue;
        if (has_version(equals + 1 + strspn(equals + 1, " \t"), version))
            return true;
    }
    return false;
}

bool dx_environment_has_version(const char *folder, const char *version) {
    char *text = dx_read_start(dx_join(folder, "pyvenv.cfg"), CONFIGURATION_LIMIT);
    if (text)
        return configuration_has_version(text, version);
    struct dx_list records = dx_names_in(dx_join(folder, "conda-meta"));
    for (size_t i = 0; i < records.count; i++)
        if (dx_starts(records.items[i], "python-") &&
            has_version(records.items[i] + strlen("python-"), version))
            return true;
    return false;
}

/* pyenv's shims start a shell, which then chooses by itself. */
static bool is_shim(const char *path) { return strcmp(dx_base(dx_folder(path)), "shims") == 0; }

static char *on_path(const char *name) {
    struct dx_list folders = dx_split(dx_setting("PATH") ? dx_setting("PATH") : "", ':');
    for (size_t i = 0; i < folders.count; i++) {
        char *path = dx_join(*folders.items[i] ? folders.items[i] : ".", name);
        if (dx_is_program(path) && !is_shim(path))
            return path;
    }
    return NULL;
}

/* Calls `found` with the version and folder of every interpreter on the shelves. */
static void visit_shelves(void (*found)(void *state, const char *version, const char *folder),
                          void *state) {
    struct shelf shelves[SHELVES];
    find_shelves(shelves);
    for (int i = 0; i < SHELVES; i++) {
        struct dx_list names = dx_names_in(shelves[i].folder);
        for (size_t j = 0; j < names.count; j++) {
            const char *version = names.items[j] + strlen(shelves[i].prefix);
            char *folder = dx_join(shelves[i].folder, names.items[j]);
            if (dx_starts(names.items[j], shelves[i].prefix) &&
                isdigit((unsigned char)*version) && dx_python_in(folder))
                found(state, version, folder);
        }
    }
}

struct choice {
    const char *wanted, *version;
    char *folder;
};

static void choose_newest(void *state, const char *version, const char *folder) {
    struct choice *choice = state;
    if (!has_version(version, choice->wanted))
        return;
    if (choice->folder && compare_versions(version, choice->version) <= 0)
        return;
    choice->version = version;
    choice->folder = (char *)folder;
}

char *dx_find_version(const char *version) {
    char *path = on_path(dx_format("python%s", version));
    if (path)
        return path;
    struct choice choice = {.wanted = version};
    visit_shelves(choose_newest, &choice);
    return choice.folder ? dx_python_in(choice.folder) : NULL;
}

static void collect_version(void *state, const char *version, const char *folder) {
    (void)folder;
    dx_list_add(state, dx_slice(version, strspn(version, "0123456789.")));
}

static int compare_items(const void *one, const void *other) {
    return compare_versions(*(char *const *)one, *(char *const *)other);
}

const char *dx_known_versions(void) {
    struct dx_list versions = {0};
    visit_shelves(collect_version, &versions);
    if (!versions.count)
        return "none";
    qsort(versions.items, versions.count, sizeof *versions.items, compare_items);
    const char *text = versions.items[0];
    for (size_t i = 1; i < versions.count; i++)
        if (strcmp(versions.items[i], versions.items[i - 1]) != 0)
            text = dx_format("%s, %s", text, versions.items[i]);
    return text;
}

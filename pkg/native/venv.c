#include "venv.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arguments.h"
#include "artifacts.h"
#include "changing.h"
#include "file_tree.h"
#include "records.h"
#include "stamps.h"
#include "store_root.h"

static const char MAGIC[] = "DXVENV1";

struct template {
    struct dx_pkg_bytes text;
    const char *home, *name;
    struct dx_pkg_wheel *wheels;
    size_t wheel_count;
    bool names_all_wheels;
};

static bool is_program(const char *path) {
    return dx_pkg_is_file(path) && access(path, X_OK) == 0;
}

/* The first such program of PATH, unless it is a shim that might not run. */
static const char *on_path(struct dx_pkg *pkg, const char *name) {
    const char *search = getenv("PATH");
    for (const char *folder = search ? search : ""; *folder;) {
        size_t size = strcspn(folder, ":");
        const char *path = dx_pkg_format(pkg, "%.*s/%s", (int)size, folder, name);
        if (*folder != '/')
            return NULL;
        if (is_program(path))
            return strstr(path, "/shims/") ? NULL : path;
        folder += size + (folder[size] == ':');
    }
    return NULL;
}

static const char *in_environment(struct dx_pkg *pkg, const char *folder) {
    const char *python = dx_pkg_format(pkg, "%s/bin/python", folder);
    return access(python, F_OK) == 0 ? python : dx_pkg_format(pkg, "%s/bin/python3", folder);
}

/* NULL where Python has to look further. */
static const char *named_python(struct dx_pkg *pkg, const char *named) {
    const char *here = dx_pkg_here(pkg);
    if (!here || *named == '~' || strstr(named, "..") || strstr(named, "//"))
        return NULL;
    const char *path = dx_pkg_absolute(pkg, here, named);
    if (dx_pkg_is_folder(path))
        return in_environment(pkg, path);
    if (dx_pkg_is_file(path))
        return path;
    if (strchr(named, '/'))
        return NULL;
    return on_path(pkg, isdigit((unsigned char)*named) ? dx_pkg_format(pkg, "python%s", named)
                                                       : named);
}

static const char *choose_python(struct dx_pkg *pkg, const char *named, const char *own) {
    if (named)
        return named_python(pkg, named);
    const char *found = on_path(pkg, "python3");
    if (!found)
        found = on_path(pkg, "python");
    return found ? found : own;
}

/* With other characters the scripts would need quoting. */
static bool is_plain(const char *path) {
    for (; *path; path++)
        if (!isalnum((unsigned char)*path) && !strchr("_./-+", *path))
            return false;
    return true;
}

static bool read_record(struct dx_pkg *pkg, const char *store, const struct dx_pkg_record *record,
                        struct template *template) {
    const char *const *fields = record->fields;
    struct dx_pkg_bytes now = {0};
    if (dx_pkg_is(record, "T", 2)) {
        dx_pkg_add_stamp(pkg, &now, AT_FDCWD, fields[1], NULL);
        return strcmp(now.data, fields[2]) == 0;
    }
    if (dx_pkg_is(record, "H", 1))
        template->home = fields[1];
    else if (dx_pkg_is(record, "N", 1))
        template->name = fields[1];
    else if (dx_pkg_is(record, "W", 2))
        template->wheels[template->wheel_count++] = (struct dx_pkg_wheel){
            .folder = dx_pkg_format(pkg, "%s/wheels/%.2s/%s", store, fields[1],
                                    strlen(fields[1]) > 2 ? fields[1] + 2 : ""),
            .name = fields[2],
            .requested = true,
        };
    else if (strcmp(fields[0], "P") == 0)
        template->names_all_wheels = true;
    return true;
}

static bool find_template(struct dx_pkg *pkg, const char *python, struct template *template) {
    const char *store = dx_pkg_store(pkg);
    struct dx_pkg_record record;
    char hex[65];
    if (!store)
        return false;
    dx_sha256_hex(python, strlen(python), hex);
    const char *path = dx_pkg_format(pkg, "%s/venvs/%s", store, hex);
    *template = (struct template){.text = dx_pkg_read(pkg, AT_FDCWD, path)};
    struct dx_pkg_reader reader = dx_pkg_open(template->text, MAGIC);
    template->wheels =
        dx_pkg_take(pkg, (template->text.size / 4 + 1) * sizeof *template->wheels);
    while (dx_pkg_next(&reader, &record))
        if (!read_record(pkg, store, &record, template))
            return false;
    return !reader.damaged && template->home && template->name;
}

static const char *replaced(struct dx_pkg *pkg, const char *text, const char *old,
                            const char *new) {
    struct dx_pkg_bytes result = {0};
    for (const char *at; (at = strstr(text, old)); text = at + strlen(old)) {
        dx_pkg_add(pkg, &result, text, (size_t)(at - text));
        dx_pkg_add_text(pkg, &result, new);
    }
    dx_pkg_add_text(pkg, &result, text);
    return result.data;
}

static bool cannot(struct dx_pkg *pkg, const char *path) {
    return dx_pkg_fail(pkg, "cannot make '%s': %s", path, strerror(errno));
}

static bool make(struct dx_pkg *pkg, const struct template *template,
                 const struct dx_pkg_record *record, const char *folder) {
    const char *const *fields = record->fields;
    if (!strchr("DLF", *fields[0]) || record->count < 2)
        return true;
    const char *path = dx_pkg_format(pkg, "%s/%s", folder, fields[1]);
    if (dx_pkg_is(record, "D", 1))
        return mkdir(path, 0777) == 0 || cannot(pkg, path);
    if (dx_pkg_is(record, "L", 2))
        return symlink(fields[2], path) == 0 || cannot(pkg, path);
    if (!dx_pkg_is(record, "F", 3))
        return dx_pkg_fail(pkg, "a template that cannot be read");
    const char *text = replaced(pkg, fields[3] + 1, template->home, folder);
    text = replaced(pkg, text, template->name, strrchr(folder, '/') + 1);
    return dx_pkg_write(pkg, path, text, strlen(text), (int)strtol(fields[2], NULL, 8));
}

static bool make_all(struct dx_pkg *pkg, const struct template *template, const char *folder) {
    struct dx_pkg_reader reader = dx_pkg_open(template->text, MAGIC);
    struct dx_pkg_record record;
    if (!dx_pkg_make_folders(pkg, folder))
        return false;
    while (dx_pkg_next(&reader, &record))
        if (!make(pkg, template, &record, folder))
            return false;
    return true;
}

static bool add_wheels(struct dx_pkg *pkg, const struct template *template, const char *folder,
                       struct dx_pkg_reply *reply) {
    struct dx_pkg_environment environment;
    struct dx_pkg_change change = {template->wheels, template->wheel_count, {0}};
    if (!dx_pkg_find_environment(pkg, folder, &environment))
        return false;
    int lock = dx_pkg_lock_whole(pkg, &environment);
    bool done = lock >= 0 && dx_pkg_change(pkg, &environment, &change, reply);
    if (lock >= 0)
        close(lock);
    return done;
}

static bool build(struct dx_pkg *pkg, const struct template *template, const char *folder,
                  bool with_wheels, struct dx_pkg_reply *reply) {
    if (make_all(pkg, template, folder) &&
        (!with_wheels || add_wheels(pkg, template, folder, reply)))
        return true;
    dx_pkg_remove_tree(pkg, folder);
    return false;
}

static const char *new_folder(struct dx_pkg *pkg, const struct dx_pkg_list *words) {
    const char *here = dx_pkg_here(pkg);
    if (!here || words->count != 1 || strstr(words->items[0], ".."))
        return NULL;
    const char *folder = dx_pkg_absolute(pkg, here, words->items[0]);
    return is_plain(folder) && folder[1] && !dx_pkg_is_there(folder) ? folder : NULL;
}

bool dx_pkg_venv(struct dx_pkg *pkg, const struct dx_pkg_setting *setting, char *const *words,
                 struct dx_pkg_reply *reply) {
    static const char *const options[] = {"--python", "--without-pip", NULL};
    struct dx_pkg_arguments arguments;
    struct template template;
    struct dx_pkg_reply failed = {0};
    const char *folder, *python;
    if (!dx_pkg_parse(pkg, words + 1, options, &arguments) ||
        !(folder = new_folder(pkg, &arguments.positional)) ||
        !(python = choose_python(pkg, arguments.python, setting->own_python)) ||
        !find_template(pkg, python, &template) ||
        (!arguments.without_pip && !template.names_all_wheels))
        return false;
    reply->status = 0;
    return build(pkg, &template, folder, !arguments.without_pip, &failed);
}

/* Folders into the files that pytest collects, in its order. */
#include <dirent.h>
#include <stdlib.h>

#include "collect.h"
#include "conftest.h"
#include "expression.h"
#include "paths.h"
#include "patterns.h"
#include "plugins.h"
#include "site.h"

struct folder {
    struct dx_node_place place;
    const struct dx_conftest *conftest; /* the nearest one */
    const char *path;
};

static const char *base_of(const char *path) {
    return strrchr(path, '/') + 1;
}

static const char *relative_of(const struct dx_settings *settings, const char *path) {
    size_t size = strlen(settings->root);
    return strcmp(path, settings->root) == 0 ? "." : path + size + (settings->root[1] != 0);
}

struct matched {
    const struct dx_texts *names;
    const char *own;
    const struct dx_texts *marks;
};

static bool has_mark(const void *context, const char *name) {
    return dx_texts_have(((const struct matched *)context)->marks, name);
}

static bool has_keyword(const void *context, const char *name) {
    const struct matched *matched = context;
    for (size_t i = 0; i < matched->names->count; i++)
        if (dx_contains_word(matched->names->items[i], name))
            return true;
    for (size_t i = 0; i < matched->marks->count; i++)
        if (dx_contains_word(matched->marks->items[i], name))
            return true;
    return dx_contains_word(matched->own, name);
}

bool dx_is_deselected(const struct dx_node_place *place, const struct dx_texts *marks) {
    const char *expression = place->collection->settings->marks_expression;
    struct matched matched = {.marks = marks};
    return !*place->wanted && expression &&
           dx_evaluate_expression(expression, has_mark, &matched) == 0;
}

/* Whether -m, -k and --deselect leave the item; -1 where that is not understood. */
static int is_selected(const struct dx_node_place *place, const char *id,
                       const struct dx_texts *marks) {
    const struct dx_settings *settings = place->collection->settings;
    const char *own = id + strlen(place->prefix);
    struct matched matched = {&place->names, own + strspn(own, ":"), marks};
    int selected = 1, more;
    if (settings->marks_expression)
        selected = dx_evaluate_expression(settings->marks_expression, has_mark, &matched);
    if (selected > 0 && settings->keywords_expression) {
        more = dx_evaluate_expression(settings->keywords_expression, has_keyword, &matched);
        selected = more;
    }
    for (size_t i = 0; selected > 0 && i < settings->deselected.count; i++)
        selected = !dx_begins(id, settings->deselected.items[i]);
    return selected;
}

/* Whether the command line's "::TestA::test_b" asks for the node: 2 if it may hold such. */
static int is_wanted(const struct dx_node_place *place, const char *id) {
    const char *wanted = place->wanted, *own = id + strlen(relative_of(place->collection->settings, place->path));
    size_t size = strlen(wanted), own_size = strlen(own);
    if (strncmp(own, wanted, size) == 0)
        return !own[size] || dx_begins(own + size, "::") || own[size] == '[' || !size;
    return strncmp(wanted, own, own_size) == 0 ? 2 : 0;
}

static void add(struct dx_collection *collection, struct dx_item_found item) {
    collection->items = dx_grown(collection->items, collection->count, sizeof *collection->items);
    collection->items[collection->count++] = item;
}

void dx_add_group(const struct dx_node_place *place, const char *id, const char *reason) {
    if (place->path && !is_wanted(place, id))
        return;
    add(place->collection, (struct dx_item_found){.id = id, .reason = reason, .file = place->path});
    place->collection->groups++;
}

void dx_add_exact(const struct dx_node_place *place, const char *id, struct dx_key *keys,
                  size_t key_count, const struct dx_texts *marks) {
    int selected = is_wanted(place, id) == 1 ? is_selected(place, id, marks) : 2;
    if (selected == 2)
        return;
    if (selected < 0) {
        dx_add_group(place, id, "-k or -m is not understood without Python");
        return;
    }
    place->collection->deselected += !selected;
    place->collection->exact += selected > 0;
    if (selected)
        add(place->collection, (struct dx_item_found){id, NULL, place->path, keys, key_count});
}

/* The folder that importing this file puts on sys.path. */
static void add_module_folder(const struct dx_settings *settings, const char *file) {
    const char *folder = dx_path_parent(file);
    while (folder[1] && dx_path_is_file(dx_path_of(folder, "__init__.py")))
        folder = dx_path_parent(folder);
    if (!settings->imports_by_path)
        dx_add_module_folder(folder);
}

/* Without packages around them, two files of one name cannot both be imported. */
static const char *name_clash(const struct dx_settings *settings, const char *file) {
    static struct dx_texts modules;
    const char *folder = dx_path_parent(file);
    while (folder[1] && dx_path_is_file(dx_path_of(folder, "__init__.py")))
        folder = dx_path_parent(folder);
    const char *module = file + strlen(folder) + 1;
    if (settings->imports_by_path)
        return NULL;
    if (dx_texts_have(&modules, module))
        return "another file has the same module name";
    dx_texts_add(&modules, module);
    return NULL;
}

static bool holds_examples(const char *path) {
    size_t size;
    const char *text = dx_file_content(path, &size);
    return !text || strstr(text, ">>>");
}

static struct dx_node_place file_place(const struct folder *folder, const char *path) {
    struct dx_node_place place = folder->place;
    place.names = (struct dx_texts){0};
    for (size_t i = 0; i < folder->place.names.count; i++)
        dx_texts_add(&place.names, folder->place.names.items[i]);
    dx_texts_add(&place.names, base_of(path));
    place.prefix = relative_of(place.collection->settings, path);
    place.path = path;
    return place;
}

static void collect_python(const struct folder *folder, const char *path, bool given) {
    const struct dx_settings *settings = folder->place.collection->settings;
    struct dx_node_place place = file_place(folder, path);
    bool documents = settings->doctest_modules && strcmp(base_of(path), "__main__.py") != 0;
    if (documents && holds_examples(path))
        dx_add_group(&place, dx_text_of("%s::(doctests)", place.prefix), "doctests");
    if (!given && !dx_any_matches_path(&settings->files, path))
        return;
    const char *clash = name_clash(settings, path);
    add_module_folder(settings, path);
    if (clash)
        dx_add_group(&place, place.prefix, clash);
    else
        dx_collect_module(place, path);
}

static void collect_file(const struct folder *folder, const char *path, bool given) {
    const struct dx_settings *settings = folder->place.collection->settings;
    if (dx_finishes(path, ".py")) {
        collect_python(folder, path, given);
        return;
    }
    bool is_text = given && (dx_finishes(path, ".txt") || dx_finishes(path, ".rst"));
    if ((is_text || dx_any_matches_path(&settings->doctest_globs, path)) && holds_examples(path)) {
        struct dx_node_place place = file_place(folder, path);
        dx_add_group(&place, place.prefix, "doctests");
    }
}

static bool is_ignored(const struct folder *folder, const char *path) {
    const struct dx_settings *settings = folder->place.collection->settings;
    if (strcmp(base_of(path), "__pycache__") == 0 || dx_texts_have(&settings->ignored, path) ||
        dx_conftest_ignores(folder->conftest, path))
        return true;
    for (size_t i = 0; i < settings->ignored_globs.count; i++)
        if (dx_pattern_matches(settings->ignored_globs.items[i], path))
            return true;
    return false;
}

static bool is_ignored_folder(const struct folder *folder, const char *path) {
    const struct dx_settings *settings = folder->place.collection->settings;
    if (is_ignored(folder, path) || dx_any_matches_path(&settings->no_recursion, path))
        return true;
    return !settings->in_environments &&
           (dx_path_is_file(dx_path_of(path, "pyvenv.cfg")) ||
            dx_path_is_file(dx_path_of(path, "conda-meta/history")));
}

/* A conftest.py of this folder: its fixtures are seen below. */
static void enter(struct folder *folder) {
    struct dx_node_place *place = &folder->place;
    const char *path = dx_path_of(folder->path, "conftest.py");
    if (!dx_path_is_file(path))
        return;
    add_module_folder(place->collection->settings, path);
    folder->conftest = dx_read_conftest(path, folder->conftest);
    if (folder->conftest->session_problem)
        place->collection->doubt = folder->conftest->session_problem;
    place->sight =
        dx_sight_with(place->sight, dx_fixtures_of_module(folder->conftest->module));
}

static struct folder child(const struct folder *parent, const char *path) {
    struct folder folder = *parent;
    folder.path = path;
    folder.place.names = (struct dx_texts){0};
    for (size_t i = 0; i < parent->place.names.count; i++)
        dx_texts_add(&folder.place.names, parent->place.names.items[i]);
    dx_texts_add(&folder.place.names, base_of(path));
    enter(&folder);
    return folder;
}

static bool is_unknown(const struct folder *folder) {
    const char *problem = folder->conftest ? folder->conftest->folder_problem : NULL;
    if (problem)
        dx_add_group(&folder->place,
                     dx_text_of("%s/", relative_of(folder->place.collection->settings, folder->path)),
                     problem);
    return problem;
}

static int compare_names(const void *one, const void *other) {
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* In the order of code points; a package's own file first. */
static struct dx_texts sorted_names(const char *path) {
    struct dx_texts names = {0};
    DIR *listing = opendir(path);
    struct dirent *entry;
    while (listing && (entry = readdir(listing)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            dx_texts_add(&names, dx_copy_text(entry->d_name, strlen(entry->d_name)));
    if (listing)
        closedir(listing);
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, compare_names);
    for (size_t i = 0; i < names.count; i++)
        if (strcmp(names.items[i], "__init__.py") == 0) {
            const char *first = names.items[i];
            memmove(names.items + 1, names.items, i * sizeof *names.items);
            names.items[0] = first;
        }
    return names;
}

static void collect_folder(const struct folder *folder) {
    if (is_unknown(folder))
        return;
    struct dx_texts names = sorted_names(folder->path);
    for (size_t i = 0; i < names.count; i++) {
        const char *path = dx_path_of(folder->path, names.items[i]);
        if (dx_path_is_folder(path)) {
            if (is_ignored_folder(folder, path))
                continue;
            struct folder inner = child(folder, path);
            collect_folder(&inner);
        } else if (dx_path_is_file(path) && !is_ignored(folder, path)) {
            collect_file(folder, path, false);
        }
    }
}

/* From the root down to what the command line names. */
static void collect_argument(const struct folder *root, const struct dx_argument *argument) {
    const char *rest = argument->path + strlen(root->path);
    struct folder folder = *root;
    folder.place.wanted = argument->rest;
    while (*rest == '/') {
        size_t size = strcspn(rest + 1, "/") + 1;
        const char *path = dx_path_of(folder.path, dx_copy_text(rest + 1, size - 1));
        rest += size;
        if (!*rest && dx_path_is_file(path)) {
            if (!is_unknown(&folder))
                collect_file(&folder, path, true);
            return;
        }
        folder = child(&folder, path);
    }
    collect_folder(&folder);
}

/* What was found stays in sight, but no id is exact any more, and there may be others. */
static void doubt_all(struct dx_collection *collection) {
    for (size_t i = 0; i < collection->count; i++)
        if (!collection->items[i].reason)
            collection->items[i].reason = collection->doubt;
    collection->groups += collection->exact + 1;
    collection->exact = 0;
    add(collection, (struct dx_item_found){.id = "*", .reason = collection->doubt});
}

struct dx_collection dx_collect(const struct dx_settings *settings) {
    struct dx_collection collection = {.settings = settings};
    struct folder root = {.path = settings->root};
    root.place.collection = &collection;
    root.place.wanted = "";
    for (size_t i = 0; i < settings->python_path.count; i++)
        dx_add_module_folder(settings->python_path.items[i]);
    root.place.sight = dx_see_plugins(root.place.sight, &((struct dx_settings *)settings)->refusal);
    enter(&root);
    for (size_t i = 0; i < settings->argument_count && !settings->refusal; i++) {
        if (!dx_begins(settings->arguments[i].path, settings->root))
            ((struct dx_settings *)settings)->refusal = "a path outside of the root folder";
        else
            collect_argument(&root, &settings->arguments[i]);
    }
    if (collection.doubt)
        doubt_all(&collection);
    else
        dx_reorder(&collection);
    return collection;
}

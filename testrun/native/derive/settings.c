#include "settings.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ini_file.h"
#include "options.h"
#include "paths.h"
#include "site.h"

/* A configuration that was found: entries called `prefix` and a name. */
struct configuration {
    struct dx_document document;
    const char *folder; /* NULL if there is none */
    const char *prefix;
    bool native; /* TOML's own types rather than strings */
};

enum format { INI, TOML };

struct source {
    const char *file;
    enum format format;
    const char *section; /* "" where the file counts by being there */
    bool native;
};

/* In order of precedence; an empty pytest.ini counts. */
static const struct source SOURCES[] = {
    {"pytest.toml", TOML, "pytest.", true},
    {".pytest.toml", TOML, "pytest.", true},
    {"pytest.ini", INI, "pytest.", false},
    {".pytest.ini", INI, "pytest.", false},
    {"pyproject.toml", TOML, "tool.pytest.ini_options.", false},
    {"pyproject.toml", TOML, "tool.pytest.", true},
    {"tox.ini", INI, "pytest.", false},
    {"setup.cfg", INI, "tool:pytest.", false},
};
enum { ALWAYS_COUNT = 4, PYPROJECT = 4, SOURCE_COUNT = sizeof SOURCES / sizeof *SOURCES };

/* `path` without `.`, `..` and doubled slashes; absolute. */
static const char *normal(const char *folder, const char *path) {
    struct dx_buffer text = {0};
    char *all = *path == '/' ? dx_copy_text(path, strlen(path)) : dx_path_of(folder, path);
    dx_put(&text, "", 0);
    for (char *part = strtok(all, "/"); part; part = strtok(NULL, "/")) {
        if (strcmp(part, "..") == 0) {
            char *end = text.size ? strrchr(text.data, '/') : NULL;
            text.size = end ? (size_t)(end - text.data) : 0;
            text.data[text.size] = 0;
        } else if (strcmp(part, ".") != 0) {
            dx_put(&text, "/", 1);
            dx_put_text(&text, part);
        }
    }
    return text.size ? text.data : "/";
}

static bool read_source(const struct source *source, const char *path,
                        struct dx_document *document) {
    size_t size;
    char *text = dx_file_content(path, &size);
    if (!text || strlen(text) != size)
        return false;
    return source->format == TOML ? dx_parse_toml(text, document) : dx_parse_ini(text, document);
}

/* Whether `folder` holds a configuration; a file that cannot be read is a refusal. */
static bool configured(const char *folder, struct configuration *found, const char **refusal,
                       bool *project) {
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        const char *path = dx_path_of(folder, SOURCES[i].file);
        struct dx_document document = {0};
        if (!dx_path_is_file(path))
            continue;
        *project |= i == PYPROJECT;
        if (!read_source(&SOURCES[i], path, &document)) {
            *refusal = dx_text_of("'%s' is not understood without Python", path);
            return true;
        }
        if (i < ALWAYS_COUNT || dx_has_section(&document, SOURCES[i].section)) {
            *found = (struct configuration){document, folder, SOURCES[i].section,
                                            SOURCES[i].native};
            return true;
        }
    }
    return false;
}

/* The nearest configuration at or above `folder`, else the nearest pyproject.toml, setup.py. */
static void locate(const char *folder, struct configuration *found, const char **refusal) {
    const char *project = NULL, *at;
    for (at = folder;; at = dx_path_parent(at)) {
        bool is_project = false;
        if (configured(at, found, refusal, &is_project))
            return;
        if (is_project && !project)
            project = at;
        if (strcmp(at, "/") == 0)
            break;
    }
    found->folder = project;
    for (at = folder; !found->folder && strcmp(at, "/") != 0; at = dx_path_parent(at))
        if (dx_path_is_file(dx_path_of(at, "setup.py")))
            found->folder = at;
}

static const char *common_folder(const char *one, const char *other) {
    while (!dx_begins(other, one) || (other[strlen(one)] && other[strlen(one)] != '/' && one[1]))
        one = dx_path_parent(one);
    return one;
}

static const struct dx_entry *setting_of(const struct configuration *from,
                                         const struct dx_texts *overrides, const char *name) {
    for (size_t i = overrides->count; i-- > 0;) {
        const char *text = overrides->items[i];
        size_t size = strlen(name);
        if (strncmp(text, name, size) == 0 && text[size] == '=') {
            struct dx_document *document = dx_new(sizeof *document);
            struct dx_entry *entry = dx_add_entry(document, name);
            entry->value = text + size + 1;
            return entry;
        }
    }
    return from->prefix ? dx_entry_of(&from->document, dx_text_of("%s%s", from->prefix, name))
                        : NULL;
}

struct reading {
    struct dx_settings *settings;
    const struct configuration *from;
    const struct dx_options_read *options;
};

static struct dx_texts words_of(const struct reading *reading, const char *name,
                                const char *otherwise) {
    const struct dx_entry *entry =
        setting_of(reading->from, &reading->options->overrides, name);
    if (!entry)
        return dx_split_words(otherwise);
    if (entry->is_odd && !reading->settings->refusal)
        reading->settings->refusal =
            dx_text_of("setting '%s' is not understood without Python", name);
    return entry->is_list ? entry->list : dx_split_words(entry->value);
}

static bool truth_of(const struct reading *reading, const char *name) {
    static const char *const yes[] = {"true", "True", "1", "yes", "on", NULL};
    const struct dx_entry *entry =
        setting_of(reading->from, &reading->options->overrides, name);
    for (const char *const *word = yes; entry && *word; word++)
        if (strcasecmp(entry->value, *word) == 0)
            return true;
    return false;
}

static void refuse_settings(const struct reading *reading) {
    static const char *const unknown[] = {
        "disable_test_id_escaping_and_forfeit_all_rights_to_community_support",
        "consider_namespace_packages", "required_plugins", "confcutdir", NULL};
    for (const char *const *name = unknown; *name; name++)
        if (setting_of(reading->from, &reading->options->overrides, *name))
            reading->settings->refusal =
                dx_text_of("setting '%s' is not understood without Python", *name);
}

static void add_absolute(struct dx_texts *target, const struct dx_texts *paths,
                         const char *folder) {
    for (size_t i = 0; i < paths->count; i++)
        dx_texts_add(target, normal(folder, paths->items[i]));
}

static void add_argument(struct dx_settings *settings, const char *path, const char *rest) {
    settings->arguments = dx_grown(settings->arguments, settings->argument_count,
                                   sizeof *settings->arguments);
    settings->arguments[settings->argument_count++] = (struct dx_argument){path, rest};
}

static void add_path(struct dx_settings *settings, const char *word, bool by_package) {
    size_t bracket = strcspn(word, "[");
    const char *names = strstr(word, "::");
    size_t size = names && names < word + bracket ? (size_t)(names - word) : strlen(word);
    const char *path = normal(settings->folder, dx_copy_text(word, size));
    if (by_package && !dx_path_is_file(path) && !dx_path_is_folder(path))
        path = dx_path_of_module(dx_copy_text(word, size), settings->folder);
    if (!path || !(dx_path_is_file(path) || (dx_path_is_folder(path) && !word[size])))
        settings->refusal = dx_text_of("there is no '%s'", word);
    else
        add_argument(settings, path, word + size);
}

/* Where one argument holds another, pytest's way of telling duplicates decides. */
static void refuse_overlaps(struct dx_settings *settings) {
    for (size_t i = 0; i < settings->argument_count; i++)
        for (size_t j = 0; j < settings->argument_count; j++) {
            const char *one = settings->arguments[i].path, *other = settings->arguments[j].path;
            size_t size = strlen(one);
            if (i != j && dx_begins(other, one) && (!other[size] || other[size] == '/'))
                settings->refusal = "paths overlap";
        }
}

static void set_arguments(const struct reading *reading) {
    struct dx_settings *settings = reading->settings;
    struct dx_texts paths = reading->options->paths;
    if (!paths.count && strcmp(settings->folder, settings->root) == 0)
        paths = words_of(reading, "testpaths", "");
    for (size_t i = 0; i < paths.count; i++) {
        bool given = reading->options->paths.count > 0;
        if (strpbrk(paths.items[i], "*?[") && !given)
            settings->refusal = "testpaths holds patterns";
        else if (given || reading->options->by_package ||
                 dx_path_is_file(normal(settings->folder, paths.items[i])) ||
                 dx_path_is_folder(normal(settings->folder, paths.items[i])))
            add_path(settings, paths.items[i], reading->options->by_package);
    }
    if (!settings->argument_count)
        add_argument(settings, settings->folder, "");
    refuse_overlaps(settings);
}

static void set_lists(const struct reading *reading) {
    struct dx_settings *settings = reading->settings;
    bool strict = truth_of(reading, "strict");
    settings->files = words_of(reading, "python_files", "test_*.py *_test.py");
    settings->classes = words_of(reading, "python_classes", "Test");
    settings->functions = words_of(reading, "python_functions", "test");
    settings->no_recursion =
        words_of(reading, "norecursedirs",
                 "*.egg .* _darcs build CVS dist node_modules venv {arch}");
    settings->use_fixtures = words_of(reading, "usefixtures", "");
    struct dx_texts paths = words_of(reading, "pythonpath", "");
    add_absolute(&settings->python_path, &paths, settings->root);
    settings->strict_marks =
        strict || reading->options->strict_marks || truth_of(reading, "strict_markers");
    settings->strict_ids = strict || truth_of(reading, "strict_parametrization_ids");
    const struct dx_entry *marks =
        setting_of(reading->from, &reading->options->overrides, "markers");
    if (marks && marks->is_list)
        settings->marks = marks->list;
    for (char *line = marks && !marks->is_list ? strtok(dx_copy_text(marks->value, strlen(marks->value)), "\n") : NULL;
         line; line = strtok(NULL, "\n"))
        dx_texts_add(&settings->marks, line);
    const struct dx_entry *strategy = setting_of(reading->from, &reading->options->overrides,
                                                 "parametrize_long_str_id_strategy");
    settings->legacy_long_ids = strategy && strcmp(strategy->value, "legacy") == 0;
    if (strategy && !settings->legacy_long_ids && strcmp(strategy->value, "short") != 0)
        settings->refusal = "the strategy for long ids is not understood without Python";
}

static void copy_options(struct dx_settings *settings, const struct dx_options_read *read) {
    add_absolute(&settings->ignored, &read->ignored, settings->folder);
    add_absolute(&settings->ignored_globs, &read->ignored_globs, settings->folder);
    settings->deselected = read->deselected;
    settings->doctest_globs = read->doctest_globs;
    if (!settings->doctest_globs.count)
        dx_texts_add(&settings->doctest_globs, "test*.txt");
    settings->marks_expression = read->marks && *read->marks ? read->marks : NULL;
    settings->keywords_expression = read->keywords && *read->keywords ? read->keywords : NULL;
    settings->doctest_modules = read->doctest_modules;
    settings->in_environments = read->in_environments;
    settings->imports_by_path = read->imports_by_path;
}

/* The folder all given paths are in, or the one it was started in. */
static const char *ancestor_of(const char *folder, const struct dx_texts *paths) {
    const char *common = NULL;
    for (size_t i = 0; i < paths->count; i++) {
        const char *word = paths->items[i], *names = strstr(word, "::");
        const char *path =
            normal(folder, names ? dx_copy_text(word, (size_t)(names - word)) : word);
        if (dx_path_is_file(path))
            path = dx_path_parent(path);
        if (dx_path_is_folder(path))
            common = common ? common_folder(common, path) : path;
    }
    return common ? common : folder;
}

static void find_root(struct dx_settings *settings, const struct dx_options_read *read,
                      struct configuration *found) {
    const char *ancestor = ancestor_of(settings->folder, &read->paths);
    if (read->configuration || read->root)
        settings->refusal = "--rootdir and -c are not understood without Python";
    locate(ancestor, found, &settings->refusal);
    settings->root = found->folder ? found->folder : common_folder(settings->folder, ancestor);
}

struct dx_settings dx_read_settings(const char *folder, char *const *words) {
    struct dx_settings settings = {.folder = folder};
    struct dx_options_read first = {0}, options = {0};
    struct configuration found = {0};
    const char *variable = getenv("PYTEST_ADDOPTS");
    struct dx_texts typed = dx_split_words(variable ? variable : "");
    while (*words)
        dx_texts_add(&typed, *words++);
    dx_read_options(&typed, &first);
    find_root(&settings, &first, &found);
    struct reading reading = {&settings, &found, &options};
    struct dx_texts added = words_of(&reading, "addopts", "");
    dx_read_options(&added, &options);
    dx_read_options(&typed, &options);
    if (options.refusal && !settings.refusal)
        settings.refusal = options.refusal;
    copy_options(&settings, &options);
    refuse_settings(&reading);
    set_lists(&reading);
    set_arguments(&reading);
    return settings;
}

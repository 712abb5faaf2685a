#include "conftest.h"

#include "evaluate.h"
#include "patterns.h"

/* Hooks that decide what is collected below their folder. */
static const char *const FOLDER_HOOKS[] = {
    "pytest_generate_tests",   "pytest_pycollect_makeitem", "pytest_pycollect_makemodule",
    "pytest_collect_file",     "pytest_collect_directory",  "pytest_ignore_collect",
    "pytest_make_collect_report", "pytest_make_parametrize_id", "pytest_collectstart", NULL};
/* Hooks that may change the whole list. */
static const char *const SESSION_HOOKS[] = {"pytest_collection", "pytest_cmdline_main",
                                            "pytest_load_initial_conftests",
                                            "pytest_cmdline_preparse", NULL};
/* Hooks that are harmless while they only read and mark. */
static const char *const READING_HOOKS[] = {"pytest_collection_modifyitems",
                                            "pytest_itemcollected", "pytest_configure",
                                            "pytest_sessionstart", "pytest_plugin_registered",
                                            "pytest_collection_finish", NULL};

static struct dx_binding *bound(const struct dx_module *module, const char *name) {
    return dx_lookup(&module->scope, dx_name_of(name, strlen(name)));
}

static bool is_name(dx_tree tree, const char *name) {
    return dx_is(tree, DX_K_Name) && strcmp(dx_identifier_text(dx_field(tree, 0)), name) == 0;
}

/* Whether code only reads: `items` is looped over and nothing else, no attribute is set, and no
 * plug-in or deselection is announced. */
static bool only_reads(dx_tree tree);

static bool only_reads_fields(dx_tree tree, int first) {
    for (int i = first; i < tree->count; i++)
        if (!only_reads(dx_field(tree, i)))
            return false;
    return true;
}

static bool only_reads_list(dx_tree list) {
    for (int i = 0; i < dx_count(list); i++)
        if (!only_reads(dx_item(list, i)))
            return false;
    return true;
}

static bool sets_parts(dx_tree target) {
    return dx_is(target, DX_K_Attribute) || dx_is(target, DX_K_Subscript) || is_name(target, "items");
}

static bool assigns_parts(dx_tree statement) {
    if (!dx_is(statement, DX_K_Assign))
        return sets_parts(dx_field(statement, 0));
    dx_tree targets = dx_field(statement, 0);
    for (int i = 0; i < dx_count(targets); i++)
        if (sets_parts(dx_item(targets, i)))
            return true;
    return false;
}

static bool is_unsafe_attribute(const char *name) {
    static const char *const names[] = {"pytest_deselected", "pluginmanager", "option", "items",
                                        "_nodeid", "setattr", "args", NULL};
    for (const char *const *entry = names; *entry; entry++)
        if (strcmp(*entry, name) == 0)
            return true;
    return false;
}

static bool only_reads(dx_tree tree) {
    if (!tree)
        return true;
    if (tree->tag == DX_LIST)
        return only_reads_list(tree);
    if (tree->tag != DX_NODE)
        return true;
    switch (tree->kind) {
    case DX_K_Name:
        return !is_name(tree, "items") && !is_name(tree, "setattr") && !is_name(tree, "exec");
    case DX_K_Attribute:
        return !is_unsafe_attribute(dx_identifier_text(dx_field(tree, 1))) &&
               only_reads(dx_field(tree, 0));
    case DX_K_For: return only_reads_fields(tree, is_name(dx_field(tree, 1), "items") ? 2 : 0);
    case DX_K_comprehension:
        return only_reads_fields(tree, is_name(dx_field(tree, 1), "items") ? 2 : 0);
    case DX_K_Assign:
    case DX_K_AugAssign: return !assigns_parts(tree) && only_reads_fields(tree, 1);
    case DX_K_Delete: return false;
    default: return only_reads_fields(tree, 0);
    }
}

static const char *first_bound(const struct dx_module *module, const char *const *names) {
    for (; *names; names++)
        if (bound(module, *names))
            return *names;
    return NULL;
}

static const char *changing_hook(const struct dx_module *module) {
    for (const char *const *name = READING_HOOKS; *name; name++) {
        struct dx_binding *hook = bound(module, *name);
        if (hook && (hook->kind != DX_BOUND_FUNCTION ||
                     !only_reads(dx_field(hook->node, DX_F_FUNCTION_BODY))))
            return *name;
    }
    return NULL;
}

static bool plugins_are_known(const struct dx_module *module) {
    struct dx_binding *binding = bound(module, "pytest_plugins");
    struct dx_datum *value = binding ? dx_value_of(binding) : &dx_none;
    struct dx_datum *list = value->sort == DX_D_TEXT ? dx_new_datum(DX_D_LIST) : value;
    if (!binding)
        return true;
    if (value->sort == DX_D_TEXT)
        dx_add_item(list, value);
    for (size_t i = 0; dx_is_sequence(list) && i < list->count; i++)
        if (list->items[i]->sort != DX_D_TEXT || strcmp(list->items[i]->text, "pytester") != 0)
            return false;
    return dx_is_sequence(list);
}

static const char *absolute(const char *folder, const char *path) {
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    path = dx_copy_text(path, size);
    return *path == '/' ? path : dx_path_of(folder, dx_begins(path, "./") ? path + 2 : path);
}

/* False where the list is not known. */
static bool read_list(const struct dx_module *module, const char *name, struct dx_texts *paths,
                      bool *given) {
    struct dx_binding *binding = bound(module, name);
    if (!binding)
        return true;
    struct dx_datum *list = dx_value_of(binding);
    *given = true;
    for (size_t i = 0; dx_is_sequence(list) && i < list->count; i++) {
        if (list->items[i]->sort != DX_D_TEXT || strstr(list->items[i]->text, ".."))
            return false;
        dx_texts_add(paths, absolute(module->folder, list->items[i]->text));
    }
    return dx_is_sequence(list);
}

const struct dx_conftest *dx_read_conftest(const char *path, const struct dx_conftest *above) {
    struct dx_conftest *conftest = dx_new(sizeof *conftest);
    struct dx_module *module = dx_load_test_module(path);
    const char *hook;
    conftest->module = module;
    conftest->above = above;
    if (module->problem || module->scope.failure || module->scope.skipped)
        conftest->session_problem = "a conftest.py cannot be imported";
    else if (module->scope.obscurity)
        conftest->session_problem = module->scope.obscurity;
    else if ((hook = first_bound(module, SESSION_HOOKS)) || (hook = changing_hook(module)))
        conftest->session_problem = dx_text_of("%s in a conftest.py", hook);
    else if (!plugins_are_known(module))
        conftest->session_problem = "pytest_plugins in a conftest.py";
    if ((hook = first_bound(module, FOLDER_HOOKS)))
        conftest->folder_problem = dx_text_of("%s in a conftest.py", hook);
    else if (!read_list(module, "collect_ignore", &conftest->ignored, &conftest->ignores) ||
             !read_list(module, "collect_ignore_glob", &conftest->globs, &conftest->ignores_globs))
        conftest->folder_problem = "collect_ignore is computed";
    return conftest;
}

bool dx_conftest_ignores(const struct dx_conftest *conftest, const char *path) {
    const struct dx_conftest *paths = conftest, *globs = conftest;
    while (paths && !paths->ignores)
        paths = paths->above;
    while (globs && !globs->ignores_globs)
        globs = globs->above;
    if (paths && dx_texts_have(&paths->ignored, path))
        return true;
    for (size_t i = 0; globs && i < globs->globs.count; i++)
        if (dx_pattern_matches(globs->globs.items[i], path))
            return true;
    return false;
}

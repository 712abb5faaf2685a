#include "scope.h"

#include <stdlib.h>

#include "evaluate.h"
#include "flow.h"
#include "paths.h"
#include "site.h"
#include "skim.h"

enum { FIRST_SLOTS = 16, HASH_SHIFT = 3 };

static struct dx_binding **slot_of(const struct dx_scope *scope, const char *name) {
    size_t place = ((size_t)name >> HASH_SHIFT) * 2654435761u & (scope->capacity - 1);
    while (scope->slots[place] && scope->slots[place]->name != name)
        place = (place + 1) & (scope->capacity - 1);
    return &scope->slots[place];
}

static void make_room(struct dx_scope *scope) {
    if (scope->count * 2 < scope->capacity)
        return;
    scope->capacity = scope->capacity ? scope->capacity * 2 : FIRST_SLOTS;
    scope->slots = dx_new(scope->capacity * sizeof(struct dx_binding *));
    for (size_t i = 0; i < scope->count; i++)
        *slot_of(scope, scope->bindings[i]->name) = scope->bindings[i];
}

struct dx_binding *dx_bind(struct dx_scope *scope, const char *name) {
    make_room(scope);
    struct dx_binding **slot = slot_of(scope, name);
    if (!*slot) {
        *slot = dx_new(sizeof **slot);
        (*slot)->name = name;
        (*slot)->scope = scope;
        scope->bindings = dx_grown(scope->bindings, scope->count, sizeof *scope->bindings);
        scope->bindings[scope->count++] = *slot;
    }
    return *slot;
}

struct dx_binding *dx_lookup(const struct dx_scope *scope, const char *name) {
    struct dx_binding *found = scope->capacity ? *slot_of(scope, name) : NULL;
    return found && found->kind != DX_BOUND_NOTHING ? found : NULL;
}

struct dx_scope *dx_class_scope(struct dx_binding *binding) {
    if (!binding->body) {
        binding->body = dx_new(sizeof *binding->body);
        binding->body->module = binding->scope->module;
        binding->body->owner = binding;
        dx_follow(binding->body, dx_field(binding->node, DX_F_CLASS_BODY));
    }
    return binding->body;
}

/* Sources in another encoding than UTF-8 are left to Python. */
static bool is_utf8(const struct dx_module *module) {
    const char *name;
    size_t size = dx_find_encoding(module->text, module->size, &name);
    return !size || (size >= 3 && (strncmp(name, "utf", 3) == 0 || strncmp(name, "UTF", 3) == 0));
}

/* `whole`: with the bodies of functions, so that every syntax error is found. */
static void read_module(struct dx_module *module, bool whole) {
    dx_error error;
    dx_options options = dx_default_options();
    module->text = dx_file_content(module->path, &module->size);
    if (!module->text || !is_utf8(module)) {
        module->problem = "it cannot be read as UTF-8";
        return;
    }
    size_t mark = dx_begins(module->text, "\xEF\xBB\xBF") ? 3 : 0;
    struct dx_buffer text = {(char *)module->text + mark, module->size - mark, 0};
    if (!whole)
        text = dx_skim(text.data, text.size);
    if (dx_site.minor > options.minor_version)
        options.minor_version = dx_site.minor;
    module->tree = dx_parse(text.data, text.size, &options, &error);
    module->mentions_yield = strstr(module->text, "yield") != NULL;
    if (module->tree)
        dx_follow(&module->scope, dx_field(module->tree->root, 0));
    else
        module->problem = dx_text_of("syntax error in line %d", error.line);
}

static struct dx_module **modules;
static size_t module_count;

void dx_release_module(struct dx_module *module) {
    if (module->shared)
        return;
    for (size_t i = 0; i < module_count; i++)
        if (modules[i] == module)
            modules[i] = modules[--module_count];
    dx_ast_free(module->tree);
    module->tree = NULL;
}

static struct dx_module *load(const char *path, bool whole) {
    const char *name = dx_name_of(path, strlen(path));
    for (size_t i = 0; i < module_count; i++)
        if (modules[i]->path == name)
            return modules[i];
    struct dx_module *module = dx_new(sizeof *module);
    module->path = name;
    module->folder = dx_path_parent(path);
    module->scope.module = module;
    modules = dx_grown(modules, module_count, sizeof(struct dx_module *));
    modules[module_count++] = module;
    read_module(module, whole);
    return module;
}

struct dx_module *dx_load_test_module(const char *path) {
    return load(path, true);
}

struct dx_module *dx_load_module(const char *path) {
    struct dx_module *module = load(path, false);
    module->shared = true;
    return module;
}

const char *dx_source_from(const struct dx_module *module, const char *dotted, int level) {
    const char *folder = module->folder;
    if (!level)
        return dx_source_of_module(dotted);
    while (--level > 0)
        folder = dx_path_parent(folder);
    char *relative = dotted ? dx_copy_text(dotted, strlen(dotted)) : NULL;
    for (char *at = relative; at && *at; at++)
        if (*at == '.')
            *at = '/';
    const char *base = relative ? dx_path_of(folder, relative) : folder;
    const char *package = dx_path_of(base, "__init__.py"), *file = dx_text_of("%s.py", base);
    return dx_path_is_file(package) ? package : relative && dx_path_is_file(file) ? file : NULL;
}

struct dx_module *dx_imported_module(const struct dx_binding *binding) {
    const char *source =
        dx_source_from(binding->scope->module, binding->source, binding->level);
    return source ? dx_load_module(source) : NULL;
}

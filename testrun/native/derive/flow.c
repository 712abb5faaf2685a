#include "flow.h"

#include "evaluate.h"
#include "site.h"

enum outcome { GOES_ON, ENDS };

/* Where a statement stands: below a condition that cannot be told or not. */
struct walk {
    struct dx_scope *scope;
    bool certain;
    bool guarded; /* inside a try that catches failing imports */
};

static enum outcome follow(struct walk walk, dx_tree body);

static struct dx_binding *rebind(struct walk walk, const char *name, enum dx_bound kind,
                                 dx_tree node) {
    struct dx_binding *binding = dx_bind(walk.scope, name);
    *binding = (struct dx_binding){.name = name,
                                   .kind = walk.certain ? kind : DX_BOUND_OBSCURE,
                                   .certain = walk.certain,
                                   .node = node,
                                   .scope = walk.scope};
    if (!walk.certain && kind != DX_BOUND_OBSCURE)
        binding->kind = kind;
    return binding;
}

static void obscure(struct walk walk, const char *why) {
    if (!walk.scope->obscurity)
        walk.scope->obscurity = why;
}

static void fail(struct walk walk, const char *why) {
    if (!walk.certain)
        obscure(walk, why);
    else if (!walk.scope->failure)
        walk.scope->failure = why;
}

static void set_attribute(struct walk walk, dx_tree target, dx_tree value) {
    struct dx_scope *scope = walk.scope;
    dx_tree base = dx_field(target, 0);
    if (!dx_is(base, DX_K_Name))
        return;
    scope->attributes =
        dx_grown(scope->attributes, scope->attribute_count, sizeof *scope->attributes);
    scope->attributes[scope->attribute_count++] =
        (struct dx_attribute){dx_identifier_text(dx_field(base, 0)),
                              dx_identifier_text(dx_field(target, 1)), value, walk.certain};
}

static void mark_changed(struct walk walk, dx_tree name) {
    struct dx_binding *binding =
        dx_is(name, DX_K_Name) ? dx_lookup(walk.scope, dx_identifier_text(dx_field(name, 0))) : NULL;
    if (binding)
        binding->changed = true;
}

static bool is_call_of(dx_tree expression, const char *name) {
    if (!dx_is(expression, DX_K_Call) || !dx_is(dx_field(expression, 0), DX_K_Name))
        return false;
    return strcmp(dx_identifier_text(dx_field(dx_field(expression, 0), 0)), name) == 0;
}

static void set_item(struct walk walk, dx_tree target) {
    dx_tree base = dx_field(target, 0);
    if (is_call_of(base, "globals") || is_call_of(base, "locals") || is_call_of(base, "vars"))
        obscure(walk, "names are made by code");
    mark_changed(walk, base);
}

static void assign(struct walk walk, dx_tree target, dx_tree value);

static void assign_parts(struct walk walk, dx_tree target, dx_tree value) {
    dx_tree targets = dx_field(target, 0);
    bool tuple = dx_is(value, DX_K_Tuple) || dx_is(value, DX_K_List);
    dx_tree values = tuple ? dx_field(value, 0) : NULL;
    bool paired = values && dx_count(values) == dx_count(targets);
    for (int i = 0; paired && i < dx_count(targets); i++)
        paired = !dx_is(dx_item(targets, i), DX_K_Starred) &&
                 !dx_is(dx_item(values, i), DX_K_Starred);
    for (int i = 0; i < dx_count(targets); i++)
        assign(walk, dx_item(targets, i), paired ? dx_item(values, i) : NULL);
}

/* `value` is NULL where it is not known. */
static void assign(struct walk walk, dx_tree target, dx_tree value) {
    if (dx_is(target, DX_K_Name))
        rebind(walk, dx_identifier_text(dx_field(target, 0)),
               value ? DX_BOUND_VALUE : DX_BOUND_OBSCURE, value);
    else if (dx_is(target, DX_K_Tuple) || dx_is(target, DX_K_List))
        assign_parts(walk, target, value);
    else if (dx_is(target, DX_K_Starred))
        assign(walk, dx_field(target, 0), NULL);
    else if (dx_is(target, DX_K_Attribute))
        set_attribute(walk, target, value);
    else if (dx_is(target, DX_K_Subscript))
        set_item(walk, target);
}

static void add_to(struct walk walk, dx_tree name, dx_tree addition) {
    struct dx_binding *binding =
        dx_is(name, DX_K_Name) ? dx_lookup(walk.scope, dx_identifier_text(dx_field(name, 0))) : NULL;
    if (!binding)
        return;
    if (!walk.certain || binding->kind != DX_BOUND_VALUE) {
        binding->changed = true;
        return;
    }
    binding->datum = NULL;
    struct dx_trees *all = &binding->additions;
    all->items = dx_grown(all->items, all->count, sizeof *all->items);
    all->items[all->count++] = addition;
}

/* pytest.skip(), pytest.importorskip(): the module may end here. */
static enum outcome skip_call(struct walk walk, dx_tree call) {
    const char *name = dx_external_name(walk.scope, dx_field(call, DX_F_CALL_FUNCTION));
    if (!name || !dx_begins(name, "pytest."))
        return GOES_ON;
    bool is_import = strcmp(name, "pytest.importorskip") == 0;
    if (!is_import && strcmp(name, "pytest.skip") != 0)
        return strcmp(name, "pytest.exit") == 0 || strcmp(name, "pytest.fail") == 0
                   ? (fail(walk, "it ends while it is imported"), ENDS)
                   : GOES_ON;
    dx_tree arguments = dx_field(call, DX_F_CALL_ARGS);
    if (is_import) {
        struct dx_datum *module = dx_count(arguments) ? dx_evaluate_in(walk.scope, dx_item(arguments, 0)) : &dx_unknown;
        if (module->sort != DX_D_TEXT || dx_module_exists(module->text) != 0) {
            obscure(walk, "importorskip of a module that is there");
            return GOES_ON;
        }
    } else if (!dx_keyword(call, "allow_module_level")) {
        fail(walk, "it skips outside of a test");
        return ENDS;
    }
    if (walk.certain)
        walk.scope->skipped = true;
    else
        obscure(walk, "a skip of the module");
    return ENDS;
}

static void method_call(struct walk walk, dx_tree call) {
    static const char *const readers[] = {"items", "keys", "values", "get", "copy", "index",
                                          "count", "join", "format", NULL};
    dx_tree function = dx_field(call, DX_F_CALL_FUNCTION), base = dx_field(function, 0);
    dx_tree arguments = dx_field(call, DX_F_CALL_ARGS);
    const char *name = dx_identifier_text(dx_field(function, 1));
    for (const char *const *reader = readers; *reader; reader++)
        if (strcmp(*reader, name) == 0)
            return;
    if (is_call_of(base, "globals") || is_call_of(base, "locals") || is_call_of(base, "vars"))
        obscure(walk, "names are made by code");
    if (strcmp(name, "extend") == 0 && dx_count(arguments) == 1)
        add_to(walk, base, dx_item(arguments, 0));
    else if (strcmp(name, "append") == 0 && dx_count(arguments) == 1)
        add_to(walk, base, call);
    else
        mark_changed(walk, base);
}

static void arguments_of_call(struct walk walk, dx_tree call) {
    static const char *const makers[] = {"exec", "setattr", "eval", NULL};
    dx_tree arguments = dx_field(call, DX_F_CALL_ARGS);
    for (const char *const *maker = makers; *maker; maker++)
        if (is_call_of(call, *maker))
            obscure(walk, "names are made by code");
    for (int i = 0; i < dx_count(arguments); i++)
        mark_changed(walk, dx_item(arguments, i));
}

/* A call that stands alone, or whose value is assigned. */
static enum outcome follow_call(struct walk walk, dx_tree call, bool alone) {
    if (alone)
        arguments_of_call(walk, call);
    if (alone && dx_is(dx_field(call, DX_F_CALL_FUNCTION), DX_K_Attribute))
        method_call(walk, call);
    return walk.scope->owner ? GOES_ON : skip_call(walk, call);
}

static enum outcome follow_assign(struct walk walk, dx_tree statement) {
    dx_tree targets = dx_field(statement, 0), value = dx_field(statement, 1);
    for (int i = 0; i < dx_count(targets); i++)
        assign(walk, dx_item(targets, i), value);
    return dx_is(value, DX_K_Call) ? follow_call(walk, value, false) : GOES_ON;
}

static void follow_import(struct walk walk, dx_tree statement) {
    dx_tree names = dx_field(statement, 0);
    for (int i = 0; i < dx_count(names); i++) {
        const char *source = dx_identifier_text(dx_field(dx_item(names, i), 0));
        const char *other = dx_identifier_text(dx_field(dx_item(names, i), 1));
        const char *top = dx_name_of(source, strcspn(source, "."));
        if (!walk.guarded && dx_module_exists(source) == 0)
            fail(walk, dx_text_of("there is no module '%s'", top));
        rebind(walk, other ? other : top, DX_BOUND_IMPORT, NULL)->source = other ? source : top;
    }
}

static void import_star(struct walk walk, const char *source, int level) {
    const char *path = source || level ? dx_source_from(walk.scope->module, source, level) : NULL;
    struct dx_module *module = path ? dx_load_module(path) : NULL;
    static const char *all;
    all = all ? all : dx_name_of("__all__", 7);
    if (!module || module->problem || module->scope.obscurity || dx_lookup(&module->scope, all)) {
        obscure(walk, dx_text_of("star import from '%s'", source ? source : "."));
        return;
    }
    for (size_t i = 0; i < module->scope.count; i++) {
        const char *name = module->scope.bindings[i]->name;
        if (*name == '_' || module->scope.bindings[i]->kind == DX_BOUND_NOTHING)
            continue;
        struct dx_binding *binding = rebind(walk, name, DX_BOUND_MEMBER, NULL);
        binding->source = source;
        binding->member = name;
        binding->level = level;
    }
}

static void follow_import_from(struct walk walk, dx_tree statement) {
    const char *source = dx_identifier_text(dx_field(statement, 0));
    dx_tree names = dx_field(statement, 1), dots = dx_field(statement, 2);
    int level = dots->tag == DX_INT ? (int)((const dx_int *)dots)->value : 0;
    if (!walk.guarded && !level && source && dx_module_exists(source) == 0)
        fail(walk, dx_text_of("there is no module '%s'", source));
    for (int i = 0; i < dx_count(names); i++) {
        const char *member = dx_identifier_text(dx_field(dx_item(names, i), 0));
        const char *other = dx_identifier_text(dx_field(dx_item(names, i), 1));
        if (strcmp(member, "*") == 0) {
            import_star(walk, source, level);
            continue;
        }
        struct dx_binding *binding = rebind(walk, other ? other : member, DX_BOUND_MEMBER, NULL);
        binding->source = source;
        binding->member = member;
        binding->level = level;
    }
}

static enum outcome follow_if(struct walk walk, dx_tree statement) {
    dx_tree body = dx_field(statement, 1), otherwise = dx_field(statement, 2);
    int truth = dx_truth(dx_evaluate_in(walk.scope, dx_field(statement, 0)));
    if (truth >= 0)
        return follow(walk, truth ? body : otherwise);
    walk.certain = false;
    follow(walk, body);
    follow(walk, otherwise);
    return GOES_ON;
}

static bool catches_imports(struct walk walk, dx_tree handler) {
    static const char *const names[] = {"builtins.ImportError", "builtins.ModuleNotFoundError",
                                        "builtins.Exception", NULL};
    dx_tree type = dx_field(handler, 0);
    if (type->tag != DX_NODE)
        return true;
    dx_tree types = dx_is(type, DX_K_Tuple) ? dx_field(type, 0) : NULL;
    for (int i = 0; i < (types ? dx_count(types) : 1); i++)
        for (const char *const *name = names; *name; name++)
            if (dx_is_external(walk.scope, types ? dx_item(types, i) : type, *name))
                return true;
    return false;
}

static bool is_import(dx_tree statement) {
    return dx_is(statement, DX_K_Import) || dx_is(statement, DX_K_ImportFrom);
}

static bool is_simple(dx_tree statement) {
    return is_import(statement) || dx_is(statement, DX_K_Pass) ||
           (dx_is(statement, DX_K_Assign) && dx_is(dx_field(statement, 1), DX_K_Constant));
}

static int failure_of(const char *source) {
    int exists = dx_module_exists(source);
    return exists < 0 ? -1 : !exists;
}

/* 1 if an import of the statement cannot succeed, 0 if its modules are there, -1 for others. */
static int import_fails(dx_tree statement) {
    if (dx_is(statement, DX_K_ImportFrom)) {
        const char *source = dx_identifier_text(dx_field(statement, 0));
        dx_tree dots = dx_field(statement, 2);
        bool relative = dots->tag == DX_INT && ((const dx_int *)dots)->value;
        return relative || !source ? 0 : failure_of(source);
    }
    if (!dx_is(statement, DX_K_Import))
        return is_simple(statement) ? 0 : -1;
    dx_tree names = dx_field(statement, 0);
    int result = 0;
    for (int i = 0; i < dx_count(names) && result != 1; i++) {
        int failure = failure_of(dx_identifier_text(dx_field(dx_item(names, i), 0)));
        result = failure ? failure : result;
    }
    return result;
}

static enum outcome follow_handlers(struct walk walk, dx_tree handlers) {
    for (int i = 0; i < dx_count(handlers); i++)
        if (catches_imports(walk, dx_item(handlers, i)))
            return follow(walk, dx_field(dx_item(handlers, i), 2));
    fail(walk, "an import fails");
    return ENDS;
}

/* try: imports; except ImportError: ...  Which of them runs is known from what is installed. */
static enum outcome follow_try(struct walk walk, dx_tree statement) {
    dx_tree body = dx_field(statement, 0);
    int verdict = 0;
    for (int i = 0; verdict == 0 && i < dx_count(body); i++)
        verdict = import_fails(dx_item(body, i));
    if (verdict == 1)
        return follow_handlers(walk, dx_field(statement, 1));
    struct walk inside = walk;
    inside.certain &= verdict == 0;
    inside.guarded = true;
    enum outcome outcome = follow(inside, body);
    if (verdict < 0) {
        dx_tree handlers = dx_field(statement, 1);
        for (int i = 0; i < dx_count(handlers); i++)
            follow(inside, dx_field(dx_item(handlers, i), 2));
        outcome = GOES_ON;
    }
    follow(inside, dx_field(statement, 2));
    follow(walk, dx_field(statement, 3));
    return outcome;
}

static enum outcome follow_with(struct walk walk, dx_tree statement) {
    dx_tree items = dx_field(statement, 0);
    struct walk inside = walk;
    for (int i = 0; i < dx_count(items); i++) {
        dx_tree value = dx_field(dx_item(items, i), 0), target = dx_field(dx_item(items, i), 1);
        dx_tree function = dx_is(value, DX_K_Call) ? dx_field(value, 0) : value;
        inside.certain &= dx_is_external(walk.scope, function, "warnings.catch_warnings") ||
                          dx_is_external(walk.scope, function, "pytest.warns") ||
                          dx_is_external(walk.scope, function, "pytest.deprecated_call");
        if (target->tag == DX_NODE)
            assign(walk, target, NULL);
    }
    enum outcome outcome = follow(inside, dx_field(statement, 1));
    return inside.certain ? outcome : GOES_ON;
}

static void follow_loop(struct walk walk, dx_tree statement, bool has_target) {
    struct walk inside = walk;
    inside.certain = false;
    if (has_target)
        assign(walk, dx_field(statement, 0), NULL);
    follow(inside, dx_field(statement, has_target ? 2 : 1));
    follow(inside, dx_field(statement, has_target ? 3 : 2));
}

static void follow_match(struct walk walk, dx_tree statement) {
    dx_tree cases = dx_field(statement, 1);
    walk.certain = false;
    for (int i = 0; i < dx_count(cases); i++)
        follow(walk, dx_field(dx_item(cases, i), 2));
}

static void follow_delete(struct walk walk, dx_tree statement) {
    dx_tree targets = dx_field(statement, 0);
    for (int i = 0; i < dx_count(targets); i++) {
        dx_tree target = dx_item(targets, i);
        if (dx_is(target, DX_K_Name))
            rebind(walk, dx_identifier_text(dx_field(target, 0)), DX_BOUND_NOTHING, NULL);
        else if (dx_is(target, DX_K_Subscript))
            set_item(walk, target);
    }
}

static void follow_augmented(struct walk walk, dx_tree statement) {
    dx_tree target = dx_field(statement, 0);
    if (dx_field(statement, 1)->kind == DX_K_Add)
        add_to(walk, target, dx_field(statement, 2));
    else
        mark_changed(walk, target);
}

static enum outcome follow_statement(struct walk walk, dx_tree statement) {
    switch (statement->kind) {
    case DX_K_FunctionDef:
    case DX_K_AsyncFunctionDef:
        rebind(walk, dx_identifier_text(dx_field(statement, 0)), DX_BOUND_FUNCTION, statement);
        return GOES_ON;
    case DX_K_ClassDef:
        rebind(walk, dx_identifier_text(dx_field(statement, 0)), DX_BOUND_CLASS, statement);
        return GOES_ON;
    case DX_K_Assign: return follow_assign(walk, statement);
    case DX_K_AnnAssign:
        if (dx_field(statement, 2)->tag == DX_NODE)
            assign(walk, dx_field(statement, 0), dx_field(statement, 2));
        return GOES_ON;
    case DX_K_AugAssign: follow_augmented(walk, statement); return GOES_ON;
    case DX_K_Import: follow_import(walk, statement); return GOES_ON;
    case DX_K_ImportFrom: follow_import_from(walk, statement); return GOES_ON;
    case DX_K_If: return follow_if(walk, statement);
    case DX_K_Try: return follow_try(walk, statement);
    case DX_K_With: return follow_with(walk, statement);
    case DX_K_For: follow_loop(walk, statement, true); return GOES_ON;
    case DX_K_While: follow_loop(walk, statement, false); return GOES_ON;
    case DX_K_Match: follow_match(walk, statement); return GOES_ON;
    case DX_K_Delete: follow_delete(walk, statement); return GOES_ON;
    case DX_K_Raise: fail(walk, "it raises while it is imported"); return ENDS;
    case DX_K_Expr:
        if (dx_is(dx_field(statement, 0), DX_K_Call))
            return follow_call(walk, dx_field(statement, 0), true);
        return GOES_ON;
    default: return GOES_ON;
    }
}

static enum outcome follow(struct walk walk, dx_tree body) {
    for (int i = 0; i < dx_count(body); i++)
        if (follow_statement(walk, dx_item(body, i)) == ENDS)
            return ENDS;
    return GOES_ON;
}

void dx_follow(struct dx_scope *scope, dx_tree body) {
    follow((struct walk){scope, true, false}, body);
}

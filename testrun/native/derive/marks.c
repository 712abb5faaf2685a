#include "marks.h"

enum { DEEPEST = 16 };

static void add_mark(struct dx_marks *marks, struct dx_mark mark) {
    marks->items = dx_grown(marks->items, marks->count, sizeof *marks->items);
    marks->items[marks->count++] = mark;
}

void dx_add_marks(struct dx_marks *marks, const struct dx_marks *others) {
    for (size_t i = 0; i < others->count; i++)
        add_mark(marks, others->items[i]);
    marks->unknown = marks->unknown ? marks->unknown : others->unknown;
}

/* The assignment that a name leads to, through imports; NULL if it is none. */
static struct dx_binding *assignment_of(struct dx_scope *scope, dx_tree expression, int depth) {
    struct dx_binding *binding = NULL;
    if (dx_is(expression, DX_K_Name)) {
        const char *name = dx_identifier_text(dx_field(expression, 0));
        binding = scope->owner ? dx_lookup(scope, name) : NULL;
        binding = binding ? binding : dx_lookup(&scope->module->scope, name);
    } else if (dx_is(expression, DX_K_Attribute)) {
        struct dx_datum *base = dx_evaluate_in(scope, dx_field(expression, 0));
        if (base->sort == DX_D_MODULE)
            binding = dx_lookup(&base->module->scope, dx_identifier_text(dx_field(expression, 1)));
    }
    while (binding && binding->kind == DX_BOUND_MEMBER && depth++ < DEEPEST) {
        struct dx_module *module = dx_imported_module(binding);
        binding = module ? dx_lookup(&module->scope, binding->member) : NULL;
    }
    bool clear = binding && binding->kind == DX_BOUND_VALUE && binding->certain && !binding->changed;
    return clear ? binding : NULL;
}

/* `pytest.mark.NAME`, a call of it, or a name for one of these. */
static bool mark_of(struct dx_scope *scope, dx_tree expression, struct dx_mark *mark, int depth) {
    bool is_call = dx_is(expression, DX_K_Call);
    const char *name =
        dx_external_name(scope, is_call ? dx_field(expression, DX_F_CALL_FUNCTION) : expression);
    if (name && dx_begins(name, "pytest.mark.") && !strchr(name + 12, '.')) {
        *mark = (struct dx_mark){name + 12, is_call ? expression : NULL, scope};
        return true;
    }
    struct dx_binding *binding =
        is_call || depth > DEEPEST ? NULL : assignment_of(scope, expression, 0);
    return binding && mark_of(binding->scope, binding->node, mark, depth + 1);
}

static void add_mark_list(struct dx_marks *marks, struct dx_scope *scope, dx_tree expression) {
    struct dx_mark mark;
    bool many = dx_is(expression, DX_K_List) || dx_is(expression, DX_K_Tuple);
    dx_tree items = many ? dx_field(expression, 0) : NULL;
    for (int i = 0; i < (many ? dx_count(items) : 1); i++) {
        if (mark_of(scope, many ? dx_item(items, i) : expression, &mark, 0))
            add_mark(marks, mark);
        else
            marks->unknown = "a mark";
    }
}

void dx_add_scope_marks(struct dx_marks *marks, struct dx_scope *scope) {
    struct dx_binding *binding = dx_lookup(scope, dx_name_of("pytestmark", 10));
    if (!binding)
        return;
    if (binding->kind != DX_BOUND_VALUE || !binding->certain || binding->changed ||
        binding->additions.count)
        marks->unknown = "pytestmark";
    else
        add_mark_list(marks, scope, binding->node);
}

void dx_add_class_marks(struct dx_marks *marks, struct dx_binding *binding) {
    dx_tree decorators = dx_field(binding->node, DX_F_CLASS_DECORATORS);
    struct dx_mark mark;
    dx_add_scope_marks(marks, dx_class_scope(binding));
    for (int i = dx_count(decorators); i-- > 0;)
        if (mark_of(binding->scope, dx_item(decorators, i), &mark, 0))
            add_mark(marks, mark);
}

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static bool holds_wrapper(dx_tree body) {
    for (int i = 0; i < dx_count(body); i++) {
        dx_tree statement = dx_item(body, i);
        if (!dx_is(statement, DX_K_FunctionDef) && !dx_is(statement, DX_K_AsyncFunctionDef))
            continue;
        dx_tree decorators = dx_field(statement, DX_F_FUNCTION_DECORATORS);
        for (int j = 0; j < dx_count(decorators); j++) {
            dx_tree function = dx_item(decorators, j);
            function = dx_is(function, DX_K_Call) ? dx_field(function, 0) : function;
            dx_tree name = dx_is(function, DX_K_Attribute) ? dx_field(function, 1)
                           : dx_is(function, DX_K_Name)    ? dx_field(function, 0)
                                                           : NULL;
            if (name && strcmp(dx_identifier_text(name), "wraps") == 0)
                return true;
        }
        if (holds_wrapper(dx_field(statement, DX_F_FUNCTION_BODY)))
            return true;
    }
    return false;
}

/* A decorator of the project that gives a functools.wraps() function: name and signature stay. */
static bool is_wrapper(struct dx_scope *scope, dx_tree function) {
    struct dx_datum *value = dx_evaluate_in(scope, function);
    if (value->sort != DX_D_FUNCTION)
        return false;
    return holds_wrapper(dx_field(value->binding->node, DX_F_FUNCTION_BODY));
}

/* Arguments that a mock.patch decorator adds: one, unless it is told what to put there. */
static int patched_arguments(const char *name, dx_tree decorator) {
    bool object = dx_finishes(name, ".object");
    if (dx_finishes(name, ".dict") || dx_finishes(name, ".multiple") || !dx_is(decorator, DX_K_Call))
        return 0;
    int count = dx_count(dx_field(decorator, DX_F_CALL_ARGS));
    return count <= (object ? 2 : 1) && !dx_keyword(decorator, "new");
}

static void apply_library(struct dx_decorated *result, const char *name, dx_tree decorator) {
    static const char *const fixtures[] = {"pytest.fixture", "pytest.yield_fixture",
                                           "pytest_asyncio.fixture", NULL};
    static const char *const harmless[] = {
        "unittest.skip", "unittest.skipIf", "unittest.skipUnless", "unittest.expectedFailure",
        "hypothesis.settings", "hypothesis.example", "hypothesis.seed", "hypothesis.reproduce_failure",
        "typing.no_type_check", "typing.overload", "typing.final", "typing.override",
        "typing_extensions.override", "abc.abstractmethod", "builtins.classmethod", NULL};
    if (is_one_of(name, fixtures)) {
        result->is_fixture = true;
        result->fixture = dx_is(decorator, DX_K_Call) ? decorator : NULL;
    } else if (strcmp(name, "builtins.staticmethod") == 0) {
        result->is_static = true;
    } else if (strcmp(name, "builtins.property") == 0 || strcmp(name, "functools.cached_property") == 0) {
        result->is_property = true;
    } else if (strcmp(name, "hypothesis.given") == 0 && dx_is(decorator, DX_K_Call)) {
        result->given = decorator;
    } else if (dx_begins(name, "unittest.mock.patch") || dx_begins(name, "mock.patch")) {
        result->patches += patched_arguments(name, decorator);
    } else if (!is_one_of(name, harmless)) {
        result->unknown = dx_text_of("decorator '%s'", name);
    }
}

struct dx_decorated dx_decorated_by(struct dx_binding *function) {
    struct dx_decorated result = {0};
    dx_tree decorators = dx_field(function->node, DX_F_FUNCTION_DECORATORS);
    for (int i = dx_count(decorators); i-- > 0;) {
        dx_tree decorator = dx_item(decorators, i);
        struct dx_mark mark;
        if (mark_of(function->scope, decorator, &mark, 0)) {
            add_mark(&result.marks, mark);
            continue;
        }
        struct dx_scope *scope = function->scope;
        struct dx_binding *alias = assignment_of(scope, decorator, 0);
        if (alias && dx_is(alias->node, DX_K_Call)) {
            decorator = alias->node;
            scope = alias->scope;
        }
        dx_tree callee = dx_is(decorator, DX_K_Call) ? dx_field(decorator, 0) : decorator;
        const char *name = dx_external_name(scope, callee);
        if (name)
            apply_library(&result, name, decorator);
        else if (!is_wrapper(scope, callee))
            result.unknown = "a decorator";
    }
    return result;
}

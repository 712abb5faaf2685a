#include "evaluate.h"

#include <stdlib.h>

#include "numbers.h"
#include "site.h"

enum { DEEPEST = 200 };

/* Libraries that are known by what their things are called, and not looked into. */
static const char *const LIBRARIES[] = {
    "pytest",   "_pytest",    "unittest", "mock",     "hypothesis", "typing",   "typing_extensions",
    "abc",      "enum",       "functools", "contextlib", "dataclasses", "builtins", "sys",
    "os",       "platform",   "re",       "types",    "datetime",   "decimal",  "pathlib",
    "uuid",     "itertools",  "collections", "warnings", "math",    "operator", "fractions",
    "string",   "time",       "copy",     "io",       "asyncio",    "anyio",    "trio",
    "numbers",  "pytest_asyncio", "__future__", NULL};

static struct dx_datum *external(const char *dotted);

static bool is_library(const char *source) {
    size_t size = strcspn(source, ".");
    for (const char *const *name = LIBRARIES; *name; name++)
        if (strncmp(source, *name, size) == 0 && !(*name)[size])
            return true;
    return false;
}

/* Things of libraries whose value is known. */
static struct dx_datum *constant_of_library(const char *dotted) {
#ifdef __APPLE__
    static const char system[] = "darwin";
#else
    static const char system[] = "linux";
#endif
    if (strcmp(dotted, "typing.TYPE_CHECKING") == 0)
        return dx_truth_datum(false);
    if (strcmp(dotted, "sys.platform") == 0)
        return dx_text_datum(DX_D_TEXT, system, sizeof system - 1);
    if (strcmp(dotted, "os.name") == 0)
        return dx_text_datum(DX_D_TEXT, "posix", 5);
    if (strcmp(dotted, "sys.implementation.name") == 0)
        return dx_text_datum(DX_D_TEXT, "cpython", 7);
    if (strcmp(dotted, "sys.version_info.minor") == 0)
        return dx_integer_datum(dx_site.minor);
    if (strcmp(dotted, "sys.version_info.major") == 0)
        return dx_integer_datum(3);
    if (strcmp(dotted, "sys.maxsize") == 0)
        return dx_integer_datum(INT64_MAX);
    return NULL;
}

static struct dx_datum *external(const char *dotted) {
    struct dx_datum *constant = constant_of_library(dotted);
    return constant ? constant : dx_text_datum(DX_D_EXTERNAL, dotted, strlen(dotted));
}

static struct dx_datum *module_datum(struct dx_module *module) {
    struct dx_datum *datum = dx_new_datum(DX_D_MODULE);
    datum->module = module;
    return datum;
}

static struct dx_datum *defined(enum dx_sort sort, struct dx_binding *binding) {
    struct dx_datum *datum = dx_text_datum(sort, binding->name, strlen(binding->name));
    datum->binding = binding;
    return datum;
}

static struct dx_datum *imported(struct dx_binding *binding) {
    if (!binding->level && is_library(binding->source))
        return external(binding->source);
    struct dx_module *module = dx_imported_module(binding);
    return module ? module_datum(module) : external(binding->source);
}

static struct dx_datum *submodule(const struct dx_module *module, const char *name) {
    if (!dx_finishes(module->path, "/__init__.py"))
        return &dx_unknown;
    const char *source = dx_source_from(module, name, 1);
    return source ? module_datum(dx_load_module(source)) : &dx_unknown;
}

struct dx_datum *dx_member_of(struct dx_module *module, const char *name) {
    static int depth;
    static const char *getter;
    getter = getter ? getter : dx_name_of("__getattr__", 11);
    struct dx_binding *binding = dx_lookup(&module->scope, name);
    if (depth > DEEPEST || module->problem)
        return &dx_unknown;
    if (!binding)
        return module->scope.obscurity ? &dx_unknown : submodule(module, name);
    depth++;
    struct dx_datum *found = dx_value_of(binding);
    depth--;
    return found;
}

static struct dx_datum *imported_member(struct dx_binding *binding) {
    if (!binding->level && is_library(binding->source))
        return external(dx_text_of("%s.%s", binding->source, binding->member));
    struct dx_module *module = dx_imported_module(binding);
    if (module)
        return dx_member_of(module, binding->member);
    if (binding->level)
        return &dx_unknown;
    return external(dx_text_of("%s.%s", binding->source, binding->member));
}

static struct dx_datum *copy_of_list(const struct dx_datum *list) {
    struct dx_datum *copy = dx_new_datum(list->sort);
    for (size_t i = 0; i < list->count; i++)
        dx_add_item(copy, list->items[i]);
    return copy;
}

/* `+= [...]`, `.extend([...])`, or a whole call of `.append(item)`. */
static struct dx_datum *with_addition(struct dx_scope *scope, struct dx_datum *list,
                                      dx_tree addition) {
    bool appended = dx_is(addition, DX_K_Call) && dx_is(dx_field(addition, 0), DX_K_Attribute) &&
                    strcmp(dx_identifier_text(dx_field(dx_field(addition, 0), 1)), "append") == 0;
    if (!dx_is_sequence(list))
        return &dx_unknown;
    struct dx_datum *longer = copy_of_list(list);
    if (appended) {
        dx_add_item(longer, dx_evaluate_in(scope, dx_item(dx_field(addition, 1), 0)));
        return longer;
    }
    struct dx_datum *items = dx_items_of(dx_evaluate_in(scope, addition));
    for (size_t i = 0; i < items->count; i++)
        dx_add_item(longer, items->items[i]);
    return dx_known(items) ? longer : &dx_unknown;
}

static struct dx_datum *assigned(struct dx_binding *binding) {
    if (binding->busy || binding->changed)
        return &dx_unknown;
    binding->busy = true;
    struct dx_datum *value = dx_evaluate_in(binding->scope, binding->node);
    for (size_t i = 0; i < binding->additions.count; i++)
        value = with_addition(binding->scope, value, binding->additions.items[i]);
    binding->busy = false;
    return value;
}

struct dx_datum *dx_value_of(struct dx_binding *binding) {
    if (binding->datum && !binding->changed)
        return binding->datum;
    struct dx_datum *found = &dx_unknown;
    if (binding->certain)
        switch (binding->kind) {
        case DX_BOUND_FUNCTION: found = defined(DX_D_FUNCTION, binding); break;
        case DX_BOUND_CLASS: found = defined(DX_D_CLASS, binding); break;
        case DX_BOUND_IMPORT: found = imported(binding); break;
        case DX_BOUND_MEMBER: found = imported_member(binding); break;
        case DX_BOUND_VALUE: found = assigned(binding); break;
        default: break;
        }
    if (!binding->busy)
        binding->datum = found;
    return found;
}

static struct dx_datum *name_datum(struct dx_place place, const char *name) {
    for (const struct dx_locals *local = place.locals; local; local = local->next)
        if (local->name == name)
            return local->datum;
    struct dx_scope *scope = place.scope;
    struct dx_binding *binding = scope->owner ? dx_lookup(scope, name) : NULL;
    binding = binding ? binding : dx_lookup(&scope->module->scope, name);
    if (binding)
        return dx_value_of(binding);
    if (strcmp(name, "__name__") == 0)
        return external("__name__");
    if (scope->module->scope.obscurity)
        return &dx_unknown;
    return external(dx_text_of("builtins.%s", name));
}

static struct dx_datum *attribute_datum(struct dx_place place, dx_tree expression) {
    struct dx_datum *base = dx_evaluate(place, dx_field(expression, 0));
    const char *name = dx_identifier_text(dx_field(expression, 1));
    if (base->sort == DX_D_EXTERNAL)
        return external(dx_text_of("%s.%s", base->text, name));
    if (base->sort == DX_D_MODULE)
        return dx_member_of(base->module, name);
    if (base->sort == DX_D_CLASS && !dx_count(dx_field(base->binding->node, DX_F_CLASS_BASES)) &&
        !dx_count(dx_field(base->binding->node, DX_F_CLASS_KEYWORDS))) {
        struct dx_binding *binding = dx_lookup(dx_class_scope(base->binding), name);
        return binding ? dx_value_of(binding) : &dx_unknown;
    }
    return &dx_unknown;
}

static struct dx_datum *big_integer(const dx_text *literal) {
    struct dx_buffer digits = {0};
    for (size_t i = 0; i < literal->size; i++)
        if (literal->bytes[i] != '_')
            dx_put(&digits, literal->bytes + i, 1);
    if (!digits.size || strspn(digits.data, "0123456789") != digits.size)
        return &dx_unknown;
    return dx_text_datum(DX_D_INT, digits.data, digits.size);
}

/* The front end, which has no table of names here, reads \N{...} as U+FFFD. */
static bool holds_unnamed(const dx_text *text) {
    for (size_t i = 0; i + 2 < text->size; i++)
        if (memcmp(text->bytes + i, "\xEF\xBF\xBD", 3) == 0)
            return true;
    return false;
}

static struct dx_datum *constant_datum(dx_tree value) {
    struct dx_datum *datum;
    const dx_text *text = (const dx_text *)value;
    switch (value->tag) {
    case DX_NONE: return &dx_none;
    case DX_TRUE:
    case DX_FALSE: return dx_truth_datum(value->tag == DX_TRUE);
    case DX_ELLIPSIS: return &dx_plain;
    case DX_INT: return dx_integer_datum(((const dx_int *)value)->value);
    case DX_BIG_INT: return big_integer(text);
    case DX_FLOAT:
        datum = dx_new_datum(DX_D_FLOAT);
        datum->real = ((const dx_float *)value)->value;
        return datum;
    case DX_STRING:
        if (holds_unnamed(text))
            return &dx_unknown;
        /* fall through */
    case DX_BYTES:
        return dx_text_datum(value->tag == DX_STRING ? DX_D_TEXT : DX_D_BYTES,
                             dx_copy_text(text->bytes, text->size), text->size);
    default: return &dx_unknown;
    }
}

static bool has_starred(dx_tree items) {
    for (int i = 0; i < dx_count(items); i++)
        if (dx_is(dx_item(items, i), DX_K_Starred))
            return true;
    return false;
}

/* Room is a power of two, as dx_grown would have made it. */
static struct dx_datum *plain_list(struct dx_place place, dx_tree items, enum dx_sort sort) {
    struct dx_datum *list = dx_new_datum(sort);
    size_t count = (size_t)dx_count(items), room = 1;
    while (room < count)
        room *= 2;
    list->items = dx_new(room * sizeof(struct dx_datum *));
    for (; list->count < count; list->count++)
        list->items[list->count] = dx_evaluate(place, dx_item(items, (int)list->count));
    return list;
}

static struct dx_datum *list_datum(struct dx_place place, dx_tree items, enum dx_sort sort) {
    if (!has_starred(items))
        return plain_list(place, items, sort);
    struct dx_datum *list = dx_new_datum(sort);
    for (int i = 0; i < dx_count(items); i++) {
        dx_tree item = dx_item(items, i);
        if (!dx_is(item, DX_K_Starred)) {
            dx_add_item(list, dx_evaluate(place, item));
            continue;
        }
        struct dx_datum *inner = dx_items_of(dx_evaluate(place, dx_field(item, 0)));
        if (!dx_known(inner))
            return &dx_unknown;
        for (size_t j = 0; j < inner->count; j++)
            dx_add_item(list, inner->items[j]);
    }
    return list;
}

static struct dx_datum *dict_datum(struct dx_place place, dx_tree expression) {
    dx_tree keys = dx_field(expression, 0), values = dx_field(expression, 1);
    struct dx_datum *dict = dx_new_datum(DX_D_DICT);
    for (int i = 0; i < dx_count(keys); i++) {
        if (dx_item(keys, i)->tag != DX_NODE)
            return &dx_plain;
        struct dx_datum *key = dx_evaluate(place, dx_item(keys, i));
        for (size_t j = 0; j < dict->count; j += 2)
            if (dx_same(dict->items[j], key) != 0)
                return &dx_plain; /* keys that are equal, or may be */
        dx_add_item(dict, key);
        dx_add_item(dict, dx_evaluate(place, dx_item(values, i)));
    }
    return dict;
}

static struct dx_datum *negated(const struct dx_datum *operand) {
    struct dx_datum *result = dx_new_datum(operand->sort);
    result->real = -operand->real;
    if (operand->sort == DX_D_FLOAT)
        return result;
    if (operand->sort != DX_D_INT)
        return &dx_unknown;
    if (operand->text)
        return dx_text_datum(DX_D_INT, dx_text_of("-%s", operand->text), operand->size + 1);
    return operand->integer == INT64_MIN ? &dx_unknown : dx_integer_datum(-operand->integer);
}

static struct dx_datum *unary_datum(struct dx_place place, dx_tree expression) {
    struct dx_datum *operand = dx_evaluate(place, dx_field(expression, 1));
    int truth;
    switch (dx_field(expression, 0)->kind) {
    case DX_K_Not:
        truth = dx_truth(operand);
        return truth < 0 ? &dx_unknown : dx_truth_datum(!truth);
    case DX_K_USub: return negated(operand);
    case DX_K_UAdd: return operand->sort == DX_D_INT ? operand : &dx_unknown;
    default: return &dx_unknown;
    }
}

static struct dx_datum *boolean_datum(struct dx_place place, dx_tree expression) {
    bool is_or = dx_field(expression, 0)->kind == DX_K_Or;
    dx_tree values = dx_field(expression, 1);
    bool unsure = false;
    struct dx_datum *value = &dx_unknown;
    for (int i = 0; i < dx_count(values); i++) {
        value = dx_evaluate(place, dx_item(values, i));
        int truth = dx_truth(value);
        if (truth == is_or)
            return unsure ? dx_truth_datum(is_or) : value;
        unsure |= truth < 0;
    }
    return unsure ? &dx_unknown : value;
}

static struct dx_datum *formatted_datum(struct dx_place place, dx_tree expression) {
    dx_tree values = dx_field(expression, 0);
    struct dx_buffer text = {0};
    dx_put(&text, "", 0);
    for (int i = 0; i < dx_count(values); i++) {
        dx_tree part = dx_item(values, i);
        bool is_value = dx_is(part, DX_K_FormattedValue);
        struct dx_datum *value = dx_evaluate(place, is_value ? dx_field(part, 0) : part);
        dx_tree conversion = is_value ? dx_field(part, 1) : NULL;
        bool repr = conversion && ((const dx_int *)conversion)->value == 'r';
        bool plain = !is_value || (dx_field(part, 2)->tag == DX_NONE &&
                                   (repr || ((const dx_int *)conversion)->value == -1));
        const char *written = !plain ? NULL : repr ? dx_repr(value) : dx_str(value);
        if (!written)
            return &dx_unknown;
        dx_put_text(&text, written);
    }
    return dx_text_datum(DX_D_TEXT, text.data, text.size);
}

struct loop {
    dx_tree generators, element, value; /* `value` of a dict only */
    struct dx_datum *result;
};

static bool run_loop(struct loop *loop, struct dx_place place, int depth);

static bool run_body(struct loop *loop, struct dx_place place, int depth) {
    dx_tree conditions = dx_field(dx_item(loop->generators, depth), 2);
    for (int i = 0; i < dx_count(conditions); i++) {
        int truth = dx_truth(dx_evaluate(place, dx_item(conditions, i)));
        if (truth <= 0)
            return truth == 0;
    }
    return run_loop(loop, place, depth + 1);
}

static bool bind_target(struct loop *loop, struct dx_place place, dx_tree target,
                        struct dx_datum *item, int depth) {
    struct dx_locals locals[8];
    size_t count = 0;
    dx_tree targets = dx_is(target, DX_K_Tuple) ? dx_field(target, 0) : NULL;
    size_t wanted = targets ? (size_t)dx_count(targets) : 1;
    if (wanted > sizeof locals / sizeof *locals ||
        (targets && (!dx_is_sequence(item) || item->count != wanted)))
        return false;
    for (; count < wanted; count++) {
        dx_tree name = targets ? dx_item(targets, (int)count) : target;
        if (!dx_is(name, DX_K_Name))
            return false;
        locals[count] = (struct dx_locals){dx_identifier_text(dx_field(name, 0)),
                                           targets ? item->items[count] : item,
                                           count ? &locals[count - 1] : place.locals};
    }
    return run_body(loop, (struct dx_place){place.scope, &locals[wanted - 1]}, depth);
}

static bool run_loop(struct loop *loop, struct dx_place place, int depth) {
    if (depth == dx_count(loop->generators)) {
        dx_add_item(loop->result, dx_evaluate(place, loop->element));
        if (loop->value)
            dx_add_item(loop->result, dx_evaluate(place, loop->value));
        return loop->result->count < 100000;
    }
    dx_tree generator = dx_item(loop->generators, depth);
    struct dx_datum *items = dx_items_of(dx_evaluate(place, dx_field(generator, 1)));
    bool done = dx_known(items);
    for (size_t i = 0; done && i < items->count; i++)
        done = bind_target(loop, place, dx_field(generator, 0), items->items[i], depth);
    return done;
}

static struct dx_datum *comprehension_datum(struct dx_place place, dx_tree expression) {
    bool is_dict = expression->kind == DX_K_DictComp;
    struct loop loop = {dx_field(expression, is_dict ? 2 : 1), dx_field(expression, 0),
                        is_dict ? dx_field(expression, 1) : NULL,
                        dx_new_datum(is_dict ? DX_D_DICT : DX_D_LIST)};
    loop.result->truth = expression->kind == DX_K_GeneratorExp;
    if (!run_loop(&loop, place, 0))
        return is_dict ? &dx_plain : &dx_unknown;
    return loop.result;
}

static struct dx_datum *subscript_datum(struct dx_place place, dx_tree expression) {
    struct dx_datum *base = dx_evaluate(place, dx_field(expression, 0));
    if (dx_is(dx_field(expression, 1), DX_K_Slice))
        return base->sort == DX_D_EXTERNAL && strcmp(base->text, "sys.version_info") == 0
                   ? base
                   : &dx_unknown;
    struct dx_datum *index = dx_evaluate(place, dx_field(expression, 1));
    for (size_t i = 0; base->sort == DX_D_DICT && i < base->count; i += 2)
        if (dx_same(base->items[i], index) == 1)
            return base->items[i + 1];
    if (base->sort == DX_D_EXTERNAL && strcmp(base->text, "sys.version_info") == 0 &&
        index->sort == DX_D_INT && (index->integer == 0 || index->integer == 1))
        return dx_integer_datum(index->integer ? dx_site.minor : 3);
    if (!dx_is_sequence(base) || index->sort != DX_D_INT)
        return &dx_unknown;
    int64_t place_in = index->integer < 0 ? index->integer + (int64_t)base->count : index->integer;
    return place_in >= 0 && (size_t)place_in < base->count ? base->items[place_in] : &dx_unknown;
}

static struct dx_datum *choice_datum(struct dx_place place, dx_tree expression) {
    int truth = dx_truth(dx_evaluate(place, dx_field(expression, 0)));
    return truth < 0 ? &dx_unknown : dx_evaluate(place, dx_field(expression, truth ? 1 : 2));
}

static struct dx_datum *evaluate_node(struct dx_place place, dx_tree expression) {
    switch (expression->kind) {
    case DX_K_Constant: return constant_datum(dx_field(expression, 0));
    case DX_K_Name: return name_datum(place, dx_identifier_text(dx_field(expression, 0)));
    case DX_K_Attribute: return attribute_datum(place, expression);
    case DX_K_Tuple: return list_datum(place, dx_field(expression, 0), DX_D_TUPLE);
    case DX_K_List: return list_datum(place, dx_field(expression, 0), DX_D_LIST);
    case DX_K_Set: return list_datum(place, dx_field(expression, 0), DX_D_SET);
    case DX_K_Dict: return dict_datum(place, expression);
    case DX_K_UnaryOp: return unary_datum(place, expression);
    case DX_K_BinOp: return dx_evaluate_binary(place, expression);
    case DX_K_BoolOp: return boolean_datum(place, expression);
    case DX_K_Compare: return dx_evaluate_comparison(place, expression);
    case DX_K_IfExp: return choice_datum(place, expression);
    case DX_K_JoinedStr: return formatted_datum(place, expression);
    case DX_K_ListComp:
    case DX_K_DictComp: return comprehension_datum(place, expression);
    case DX_K_GeneratorExp: return comprehension_datum(place, expression);
    case DX_K_Lambda: return dx_text_datum(DX_D_NAMED, "<lambda>", 8);
    case DX_K_Subscript: return subscript_datum(place, expression);
    case DX_K_Call: return dx_evaluate_call(place, expression);
    default: return &dx_unknown;
    }
}

struct dx_datum *dx_evaluate(struct dx_place place, dx_tree expression) {
    static int depth;
    if (!expression || expression->tag != DX_NODE || depth > DEEPEST)
        return &dx_unknown;
    depth++;
    struct dx_datum *datum = evaluate_node(place, expression);
    depth--;
    return datum;
}

struct dx_datum *dx_evaluate_in(struct dx_scope *scope, dx_tree expression) {
    return dx_evaluate((struct dx_place){scope, NULL}, expression);
}

const char *dx_external_name(struct dx_scope *scope, dx_tree expression) {
    if (!dx_is(expression, DX_K_Name) && !dx_is(expression, DX_K_Attribute))
        return NULL;
    struct dx_datum *datum = dx_evaluate_in(scope, expression);
    return datum->sort == DX_D_EXTERNAL ? datum->text : NULL;
}

bool dx_is_external(struct dx_scope *scope, dx_tree expression, const char *dotted) {
    return dx_equal(dx_external_name(scope, expression), dotted);
}

dx_tree dx_keyword(dx_tree call, const char *name) {
    dx_tree keywords = dx_field(call, DX_F_CALL_KEYWORDS);
    for (int i = 0; i < dx_count(keywords); i++) {
        const char *given = dx_identifier_text(dx_field(dx_item(keywords, i), 0));
        if (given && strcmp(given, name) == 0)
            return dx_field(dx_item(keywords, i), 1);
    }
    return NULL;
}

bool dx_has_double_star(dx_tree call) {
    dx_tree keywords = dx_field(call, DX_F_CALL_KEYWORDS);
    for (int i = 0; i < dx_count(keywords); i++)
        if (!dx_identifier_text(dx_field(dx_item(keywords, i), 0)))
            return true;
    return false;
}

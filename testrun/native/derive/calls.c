/* Calls whose result is known: pytest.param, range, a few of builtins and of strings, and
 * constructors of objects that have no text of their own in ids. */
#include "evaluate.h"

#include <ctype.h>
#include <math.h>

#include "classes.h"

enum { MOST_ITEMS = 100000 };

static struct dx_datum *argument(struct dx_place place, dx_tree call, int index) {
    dx_tree arguments = dx_field(call, DX_F_CALL_ARGS);
    if (index >= dx_count(arguments) || dx_is(dx_item(arguments, index), DX_K_Starred))
        return &dx_unknown;
    return dx_evaluate(place, dx_item(arguments, index));
}

static int argument_count(dx_tree call) {
    return dx_count(dx_field(call, DX_F_CALL_ARGS)) + dx_count(dx_field(call, DX_F_CALL_KEYWORDS));
}

static struct dx_datum *param(struct dx_place place, dx_tree call) {
    dx_tree arguments = dx_field(call, DX_F_CALL_ARGS), id = dx_keyword(call, "id");
    struct dx_datum *datum = dx_new_datum(DX_D_PARAM);
    if (dx_has_double_star(call))
        return &dx_unknown;
    for (int i = 0; i < dx_count(arguments); i++) {
        dx_tree item = dx_item(arguments, i);
        if (dx_is(item, DX_K_Starred)) {
            struct dx_datum *inner = dx_items_of(dx_evaluate(place, dx_field(item, 0)));
            if (!dx_known(inner))
                return &dx_unknown;
            for (size_t j = 0; j < inner->count; j++)
                dx_add_item(datum, inner->items[j]);
        } else {
            dx_add_item(datum, dx_evaluate(place, item));
        }
    }
    struct dx_datum *name = id ? dx_evaluate(place, id) : &dx_none;
    datum->id = name->sort == DX_D_NONE ? NULL : name;
    datum->marks = dx_keyword(call, "marks");
    return datum;
}

static struct dx_datum *range(struct dx_place place, dx_tree call) {
    int64_t bounds[3] = {0, 0, 1};
    int count = argument_count(call);
    for (int i = 0; i < count && i < 3; i++) {
        struct dx_datum *bound = argument(place, call, i);
        if (bound->sort != DX_D_INT || bound->text)
            return &dx_unknown;
        bounds[count == 1 ? 1 : i] = bound->integer;
    }
    struct dx_datum *list = dx_new_datum(DX_D_LIST);
    if (count < 1 || count > 3 || bounds[2] == 0)
        return &dx_unknown;
    for (int64_t at = bounds[0]; bounds[2] > 0 ? at < bounds[1] : at > bounds[1]; at += bounds[2]) {
        if (list->count >= MOST_ITEMS)
            return &dx_unknown;
        dx_add_item(list, dx_integer_datum(at));
    }
    return list;
}

static struct dx_datum *length(struct dx_place place, dx_tree call) {
    struct dx_datum *items = argument(place, call, 0);
    if (items->sort == DX_D_TUPLE || items->sort == DX_D_LIST)
        return dx_integer_datum((int64_t)items->count);
    return &dx_unknown;
}

static struct dx_datum *text_of(struct dx_place place, dx_tree call, bool repr) {
    struct dx_datum *value = argument(place, call, 0);
    const char *text = argument_count(call) != 1 ? NULL : repr ? dx_repr(value) : dx_str(value);
    return text ? dx_text_datum(DX_D_TEXT, text, strlen(text)) : &dx_unknown;
}

static struct dx_datum *special_float(struct dx_place place, dx_tree call) {
    struct dx_datum *value = argument(place, call, 0), *result = dx_new_datum(DX_D_FLOAT);
    if (value->sort != DX_D_TEXT)
        return &dx_unknown;
    const char *text = value->text + (*value->text == '-');
    if (strcmp(text, "inf") != 0 && strcmp(text, "nan") != 0)
        return &dx_unknown;
    result->real = *text == 'i' ? HUGE_VAL : NAN;
    result->real = *value->text == '-' ? -result->real : result->real;
    return result;
}

static struct dx_datum *as_list(struct dx_place place, dx_tree call, enum dx_sort sort) {
    if (!argument_count(call))
        return dx_new_datum(sort);
    struct dx_datum *items = dx_items_of(argument(place, call, 0)), *copy = dx_new_datum(sort);
    for (size_t i = 0; i < items->count; i++)
        dx_add_item(copy, items->items[i]);
    return dx_known(items) && argument_count(call) == 1 ? copy : &dx_unknown;
}

static struct dx_datum *pairs(struct dx_datum *one, struct dx_datum *other) {
    struct dx_datum *list = dx_new_datum(DX_D_LIST);
    if (!dx_known(one) || !dx_known(other))
        return &dx_unknown;
    for (size_t i = 0; i < one->count && i < other->count; i++) {
        struct dx_datum *pair = dx_new_datum(DX_D_TUPLE);
        dx_add_item(pair, one->items[i]);
        dx_add_item(pair, other->items[i]);
        dx_add_item(list, pair);
    }
    return list;
}

static struct dx_datum *zipped(struct dx_place place, dx_tree call) {
    if (argument_count(call) != 2)
        return &dx_unknown;
    return pairs(dx_items_of(argument(place, call, 0)), dx_items_of(argument(place, call, 1)));
}

static struct dx_datum *numbered(struct dx_place place, dx_tree call) {
    struct dx_datum *items = dx_items_of(argument(place, call, 0)), *numbers = dx_new_datum(DX_D_LIST);
    if (argument_count(call) != 1)
        return &dx_unknown;
    for (size_t i = 0; i < items->count; i++)
        dx_add_item(numbers, dx_integer_datum((int64_t)i));
    return pairs(numbers, items);
}

static bool add_products(struct dx_datum *result, struct dx_datum **axes, size_t count,
                         struct dx_datum *chosen) {
    if (chosen->count == count) {
        dx_add_item(result, chosen);
        return result->count < MOST_ITEMS;
    }
    struct dx_datum *axis = axes[chosen->count];
    for (size_t i = 0; i < axis->count; i++) {
        struct dx_datum *longer = dx_new_datum(DX_D_TUPLE);
        for (size_t j = 0; j < chosen->count; j++)
            dx_add_item(longer, chosen->items[j]);
        dx_add_item(longer, axis->items[i]);
        if (!add_products(result, axes, count, longer))
            return false;
    }
    return true;
}

static struct dx_datum *product(struct dx_place place, dx_tree call) {
    struct dx_datum *axes[8], *result = dx_new_datum(DX_D_LIST);
    int count = dx_count(dx_field(call, DX_F_CALL_ARGS));
    if (count > 8 || count != argument_count(call))
        return &dx_unknown;
    for (int i = 0; i < count; i++) {
        axes[i] = dx_items_of(argument(place, call, i));
        if (!dx_known(axes[i]))
            return &dx_unknown;
    }
    bool whole = add_products(result, axes, (size_t)count, dx_new_datum(DX_D_TUPLE));
    return whole ? result : &dx_unknown;
}

static struct dx_datum *pattern(struct dx_place place, dx_tree call) {
    struct dx_datum *text = argument(place, call, 0);
    if (text->sort != DX_D_TEXT && text->sort != DX_D_BYTES)
        return &dx_unknown;
    struct dx_datum *datum = dx_text_datum(DX_D_PATTERN, text->text, text->size);
    datum->truth = text->sort == DX_D_BYTES;
    return datum;
}

/* Types whose objects are neither strings nor numbers nor have a `__name__`. */
static const char *const PLAIN_TYPES[] = {
    "builtins.object",       "builtins.set",         "builtins.frozenset",   "builtins.bytearray",
    "builtins.memoryview",   "builtins.slice",       "builtins.dict",        "datetime.datetime",
    "datetime.date",         "datetime.time",        "datetime.timedelta",   "datetime.timezone",
    "decimal.Decimal",       "fractions.Fraction",   "uuid.UUID",            "pathlib.Path",
    "pathlib.PurePath",      "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
    "collections.OrderedDict", "collections.deque",  "collections.Counter",  "collections.defaultdict",
    "io.StringIO",           "io.BytesIO",           "functools.partial",    "uuid.uuid4",
    "datetime.datetime.now", "datetime.date.today",  "uuid.uuid1", "types.SimpleNamespace",
    "operator.itemgetter",   "operator.attrgetter",  "itertools.count",      "copy.deepcopy.",
    "builtins.Exception",    "builtins.ValueError",  "builtins.TypeError",   "builtins.KeyError",
    "builtins.RuntimeError", "builtins.iter",        "builtins.OSError",     "builtins.property",
    NULL};

static bool is_plain_type(const char *dotted) {
    for (const char *const *name = PLAIN_TYPES; *name; name++)
        if (strcmp(*name, dotted) == 0)
            return true;
    return false;
}

static struct dx_datum *call_library(struct dx_place place, dx_tree call, const char *name) {
    if (strcmp(name, "pytest.param") == 0)
        return param(place, call);
    if (strcmp(name, "builtins.range") == 0)
        return range(place, call);
    if (strcmp(name, "builtins.len") == 0)
        return length(place, call);
    if (strcmp(name, "builtins.str") == 0 || strcmp(name, "builtins.repr") == 0)
        return text_of(place, call, name[9] == 'r');
    if (strcmp(name, "builtins.float") == 0)
        return special_float(place, call);
    if (strcmp(name, "builtins.list") == 0 || strcmp(name, "builtins.tuple") == 0)
        return as_list(place, call, name[9] == 'l' ? DX_D_LIST : DX_D_TUPLE);
    if (strcmp(name, "builtins.zip") == 0)
        return zipped(place, call);
    if (strcmp(name, "builtins.enumerate") == 0)
        return numbered(place, call);
    if (strcmp(name, "itertools.product") == 0)
        return product(place, call);
    if (strcmp(name, "re.compile") == 0)
        return pattern(place, call);
    if (strcmp(name, "platform.python_implementation") == 0)
        return dx_text_datum(DX_D_TEXT, "CPython", 7);
#ifdef __linux__
    if (strcmp(name, "platform.system") == 0)
        return dx_text_datum(DX_D_TEXT, "Linux", 5);
#endif
    return is_plain_type(name) ? &dx_plain : &dx_unknown;
}

static struct dx_datum *split(struct dx_place place, dx_tree call, const struct dx_datum *text) {
    struct dx_datum *list = dx_new_datum(DX_D_LIST), *mark = argument(place, call, 0);
    const char *at = text->text, *end = text->text + text->size;
    if (argument_count(call) > 1 || (argument_count(call) && (mark->sort != DX_D_TEXT || !mark->size)))
        return &dx_unknown;
    if (argument_count(call)) {
        const char *next;
        for (; (next = strstr(at, mark->text)); at = next + mark->size)
            dx_add_item(list, dx_text_datum(DX_D_TEXT, dx_copy_text(at, (size_t)(next - at)), (size_t)(next - at)));
        dx_add_item(list, dx_text_datum(DX_D_TEXT, at, strlen(at)));
        return list;
    }
    while (at < end) {
        const char *start = at;
        while (at < end && !isspace((unsigned char)*at)) {
            if ((unsigned char)*at >= 0x80)
                return &dx_unknown;
            at++;
        }
        if (at > start)
            dx_add_item(list, dx_text_datum(DX_D_TEXT, dx_copy_text(start, (size_t)(at - start)), (size_t)(at - start)));
        at++;
    }
    return list;
}

static struct dx_datum *dict_part(const struct dx_datum *dict, const char *method) {
    struct dx_datum *list = dx_new_datum(DX_D_LIST);
    bool keys = strcmp(method, "keys") == 0, values = strcmp(method, "values") == 0;
    if (!keys && !values && strcmp(method, "items") != 0)
        return &dx_unknown;
    for (size_t i = 0; i < dict->count; i += 2) {
        struct dx_datum *pair = dx_new_datum(DX_D_TUPLE);
        dx_add_item(pair, dict->items[i]);
        dx_add_item(pair, dict->items[i + 1]);
        dx_add_item(list, keys ? dict->items[i] : values ? dict->items[i + 1] : pair);
    }
    return list;
}

static struct dx_datum *call_method(struct dx_place place, dx_tree call, dx_tree function) {
    struct dx_datum *base = dx_evaluate(place, dx_field(function, 0));
    const char *method = dx_identifier_text(dx_field(function, 1));
    if (base->sort == DX_D_TEXT && strcmp(method, "split") == 0 && strlen(base->text) == base->size)
        return split(place, call, base);
    if (base->sort == DX_D_TEXT && strcmp(method, "startswith") == 0) {
        struct dx_datum *start = argument(place, call, 0);
        return start->sort == DX_D_TEXT ? dx_truth_datum(dx_begins(base->text, start->text)) : &dx_unknown;
    }
    if (base->sort == DX_D_TEXT && strcmp(method, "encode") == 0) {
        for (size_t i = 0; i < base->size; i++)
            if ((unsigned char)base->text[i] >= 0x80)
                return &dx_unknown;
        return argument_count(call) ? &dx_unknown : dx_text_datum(DX_D_BYTES, base->text, base->size);
    }
    if (base->sort == DX_D_DICT && !argument_count(call))
        return dict_part(base, method);
    return &dx_unknown;
}

struct dx_datum *dx_evaluate_call(struct dx_place place, dx_tree call) {
    dx_tree function = dx_field(call, DX_F_CALL_FUNCTION);
    struct dx_datum *callee = dx_evaluate(place, function);
    if (callee->sort == DX_D_EXTERNAL)
        return call_library(place, call, callee->text);
    if (callee->sort == DX_D_CLASS)
        return dx_has_plain_instances(callee->binding) ? &dx_plain : &dx_unknown;
    if (dx_is(function, DX_K_Attribute) && callee->sort == DX_D_UNKNOWN)
        return call_method(place, call, function);
    return &dx_unknown;
}

struct dx_datum *dx_items_of(struct dx_datum *datum) {
    struct dx_datum *list = dx_new_datum(DX_D_LIST);
    if (dx_is_sequence(datum))
        return datum;
    if (datum->sort == DX_D_DICT)
        return dict_part(datum, "keys");
    if (datum->sort == DX_D_SET && datum->count <= 1) {
        list->items = datum->items;
        list->count = datum->count;
        return list;
    }
    if (datum->sort != DX_D_TEXT && datum->sort != DX_D_BYTES)
        return &dx_unknown;
    for (size_t i = 0; i < datum->size; i++) {
        unsigned char byte = (unsigned char)datum->text[i];
        if (datum->sort == DX_D_TEXT && byte >= 0x80)
            return &dx_unknown;
        dx_add_item(list, datum->sort == DX_D_BYTES ? dx_integer_datum(byte)
                                                    : dx_text_datum(DX_D_TEXT, dx_copy_text(datum->text + i, 1), 1));
    }
    return list;
}

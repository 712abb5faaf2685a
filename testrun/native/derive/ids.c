#include "ids.h"

#include <ctype.h>
#include <stdlib.h>

#include "classes.h"
#include "marks.h"
#include "site.h"

enum { LONG_TEXT = 100 };

/* The code point at `*at`, which is moved past it. */
static unsigned decode(const unsigned char **at) {
    unsigned head = *(*at)++;
    int more = head >= 0xF0 ? 3 : head >= 0xE0 ? 2 : head >= 0xC0 ? 1 : 0;
    unsigned code = more == 3 ? head & 7 : more == 2 ? head & 15 : more == 1 ? head & 31 : head;
    while (more-- > 0)
        code = code << 6 | (*(*at)++ & 0x3F);
    return code;
}

static void put_escape(struct dx_buffer *text, unsigned code, bool is_text) {
    if (code == '\n' || code == '\r' || code == '\t')
        dx_put_text(text, code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t");
    else if (code == '\\' && is_text)
        dx_put_text(text, "\\\\");
    else if (code >= 0x20 && code < 0x7F)
        dx_put(text, (const char[]){(char)code}, 1);
    else if (code < 0x100)
        dx_put_text(text, dx_text_of("\\x%02x", code));
    else
        dx_put_text(text, dx_text_of(code < 0x10000 ? "\\u%04x" : "\\U%08x", code));
}

/* Whether escaping changes nothing; `bytes` are terminated. */
static bool is_plain(const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] < ' ' || bytes[i] > '~' || bytes[i] == '\\')
            return false;
    return !bytes[size];
}

/* str.encode("unicode_escape") of strings, backslashreplace of bytes. */
static const char *escaped(const char *bytes, size_t size, bool is_text) {
    struct dx_buffer text = {0};
    if (is_plain(bytes, size))
        return bytes;
    const unsigned char *at = (const unsigned char *)bytes, *end = at + size;
    dx_put(&text, "", 0);
    while (at < end)
        put_escape(&text, is_text ? decode(&at) : *at++, is_text);
    return text.data;
}

static size_t letters_in(const struct dx_datum *text) {
    size_t count = 0;
    for (size_t i = 0; i < text->size; i++)
        count += text->sort == DX_D_BYTES || ((unsigned char)text->text[i] & 0xC0) != 0x80;
    return count;
}

/* Types of libraries, whose `__name__` is the last part of their dotted name. */
static const char *const TYPES[] = {
    "datetime.datetime", "datetime.date",     "datetime.time",     "datetime.timedelta",
    "decimal.Decimal",   "uuid.UUID",         "pathlib.Path",      "collections.OrderedDict",
    "collections.deque", "collections.Counter", "collections.defaultdict", "fractions.Fraction",
    "typing.NamedTuple.", "enum.Enum",        "enum.IntEnum",      "types.SimpleNamespace", NULL};

static const char *library_name(const char *dotted) {
    const char *last = strrchr(dotted, '.');
    if (dx_begins(dotted, "operator.") && last[1] != '_')
        return last + 1;
    for (const char *const *type = TYPES; *type; type++)
        if (strcmp(*type, dotted) == 0)
            return last + 1;
    bool constant = strcmp(dotted, "builtins.NotImplemented") == 0 || strcmp(dotted, "builtins.__file__") == 0;
    bool builtin = dx_begins(dotted, "builtins.") && !strchr(dotted + 9, '.') && !constant;
    if (!builtin || last[1] == '_')
        return NULL;
    if (strcmp(last, ".IOError") == 0 || strcmp(last, ".EnvironmentError") == 0)
        return "OSError";
    static const char *const functions[] = {
        "abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr",
        "classmethod", "complex", "dict", "dir", "divmod", "enumerate", "filter", "float", "format",
        "frozenset", "getattr", "hasattr", "hash", "hex", "id", "int", "isinstance", "issubclass",
        "iter", "len", "list", "map", "max", "memoryview", "min", "next", "object", "oct", "open",
        "ord", "pow", "print", "property", "range", "repr", "reversed", "round", "set", "setattr",
        "slice", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "vars", "zip", NULL};
    for (const char *const *function = functions; *function; function++)
        if (strcmp(*function, last + 1) == 0)
            return last + 1;
    return isupper((unsigned char)last[1]) && (dx_finishes(last, "Error") || dx_finishes(last, "Exception") ||
           dx_finishes(last, "Warning") || dx_finishes(last, "Exit") || dx_finishes(last, "Iteration") ||
           dx_finishes(last, "Interrupt")) ? last + 1 : NULL;
}

/* The `__name__` of what a project defines; NULL where a decorator may have replaced it. */
static const char *defined_name(const struct dx_datum *value) {
    struct dx_binding *binding = value->binding;
    bool is_class = value->sort == DX_D_CLASS;
    dx_tree decorators =
        dx_field(binding->node, is_class ? DX_F_CLASS_DECORATORS : DX_F_FUNCTION_DECORATORS);
    for (int i = 0; i < dx_count(decorators); i++) {
        dx_tree callee = dx_item(decorators, i);
        callee = dx_is(callee, DX_K_Call) ? dx_field(callee, 0) : callee;
        if (!is_class || !dx_is_external(binding->scope, callee, "dataclasses.dataclass"))
            return NULL;
    }
    if (!is_class)
        return value->text;
    const struct dx_lineage *lineage = dx_lineage_of(binding);
    bool named = dx_lookup(dx_class_scope(binding), dx_name_of("__name__", 8)) != NULL;
    return lineage->unknown || named ? NULL : value->text;
}

/* `*known` is set where the text is certain; NULL then stands for "no text of its own". */
static const char *value_text(const struct dx_datum *value, bool *known) {
    const char *text = NULL;
    *known = true;
    switch (value->sort) {
    case DX_D_TEXT:
    case DX_D_BYTES: return escaped(value->text, value->size, value->sort == DX_D_TEXT);
    case DX_D_PATTERN: return escaped(value->text, value->size, !value->truth);
    case DX_D_NONE:
    case DX_D_BOOL:
    case DX_D_INT:
    case DX_D_FLOAT: text = dx_repr(value); break;
    case DX_D_NAMED: return value->text;
    case DX_D_LIST: return value->truth ? "<genexpr>" : NULL;
    case DX_D_TUPLE:
    case DX_D_DICT:
    case DX_D_SET:
    case DX_D_PLAIN: return NULL;
    case DX_D_FUNCTION:
    case DX_D_CLASS: text = defined_name(value); break;
    case DX_D_EXTERNAL: text = library_name(value->text); break;
    default: break;
    }
    *known = text != NULL;
    return text;
}

static bool is_long(const struct dx_datum *value, const struct dx_settings *settings) {
    bool shortens = dx_site.pytest_major > 9 || (dx_site.pytest_major == 9 && dx_site.pytest_minor >= 1);
    return (value->sort == DX_D_TEXT || value->sort == DX_D_BYTES) && shortens &&
           !settings->legacy_long_ids && letters_in(value) > LONG_TEXT;
}

static const char *id_of_value(struct dx_axis *axis, const struct dx_datum *value, size_t name,
                               size_t index, const char *function,
                               const struct dx_settings *settings) {
    bool known;
    const char *own = NULL;
    if (function) {
        own = strcmp(function, "builtins.str") == 0 ? dx_str(value) : dx_repr(value);
        if (!own)
            axis->unknown = "ids are computed";
        return own ? escaped(own, strlen(own), true) : "";
    }
    if (!is_long(value, settings)) {
        own = value_text(value, &known);
        if (!known)
            axis->unknown = "a parameter is computed";
    }
    return own ? own : dx_text_of("%s%zu", axis->names.items[name], index);
}

/* Whether the id text may be shown as it is: a NUL would end it. */
static const char *id_of_set(struct dx_axis *axis, size_t index, const struct dx_datum *given,
                             const char *function, const struct dx_settings *settings) {
    const struct dx_datum *set = axis->sets[index], *chosen = set->id;
    struct dx_buffer text = {0};
    bool known = true;
    if (!chosen && given && index < given->count && given->items[index]->sort != DX_D_NONE)
        chosen = given->items[index];
    if (chosen) {
        const char *own = value_text(chosen, &known);
        if (!known || !own || (set->id && chosen->sort != DX_D_TEXT))
            axis->unknown = "an id is computed";
        return own ? own : "";
    }
    if (axis->names.count == 1)
        return id_of_value(axis, set->items[0], 0, index, function, settings);
    dx_put(&text, "", 0);
    for (size_t i = 0; i < axis->names.count; i++) {
        dx_put_text(&text, i ? "-" : "");
        dx_put_text(&text, id_of_value(axis, set->items[i], i, index, function, settings));
    }
    return text.data;
}

static size_t times(const struct dx_axis *axis, const char *const *ids, const char *id) {
    size_t count = 0;
    for (size_t i = 0; i < axis->count; i++)
        count += strcmp(ids[i], id) == 0;
    return count;
}

struct numbered {
    const char *id;
    size_t next;
};

/* Equal ids get a number at their end, in the order of the sets. */
static void make_unique(struct dx_axis *axis) {
    const char **original = dx_new((axis->count + 1) * sizeof *original);
    struct numbered *suffixes = dx_new((axis->count + 1) * sizeof *suffixes);
    size_t used = 0;
    for (size_t i = 0; i < axis->count; i++)
        original[i] = axis->ids[i];
    for (size_t i = 0; i < axis->count; i++) {
        size_t size = strlen(original[i]), at = 0;
        if (times(axis, original, original[i]) < 2)
            continue;
        while (at < used && strcmp(suffixes[at].id, original[i]) != 0)
            at++;
        if (at == used)
            suffixes[used++] = (struct numbered){original[i], 0};
        const char *gap = size && isdigit((unsigned char)original[i][size - 1]) ? "_" : "";
        const char *id = dx_text_of("%s%s%zu", original[i], gap, suffixes[at].next);
        while (times(axis, axis->ids, id))
            id = dx_text_of("%s%s%zu", original[i], gap, ++suffixes[at].next);
        axis->ids[i] = id;
        suffixes[at].next++;
    }
}

static int compare_texts(const void *one, const void *other) {
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static bool has_equal_ids(const struct dx_axis *axis) {
    const char **sorted = dx_new((axis->count + 1) * sizeof *sorted);
    memcpy(sorted, axis->ids, axis->count * sizeof *sorted);
    qsort(sorted, axis->count, sizeof *sorted, compare_texts);
    for (size_t i = 1; i < axis->count; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            return true;
    return false;
}

void dx_make_ids(struct dx_axis *axis, const struct dx_settings *settings) {
    const struct dx_datum *given = axis->given;
    bool is_list = !given || axis->id_function || dx_is_sequence(given) || given->sort == DX_D_NONE;
    if (axis->ids || axis->unknown)
        return;
    if (!is_list) {
        axis->unknown = "ids are computed";
        return;
    }
    axis->ids = dx_new((axis->count + 1) * sizeof *axis->ids);
    for (size_t i = 0; i < axis->count; i++)
        axis->ids[i] = id_of_set(axis, i, axis->id_function ? NULL : given, axis->id_function, settings);
    if (axis->unknown || !has_equal_ids(axis))
        return;
    bool numbered = dx_site.pytest_major > 8 || dx_site.pytest_minor >= 4;
    if (settings->strict_ids || !numbered)
        axis->unknown = "parameters have equal ids";
    else
        make_unique(axis);
}

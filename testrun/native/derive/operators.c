/* `+`, `*` and `%` of strings, lists and numbers; comparisons. */
#include "evaluate.h"
#include "site.h"

enum { MOST_ITEMS = 100000 };

static struct dx_datum *joined(const struct dx_datum *left, const struct dx_datum *right) {
    struct dx_datum *result = dx_new_datum(left->sort);
    for (size_t i = 0; i < left->count; i++)
        dx_add_item(result, left->items[i]);
    for (size_t i = 0; i < right->count; i++)
        dx_add_item(result, right->items[i]);
    return result;
}

static struct dx_datum *added(const struct dx_datum *left, const struct dx_datum *right) {
    bool is_text = left->sort == DX_D_TEXT || left->sort == DX_D_BYTES;
    int64_t sum;
    if (left->sort != right->sort)
        return &dx_unknown;
    if (is_text) {
        struct dx_buffer text = {0};
        dx_put(&text, left->text, left->size);
        dx_put(&text, right->text, right->size);
        return dx_text_datum(left->sort, text.data, text.size);
    }
    if (dx_is_sequence(left))
        return joined(left, right);
    if (left->sort == DX_D_INT && !left->text && !right->text &&
        !__builtin_add_overflow(left->integer, right->integer, &sum))
        return dx_integer_datum(sum);
    return &dx_unknown;
}

static struct dx_datum *repeated(const struct dx_datum *what, int64_t times) {
    struct dx_datum *result = dx_new_datum(what->sort);
    struct dx_buffer text = {0};
    if (times > MOST_ITEMS || (what->size + what->count) * (size_t)(times > 0 ? times : 0) > MOST_ITEMS)
        return &dx_unknown;
    dx_put(&text, "", 0);
    for (int64_t i = 0; i < times; i++) {
        for (size_t j = 0; j < what->count; j++)
            dx_add_item(result, what->items[j]);
        dx_put(&text, what->text ? what->text : "", what->size);
    }
    result->text = text.data;
    result->size = text.size;
    return result;
}

static struct dx_datum *multiplied(const struct dx_datum *left, const struct dx_datum *right) {
    bool repeats = dx_is_sequence(left) || left->sort == DX_D_TEXT || left->sort == DX_D_BYTES;
    int64_t product;
    if (right->sort != DX_D_INT || right->text)
        return &dx_unknown;
    if (repeats)
        return repeated(left, right->integer);
    if (left->sort == DX_D_INT && !left->text &&
        !__builtin_mul_overflow(left->integer, right->integer, &product))
        return dx_integer_datum(product);
    return &dx_unknown;
}

struct dx_datum *dx_evaluate_binary(struct dx_place place, dx_tree expression) {
    struct dx_datum *left = dx_evaluate(place, dx_field(expression, 0));
    struct dx_datum *right = dx_evaluate(place, dx_field(expression, 2));
    int64_t value;
    switch (dx_field(expression, 1)->kind) {
    case DX_K_Add: return added(left, right);
    case DX_K_Mult: return multiplied(left, right);
    case DX_K_Sub:
        if (left->sort == DX_D_INT && right->sort == DX_D_INT && !left->text && !right->text &&
            !__builtin_sub_overflow(left->integer, right->integer, &value))
            return dx_integer_datum(value);
        return &dx_unknown;
    default: return &dx_unknown;
    }
}

/* -1, 0, 1 as `left` is below, the same as or above `right`; 2 where that is not known. */
static int order(const struct dx_datum *left, const struct dx_datum *right) {
    if (left->sort == DX_D_INT && right->sort == DX_D_INT && !left->text && !right->text)
        return (left->integer > right->integer) - (left->integer < right->integer);
    return 2;
}

/* sys.version_info, of which two numbers are known, against a tuple. */
static int version_order(const struct dx_datum *tuple) {
    int64_t known[] = {3, dx_site.minor};
    if (!dx_is_sequence(tuple))
        return 2;
    for (size_t i = 0; i < tuple->count; i++) {
        if (i == 2 || tuple->items[i]->sort != DX_D_INT)
            return 2;
        if (known[i] != tuple->items[i]->integer)
            return known[i] < tuple->items[i]->integer ? -1 : 1;
    }
    return 1; /* the longer one is above */
}

static int is_version(const struct dx_datum *datum) {
    return datum->sort == DX_D_EXTERNAL && strcmp(datum->text, "sys.version_info") == 0;
}

static int contained(const struct dx_datum *what, const struct dx_datum *where) {
    if (where->sort == DX_D_TEXT && what->sort == DX_D_TEXT)
        return strstr(where->text, what->text) != NULL;
    if (!dx_is_sequence(where) && where->sort != DX_D_SET)
        return -1;
    int result = 0;
    for (size_t i = 0; i < where->count && result != 1; i++) {
        int same = dx_same(what, where->items[i]);
        result = same == 1 ? 1 : same < 0 ? -1 : result;
    }
    return result;
}

static int identical(const struct dx_datum *left, const struct dx_datum *right) {
    bool simple = left->sort == DX_D_NONE || right->sort == DX_D_NONE ||
                  (left->sort == DX_D_BOOL && right->sort == DX_D_BOOL);
    return simple ? dx_same(left, right) : -1;
}

/* A module that is collected is never the program that was started. */
static bool asks_for_main(const struct dx_datum *left, const struct dx_datum *right) {
    return left->sort == DX_D_EXTERNAL && strcmp(left->text, "__name__") == 0 &&
           right->sort == DX_D_TEXT && strcmp(right->text, "__main__") == 0;
}

static int compare(int kind, const struct dx_datum *left, const struct dx_datum *right) {
    int same, found = is_version(left) ? version_order(right) : order(left, right);
    if (asks_for_main(left, right))
        return kind == DX_K_Eq ? 0 : kind == DX_K_NotEq ? 1 : -1;
    switch (kind) {
    case DX_K_Eq: return is_version(left) ? -1 : dx_same(left, right);
    case DX_K_NotEq:
        same = is_version(left) ? -1 : dx_same(left, right);
        return same < 0 ? -1 : !same;
    case DX_K_Is: return identical(left, right);
    case DX_K_IsNot: same = identical(left, right); return same < 0 ? -1 : !same;
    case DX_K_In: return contained(left, right);
    case DX_K_NotIn: same = contained(left, right); return same < 0 ? -1 : !same;
    case DX_K_Lt: return found == 2 ? -1 : found < 0;
    case DX_K_LtE: return found == 2 ? -1 : found <= 0;
    case DX_K_Gt: return found == 2 ? -1 : found > 0;
    case DX_K_GtE: return found == 2 ? -1 : found >= 0;
    default: return -1;
    }
}

struct dx_datum *dx_evaluate_comparison(struct dx_place place, dx_tree expression) {
    dx_tree operators = dx_field(expression, 1), others = dx_field(expression, 2);
    if (dx_count(operators) != 1)
        return &dx_unknown;
    struct dx_datum *left = dx_evaluate(place, dx_field(expression, 0));
    struct dx_datum *right = dx_evaluate(place, dx_item(others, 0));
    int result = compare(dx_item(operators, 0)->kind, left, right);
    return result < 0 ? &dx_unknown : dx_truth_datum(result);
}

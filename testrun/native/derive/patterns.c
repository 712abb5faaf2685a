#include "patterns.h"

#include <string.h>

/* The `]` that ends the set which starts after `[`; NULL if there is none. */
static const char *end_of_set(const char *set) {
    const char *at = set;
    if (*at == '!')
        at++;
    if (*at == ']')
        at++;
    return strchr(at, ']');
}

static bool in_set(const char *set, const char *end, char letter) {
    bool negated = *set == '!', found = false;
    for (set += negated; set < end; set++) {
        if (set + 2 < end && set[1] == '-') {
            found |= set[0] <= letter && letter <= set[2];
            set += 2;
        } else {
            found |= *set == letter;
        }
    }
    return found != negated;
}

/* One letter of `text` against what `*pattern` starts with, which is moved past. */
static bool letter_matches(const char **pattern, char letter) {
    const char *at = *pattern, *end;
    *pattern = at + 1;
    if (*at == '[' && (end = end_of_set(at + 1))) {
        *pattern = end + 1;
        return in_set(at + 1, end, letter);
    }
    return *at == '?' || *at == letter;
}

bool dx_pattern_matches(const char *pattern, const char *text) {
    const char *star = NULL, *resume = NULL;
    while (*text) {
        const char *rest = pattern;
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern && letter_matches(&rest, *text)) {
            pattern = rest;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool dx_pattern_matches_path(const char *pattern, const char *path) {
    if (!strchr(pattern, '/')) {
        const char *name = strrchr(path, '/');
        return dx_pattern_matches(pattern, name ? name + 1 : path);
    }
    if (*pattern != '/' && *path == '/')
        pattern = dx_path_of("*", pattern);
    return dx_pattern_matches(pattern, path);
}

bool dx_any_matches_path(const struct dx_texts *patterns, const char *path) {
    for (size_t i = 0; i < patterns->count; i++)
        if (dx_pattern_matches_path(patterns->items[i], path))
            return true;
    return false;
}

bool dx_beginning_matches(const struct dx_texts *beginnings, const char *name) {
    for (size_t i = 0; i < beginnings->count; i++) {
        const char *beginning = beginnings->items[i];
        if (dx_begins(name, beginning))
            return true;
        if (strpbrk(beginning, "*?[") && dx_pattern_matches(beginning, name))
            return true;
    }
    return false;
}

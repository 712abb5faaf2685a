#include "arguments.h"

#include <string.h>

static const struct {
    const char *shorter;
    const char *longer;
} SHORT[] = {{"-p", "--python"}, {"-q", "--quiet"}, {"-y", "--yes"}};

static const char *long_form(const char *word) {
    for (size_t i = 0; i < sizeof SHORT / sizeof *SHORT; i++)
        if (strcmp(word, SHORT[i].shorter) == 0)
            return SHORT[i].longer;
    return word;
}

static bool is_taken(const char *const *options, const char *word, size_t size) {
    for (; *options; options++)
        if (strlen(*options) == size && strncmp(*options, word, size) == 0)
            return true;
    return false;
}

static const char **value_of(struct dx_pkg_arguments *found, const char *option, size_t size) {
    if (strncmp(option, "--python", size) == 0)
        return &found->python;
    return strncmp(option, "--format", size) == 0 ? &found->format : NULL;
}

static bool *flag_of(struct dx_pkg_arguments *found, const char *option) {
    if (strcmp(option, "--quiet") == 0)
        return &found->quiet;
    if (strcmp(option, "--all") == 0)
        return &found->all;
    return strcmp(option, "--yes") == 0 ? &found->yes : &found->without_pip;
}

bool dx_pkg_parse(struct dx_pkg *pkg, char *const *words, const char *const *options,
                  struct dx_pkg_arguments *found) {
    *found = (struct dx_pkg_arguments){0};
    for (; *words; words++) {
        if (**words != '-') {
            dx_pkg_push(pkg, &found->positional, *words);
            continue;
        }
        const char *option = long_form(*words);
        size_t size = strcspn(option, "=");
        if (!is_taken(options, option, size))
            return false;
        const char **value = value_of(found, option, size);
        if (!value && option[size])
            return false;
        if (!value)
            *flag_of(found, option) = true;
        else if (option[size])
            *value = option + size + 1;
        else if (!(*value = *++words))
            return false;
    }
    return true;
}

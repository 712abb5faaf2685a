#include "options.h"

#include <string.h>

enum action {
    NOTHING, /* it changes neither ids nor their order */
    REFUSE,
    MARKS,
    KEYWORDS,
    PLUGIN,
    OVERRIDE,
    CONFIGURATION,
    ROOT,
    IGNORE,
    IGNORE_GLOB,
    DESELECT,
    DOCTEST_GLOB,
    BY_PACKAGE,
    DOCTEST_MODULES,
    IN_ENVIRONMENTS,
    STRICT_MARKS,
    IMPORT_MODE
};

struct option {
    const char *name;
    bool takes_value;
    enum action action;
};

static const struct option OPTIONS[] = {
    {"-k", true, KEYWORDS},
    {"-m", true, MARKS},
    {"-p", true, PLUGIN},
    {"-o", true, OVERRIDE},
    {"--override-ini", true, OVERRIDE},
    {"-c", true, CONFIGURATION},
    {"--config-file", true, CONFIGURATION},
    {"--rootdir", true, ROOT},
    {"--ignore", true, IGNORE},
    {"--ignore-glob", true, IGNORE_GLOB},
    {"--deselect", true, DESELECT},
    {"--doctest-glob", true, DOCTEST_GLOB},
    {"--import-mode", true, IMPORT_MODE},
    {"--pyargs", false, BY_PACKAGE},
    {"--doctest-modules", false, DOCTEST_MODULES},
    {"--collect-in-virtualenv", false, IN_ENVIRONMENTS},
    {"--strict-markers", false, STRICT_MARKS},
    {"-q", false, NOTHING},
    {"-qq", false, NOTHING},
    {"-v", false, NOTHING},
    {"-vv", false, NOTHING},
    {"-x", false, NOTHING},
    {"-s", false, NOTHING},
    {"-l", false, NOTHING},
    {"-r", true, NOTHING},
    {"-n", true, NOTHING},
    {"-W", true, NOTHING},
    {"--quiet", false, NOTHING},
    {"--verbose", false, NOTHING},
    {"--exitfirst", false, NOTHING},
    {"--collect-only", false, NOTHING},
    {"--co", false, NOTHING},
    {"--static", false, NOTHING},
    {"--strict-config", false, NOTHING},
    {"--runxfail", false, NOTHING},
    {"--no-header", false, NOTHING},
    {"--no-summary", false, NOTHING},
    {"--showlocals", false, NOTHING},
    {"--no-showlocals", false, NOTHING},
    {"--full-trace", false, NOTHING},
    {"--xfail-tb", false, NOTHING},
    {"--disable-warnings", false, NOTHING},
    {"--disable-pytest-warnings", false, NOTHING},
    {"--force-short-summary", false, NOTHING},
    {"--continue-on-collection-errors", false, NOTHING},
    {"--doctest-continue-on-failure", false, NOTHING},
    {"--benchmark-disable", false, NOTHING},
    {"--no-cov", false, NOTHING},
    {"--cov-branch", false, NOTHING},
    {"--cov", false, NOTHING}, /* its value only after `=` */
    {"--maxfail", true, NOTHING},
    {"--tb", true, NOTHING},
    {"--color", true, NOTHING},
    {"--code-highlight", true, NOTHING},
    {"--capture", true, NOTHING},
    {"--show-capture", true, NOTHING},
    {"--durations", true, NOTHING},
    {"--durations-min", true, NOTHING},
    {"--verbosity", true, NOTHING},
    {"--basetemp", true, NOTHING},
    {"--junitxml", true, NOTHING},
    {"--junit-xml", true, NOTHING},
    {"--junit-prefix", true, NOTHING},
    {"--assert", true, NOTHING},
    {"--pythonwarnings", true, NOTHING},
    {"--doctest-report", true, NOTHING},
    {"--log-level", true, NOTHING},
    {"--log-format", true, NOTHING},
    {"--log-date-format", true, NOTHING},
    {"--log-cli-level", true, NOTHING},
    {"--log-file", true, NOTHING},
    {"--log-file-level", true, NOTHING},
    {"--numprocesses", true, NOTHING},
    {"--dist", true, NOTHING},
    {"--timeout", true, NOTHING},
    {"--cov-report", true, NOTHING},
    {"--cov-config", true, NOTHING},
    {"--cov-fail-under", true, NOTHING},
    {"--cov-context", true, NOTHING},
    {"--asyncio-mode", true, NOTHING},
    {"--hypothesis-profile", true, NOTHING},
    {"--benchmark-columns", true, NOTHING},
    {"--benchmark-group-by", true, NOTHING},
    {"--benchmark-warmup", true, NOTHING},
    {NULL, false, REFUSE},
};

static const char *const HARMLESS_PLUGINS[] = {
    "no:cacheprovider", "no:xdist",   "no:randomly", "no:cov",    "no:timeout",
    "no:sugar",         "no:logging", "no:warnings", "pytester", "no:terminal", NULL};

static bool is_long(const char *word) {
    return word[1] == '-';
}

static const struct option *find(const char *name, size_t size) {
    const struct option *option = OPTIONS;
    while (option->name && (strlen(option->name) != size || strncmp(option->name, name, size) != 0))
        option++;
    return option;
}

/* The option that `word` names; `*value` is what is joined to it, or NULL. */
static const struct option *option_of(const char *word, const char **value) {
    size_t size = is_long(word) ? strcspn(word, "=") : strlen(word);
    const struct option *option = find(word, size);
    *value = word[size] ? word + size + 1 : NULL;
    if (option->name || is_long(word))
        return option;
    option = find(word, 2);
    *value = word + 2;
    return option->takes_value ? option : &OPTIONS[sizeof OPTIONS / sizeof *OPTIONS - 1];
}

static void refuse(struct dx_options_read *read, const char *word) {
    if (!read->refusal)
        read->refusal = dx_text_of("option '%s' is not understood without Python", word);
}

static void set_plugin(struct dx_options_read *read, const char *name) {
    for (const char *const *known = HARMLESS_PLUGINS; *known; known++)
        if (strcmp(*known, name) == 0)
            return;
    refuse(read, dx_text_of("-p %s", name));
}

static void set_import_mode(struct dx_options_read *read, const char *mode) {
    read->imports_by_path = strcmp(mode, "importlib") == 0;
    if (!read->imports_by_path && strcmp(mode, "prepend") != 0 && strcmp(mode, "append") != 0)
        refuse(read, "--import-mode");
}

static void apply(struct dx_options_read *read, enum action action, const char *value) {
    switch (action) {
    case MARKS: read->marks = value; break;
    case KEYWORDS: read->keywords = value; break;
    case PLUGIN: set_plugin(read, value); break;
    case OVERRIDE: dx_texts_add(&read->overrides, value); break;
    case CONFIGURATION: read->configuration = value; break;
    case ROOT: read->root = value; break;
    case IGNORE: dx_texts_add(&read->ignored, value); break;
    case IGNORE_GLOB: dx_texts_add(&read->ignored_globs, value); break;
    case DESELECT: dx_texts_add(&read->deselected, value); break;
    case DOCTEST_GLOB: dx_texts_add(&read->doctest_globs, value); break;
    case BY_PACKAGE: read->by_package = true; break;
    case DOCTEST_MODULES: read->doctest_modules = true; break;
    case IN_ENVIRONMENTS: read->in_environments = true; break;
    case STRICT_MARKS: read->strict_marks = true; break;
    case IMPORT_MODE: set_import_mode(read, value); break;
    case NOTHING: break;
    case REFUSE: break;
    }
}

void dx_read_options(const struct dx_texts *words, struct dx_options_read *read) {
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->items[i], *value = NULL;
        if (word[0] != '-' || !word[1]) {
            dx_texts_add(&read->paths, word);
            continue;
        }
        const struct option *option = option_of(word, &value);
        if (option->takes_value && !value && i + 1 < words->count)
            value = words->items[++i];
        if (!option->name || (option->takes_value && !value))
            refuse(read, word);
        else
            apply(read, option->action, value);
    }
}

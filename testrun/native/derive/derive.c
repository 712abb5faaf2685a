#include "derive.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "collect.h"
#include "site.h"

enum { NOTHING_COLLECTED = 5 };

static double now(void) {
    struct timespec stamp;
    clock_gettime(CLOCK_MONOTONIC, &stamp);
    return (double)stamp.tv_sec + (double)stamp.tv_nsec / 1e9;
}

/* Entry points that neither collect, nor change ids, nor define parametrized fixtures, beyond
 * what is known of them. */
static const char *unknown_plugin(void) {
    static const char *const known[] = {
        "anyio", "asyncio", "pytest_cov", "xdist", "xdist.looponfail", "pytest_mock", "timeout",
        "hypothesispytest", "rerunfailures", "metadata", "html", "pytest_jsonreport", "env",
        "benchmark", "socket", "sugar", "typeguard", "pytest_json_ctrf", "json-ctrf", NULL};
    for (size_t i = 0; i < dx_site.plugins.count; i++) {
        bool found = false;
        for (const char *const *name = known; *name; name++)
            found |= strcmp(*name, dx_site.plugins.items[i]) == 0;
        if (!found)
            return dx_text_of("plug-in '%s' is not known", dx_site.plugins.items[i]);
    }
    return NULL;
}

static struct dx_collection derive(const char *interpreter, char *const *arguments,
                                   const char **refusal) {
    static struct dx_settings settings;
    static char folder[PATH_MAX];
    struct dx_collection collection = {0};
    if (!getcwd(folder, sizeof folder)) {
        *refusal = "there is no current folder";
        return collection;
    }
    dx_open_site(interpreter, folder);
    settings = dx_read_settings(folder, arguments);
    *refusal = dx_site.refusal ? dx_site.refusal : settings.refusal;
    *refusal = *refusal ? *refusal : unknown_plugin();
    if (!*refusal)
        collection = dx_collect(&settings);
    *refusal = *refusal ? *refusal : settings.refusal;
    return collection;
}

static void print_items(const struct dx_collection *collection) {
    for (size_t i = 0; i < collection->count; i++) {
        const struct dx_item_found *item = &collection->items[i];
        fputs(item->id, stdout);
        if (item->reason)
            printf(" [dynamic: %s]", item->reason);
        putchar('\n');
    }
}

int dx_derive_listing(const char *interpreter, char *const *arguments, double started) {
    const char *refusal;
    struct dx_collection collection = derive(interpreter, arguments, &refusal);
    if (refusal) {
        printf("* [dynamic: %s]\n\n0 tests and 1 dynamic group in %.2fs\n", refusal, now() - started);
        return 0;
    }
    print_items(&collection);
    printf("\n%zu test%s and %zu dynamic group%s", collection.exact, collection.exact == 1 ? "" : "s",
           collection.groups, collection.groups == 1 ? "" : "s");
    if (collection.deselected)
        printf(" (%zu deselected)", collection.deselected);
    printf(" in %.2fs\n", now() - started);
    return collection.count ? 0 : NOTHING_COLLECTED;
}

int dx_derive_ids(const char *interpreter, char *const *arguments, double started) {
    const char *refusal;
    struct dx_collection collection = derive(interpreter, arguments, &refusal);
    if (refusal || collection.groups)
        return DX_NOT_DERIVED;
    print_items(&collection);
    (void)started;
    return collection.count ? 0 : NOTHING_COLLECTED;
}

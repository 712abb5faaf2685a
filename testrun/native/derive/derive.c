#include "derive.h"

#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <unistd.h>

#include "collect.h"
#include "site.h"

enum { KEPT_BYTES = 1 << 28, PADDING = 1 << 18 };

static struct dx_collection collection;

/* A file's tree is released before the next is read: its pages are to be used again, rather
 * than given to the system and asked for anew. */
static void keep_pages(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_TOP_PAD, PADDING);
#endif
}

struct dx_derived dx_derive(const char *interpreter, char *const *arguments) {
    static struct dx_settings settings;
    static char folder[PATH_MAX];
    keep_pages();
    if (!getcwd(folder, sizeof folder))
        return (struct dx_derived){.refusal = "there is no current folder"};
    dx_open_site(interpreter, folder);
    settings = dx_read_settings(folder, arguments);
    const char *refusal = dx_site.refusal ? dx_site.refusal : settings.refusal;
    if (refusal)
        return (struct dx_derived){.refusal = refusal};
    collection = dx_collect(&settings);
    return (struct dx_derived){collection.exact, collection.groups, collection.deselected,
                               settings.refusal};
}

void dx_print_derived(void) {
    for (size_t i = 0; i < collection.count; i++) {
        const struct dx_item_found *item = &collection.items[i];
        fputs(item->id, stdout);
        if (item->reason)
            printf(" [dynamic: %s]", item->reason);
        putchar('\n');
    }
}

#include "derive.h"

#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect.h"
#include "site.h"

enum { KEPT_BYTES = 1 << 28, PADDING = 1 << 18, TREE_BYTES = 3 << 21, BLOCK_HEAD = 16 };

static struct dx_collection collection;

#ifdef __GLIBC__
/* The heap before its first large page; not used, so that trees begin there. */
static void *volatile skipped;
#endif

/* A file's tree is released before the next is read: its pages are to be used again, rather
 * than given to the system and asked for anew. */
static void keep_pages(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_TOP_PAD, PADDING);
    char *block = malloc(TREE_BYTES);
    if (!block)
        return;
    size_t before = (size_t)(dx_large_pages(block, TREE_BYTES) - block);
    free(block);
    skipped = before > BLOCK_HEAD ? malloc(before - BLOCK_HEAD) : NULL;
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

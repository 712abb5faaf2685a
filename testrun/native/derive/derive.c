#include "derive.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "collect.h"
#include "site.h"

static struct dx_collection collection;

struct dx_derived dx_derive(const char *interpreter, char *const *arguments) {
    static struct dx_settings settings;
    static char folder[PATH_MAX];
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

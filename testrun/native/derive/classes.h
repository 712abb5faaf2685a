/* Classes of test files: what they inherit, and whether pytest collects them. */
#ifndef DX_DERIVE_CLASSES_H
#define DX_DERIVE_CLASSES_H

#include "scope.h"

struct dx_lineage {
    struct dx_binding **classes; /* in method resolution order, those of libraries left out */
    size_t count;
    const char *unknown; /* what is not known of it; NULL if all is */
    bool unit_test;      /* a unittest.TestCase */
    bool has_constructor;
    bool may_be_abstract;
    bool is_builtin_kind; /* a string, number, enum or the like */
};

const struct dx_lineage *dx_lineage_of(struct dx_binding *binding);

/* The class attribute `name`; NULL if no class of the lineage binds it. */
struct dx_binding *dx_attribute_of(const struct dx_lineage *lineage, const char *name);

/* Whether a method is abstract, so that pytest collects nothing. */
bool dx_is_abstract(const struct dx_lineage *lineage);

/* Whether objects of the class are neither strings nor numbers and have no `__name__`. */
bool dx_has_plain_instances(struct dx_binding *binding);

#endif

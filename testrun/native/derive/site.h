/* The project's interpreter, as its folders tell: version, packages, plug-ins, modules. */
#ifndef DX_DERIVE_SITE_H
#define DX_DERIVE_SITE_H

#include <stdbool.h>

#include "texts.h"

struct dx_site {
    int minor;        /* of Python 3.<minor> */
    int pytest_major; /* 0: pytest is not installed */
    int pytest_minor;
    struct dx_texts path;    /* where modules are looked for, in order */
    struct dx_texts plugins; /* names of pytest's entry points, and where they lead */
    struct dx_texts plugin_modules;
    const char *library;     /* the standard library's folder */
    bool has_finders;        /* modules may come from elsewhere too */
    struct dx_texts mapped;  /* names that editable installations provide, each with its path */
    const char *refusal;     /* why nothing can be said; NULL if all is understood */
};

extern struct dx_site dx_site;

/* Fills dx_site for the interpreter at `python`, started in `folder`. */
void dx_open_site(const char *python, const char *folder);

/* Looked for before the interpreter's own folders, after those added later. */
void dx_add_module_folder(const char *folder);

/* The source file of the module "a.b"; NULL if it has none that is found. */
const char *dx_source_of_module(const char *dotted);

/* Whether the top-level module of "a.b" is there: 1, 0, or -1 where it is not known. */
int dx_module_exists(const char *dotted);

/* The folder or file that `--pyargs a.b` means; NULL if there is none. */
const char *dx_path_of_module(const char *dotted, const char *folder);

#endif

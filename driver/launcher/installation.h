/* Where this DX-Py is installed, found from the launcher's own path. */
#ifndef DX_INSTALLATION_H
#define DX_INSTALLATION_H

struct dx_installation {
    const char *executable; /* the launcher, links resolved */
    const char *home;       /* the folder of the dx_py package; NULL if not found */
    const char *python;     /* the interpreter that DX-Py was installed with; NULL if not found */
};

/* `name` is how the launcher was called. */
struct dx_installation dx_find_installation(const char *name);

/* The folder that goes on PYTHONPATH for a package folder `home`. */
char *dx_bootstrap_of(const char *home);

#endif

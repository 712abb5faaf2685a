#include "interpreter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "text.h"
#include "versions.h"

static const struct dx_interpreter NONE = {0};

static bool has_more_rights_than_its_caller(void) {
    return getuid() != geteuid() || getgid() != getegid();
}

const char *dx_setting(const char *name) {
    const char *value = has_more_rights_than_its_caller() ? NULL : getenv(name);
    return value && *value ? value : NULL;
}

static struct dx_interpreter of_program(const char *path) {
    return (struct dx_interpreter){.path = path};
}

static struct dx_interpreter of_environment(const char *folder) {
    const char *python = dx_python_in(folder);
    if (!python)
        return NONE;
    return (struct dx_interpreter){.path = python, .environment = folder};
}

static struct dx_interpreter active_environment(void) {
    const char *folder = dx_setting("VIRTUAL_ENV");
    if (!folder)
        return NONE;
    struct dx_interpreter found = of_environment(folder);
    if (!found.path)
        found.problem = dx_format("no interpreter in '%s' (VIRTUAL_ENV)", folder);
    return found;
}

/* Shells activate conda's base environment by default: it says less than a project's own. */
static struct dx_interpreter conda_environment(bool base) {
    const char *folder = dx_setting("CONDA_PREFIX"), *name = dx_setting("CONDA_DEFAULT_ENV");
    bool is_base = name && (strcmp(name, "base") == 0 || strcmp(name, "root") == 0);
    return folder && is_base == base ? of_environment(folder) : NONE;
}

/* A .venv that someone else put above the current folder is not run. The owner of the current
 * folder is trusted too: a container often runs as another user than the owner of its mounts. */
static bool is_trusted(const char *folder, const struct stat *current) {
    struct stat status;
    if (stat(folder, &status) != 0)
        return false;
    uid_t owner = status.st_uid;
    return owner == getuid() || owner == 0 || owner == current->st_uid;
}

static struct dx_interpreter project_environment(void) {
    struct stat current;
    char *folder = has_more_rights_than_its_caller() ? NULL : getcwd(NULL, 0);
    if (!folder || *folder != '/' || stat(folder, &current) != 0)
        return NONE;
    for (;; folder = dx_folder(folder)) {
        const char *environment = dx_join(folder, ".venv");
        struct dx_interpreter found = of_environment(environment);
        if (found.path && is_trusted(environment, &current))
            return found;
        if (strcmp(folder, "/") == 0)
            return NONE;
    }
}

static struct dx_interpreter on_path(const char *name) {
    const char *search = dx_setting("PATH");
    return of_program(search ? dx_find_program(name, search) : NULL);
}

static struct dx_interpreter of_version(const char *version) {
    struct dx_interpreter near[] = {active_environment(), conda_environment(false),
                                    project_environment(), conda_environment(true)};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        if (near[i].path && dx_environment_has_version(near[i].environment, version))
            return near[i];
    return of_program(dx_find_version(version));
}

static struct dx_interpreter requested(const char *request) {
    struct dx_interpreter found = NONE;
    if (strchr(request, '/') || strcmp(request, ".") == 0)
        found = dx_is_folder(request) ? of_environment(request)
                                      : of_program(dx_is_program(request) ? request : NULL);
    else if (dx_is_version(request))
        found = of_version(request);
    else
        found = on_path(request);
    if (!found.path)
        found.problem = dx_format("no interpreter '%s' (give a path, an environment's folder, or one of these"
                                  " versions: %s)",
                                  request, dx_known_versions());
    return found;
}

static struct dx_interpreter installed_with(const struct dx_installation *installation) {
    if (!installation->python)
        return NONE;
    const char *prefix = dx_folder(dx_folder(installation->python));
    bool virtual = dx_is_file(dx_join(prefix, "pyvenv.cfg"));
    return (struct dx_interpreter){.path = installation->python,
                                   .environment = virtual ? prefix : NULL};
}

/* A link called `python` to the launcher would start the launcher again, for ever. */
static bool usable(const struct dx_interpreter *found, const struct dx_installation *installation) {
    return found->path && !dx_same_file(found->path, installation->executable);
}

struct dx_interpreter dx_find_interpreter(const char *request,
                                          const struct dx_installation *installation) {
    if (request)
        return requested(request);
    const char *problem = NULL;
    enum { ACTIVE, CONDA, PROJECT, CONDA_BASE, OWN, NEWEST, PYTHON3, PYTHON, PLACES };
    for (int place = ACTIVE; place < PLACES; place++) {
        struct dx_interpreter found = place == ACTIVE       ? active_environment()
                                      : place == CONDA      ? conda_environment(false)
                                      : place == PROJECT    ? project_environment()
                                      : place == CONDA_BASE ? conda_environment(true)
                                      : place == OWN        ? installed_with(installation)
                                      : place == NEWEST     ? of_program(dx_find_version("3.12"))
                                      : place == PYTHON3    ? on_path("python3")
                                                            : on_path("python");
        problem = problem ? problem : found.problem;
        if (usable(&found, installation)) {
            found.problem = problem ? dx_format("%s; using '%s'", problem, found.path) : NULL;
            return found;
        }
    }
    return (struct dx_interpreter){.problem = "no python found in any environment or on PATH"};
}

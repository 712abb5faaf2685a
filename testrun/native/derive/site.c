#include "site.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"

struct dx_site dx_site;

/* Modules of the standard library without a source file. */
static const char *const COMPILED[] = {
    "sys",       "builtins", "time",   "itertools", "math",   "array",   "zlib",    "select",
    "binascii",  "errno",    "gc",     "marshal",   "posix",  "pwd",     "atexit",  "cmath",
    "fcntl",     "grp",      "mmap",   "resource",  "syslog", "termios", "pyexpat", "unicodedata",
    "faulthandler", "readline", "spwd", "audioop", "ossaudiodev", "xxlimited", "nis", NULL};

/* The value of `key = value` in pyvenv.cfg; NULL without one. */
static const char *environment_setting(const char *text, const char *key) {
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += strspn(line, "\n ");
        size_t size = strlen(key);
        if (strncmp(line, key, size) == 0 && strspn(line + size, " =")) {
            const char *value = line + size + strspn(line + size, " =");
            return dx_copy_text(value, strcspn(value, "\r\n"));
        }
    }
    return NULL;
}

static int minor_in(const char *text) {
    const char *dot = text ? strstr(text, "3.") : NULL;
    return dot ? atoi(dot + 2) : 0;
}

/* Lines of .pth files that run code without adding modules, by the file's beginning. */
static bool is_harmless(const char *name) {
    static const char *const beginnings[] = {"distutils-precedence", "_virtualenv", "a1_coverage",
                                             "coverage", "pytest-cov", NULL};
    for (const char *const *beginning = beginnings; *beginning; beginning++)
        if (dx_begins(name, *beginning))
            return true;
    return false;
}

/* setuptools' finder of an editable installation: `MAPPING: dict[str, str] = {'a': '/b'}`. */
static bool read_finder(const char *folder, const char *line) {
    size_t size;
    const char *module = line + 7, *end;
    const char *file = dx_text_of("%.*s.py", (int)strcspn(module, ";, "), module);
    const char *text = dx_file_content(dx_path_of(folder, file), &size);
    const char *at = dx_begins(module, "__editable__") && text ? strstr(text, "\nMAPPING") : NULL;
    at = at ? strstr(at, "= {") : NULL;
    if (!at)
        return false;
    for (at += 3; *at == '\'';) {
        end = strchr(at + 1, '\'');
        if (!end)
            return false;
        dx_texts_add(&dx_site.mapped, dx_copy_text(at + 1, (size_t)(end - at) - 1));
        at = end + 1 + strspn(end + 1, ": ");
        end = *at == '\'' ? strchr(at + 1, '\'') : NULL;
        if (!end)
            return false;
        dx_texts_add(&dx_site.mapped, dx_copy_text(at + 1, (size_t)(end - at) - 1));
        at = end + 1;
        at += strspn(at, ", ");
        if (*at != '\'')
            break;
    }
    return *at == '}';
}

static void add_path_file(const char *folder, const char *name) {
    size_t size;
    char *text = dx_file_content(dx_path_of(folder, name), &size);
    for (char *line = text ? strtok(text, "\r\n") : NULL; line; line = strtok(NULL, "\r\n")) {
        if (dx_begins(line, "import ") || dx_begins(line, "import\t"))
            dx_site.has_finders |= !is_harmless(name) && !read_finder(folder, line);
        else if (*line != '#' && dx_path_is_folder(*line == '/' ? line : dx_path_of(folder, line)))
            dx_texts_add(&dx_site.path, *line == '/' ? line : dx_path_of(folder, line));
    }
}

/* `name = module:attribute` */
static void add_plugin(const char *line) {
    const char *module = strchr(line, '=') + 1;
    module += strspn(module, " ");
    dx_texts_add(&dx_site.plugins, dx_copy_text(line, strcspn(line, " =")));
    dx_texts_add(&dx_site.plugin_modules, dx_copy_text(module, strcspn(module, ": ")));
}

/* Those under [pytest11] of an entry point file. */
static void add_plugins(const char *path) {
    size_t size;
    char *text = dx_file_content(path, &size);
    bool inside = false;
    for (char *line = text ? strtok(text, "\r\n") : NULL; line; line = strtok(NULL, "\r\n")) {
        if (*line == '[')
            inside = strcmp(line, "[pytest11]") == 0;
        else if (inside && strchr(line, '='))
            add_plugin(line);
    }
}

static void read_distribution(const char *folder, const char *name) {
    if (dx_begins(name, "pytest-") && dx_finishes(name, ".dist-info"))
        sscanf(name, "pytest-%d.%d", &dx_site.pytest_major, &dx_site.pytest_minor);
    add_plugins(dx_path_of(dx_path_of(folder, name), "entry_points.txt"));
}

/* `installed`: whether its .pth files count. */
static void read_packages(const char *folder, bool installed) {
    DIR *listing = opendir(folder);
    struct dirent *entry;
    while (listing && (entry = readdir(listing))) {
        const char *name = dx_copy_text(entry->d_name, strlen(entry->d_name));
        if (dx_finishes(name, ".dist-info") || dx_finishes(name, ".egg-info"))
            read_distribution(folder, name);
        else if (installed && dx_finishes(name, ".pth"))
            add_path_file(folder, name);
    }
    if (listing)
        closedir(listing);
}

/* The folder above bin/ of the interpreter that made the environment, or of itself. */
static const char *base_prefix(const char *prefix, const char *python) {
    size_t size;
    const char *text = dx_file_content(dx_path_of(prefix, "pyvenv.cfg"), &size);
    if (text) {
        const char *home = environment_setting(text, "home");
        const char *version = environment_setting(text, "version");
        const char *shared = environment_setting(text, "include-system-site-packages");
        dx_site.minor = minor_in(version ? version : environment_setting(text, "version_info"));
        if (shared && strcmp(shared, "true") == 0)
            dx_site.refusal = "the environment sees the system's packages";
        return home ? dx_path_parent(home) : NULL;
    }
    char *real = realpath(python, NULL);
    const char *copy = real ? dx_copy_text(real, strlen(real)) : python;
    free(real);
    dx_site.minor = minor_in(strrchr(copy, '/'));
    return dx_path_parent(dx_path_parent(copy));
}

static void add_listed(const char *list, const char *folder) {
    char *text = dx_copy_text(list, strlen(list));
    for (char *part = strtok(text, ":"); part; part = strtok(NULL, ":")) {
        const char *path = *part == '/' ? part : dx_path_of(folder, part);
        dx_texts_add(&dx_site.path, path);
        read_packages(path, false);
    }
}

static void check_site(void) {
    const char *plugins = getenv("PYTEST_PLUGINS");
    const char *unloaded = getenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD");
    if (plugins && *plugins)
        dx_site.refusal = "PYTEST_PLUGINS is set";
    if (unloaded && *unloaded)
        dx_site.plugins.count = dx_site.plugin_modules.count = 0;
    if (dx_site.pytest_major != 8 && dx_site.pytest_major != 9)
        dx_site.refusal = "pytest 8 or 9 is not installed for this interpreter";
}

void dx_open_site(const char *python, const char *folder) {
    const char *prefix = dx_path_parent(dx_path_parent(python)), *extra = getenv("PYTHONPATH");
    const char *base = base_prefix(prefix, python);
    if (!base || dx_site.minor < 9) {
        dx_site.refusal = "the interpreter's version is not known without Python";
        return;
    }
    const char *library = dx_text_of("lib/python3.%d", dx_site.minor);
    const char *packages = dx_path_of(dx_path_of(prefix, library), "site-packages");
    dx_site.library = dx_path_of(base, library);
    if (!dx_path_is_folder(packages) || !dx_path_is_file(dx_path_of(dx_site.library, "os.py")))
        dx_site.refusal = "the interpreter's folders are not where they are expected";
    dx_texts_add(&dx_site.path, folder);
    read_packages(folder, false);
    if (extra)
        add_listed(extra, folder);
    dx_texts_add(&dx_site.path, dx_site.library);
    dx_texts_add(&dx_site.path, packages);
    read_packages(packages, true);
    check_site();
}

static struct dx_texts added;

void dx_add_module_folder(const char *folder) {
    if (!dx_texts_have(&added, folder))
        dx_texts_add(&added, folder);
}

/* The names in a folder, read once. */
struct listing {
    const char *folder;
    const char **slots; /* interned names */
    size_t capacity;
};

enum { SHIFT = 3 };

static const char **listed_slot(const struct listing *listing, const char *name) {
    size_t place = ((size_t)name >> SHIFT) * 2654435761u & (listing->capacity - 1);
    while (listing->slots[place] && listing->slots[place] != name)
        place = (place + 1) & (listing->capacity - 1);
    return &listing->slots[place];
}

static struct listing *read_listing(const char *path) {
    struct listing *listing = dx_new(sizeof *listing);
    struct dx_texts names = {0};
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        dx_texts_add(&names, dx_name_of(entry->d_name, strlen(entry->d_name)));
    if (folder)
        closedir(folder);
    listing->folder = path;
    for (listing->capacity = 8; listing->capacity < 2 * names.count;)
        listing->capacity *= 2;
    listing->slots = dx_new(listing->capacity * sizeof *listing->slots);
    for (size_t i = 0; i < names.count; i++)
        *listed_slot(listing, names.items[i]) = names.items[i];
    return listing;
}

static bool lists(const char *path, const char *name, size_t size) {
    static struct listing **listings;
    static size_t count;
    size_t i = 0;
    while (i < count && strcmp(listings[i]->folder, path) != 0)
        i++;
    if (i == count) {
        listings = dx_grown(listings, count, sizeof(struct listing *));
        listings[count++] = read_listing(path);
    }
    return *listed_slot(listings[i], dx_name_of(name, size)) != NULL;
}

static const char *source_in(const char *folder, const char *relative) {
    size_t top = strcspn(relative, "/");
    bool is_package = lists(folder, relative, top);
    const char *name = relative[top] ? NULL : dx_text_of("%s.py", relative);
    bool is_module = name && lists(folder, name, strlen(name));
    if (!is_package && !is_module)
        return NULL;
    const char *file = dx_text_of("%s/%s.py", folder, relative);
    const char *package = dx_text_of("%s/%s/__init__.py", folder, relative);
    return dx_path_is_file(package) ? package : dx_path_is_file(file) ? file : NULL;
}

static const char *find_source(const struct dx_texts *folders, const char *relative) {
    for (size_t i = 0; i < folders->count; i++) {
        const char *found = source_in(folders->items[i], relative);
        if (found)
            return found;
    }
    return NULL;
}

/* What follows the module `name` in `relative`, which has slashes for its dots; NULL if it is
 * another module. */
static const char *after_name(const char *relative, const char *name) {
    while (*name && (*relative == *name || (*relative == '/' && *name == '.'))) {
        relative++;
        name++;
    }
    return !*name && (!*relative || *relative == '/') ? relative : NULL;
}

/* Below a folder that an editable installation maps a name to. */
static const char *find_mapped(const char *relative) {
    for (size_t i = 0; i < dx_site.mapped.count; i += 2) {
        const char *path = dx_site.mapped.items[i + 1], *rest;
        const char *package = dx_path_of(path, "__init__.py");
        if (!(rest = after_name(relative, dx_site.mapped.items[i])))
            continue;
        return *rest ? source_in(path, rest + 1) : dx_path_is_file(package) ? package : NULL;
    }
    return NULL;
}

const char *dx_source_of_module(const char *dotted) {
    char *relative = dx_copy_text(dotted, strlen(dotted));
    for (char *at = relative; *at; at++)
        if (*at == '.')
            *at = '/';
    const char *found = find_source(&added, relative);
    found = found ? found : find_source(&dx_site.path, relative);
    return found ? found : find_mapped(relative);
}

/* Whether `folder` holds a module, of any kind, called `name`. */
static bool holds(const char *folder, const char *name) {
    const char *const suffixes[] = {
        "", ".py", ".so", ".abi3.so",
        dx_text_of(".cpython-3%d-x86_64-linux-gnu.so", dx_site.minor),
        dx_text_of(".cpython-3%d-aarch64-linux-gnu.so", dx_site.minor),
        dx_text_of(".cpython-3%d-darwin.so", dx_site.minor), NULL};
    for (const char *const *suffix = suffixes; *suffix; suffix++) {
        const char *file = dx_text_of("%s%s", name, *suffix);
        if (lists(folder, file, strlen(file)))
            return true;
    }
    return false;
}

static bool look_for(const char *name) {
    for (const char *const *known = COMPILED; *known; known++)
        if (strcmp(*known, name) == 0)
            return true;
    for (size_t i = 0; i < dx_site.mapped.count; i += 2)
        if (strncmp(dx_site.mapped.items[i], name, strlen(name)) == 0 &&
            strchr(".", dx_site.mapped.items[i][strlen(name)]))
            return true;
    for (size_t i = 0; i < added.count; i++)
        if (holds(added.items[i], name))
            return true;
    for (size_t i = 0; i < dx_site.path.count; i++)
        if (holds(dx_site.path.items[i], name))
            return true;
    return holds(dx_path_of(dx_site.library, "lib-dynload"), name);
}

int dx_module_exists(const char *dotted) {
    static struct dx_texts present, missing;
    const char *name = dx_copy_text(dotted, strcspn(dotted, "."));
    int otherwise = dx_site.has_finders ? -1 : 0;
    if (*name == '_' || dx_texts_have(&present, name))
        return 1;
    if (dx_texts_have(&missing, name))
        return otherwise;
    bool found = look_for(name);
    dx_texts_add(found ? &present : &missing, name);
    return found ? 1 : otherwise;
}

const char *dx_path_of_module(const char *dotted, const char *folder) {
    (void)folder;
    const char *source = dx_source_of_module(dotted);
    if (!source)
        return NULL;
    return dx_finishes(source, "/__init__.py") ? dx_path_parent(source) : source;
}

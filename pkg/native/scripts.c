#include "scripts.h"

#include <ctype.h>
#include <string.h>

/* The kernel reads so many bytes of a first line (older Linux: 128, with "#!" and newline). */
enum { SHEBANG_LIMIT = 127 };

static const char BODY[] = "import sys\n"
                           "from %s import %s\n"
                           "if __name__ == \"__main__\":\n"
                           "    sys.argv[0] = sys.argv[0].removesuffix(\".exe\")\n"
                           "    sys.exit(%s())\n";

static struct dx_pkg_bytes shebang(struct dx_pkg *pkg, const char *python) {
    struct dx_pkg_bytes line = {0};
    if (strlen(python) + 3 <= SHEBANG_LIMIT && !strchr(python, ' ')) {
        dx_pkg_add_text(pkg, &line, dx_pkg_format(pkg, "#!%s\n", python));
        return line;
    }
    /* For /bin/sh line two is exec; for Python it is a string that nobody reads. */
    dx_pkg_add_text(pkg, &line, "#!/bin/sh\n'''exec' '");
    for (; *python; python++) {
        if (*python == '\'')
            dx_pkg_add_text(pkg, &line, "'\"'\"'");
        else
            dx_pkg_add(pkg, &line, python, 1);
    }
    dx_pkg_add_text(pkg, &line, "' \"$0\" \"$@\"\n' '''\n");
    return line;
}

static const char *stripped(struct dx_pkg *pkg, const char *text, size_t size) {
    while (size && isspace((unsigned char)text[size - 1]))
        size--;
    while (size && isspace((unsigned char)*text)) {
        text++;
        size--;
    }
    return dx_pkg_copy(pkg, text, size);
}

struct dx_pkg_bytes dx_pkg_entry_point(struct dx_pkg *pkg, const char *target,
                                       const char *python) {
    struct dx_pkg_bytes script = shebang(pkg, python);
    size_t size = strcspn(target, ":");
    const char *after = target + size + (target[size] == ':');
    const char *module = stripped(pkg, target, size), *call = stripped(pkg, after, strlen(after));
    const char *first = dx_pkg_copy(pkg, call, strcspn(call, "."));
    dx_pkg_add_text(pkg, &script, dx_pkg_format(pkg, BODY, module, first, call));
    return script;
}

struct dx_pkg_bytes dx_pkg_rewrite_script(struct dx_pkg *pkg, struct dx_pkg_bytes script,
                                          const char *python) {
    struct dx_pkg_bytes rewritten = shebang(pkg, python);
    const char *end = memchr(script.data, '\n', script.size);
    if (end)
        dx_pkg_add(pkg, &rewritten, end + 1, (size_t)(script.data + script.size - end - 1));
    return rewritten;
}

/* libFuzzer target: an input is a command line, its arguments separated by line feeds.
 *
 * Whatever is given, dx_parse_arguments either rejects it with a message or keeps every argument it was
 * given that is not one of its own options, in order. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "command_line.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

/* Whether the parsed arguments are some of the given ones, in order. `help` and `run`, or the word
 * that -m or an option stands for, may come first. */
static bool is_subsequence(const struct dx_list *parsed, const struct dx_list *given) {
    size_t next = parsed->count && strcmp(parsed->items[0], "help") == 0 ? parsed->count : 0;
    for (size_t i = 0; i < given->count && next < parsed->count; i++)
        next += parsed->items[next] == given->items[i];
    return next == parsed->count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = dx_slice((const char *)data, size);
    struct dx_list given = dx_split(text, '\n');
    struct dx_command_line line = dx_parse_arguments(given.items);
    require((line.request == DX_MISTAKE) == (line.mistake != NULL));
    if (line.request == DX_RUN_INTERPRETER || line.request == DX_RUN_TARGET)
        require(is_subsequence(&line.arguments, &given));
    if (line.request == DX_RUN_COMMAND || line.request == DX_RUN_TARGET)
        require(line.arguments.count > 0);
    free(text);
    return 0;
}

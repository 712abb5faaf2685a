/* libFuzzer target: any bytes, in any mode and version, are parsed, written and read back.
 *
 * The first two bytes choose the options, so that the corpus explores them too.
 */
#include <stdlib.h>
#include <string.h>

#include "frontend.h"
#include "unpacker.h"

static int look_up(void *context, const char *name, size_t size, char *text)
{
    (void)context;
    if (size == 0 || name[0] == 'X')
        return 0;
    memcpy(text, "\xE2\x80\xA2", 3);
    return 3;
}

static void write_and_read(const dx_ast *tree)
{
    dx_error error;
    size_t size;
    uint8_t *body = dx_ast_write(tree, &size, &error);
    if (!body)
        return;
    dx_unpacker unpacker = {body, body + size};
    if (!dx_unpack_skip(&unpacker) || unpacker.at != unpacker.end)
        abort();
    dx_free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    dx_options options = dx_default_options();
    options.mode = data[0] & 3;
    options.type_comments = data[0] >> 2 & 1;
    options.allow_incomplete = data[0] >> 3 & 1;
    options.barry_as_bdfl = data[0] >> 4 & 1;
    options.name_lookup = data[0] >> 5 & 1 ? look_up : NULL;
    options.minor_version = data[1] & 15;
    const char *name;
    dx_find_encoding((const char *)data + 2, size - 2, &name);
    dx_error error;
    dx_ast *tree = dx_parse((const char *)data + 2, size - 2, &options, &error);
    if (tree)
        write_and_read(tree);
    dx_ast_free(tree);
    dx_unpacker unpacker = {data, data + size};
    dx_unpack_skip(&unpacker);
    return 0;
}

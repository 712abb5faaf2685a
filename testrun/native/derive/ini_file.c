/* The format of pytest.ini, tox.ini, setup.cfg: sections, `name = value` or `name: value`,
 * indented lines that go on with a value. */
#include "ini_file.h"

#include <ctype.h>
#include <string.h>

const struct dx_entry *dx_entry_of(const struct dx_document *document, const char *key) {
    for (size_t i = 0; i < document->count; i++)
        if (strcmp(document->entries[i].key, key) == 0)
            return &document->entries[i];
    return NULL;
}

bool dx_has_section(const struct dx_document *document, const char *prefix) {
    for (size_t i = 0; i < document->count; i++)
        if (dx_begins(document->entries[i].key, prefix))
            return true;
    return false;
}

struct dx_entry *dx_add_entry(struct dx_document *document, const char *key) {
    document->entries =
        dx_grown(document->entries, document->count, sizeof *document->entries);
    struct dx_entry *entry = &document->entries[document->count++];
    *entry = (struct dx_entry){.key = key, .value = ""};
    return entry;
}

static char *stripped(char *text) {
    while (isspace((unsigned char)*text))
        text++;
    size_t size = strlen(text);
    while (size && isspace((unsigned char)text[size - 1]))
        text[--size] = 0;
    return text;
}

static bool parse_section(char *line, const char **section, struct dx_document *document) {
    line[strcspn(line, "#;")] = 0;
    line = stripped(line);
    size_t size = strlen(line);
    if (line[size - 1] != ']')
        return false;
    *section = dx_copy_text(line + 1, size - 2);
    dx_add_entry(document, dx_text_of("%s.", *section));
    return true;
}

static bool parse_assignment(char *line, const char *section, struct dx_document *document) {
    size_t colon = strcspn(line, ":"), equals = strcspn(line, "=");
    size_t place = line[equals] && equals < colon ? equals : colon;
    if (!line[place] || !section)
        return false;
    line[place] = 0;
    const char *value = stripped(line + place + 1);
    dx_add_entry(document, dx_text_of("%s.%s", section, stripped(line)))->value = value;
    return true;
}

static bool parse_line(char *line, const char **section, struct dx_document *document) {
    bool indented = isspace((unsigned char)*line);
    char *text = stripped(line);
    if (!*text || *text == '#' || *text == ';')
        return true;
    if (indented) {
        if (!document->count)
            return false;
        struct dx_entry *entry = &document->entries[document->count - 1];
        entry->value = dx_text_of("%s\n%s", entry->value, text);
        return true;
    }
    if (*text == '[')
        return parse_section(text, section, document);
    return parse_assignment(text, *section, document);
}

bool dx_parse_ini(char *text, struct dx_document *document) {
    const char *section = NULL;
    while (text) {
        char *next = strchr(text, '\n');
        if (next)
            *next++ = 0;
        if (!parse_line(text, &section, document))
            return false;
        text = next;
    }
    return true;
}

/* Where a word ends; its text, without quotes and escapes, goes to `word`. */
static const char *read_word(const char *at, struct dx_buffer *word) {
    char quote = 0;
    for (; *at && (quote || !isspace((unsigned char)*at)); at++) {
        if (quote != '\'' && *at == '\\' && at[1])
            dx_put(word, ++at, 1);
        else if (quote ? *at == quote : *at == '\'' || *at == '"')
            quote = quote ? 0 : *at;
        else
            dx_put(word, at, 1);
    }
    return at;
}

struct dx_texts dx_split_words(const char *text) {
    struct dx_texts words = {0};
    for (;;) {
        struct dx_buffer word = {0};
        while (isspace((unsigned char)*text))
            text++;
        if (!*text)
            return words;
        dx_put(&word, "", 0);
        text = read_word(text, &word);
        dx_texts_add(&words, word.data);
    }
}

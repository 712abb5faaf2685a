/* As much of TOML as tells one value from the next: strings of all kinds, arrays, inline tables,
 * and bare words for everything else. */
#include <ctype.h>
#include <string.h>

#include "ini_file.h"

struct reader {
    const char *at;
    struct dx_document *document;
    int depth;
};

enum { MOST_NESTING = 64 };

static bool parse_value(struct reader *reader, struct dx_entry *entry);

static void skip_blank(struct reader *reader, bool lines) {
    for (;;) {
        while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r' ||
               (lines && *reader->at == '\n'))
            reader->at++;
        if (*reader->at != '#')
            return;
        reader->at += strcspn(reader->at, "\n");
    }
}

static void put_code_point(struct dx_buffer *text, unsigned code) {
    char bytes[4];
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)(heads[size] | code);
    dx_put(text, bytes, size);
}

static bool put_code(struct reader *reader, struct dx_buffer *text, int digits) {
    unsigned code = 0;
    for (int i = 0; i < digits; i++) {
        char digit = *reader->at++;
        if (!isxdigit((unsigned char)digit))
            return false;
        code = code * 16 + (unsigned)(isdigit((unsigned char)digit) ? digit - '0' : (digit | 32) - 'a' + 10);
    }
    put_code_point(text, code);
    return true;
}

/* After a backslash. */
static bool parse_escape(struct reader *reader, struct dx_buffer *text) {
    static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\033\"\\";
    char letter = *reader->at++;
    const char *found = letter ? strchr(from, letter) : NULL;
    if (found) {
        dx_put(text, &to[found - from], 1);
        return true;
    }
    if (letter == 'u' || letter == 'U')
        return put_code(reader, text, letter == 'u' ? 4 : 8);
    if (letter != '\n' && letter != ' ' && letter != '\t')
        return false;
    while (isspace((unsigned char)*reader->at))
        reader->at++;
    return true;
}

static bool ends_here(const struct reader *reader, char quote, bool many) {
    if (*reader->at != quote)
        return false;
    return !many || (reader->at[1] == quote && reader->at[2] == quote && reader->at[3] != quote);
}

static const char *parse_string(struct reader *reader) {
    struct dx_buffer text = {0};
    char quote = *reader->at;
    bool many = reader->at[1] == quote && reader->at[2] == quote;
    reader->at += many ? 3 : 1;
    if (many && *reader->at == '\n')
        reader->at++;
    dx_put(&text, "", 0);
    while (!ends_here(reader, quote, many)) {
        if (!*reader->at || (!many && *reader->at == '\n'))
            return NULL;
        if (quote == '"' && *reader->at == '\\') {
            reader->at++;
            if (!parse_escape(reader, &text))
                return NULL;
        } else {
            dx_put(&text, reader->at++, 1);
        }
    }
    reader->at += many ? 3 : 1;
    return text.data;
}

static bool parse_array(struct reader *reader, struct dx_entry *entry) {
    entry->is_list = true;
    reader->at++;
    for (;;) {
        struct dx_entry item = {.value = ""};
        skip_blank(reader, true);
        if (*reader->at == ']') {
            reader->at++;
            return true;
        }
        if (!parse_value(reader, &item))
            return false;
        entry->is_odd |= item.is_odd || item.is_list;
        dx_texts_add(&entry->list, item.value);
        skip_blank(reader, true);
        if (*reader->at == ',')
            reader->at++;
        else if (*reader->at != ']')
            return false;
    }
}

/* Keys with dots, quoted or bare, joined by dots; NULL where there is none. */
static const char *parse_key(struct reader *reader) {
    struct dx_buffer key = {0};
    for (;;) {
        size_t size = 0;
        skip_blank(reader, false);
        if (*reader->at == '"' || *reader->at == '\'') {
            const char *part = parse_string(reader);
            if (!part)
                return NULL;
            dx_put_text(&key, part);
        } else {
            while (isalnum((unsigned char)reader->at[size]) || (reader->at[size] && strchr("_-", reader->at[size])))
                size++;
            if (!size)
                return NULL;
            dx_put(&key, reader->at, size);
            reader->at += size;
        }
        skip_blank(reader, false);
        if (*reader->at != '.')
            return key.data;
        reader->at++;
        dx_put_text(&key, ".");
    }
}

/* `key = value`, recorded below `table`. */
static bool parse_pair(struct reader *reader, const char *table) {
    const char *key = parse_key(reader);
    struct dx_entry entry = {.value = ""};
    if (!key || *reader->at != '=')
        return false;
    reader->at++;
    skip_blank(reader, false);
    entry.key = *table ? dx_text_of("%s.%s", table, key) : key;
    if (!parse_value(reader, &entry))
        return false;
    *dx_add_entry(reader->document, entry.key) = entry;
    return true;
}

static bool parse_inline_table(struct reader *reader, struct dx_entry *entry) {
    entry->is_odd = true;
    reader->at++;
    for (;;) {
        skip_blank(reader, true);
        if (*reader->at == '}') {
            reader->at++;
            return true;
        }
        if (!parse_pair(reader, entry->key ? entry->key : "\001"))
            return false;
        skip_blank(reader, true);
        if (*reader->at == ',')
            reader->at++;
        else if (*reader->at != '}')
            return false;
    }
}

static bool parse_value(struct reader *reader, struct dx_entry *entry) {
    bool done = true;
    if (++reader->depth > MOST_NESTING)
        return false;
    if (*reader->at == '"' || *reader->at == '\'') {
        entry->value = parse_string(reader);
        done = entry->value != NULL;
    } else if (*reader->at == '[') {
        done = parse_array(reader, entry);
    } else if (*reader->at == '{') {
        done = parse_inline_table(reader, entry);
    } else {
        size_t size = strcspn(reader->at, ",]}#\n\r");
        entry->value = dx_copy_text(reader->at, size);
        reader->at += size;
        while (size && isspace((unsigned char)entry->value[size - 1]))
            ((char *)entry->value)[--size] = 0;
        done = size > 0;
    }
    reader->depth--;
    return done;
}

static bool parse_header(struct reader *reader, const char **table) {
    bool many = reader->at[1] == '[';
    reader->at += many ? 2 : 1;
    *table = parse_key(reader);
    if (!*table || *reader->at != ']')
        return false;
    reader->at += many ? 2 : 1;
    dx_add_entry(reader->document, dx_text_of("%s.", *table));
    return true;
}

bool dx_parse_toml(const char *text, struct dx_document *document) {
    struct reader reader = {dx_begins(text, "\xEF\xBB\xBF") ? text + 3 : text, document, 0};
    const char *table = "";
    for (;;) {
        skip_blank(&reader, true);
        if (!*reader.at)
            return true;
        if (!(*reader.at == '[' ? parse_header(&reader, &table) : parse_pair(&reader, table)))
            return false;
        skip_blank(&reader, false);
        if (*reader.at && *reader.at != '\n')
            return false;
    }
}

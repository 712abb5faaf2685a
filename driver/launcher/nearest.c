#include "nearest.h"

#include <string.h>

enum { LONGEST = 32 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Levenshtein distance by rows; both words are at most LONGEST long. */
static size_t distance(const char *one, const char *other) {
    size_t row[LONGEST + 1], width = strlen(other);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; one[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t replaced = diagonal + (one[i - 1] != other[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[width];
}

const char *dx_nearest(const char *word, const char *const *choices) {
    const char *best = NULL;
    size_t best_distance = LONGEST;
    if (strlen(word) > LONGEST)
        return NULL;
    for (; *choices; choices++) {
        size_t length = strlen(*choices);
        if (length > LONGEST)
            continue;
        size_t edits = distance(word, *choices);
        if (edits <= (length + 2) / 3 && edits < best_distance) {
            best = *choices;
            best_distance = edits;
        }
    }
    return best;
}

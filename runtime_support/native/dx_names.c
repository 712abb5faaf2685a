/* Keys of dicts that native code takes for constant: names of globals and builtins.
 *
 * One watcher for all of DX-Py, since an interpreter has eight. It sees every store to a watched
 * dict, most of which are of other keys: a hash table tells them apart. A row is in two lists,
 * that of its bucket and that of its unit. */
#include "dx_core.h"

typedef struct {
    PyObject *dict; /* strong: a dict may be freed while its watch stands. NULL: a free row */
    PyObject *key;  /* strong */
    dx_unit *unit;
    uint32_t next_in_bucket, next_of_unit; /* numbers of rows from 1; 0 ends a list */
} watch;

#define DX_BUCKETS 4096

static int dict_watcher = -1;
static watch *watches;
static size_t watch_count, watch_room;
static uint32_t buckets[DX_BUCKETS];
static uint32_t free_rows; /* linked by next_of_unit */

static uint32_t *bucket_of(PyObject *dict, PyObject *key)
{
    uintptr_t mixed = ((uintptr_t)dict >> 4) * 31 + ((uintptr_t)key >> 4);

    return &buckets[(mixed ^ mixed >> 12) % DX_BUCKETS];
}

/* The dict was emptied, filled from another one, or is freed. */
static void whole_dict_changed(PyObject *dict)
{
    for (size_t i = 0; i < watch_count; i++) {
        if (watches[i].dict == dict) {
            dx_unit_invalidate(watches[i].unit);
        }
    }
}

static int on_dict(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
    (void)value;
    if (event == PyDict_EVENT_CLEARED || event == PyDict_EVENT_CLONED ||
        event == PyDict_EVENT_DEALLOCATED) {
        whole_dict_changed(dict);
        return 0;
    }
    for (uint32_t row = *bucket_of(dict, key); row != 0; row = watches[row - 1].next_in_bucket) {
        watch *w = &watches[row - 1];
        if (w->dict == dict && w->key == key) {
            dx_change(dict, key, w->unit);
            dx_unit_invalidate(w->unit);
        }
    }
    return 0;
}

/* The number of a row that is not in use; 0 with MemoryError set. */
static uint32_t take_row(void)
{
    uint32_t row = free_rows;

    if (row != 0) {
        free_rows = watches[row - 1].next_of_unit;
        return row;
    }
    if (watch_count == UINT32_MAX - 1 ||
        dx_grow((void **)&watches, &watch_room, watch_count, sizeof(watch)) < 0) {
        return 0;
    }
    return (uint32_t)++watch_count;
}

int dx_watch_key(PyObject *dict, PyObject *key, dx_unit *unit)
{
    uint32_t row, *bucket = bucket_of(dict, key);

    if (PyDict_Watch(dict_watcher, dict) < 0 || (row = take_row()) == 0) {
        return -1;
    }
    watches[row - 1] =
        (watch){Py_NewRef(dict), Py_NewRef(key), unit, *bucket, unit->watched_keys};
    *bucket = unit->watched_keys = row;
    return 0;
}

static void take_out_of_bucket(uint32_t row)
{
    uint32_t *link = bucket_of(watches[row - 1].dict, watches[row - 1].key);

    while (*link != row) {
        assert(*link != 0 && *link <= watch_count);
        link = &watches[*link - 1].next_in_bucket;
    }
    *link = watches[row - 1].next_in_bucket;
}

void dx_unwatch_keys(dx_unit *unit)
{
    while (unit->watched_keys != 0) {
        uint32_t row = unit->watched_keys;
        watch ended = watches[row - 1];

        assert(ended.unit == unit && ended.dict != NULL);
        take_out_of_bucket(row);
        unit->watched_keys = ended.next_of_unit;
        watches[row - 1] = (watch){.next_of_unit = free_rows};
        free_rows = row;
        /* May free the dict, which is an event. */
        Py_DECREF(ended.key);
        Py_DECREF(ended.dict);
    }
}

int dx_names_init(void)
{
    dict_watcher = PyDict_AddWatcher(on_dict);
    return dict_watcher < 0 ? -1 : 0;
}

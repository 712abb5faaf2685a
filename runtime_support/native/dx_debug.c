/* Native code for tools outside the process: where it lies, and its names for gdb. */
#include "dx_core.h"

#include <string.h>

/* gdb's interface for code made at run time (GDB manual, "JIT Compilation Interface"): it puts a
 * breakpoint on the function, and then reads the list. Both names and layouts are gdb's. */
typedef struct jit_code_entry {
    struct jit_code_entry *next_entry;
    struct jit_code_entry *prev_entry;
    const char *symfile_addr;
    uint64_t symfile_size;
} jit_code_entry;

typedef struct {
    uint32_t version;
    uint32_t action_flag;
    jit_code_entry *relevant_entry;
    jit_code_entry *first_entry;
} jit_descriptor;

enum { JIT_NOACTION, JIT_REGISTER };

extern jit_descriptor __jit_debug_descriptor;
void __jit_debug_register_code(void);

__attribute__((visibility("default"))) jit_descriptor __jit_debug_descriptor = {
    1, JIT_NOACTION, NULL, NULL};

__attribute__((visibility("default"), noinline)) void __jit_debug_register_code(void)
{
    /* Not to be left out, nor calls of it. */
    __asm__ volatile("" ::: "memory");
}

/* register_symbols(object): an ELF object with the names of code; kept as long as the process. */
PyObject *dx_register_symbols(PyObject *module, PyObject *object)
{
    jit_code_entry *entry;
    char *data;
    Py_ssize_t size;

    (void)module;
    if (PyBytes_AsStringAndSize(object, &data, &size) < 0) {
        return NULL;
    }
    entry = PyMem_RawMalloc(sizeof(*entry) + (size_t)size);
    if (entry == NULL) {
        return PyErr_NoMemory();
    }
    memcpy(entry + 1, data, (size_t)size);
    entry->symfile_addr = (const char *)(entry + 1);
    entry->symfile_size = (uint64_t)size;
    entry->prev_entry = NULL;
    entry->next_entry = __jit_debug_descriptor.first_entry;
    if (entry->next_entry != NULL) {
        entry->next_entry->prev_entry = entry;
    }
    __jit_debug_descriptor.first_entry = entry;
    __jit_debug_descriptor.relevant_entry = entry;
    __jit_debug_descriptor.action_flag = JIT_REGISTER;
    __jit_debug_register_code();
    Py_RETURN_NONE;
}

/* code_region(code) -> (address, size) of its native code, or None. */
PyObject *dx_code_region(PyObject *module, PyObject *code)
{
    dx_unit *unit = PyCode_Check(code) ? dx_unit_of((PyCodeObject *)code) : NULL;

    (void)module;
    if (unit == NULL) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("Kn", (unsigned long long)(uintptr_t)unit->region,
                         (Py_ssize_t)((char *)unit->table - (char *)unit->region));
}

/* The runtime core of the native tier: what machine code and the tiering modules call.
 *
 * A plain C-API extension, loadable by path: it needs no other module of DX-Py. All of it
 * runs with the GIL held. "Borrowed", "new reference" and "steals" are said of each pointer
 * to an object where they are not the C API's own rule. */
#ifndef DX_CORE_H
#define DX_CORE_H

#include "dx_host.h"

/* Builds for tests check what is asserted (make assert-native); others define NDEBUG. */
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>

/* Times of calls, as logarithms: of those interpreted (0) and run natively (1). */
typedef struct {
    int is_over, warm_calls;
    uint32_t counts[2];
    double sums[2], squares[2];
    int is_long; /* some calls took long: those are compared by themselves */
    int long_calls[2];
    double least[2], total[2]; /* seconds of them */
} dx_trial;

/* Native code of one code object. Rows of `table` are addresses; row 0 is the unit itself. */
typedef struct dx_unit {
    int32_t valid;     /* read by the code: 0 once an assumption has failed */
    int32_t active;    /* activations on the stack: the unit is not freed before they end */
    int is_generator;   /* it is entered with a frame, not with a function */
    int32_t orphaned;  /* its code object is gone: freed when the last activation ends */
    PyCodeObject *code; /* borrowed: the code object owns the unit */
    PyObject *globals;  /* the dict its assumptions are about */
    PyObject *functions; /* tuple: the function itself (not held: NULL), then those inlined */
    PyObject *keep;     /* list: what rows hold that nothing else is sure to */
    /* With the function and its arguments; or a generator's frame and the locals in it. */
    PyObject *(*run)(PyThreadState *, PyFunctionObject *, PyObject *const *);
    void **table;
    void *region;
    size_t region_size;
    size_t row_count; /* of `table` */
    uint64_t checked_version; /* monitoring version at which no other tool was active */
    uint64_t entries, raises;
    uint32_t guard_count;
    uint64_t exit_total;
    uint32_t *exits;   /* by guard: how often it left */
    int told;          /* that exits are frequent */
    uint32_t watched_keys; /* the first of its rows in dx_names.c, or 0 */
    dx_trial trial;
    /* Of code that takes over a running loop; `slots` is NULL of code that is called. */
    struct dx_unit *next_loop; /* of the same code object */
    Py_ssize_t header;         /* where the loop begins, in code units */
    Py_ssize_t slot_count;
    uint8_t *slots; /* what the frame has there: whether there is an object */
    double seconds; /* in which it ran, with `exit_total` exits */
} dx_unit;

/* dx_frame.c: interpreter frames on the thread's data stack. */

/* A frame of `size` words on top of the stack, not linked in; NULL with MemoryError set. */
_PyInterpreterFrame *dx_frame_push(PyThreadState *ts, size_t size);
/* Take back the topmost frame, whose references are gone already. */
void dx_frame_pop(PyThreadState *ts, _PyInterpreterFrame *frame);
/* The same of one that is not linked in and whose object nobody has: its references go first. */
void dx_frame_discard(PyThreadState *ts, _PyInterpreterFrame *frame);
/* The topmost frame, linked in only so that it could be looked at, ends: its references are
 * released, and a frame object somebody kept lives on. Keeps the current exception. */
void dx_frame_retire(PyThreadState *ts, _PyInterpreterFrame *frame);

/* The last unit of the instruction at `instruction`: its last cache, or itself. */
_Py_CODEUNIT *dx_last_unit(_Py_CODEUNIT *instruction, PyCodeObject *code);

/* Its first: the first EXTENDED_ARG before it, or itself. */
_Py_CODEUNIT *dx_first_unit(_Py_CODEUNIT *instruction, PyCodeObject *code);

/* dx_exit.c: leaving machine code. Called by it; variadic values as the record says. */

/* A guard failed: the interpreter goes on. Gives the function's result (new reference). */
PyObject *dx_leave(PyThreadState *ts, void **table, PyFunctionObject *func,
                   const uint8_t *record, uint32_t guard, ...);
/* An exception is set: the interpreter unwinds from the record's instruction. */
PyObject *dx_raise(PyThreadState *ts, void **table, PyFunctionObject *func,
                   const uint8_t *record, uint32_t guard, ...);
int dx_finalize_init(void);
/* Whether giving up one reference to it runs no Python code. */
int dx_goes_quietly(PyObject *object);
/* Gives up the last reference to `dead`, where that runs no Python code; whether it did. */
int dx_die_quietly(PyObject *dead);
/* Gives up the last reference to `dead`, with the record's frame to look at. */
void dx_finalize(PyThreadState *ts, void **table, PyFunctionObject *func,
                 const uint8_t *record, PyObject *dead, ...);

/* Native code that has called out: what its frames are built from, once anybody may look.
 * In the caller's machine stack; machine code knows the offsets of `record` and `values`. */
typedef struct dx_shadow {
    void **table;
    PyFunctionObject *func; /* borrowed; or a generator's frame */
    const uint8_t *record;  /* NULL: the generator's frame is complete, it delegates */
    struct dx_shadow *previous;
    _PyInterpreterFrame *base;  /* what ran when it was made: its frames go on top of that */
    _PyInterpreterFrame *frame; /* the innermost of its frames, or NULL as long as none is */
    int frames;
    int64_t values[]; /* in the record's order; borrowed */
} dx_shadow;

/* The records whose frames are not built yet, innermost first. All are of the thread that has
 * the GIL: before anything that might release it, or push a frame, they are built. */
extern dx_shadow *dx_lazy;
/* Builds those that belong on top of the frame that runs now: all of them, unless Python code
 * has run in spite of what native code knew (a key in a dict that is equal to a name). */
void dx_show_frames(PyThreadState *ts);
/* The function of its innermost frame; borrowed. */
PyFunctionObject *dx_shadow_function(const dx_shadow *shadow);
/* Takes a record's frames away again. */
void dx_hide_frames(PyThreadState *ts, dx_shadow *shadow);
/* Runs the topmost of `count` shown or rebuilt frames to its end, then those it returns to.
 * The outermost's result (new reference), or NULL with an exception. */
PyObject *dx_frames_run(PyThreadState *ts, _PyInterpreterFrame *frame, int count, int throwing);
/* The same of code that has taken over a loop, whose outermost frame the interpreter goes on with
 * itself. Gives dx_handed_back, or NULL with an exception that is its. */
PyObject *dx_loop_frames_run(PyThreadState *ts, _PyInterpreterFrame *frame, int count,
                             int throwing);
/* Of code that has taken over a loop: after the instruction of its frame the interpreter goes
 * on. No object of its own. */
extern PyObject dx_handed_back;

/* Generic operations; the order is that of backend/llvm/lower_generic.py. */
enum dx_operation {
    OP_LOAD_GLOBAL,
    OP_LOAD_ATTR,
    OP_LOAD_METHOD,
    OP_STORE_ATTR,
    OP_BINARY,
    OP_INPLACE,
    OP_COMPARE,
    OP_CONTAINS,
    OP_BINARY_SUBSCR,
    OP_STORE_SUBSCR,
    OP_BINARY_SLICE,
    OP_UNARY_NEGATIVE,
    OP_UNARY_NOT,
    OP_UNARY_INVERT,
    OP_TRUTH,
    OP_GET_ITER,
    OP_FOR_ITER,
    OP_UNPACK_SEQUENCE,
    OP_CALL,
    OP_BUILD_TUPLE,
    OP_BUILD_LIST,
    OP_LIST_APPEND,
    OP_BUILD_MAP,
    OP_POLL,
    OP_STORE_GLOBAL,
    OP_DELETE_SUBSCR,
    OP_DELETE_ATTR,
    OP_STORE_SLICE,
    OP_BUILD_SET,
    OP_BUILD_SLICE,
    OP_BUILD_STRING,
    OP_BUILD_CONST_MAP,
    OP_LIST_EXTEND,
    OP_SET_UPDATE,
    OP_DICT_UPDATE,
    OP_DICT_MERGE,
    OP_SET_ADD,
    OP_MAP_ADD,
    OP_FORMAT,
    OP_UNPACK_EX,
    OP_LIST_TO_TUPLE,
    OP_UNARY_POSITIVE,
    OP_BEFORE_WITH,
    OP_MAKE_FUNCTION,
    OP_CALL_EX,
    OP_SUPER_ATTR,
    OP_SEND,
    OP_YIELD_FROM_ITER,
    OP_AWAITABLE,
};

/* dx_python.c: generic operations. The result (new reference), or NULL: an exception is set,
 * or frames are pending. */
PyObject *dx_python(PyThreadState *ts, dx_shadow *shadow, PyObject **out, int op, int extra,
                    int count, PyObject **operands);
/* set_poll_stress(on), for tests: native code polls at each jump back, garbage is collected there
 * and other threads run. */
PyObject *dx_set_poll_stress(PyObject *module, PyObject *on);
extern int dx_polls_are_stressed;
/* Under that stress the next jump back polls. */
static inline void dx_ask_for_poll(PyThreadState *ts)
{
    if (dx_polls_are_stressed) {
        _Py_atomic_store_relaxed(&ts->interp->ceval.eval_breaker, 1);
    }
}
/* dx_quiet.c: whether the op, or a call without keywords, runs no Python code. */
int dx_quiet_init(void);
int dx_is_quiet(enum dx_operation op, int extra, const dx_shadow *shadow, PyObject **operands,
                int count);
int dx_is_quiet_call(PyObject *callable, PyObject **arguments, size_t count);

/* dx_constructs.c: those after OP_POLL; NULL: an exception is set. */
PyObject *dx_construct(PyThreadState *ts, enum dx_operation op, int extra, dx_shadow *shadow,
                       PyObject **out, PyObject **operands, int count);
int dx_poll_init(void);
/* Calls a function that does nothing, which no traceback shows: None, or NULL with what the
 * eval breaker had to say. */
PyObject *dx_call_nothing(void);
/* Frames in which the function goes on, as an object of one was kept: the innermost, how many
 * there are, and whether it goes on with the exception that is set. */
typedef struct {
    _PyInterpreterFrame *frame;
    int count;
    int throwing;
} dx_pending;
/* Whether there are any: whoever takes them runs them. */
int dx_take_pending(dx_pending *taken);

/* A number's box (new reference): never NULL. Where there is no memory, MemoryError follows. */
PyObject *dx_new_float(double value);
PyObject *dx_new_int(int64_t value);

/* dx_numbers.c */
void dx_numbers_init(void);
/* A new reference, or NULL with MemoryError. */
PyObject *dx_float_box(double value);
/* Gives up a reference to an object that refers to no other; or NULL. */
void dx_release_leaf(PyObject *object);
/* Of operands that are exact floats or ints: their sum (0), difference (1), product (2). */
PyObject *dx_arithmetic(PyObject *left, PyObject *right, int operation);

/* dx_helpers.c: see the table there. The address of a helper, or NULL. */
void *dx_helper_address(const char *name);
/* A builtin class, singleton or builtin by row name ("type:float"); borrowed, or NULL. */
void *dx_builtin_address(const char *row);

/* Guards compiled for stress fail once in `rate` times from now on; 0: never. */
void dx_set_stress(uint32_t seed, uint32_t rate);

/* dx_unit.c: loading and installing. */
int dx_units_init(void);
dx_unit *dx_unit_of(PyCodeObject *code);
/* Its code object is gone, or other code has taken its place. */
void dx_unit_orphan(dx_unit *unit);
void dx_unit_leave(dx_unit *unit);
void dx_unit_invalidate(dx_unit *unit);
PyObject *dx_load_unit(PyObject *module, PyObject *args);
PyObject *dx_install(PyObject *module, PyObject *func);
PyObject *dx_suspend(PyObject *module, PyObject *func);
PyObject *dx_invalidate(PyObject *module, PyObject *code);
PyObject *dx_unit_stats(PyObject *module, PyObject *code);

/* dx_hot_loops.c: when a loop that runs is taken over. */
int dx_loops_init(void);
/* The code that takes over a loop; NULL if there is none that is valid. */
dx_unit *dx_loop_unit(PyCodeObject *code, Py_ssize_t header);
/* Adds it; the code object owns it. 0 or -1. */
int dx_loop_add(PyCodeObject *code, dx_unit *unit);
/* The code is called: what its loops did counts no longer. Whether the next call matters. */
int dx_loops_begin(PyCodeObject *code);
/* In its running frame control goes back. 0: further jumps do not matter, 1: they do, 2: whatever
 * happens; -1 with an exception of the frame. */
int dx_loop_event(PyFunctionObject *func, Py_ssize_t from, Py_ssize_t to);
extern PyMethodDef dx_loop_methods[];

/* dx_loop.c: native code that takes over. */
/* Whether the running frame is as the code wants it. */
int dx_can_take_over(PyThreadState *ts, _PyInterpreterFrame *frame, dx_unit *unit);
/* Runs the loop of the running frame natively: from a callback that is told of its jump. 0 once
 * the interpreter may go on, or -1 with an exception. */
int dx_take_over(PyThreadState *ts, _PyInterpreterFrame *frame, dx_unit *unit);

/* dx_entry.c: the vectorcall of functions with native code. */
/* Whether nothing keeps native code from running now. */
int dx_may_run(PyThreadState *ts, dx_unit *unit);
/* Of the host's budget of 1,500 nested C calls, what the interpreter is left. */
#define DX_MIN_C_RECURSION 600
/* Whether native code calls the function by dx_call_native. */
int dx_is_native(PyObject *func);
PyObject *dx_entry(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames);
PyObject *dx_call_native(PyThreadState *ts, PyObject *callable, PyObject *const *args,
                         size_t given, PyObject *kwnames);
/* dx_generator.c: steps of generators and coroutines. */
/* The frame's stack is in the interpreter's, or native code's, hands (``stacktop``). */
#define DX_FRAME_RUNS (-1)
int dx_generator_init(void);
/* Whether it is a generator or coroutine: its steps see to it that frames are built. */
static inline int dx_is_resumable(PyObject *object)
{
    return PyGen_CheckExact(object) || PyCoro_CheckExact(object);
}
/* The generator or coroutine that a call with these arguments, bound and borrowed, gives. */
PyObject *dx_new_generator(PyFunctionObject *func, PyObject *const *args);
/* Whether it can be made so. */
int dx_can_make(PyThreadState *ts, PyCodeObject *code);
/* Of which it is a call; borrowed. */
PyFunctionObject *dx_generator_function(PyObject *generator);
/* Whether nothing is left of it but the object. */
int dx_has_ended(PyObject *generator);
/* What to delegate to; new references, or NULL with an exception. `where`: GET_AWAITABLE's. */
PyObject *dx_yield_from_iter(PyObject *object, int coroutines);
PyObject *dx_awaitable(PyObject *object, int where);
/* The frame that delegates to another is shown while that one runs; and goes on as it was. */
void dx_show_delegating(PyThreadState *ts, dx_shadow *shadow);
/* Called by machine code. The generator has ended: its locals go next. */
void dx_generator_end(PyThreadState *ts, _PyInterpreterFrame *frame);
/* The interpreter does the step, of which nothing was done. */
PyObject *dx_generator_interpret(PyThreadState *ts, _PyInterpreterFrame *frame);

/* dx_trial.c: whether native code pays. */
double dx_seconds(void); /* by a clock that only goes forward */
int dx_wants_trial(const dx_unit *unit);
/* A call that is timed. */
PyObject *dx_try(PyThreadState *ts, dx_unit *unit, PyFunctionObject *func, PyObject *const *args,
                 size_t nargsf, PyObject *kwnames);
/* A step that is timed: interpreted (0) or native (1). */
PySendResult dx_try_step(dx_unit *unit, PyObject *generator, PyObject *sent, PyObject **result,
                         sendfunc const arms[2]);
PyObject *dx_set_trials(PyObject *module, PyObject *on);
/* Whether another evaluation of frames is set (PEP 523), which is to see each call. */
static inline int dx_is_hooked(const PyThreadState *ts)
{
    return ts->interp->eval_frame != NULL;
}
PyObject *dx_end_trial(PyObject *module, PyObject *code);
/* Whether a call of the code is timed now to compare it with native code. */
int dx_is_interpreted_for_trial(PyCodeObject *code);
/* Whether a hook of sys.addaudithook is told of files that are opened and of marshal: what the
 * tier does is not the program's doing, so it does nothing meanwhile. */
static inline int dx_is_audited(const PyThreadState *ts)
{
    return ts->interp->audit_hooks != NULL;
}
/* Whether a tool other than ours watches this code (a debugger, coverage, a profiler). */
int dx_is_observed(PyInterpreterState *interp, PyCodeObject *code);

/* dx_class.c: what native code assumes of classes. */
int dx_class_init(void);
/* The unit, whose `keep` holds the class, becomes invalid when it is changed. 0 or -1. */
int dx_watch_type(PyObject *cls, dx_unit *unit);
void dx_unwatch_types(dx_unit *unit);
/* Whether `name` is among the shared keys whose count is at `count`; if not, `known` becomes
 * that count. */
int dx_look_for_key(Py_ssize_t *count, PyObject *name, Py_ssize_t *known);
PyObject *dx_attribute(PyObject *module, PyObject *args);
PyObject *dx_storage(PyObject *module, PyObject *args);
PyObject *dx_class_attribute(PyObject *module, PyObject *args);
PyObject *dx_traits(PyObject *module, PyObject *cls);
PyObject *dx_constructor(PyObject *module, PyObject *cls);
PyObject *dx_keys_address(PyObject *module, PyObject *cls);
PyObject *dx_keys_count(PyObject *module, PyObject *cls);

/* dx_array.c: the module array's. */
typedef struct {
    PyObject_VAR_HEAD
    char *items;
    Py_ssize_t allocated;
    const struct {
        char typecode;
    } *descriptor;
} dx_array;
PyObject *dx_array_class(PyObject *object);
PyObject *dx_array_type(PyObject *module, PyObject *unused);
PyObject *dx_know_array(PyObject *module, PyObject *array);

/* dx_changes.c: names that are assigned to again. */
void dx_change(PyObject *dict, PyObject *name, dx_unit *unit);
extern PyMethodDef dx_change_methods[];

/* dx_containers.c: builtin containers of known classes; nothing of it runs Python code. */
PyObject *dx_list_slice(PyObject *list, int64_t start, int64_t stop);
PyObject *dx_tuple_slice(PyObject *tuple, int64_t start, int64_t stop);
PyObject *dx_str_slice(PyObject *text, int64_t start, int64_t stop);
PyObject *dx_bytes_slice(PyObject *bytes, int64_t start, int64_t stop);
PyObject *dx_list_step(PyObject *list, int64_t start, int64_t stop, int64_t step);
int dx_list_store_slice(PyObject *list, int64_t start, int64_t stop, PyObject *value,
                        PyObject **removed);
PyObject *dx_list_pop(PyObject *list, int64_t index);
int dx_list_reserve(PyObject *list);
int dx_list_extend(PyObject *list, PyObject *more);
PyObject *dx_str_item(PyObject *text, int64_t index);

/* dx_keys.c: plain keys in dicts, sets and sequences; nothing of it runs Python code. */
PyObject *dx_dict_get(PyObject *dict, PyObject *key);
PyObject *dx_dict_find(PyObject *dict, PyObject *key, PyObject *missing);
int dx_dict_set(PyObject *dict, PyObject *key, PyObject *value, PyObject **old);
int dx_search(PyObject *container, PyObject *item);
int dx_set_add(PyObject *set, PyObject *item);
int dx_list_remove(PyObject *list, PyObject *item);
int dx_are_sets(PyObject *a, PyObject *b);
int dx_compare_sets(PyObject *a, PyObject *b, int operator);
int dx_has_plain_items(PyObject *set);
PyObject *dx_combine_sets(PyObject *a, PyObject *b, int operator);

/* dx_iterators.c: 1 with an item, 0 at the end, -1 where the interpreter is to do it. */
int dx_iterators_init(void);
int dx_next(PyObject *iterator, PyObject **item);
int dx_next_numbered(PyObject *iterator, int64_t *number, PyObject **item);
int dx_next_pair(PyObject *iterator, PyObject **pair);

/* dx_fields.c: attributes of instances that keep them in a real dict. */
/* Remembers of a sampled object's class that it has such instances. */
void dx_see_instance(PyObject *object);
/* Whether it was often seen to have. */
int dx_has_dicts(PyTypeObject *type);
PyObject *dx_in_dict(PyObject *module, PyObject *args);
/* The instance's own attribute (borrowed), or NULL. `hint`: where the name was found last. */
PyObject *dx_load_field(PyObject *owner, PyObject *name, Py_ssize_t *hint);
/* Whether dx_store_field may be called: then nothing can fail. */
int dx_can_store(PyObject *owner, PyObject *name, Py_ssize_t *hint);
/* Steals `value`; gives what was there, the caller's to release. */
PyObject *dx_store_field(PyObject *owner, PyObject *name, Py_ssize_t *hint, PyObject *value);
/* A global (new reference); NULL without an exception where it is a builtin, or unknown. */
PyObject *dx_load_global(PyObject *globals, PyObject *name, Py_ssize_t *hint);
/* Whether the instance has, or may have, an attribute of its own of that name. */
int dx_hides(PyObject *owner, PyObject *name);

/* dx_names.c: what native code assumes of dicts. */
int dx_names_init(void);
/* The unit becomes invalid when `key` of `dict` changes. 0, or -1 with an exception. */
int dx_watch_key(PyObject *dict, PyObject *key, dx_unit *unit);
void dx_unwatch_keys(dx_unit *unit);

/* dx_watch.c: what native code assumes of functions. */
int dx_watch_init(void);
/* Room for one more item in an array that grows. 0, or -1 with MemoryError set. */
int dx_grow(void **array, size_t *room, size_t count, size_t item);
/* The unit becomes invalid when the function's code or defaults change. 0 or -1. */
int dx_watch_function(PyFunctionObject *func, dx_unit *unit);
/* Nothing that the unit assumed of dicts, functions and classes matters any more. */
void dx_unwatch_unit(dx_unit *unit);
/* Functions whose vectorcall is ours; borrowed, until the watcher sees them go. */
int dx_installed_add(PyFunctionObject *func);
void dx_installed_remove(PyFunctionObject *func);
void dx_uninstall_code(PyCodeObject *code);
/* All installed functions to native code, or all to the interpreter. */
void dx_installed_switch(int native);

/* dx_observers.c: other tools of sys.monitoring. */
/* To be called before a frame is entered with an exception: no tool is told of that (PY_THROW),
 * which a debugger would show as a call. For the interpreter the frame has been there. */
void dx_throw_silently(PyThreadState *ts);
extern PyMethodDef dx_observer_methods[];

/* dx_signals.c: handlers of signals are Python code of the program. Until they are let in they
 * wait: what they raise is no error of the tier's hooks. Gives what to let them in with. */
unsigned long dx_hold_signals(void);
void dx_let_signals_in(unsigned long held);

/* dx_budget.c: how much of the program's CPU time the tier takes; a thread's calls nest. */
void dx_begin_spending(void);
void dx_end_spending(void);
void dx_spend_sample(void);
/* Whether there is time for more. */
int dx_may_spend(void);
PyObject *dx_set_budget(PyObject *module, PyObject *on);

/* dx_profile.c: hotness and samples. */
/* The native code of `func` leaves too often: the tier may sample it and its routines. Or
 * `routines` is None: it does not pay; True: it pays, and its calls are long; Ellipsis: its calls
 * are long, and it is to be measured unless that is known. */
void dx_tell_exits(PyFunctionObject *func, PyObject *routines);
int dx_profile_init(PyObject *module);
/* Whether samples of the code are needed of each call and jump. */
int dx_is_sampled(PyCodeObject *code);
/* Whether its calls are being sampled, and some instruction was often enough. */
int dx_has_samples(PyCodeObject *code);
/* Whether its running loop is being sampled. */
int dx_samples_loop(PyCodeObject *code);
/* Looks now and then, if the code awaits one. */
void dx_look_at_jump(PyCodeObject *code);
/* Whether somebody would see what the tier itself calls. */
int dx_must_be_quiet(void);
/* The code's next call asks for native code, with the samples there are. Whether it does. */
int dx_compile_again(PyCodeObject *code);
extern PyMethodDef dx_profile_methods[];
/* Whether answers of the worker are awaited; looks for them, now and then. Runs Python code. */
extern int dx_awaited;
void dx_look_for_answers(void);

/* dx_sys_jit.c: offer_sys_jit() puts ``_jit`` into sys. */
PyObject *dx_offer_sys_jit(PyObject *module, PyObject *unused);
/* The frame was built for native code that calls out; NULL: it is gone again. */
void dx_frame_is_native(const _PyInterpreterFrame *frame);

/* dx_debug.c: native code for tools outside the process. */
PyObject *dx_code_region(PyObject *module, PyObject *code);
PyObject *dx_register_symbols(PyObject *module, PyObject *object);

/* dx_module.c */
extern Py_ssize_t dx_unit_extra;    /* co_extra index of a code object's unit */
extern Py_ssize_t dx_profile_extra; /* ... and of its counters and samples */
extern Py_ssize_t dx_loops_extra;   /* ... and of its loops' units */
/* What is kept of a code object under an index, or NULL. */
static inline void *dx_extra(PyCodeObject *code, Py_ssize_t index)
{
    dx_extras *extras = code->co_extra;
    return extras == NULL || extras->size <= index ? NULL : extras->entries[index];
}
/* Room for no more than our own: a tool that has a later index is asked to free what a code
 * object has for it, and does not expect that of code it has never seen. What was there is the
 * caller's. 0, or -1 with MemoryError set. */
int dx_set_extra(PyCodeObject *code, Py_ssize_t index, void *value);

#endif

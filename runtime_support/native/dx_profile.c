/* Hotness and samples: callbacks of sys.monitoring, in C.
 *
 * A code object is cold until it was called or looped often enough; then its instructions
 * are sampled during some calls, each at most DX_MAX_SAMPLES times; then it is done, and has
 * no event any more. In 3.12 the operand stack is in the frame's memory and its depth is
 * static, so a site is just positions in localsplus (ir/profile_sites.py). */
#include "dx_core.h"

#define DX_CLASSES 4
#define DX_MAX_SAMPLES 400
/* Seconds between two looks for answers of the worker, and calls between two readings of the
 * clock. Code that is called more often than this many times is listened to no longer, if there
 * is other code to be listened to: so the least busy is left. */
#define DX_POLL_TIME 0.002
#define DX_POLL_CALLS 8
#define DX_HEARD_CALLS 64
#define DX_POLL_JUMPS 64
/* Code that has jumped back so often, never for long at once, is not asked about its loops. */
#define DX_MAX_JUMPS 8000
/* Names that change after native code was made, one after the other. */
#define DX_MAX_RENEWALS 8

enum stage {
    STAGE_COLD,
    STAGE_WARM,
    STAGE_HOT,
    STAGE_SAMPLING,
    STAGE_SAMPLED,
    STAGE_WATCHED, /* sampled as long as another code object is */
    STAGE_LOOP,    /* a loop of it that runs is sampled */
    STAGE_DONE,
};

typedef struct {
    int position;
    uint32_t nulls, others;
    /* In order of appearance. Nothing may keep the program's own classes alive: they are weak
     * references with the lowest bit set. (Each is its class's one reference without a
     * callback, which its bases have made already: none is added that anybody could see.) */
    uintptr_t classes[DX_CLASSES];
} operand;

typedef struct {
    uint32_t samples;
    int operand_count; /* -1: not a site */
    operand *operands;
} site;

typedef struct {
    enum stage stage, before; /* before: of STAGE_LOOP, what comes after it */
    long calls, jumps, sampled_calls, waited_calls;
    uint32_t limit; /* samples of an instruction */
    int rounds;    /* how often it was sampled */
    int looks;     /* how often it was looked up in the store */
    int renewals;  /* how often it was compiled again because a name had changed */
    int retries;   /* how often compiling was put off, or a refusal not the last word */
    int awaits;    /* answers of the worker: until then calls may go on being events */
    int is_muted;  /* it awaits one, but others' calls are listened to */
    uint32_t heard; /* calls while it awaits one */
    int saturated; /* some instruction was sampled as often as it may be */
    int has_loops; /* what dx_loop_event said of its jumps, at most */
    int is_ours;   /* -1: of DX-Py itself; 1: of the program; 0: nobody has looked */
    Py_ssize_t size;
    site *sites;
    PyObject *kept; /* what the tier has to remember of the code, or NULL */
} profile;

static PyObject *disable; /* sys.monitoring.DISABLE */
static PyObject *own_files; /* how names of DX-Py's own files begin in the program's process */
static PyObject *on_poll;
static PyObject *on_warm, *on_hot, *on_sampled, *on_ready, *on_exits;
static long warm_calls = 2, warm_jumps = 200, call_threshold = 100, jump_threshold = 2000;
/* Calls that are sampled; calls until the code is compiled, for its callees to be sampled. */
static long calls_to_sample = 20, calls_to_wait = 2;

static void free_operands(site *s)
{
    for (int k = 0; k < s->operand_count; k++) {
        for (int c = 0; c < DX_CLASSES; c++) {
            if (s->operands[k].classes[c] & 1) {
                Py_DECREF((PyObject *)(s->operands[k].classes[c] - 1));
            }
        }
    }
}

static void free_sites(profile *p)
{
    for (Py_ssize_t i = 0; i < p->size; i++) {
        free_operands(&p->sites[i]);
        PyMem_Free(p->sites[i].operands);
    }
    PyMem_Free(p->sites);
    p->sites = NULL;
    p->size = 0;
}

static void free_profile(void *pointer)
{
    if (pointer != NULL) {
        free_sites(pointer);
        Py_XDECREF(((profile *)pointer)->kept);
        PyMem_Free(pointer);
    }
}

/* The profile of a code object, made if there is none; NULL with an exception. */
static profile *profile_of(PyObject *code)
{
    void *found = NULL;

    if (!PyCode_Check(code)) {
        PyErr_SetString(PyExc_TypeError, "a code object is needed");
        return NULL;
    }
    found = dx_extra((PyCodeObject *)code, dx_profile_extra);
    if (found == NULL) {
        found = PyMem_Calloc(1, sizeof(profile));
        if (found == NULL) {
            PyErr_NoMemory();
        }
        else if (dx_set_extra((PyCodeObject *)code, dx_profile_extra, found) < 0) {
            PyMem_Free(found);
            found = NULL;
        }
    }
    return found;
}

/* The function whose frame runs `code` now; borrowed, or NULL. */
static PyObject *running_function(PyObject *code)
{
    _PyInterpreterFrame *frame = _PyThreadState_UncheckedGet()->cframe->current_frame;

    if (frame == NULL || (PyObject *)frame->f_code != code ||
        (frame->owner != FRAME_OWNED_BY_THREAD && frame->owner != FRAME_OWNED_BY_GENERATOR) ||
        !PyFunction_Check(frame->f_funcobj)) {
        return NULL;
    }
    return frame->f_funcobj;
}

static int may_be_audited; /* audit hooks may be told of what the tier does: for tests */

int dx_must_be_quiet(void)
{
    PyThreadState *ts = _PyThreadState_UncheckedGet();

    return dx_is_hooked(ts) || (!may_be_audited && dx_is_audited(ts));
}

/* bear_audits(): CPython's own tests are run under a hook that does nothing. */
static PyObject *bear_audits(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    may_be_audited = 1;
    Py_RETURN_NONE;
}

/* Tell the tiering modules. Whatever goes wrong there is not the program's error. */
static void tell(PyObject *hook, PyObject *code)
{
    PyObject *func = running_function(code);
    unsigned long held;
    PyObject *result;

    if (hook == NULL || func == NULL) {
        return;
    }
    held = dx_hold_signals();
    result = PyObject_CallOneArg(hook, func);
    dx_let_signals_in(held);
    if (result == NULL) {
        PyErr_WriteUnraisable(hook);
    }
    Py_XDECREF(result);
}

static void tell_within_budget(PyObject *hook, PyObject *code)
{
    dx_begin_spending();
    tell(hook, code);
    dx_end_spending();
}

void dx_tell_exits(PyFunctionObject *func, PyObject *routines)
{
    PyObject *exception = PyErr_GetRaisedException();
    PyObject *result = NULL;

    if (on_exits != NULL && !dx_must_be_quiet()) {
        unsigned long held = dx_hold_signals();
        dx_begin_spending();
        result = PyObject_CallFunctionObjArgs(on_exits, func, routines, NULL);
        dx_let_signals_in(held);
        if (result == NULL) {
            PyErr_WriteUnraisable(on_exits);
        }
        dx_end_spending();
    }
    Py_XDECREF(result);
    PyErr_SetRaisedException(exception);
}

/* Of an event's argument, which counts bytes. */
static Py_ssize_t unit_index(PyObject *offset)
{
    return PyLong_AsSsize_t(offset) / (Py_ssize_t)sizeof(_Py_CODEUNIT);
}

static PyObject *jump_event(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    profile *p;

    PyObject *func;
    int further = 0;

    (void)module;
    if (count != 3 || (p = profile_of(args[0])) == NULL) {
        return NULL;
    }
    p->jumps++;
    func = p->jumps < DX_MAX_JUMPS || p->has_loops > 1 ? running_function(args[0]) : NULL;
    if (func != NULL) {
        further = dx_loop_event((PyFunctionObject *)func, unit_index(args[1]), unit_index(args[2]));
        p->has_loops = Py_MAX(p->has_loops, further);
    }
    if (further < 0) {
        return NULL;
    }
    if (!further && p->jumps > jump_threshold) {
        return Py_NewRef(disable);
    }
    Py_RETURN_NONE;
}

int dx_is_sampled(PyCodeObject *code)
{
    profile *p = dx_extra(code, dx_profile_extra);

    return p != NULL && !p->saturated &&
           (p->stage == STAGE_SAMPLING || p->stage == STAGE_WATCHED || p->stage == STAGE_LOOP);
}

int dx_has_samples(PyCodeObject *code)
{
    profile *p = dx_extra(code, dx_profile_extra);

    return p != NULL && p->saturated && (p->stage == STAGE_SAMPLING || p->stage == STAGE_WATCHED);
}

int dx_samples_loop(PyCodeObject *code)
{
    profile *p = dx_extra(code, dx_profile_extra);

    return p != NULL && p->stage == STAGE_LOOP;
}

void dx_look_at_jump(PyCodeObject *code)
{
    profile *p = dx_extra(code, dx_profile_extra);

    if (p != NULL && p->awaits > 0 && ++p->heard % DX_POLL_JUMPS == 0) {
        dx_look_for_answers();
    }
}

/* The class of an entry; NULL for one that is gone. */
static PyObject *entry_class(uintptr_t entry)
{
    return entry & 1 ? PyWeakref_GET_OBJECT((PyObject *)(entry - 1)) : (PyObject *)entry;
}

static uintptr_t class_entry(PyTypeObject *type)
{
    PyObject *reference;

    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        return (uintptr_t)type;
    }
    reference = PyWeakref_NewRef((PyObject *)type, NULL);
    if (reference == NULL) {
        PyErr_Clear();
        return 0;
    }
    return (uintptr_t)reference | 1;
}

static void record_class(operand *o, PyObject *object)
{
    PyObject *cls;

    if (object == NULL) {
        o->nulls++;
        return;
    }
    dx_see_instance(object);
    /* Of an array the kind of its items is said, too. */
    cls = dx_array_class(object);
    for (int c = 0; c < DX_CLASSES; c++) {
        if (o->classes[c] == 0) {
            o->classes[c] = cls != NULL ? (uintptr_t)cls : class_entry(Py_TYPE(object));
            return;
        }
        if (entry_class(o->classes[c]) == (cls != NULL ? cls : (PyObject *)Py_TYPE(object))) {
            return;
        }
    }
    o->others++;
}

/* Sample the instruction at `index` of the running frame; whether it is to go on. */
static int take_sample(profile *p, PyObject *code, Py_ssize_t index)
{
    _PyInterpreterFrame *frame = _PyThreadState_UncheckedGet()->cframe->current_frame;
    site *s;

    if (index < 0 || index >= p->size || p->sites[index].operand_count < 0) {
        return 0;
    }
    s = &p->sites[index];
    dx_spend_sample();
    if ((PyObject *)frame->f_code != code) {
        return 1;
    }
    for (int k = 0; k < s->operand_count; k++) {
        record_class(&s->operands[k], frame->localsplus[s->operands[k].position]);
    }
    if (++s->samples >= p->limit) {
        p->saturated = 1;
        return 0;
    }
    return 1;
}

static int counting;
static unsigned long long counted; /* instructions of the program that were interpreted */

static void count_instruction(profile *p, PyCodeObject *code)
{
    if (p->is_ours == 0) {
        int ours = (int)PyUnicode_Tailmatch(code->co_filename, own_files, 0, PY_SSIZE_T_MAX, -1);
        p->is_ours = ours ? -1 : 1;
    }
    counted += p->is_ours == 1;
}

static PyObject *instruction_event(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Py_ssize_t index;
    profile *p;

    (void)module;
    if (count != 2 || (p = profile_of(args[0])) == NULL) {
        return NULL;
    }
    index = PyLong_AsSsize_t(args[1]) / (Py_ssize_t)sizeof(_Py_CODEUNIT);
    if (counting) {
        count_instruction(p, (PyCodeObject *)args[0]);
    }
    if (!take_sample(p, args[0], index) && !counting) {
        return Py_NewRef(disable);
    }
    Py_RETURN_NONE;
}

/* count_instructions() -> how many instructions of the program were interpreted since this was
 * called first; each has to be an event. */
static PyObject *count_instructions(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    counting = 1;
    return PyLong_FromUnsignedLongLong(counted);
}

int dx_awaited;       /* code objects that await answers */
static int listening; /* those of them whose calls are events */

void dx_look_for_answers(void)
{
    static double last;
    double now = dx_seconds();
    unsigned long held;
    PyObject *result;

    if (on_poll == NULL || now - last < DX_POLL_TIME || dx_must_be_quiet()) {
        return;
    }
    last = now;
    held = dx_hold_signals();
    dx_begin_spending();
    result = PyObject_CallNoArgs(on_poll);
    dx_let_signals_in(held);
    if (result == NULL) {
        PyErr_WriteUnraisable(on_poll);
    }
    Py_XDECREF(result);
    dx_end_spending();
}

/* A call of code that awaits an answer: whether its calls are to be events further on. */
static int listen(profile *p)
{
    if (p->is_muted) {
        p->is_muted = 0;
        p->heard = 0;
        listening++;
    }
    if (++p->heard % DX_POLL_CALLS == 0) {
        dx_look_for_answers();
    }
    if (p->awaits > 0 && p->heard > DX_HEARD_CALLS && listening > 1) {
        p->is_muted = 1;
        listening--;
        return 0;
    }
    return 1;
}

static PyObject *start_event(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    profile *p;
    int counts;
    int may_spend;

    (void)module;
    if (count != 2 || (p = profile_of(args[0])) == NULL) {
        return NULL;
    }
    if (dx_must_be_quiet()) {
        Py_RETURN_NONE;
    }
    p->calls++;
    counts = p->has_loops && p->jumps < DX_MAX_JUMPS && dx_loops_begin((PyCodeObject *)args[0]);
    if (p->awaits > 0 && !listen(p) && !counts) {
        return Py_NewRef(disable);
    }
    if (p->stage == STAGE_COLD && (p->calls >= warm_calls || p->jumps >= warm_jumps)) {
        p->stage = STAGE_WARM;
        tell(on_warm, args[0]);
    }
    may_spend = dx_may_spend();
    if (p->stage == STAGE_WARM && (p->calls >= call_threshold || p->jumps >= jump_threshold)) {
        if (!may_spend) {
            Py_RETURN_NONE;
        }
        p->stage = STAGE_HOT;
        tell_within_budget(on_hot, args[0]);
    }
    else if (p->stage == STAGE_SAMPLING &&
             (p->sampled_calls++ >= calls_to_sample || p->saturated)) {
        p->stage = STAGE_SAMPLED;
        tell_within_budget(on_sampled, args[0]);
    }
    if (p->stage == STAGE_SAMPLED && !may_spend) {
        Py_RETURN_NONE;
    }
    if (p->stage == STAGE_SAMPLED && (p->rounds > 1 || p->waited_calls++ >= calls_to_wait)) {
        p->stage = STAGE_DONE;
        tell_within_budget(on_ready, args[0]);
    }
    if (p->stage == STAGE_SAMPLING || p->stage == STAGE_WATCHED) {
        /* No INSTRUCTION event comes for the RESUME itself: here are the arguments. */
        take_sample(p, args[0], PyLong_AsSsize_t(args[1]) / (Py_ssize_t)sizeof(_Py_CODEUNIT));
    }
    if (p->awaits == 0 && !counts && (p->stage == STAGE_DONE || p->stage == STAGE_HOT)) {
        return Py_NewRef(disable);
    }
    Py_RETURN_NONE;
}

int dx_compile_again(PyCodeObject *code)
{
    profile *p = dx_extra(code, dx_profile_extra);

    if (p == NULL || p->kept == NULL || p->stage != STAGE_DONE || p->renewals == DX_MAX_RENEWALS) {
        return 0;
    }
    p->renewals++;
    p->waited_calls = calls_to_wait;
    p->stage = STAGE_SAMPLED;
    return 1;
}

static int read_site(site *s, PyCodeObject *code, PyObject *positions)
{
    Py_ssize_t count = PyTuple_GET_SIZE(positions);

    s->operands = PyMem_Calloc((size_t)count + 1, sizeof(operand));
    if (s->operands == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    s->operand_count = (int)count;
    for (Py_ssize_t k = 0; k < count; k++) {
        long position = PyLong_AsLong(PyTuple_GET_ITEM(positions, k));
        if (position < 0 || position >= code->co_nlocalsplus + code->co_stacksize) {
            PyErr_SetString(PyExc_ValueError, "operand outside the frame");
            return -1;
        }
        s->operands[k].position = (int)position;
    }
    return 0;
}

/* sample(code, ((pc, (position, ...)), ...), watched, of_loop): the code's calls are sampled from
 * now on, each time up to four times as many; if it is watched, or a loop of it, until finish(). */
static PyObject *sample(PyObject *module, PyObject *args)
{
    PyObject *code, *plan;
    int watched, of_loop = 0;
    profile *p;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO!p|p:sample", &code, &PyTuple_Type, &plan, &watched,
                          &of_loop) ||
        (p = profile_of(code)) == NULL) {
        return NULL;
    }
    free_sites(p);
    p->sites = PyMem_Calloc((size_t)Py_SIZE(code) + 1, sizeof(site));
    if (p->sites == NULL) {
        return PyErr_NoMemory();
    }
    p->size = Py_SIZE(code);
    for (Py_ssize_t i = 0; i < p->size; i++) {
        p->sites[i].operand_count = -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(plan); i++) {
        Py_ssize_t pc;
        PyObject *positions;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(plan, i), "nO!", &pc, &PyTuple_Type, &positions)) {
            return NULL;
        }
        if (pc < 0 || pc >= p->size) {
            PyErr_SetString(PyExc_ValueError, "site outside the code");
            return NULL;
        }
        if (read_site(&p->sites[pc], (PyCodeObject *)code, positions) < 0) {
            return NULL;
        }
    }
    p->saturated = 0;
    p->limit = DX_MAX_SAMPLES << 2 * Py_MIN(p->rounds, 3);
    if (of_loop) {
        p->before = p->stage;
        p->stage = STAGE_LOOP;
        Py_RETURN_NONE;
    }
    p->stage = watched ? STAGE_WATCHED : STAGE_SAMPLING;
    p->sampled_calls = 0;
    p->waited_calls = 0;
    p->rounds++;
    Py_RETURN_NONE;
}

/* The classes themselves (None: gone), then "null" and "*" for what else was there. */
static PyObject *operand_classes(operand *o)
{
    PyObject *names = PyList_New(0);

    for (int c = 0; names != NULL && c < DX_CLASSES && o->classes[c] != 0; c++) {
        if (PyList_Append(names, entry_class(o->classes[c])) < 0) {
            Py_CLEAR(names);
        }
    }
    for (int extra = 0; names != NULL && extra < 2; extra++) {
        const char *text = extra == 0 ? "null" : "*";
        if (extra == 0 ? o->nulls : o->others) {
            PyObject *name = PyUnicode_FromString(text);
            if (name == NULL || PyList_Append(names, name) < 0) {
                Py_CLEAR(names);
            }
            Py_XDECREF(name);
        }
    }
    if (names != NULL) {
        Py_SETREF(names, PyList_AsTuple(names));
    }
    return names;
}

static PyObject *site_classes(site *s)
{
    PyObject *classes = PyTuple_New(s->operand_count);

    for (int k = 0; classes != NULL && k < s->operand_count; k++) {
        PyObject *names = operand_classes(&s->operands[k]);
        if (names == NULL) {
            Py_CLEAR(classes);
            break;
        }
        PyTuple_SET_ITEM(classes, k, names);
    }
    return classes;
}

/* samples(code) -> {pc: (count, ((class, ...), ...))} for the instructions that ran. */
static PyObject *samples(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);
    PyObject *result = p == NULL ? NULL : PyDict_New();

    (void)module;
    for (Py_ssize_t i = 0; result != NULL && i < p->size; i++) {
        if (p->sites[i].operand_count < 0 || p->sites[i].samples == 0) {
            continue;
        }
        PyObject *classes = site_classes(&p->sites[i]);
        PyObject *entry = classes ? Py_BuildValue("IN", p->sites[i].samples, classes) : NULL;
        PyObject *key = PyLong_FromSsize_t(i);
        if (entry == NULL || key == NULL || PyDict_SetItem(result, key, entry) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(entry);
        Py_XDECREF(key);
    }
    return result;
}

/* finish(code): no more events are wanted of it. */
static PyObject *finish(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);

    (void)module;
    if (p == NULL) {
        return NULL;
    }
    free_sites(p);
    if (p->stage != STAGE_SAMPLED) {
        p->stage = STAGE_DONE;
    }
    Py_RETURN_NONE;
}

/* finish_loop(code): its running loop was sampled enough. Whether that is what was sampled. */
static PyObject *finish_loop(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);

    (void)module;
    if (p == NULL) {
        return NULL;
    }
    if (p->stage != STAGE_LOOP) {
        Py_RETURN_FALSE;
    }
    free_sites(p);
    p->stage = p->before;
    Py_RETURN_TRUE;
}

/* look_again(code): what the store has does not fit yet (a class, an attribute is not there);
 * the next call looks again, once. */
static PyObject *look_again(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);

    (void)module;
    if (p == NULL) {
        return NULL;
    }
    if (p->stage == STAGE_WARM && p->looks++ == 0) {
        p->stage = STAGE_COLD;
    }
    Py_RETURN_NONE;
}

/* try_later(code, calls): after that many more calls it is hot again; 0: when it gets hot. */
static PyObject *try_later(PyObject *module, PyObject *args)
{
    PyObject *code;
    long calls;
    profile *p;

    (void)module;
    if (!PyArg_ParseTuple(args, "Ol:try_later", &code, &calls) || (p = profile_of(code)) == NULL) {
        return NULL;
    }
    p->retries++;
    p->stage = STAGE_WARM;
    if (calls > 0) {
        /* What is hot for its loops is called seldom. */
        p->calls = call_threshold - (p->jumps >= jump_threshold ? 1 : calls);
        p->jumps = 0;
    }
    Py_RETURN_NONE;
}

/* retries(code) -> how often try_later() was called. */
static PyObject *retries(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);

    (void)module;
    return p == NULL ? NULL : PyLong_FromLong(p->retries);
}

/* keep(code, object): remembered as long as the code object lives. */
static PyObject *keep(PyObject *module, PyObject *args)
{
    PyObject *code, *object;
    profile *p;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO:keep", &code, &object) || (p = profile_of(code)) == NULL) {
        return NULL;
    }
    Py_XSETREF(p->kept, Py_NewRef(object));
    Py_RETURN_NONE;
}

/* kept(code) -> what keep() was given last, or None. */
static PyObject *kept(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);

    (void)module;
    if (p == NULL) {
        return NULL;
    }
    return Py_NewRef(p->kept ? p->kept : Py_None);
}

/* is_done(code) -> whether it is neither sampled nor going to be. */
static PyObject *is_done(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);

    (void)module;
    return p == NULL ? NULL : PyBool_FromLong(p->stage == STAGE_DONE);
}

/* is_due(code) -> whether it is being sampled, or will be soon. */
static PyObject *is_due(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);
    int is_hot;

    (void)module;
    if (p == NULL) {
        return NULL;
    }
    is_hot = p->stage == STAGE_WARM ? p->calls >= call_threshold / 2
                                    : p->stage != STAGE_COLD && p->stage != STAGE_DONE;
    return PyBool_FromLong(is_hot);
}

/* await_answer(code, begin): its calls look for answers of the worker, until as many ended as
 * began. Whether events must be restarted: nobody listens any more though an answer is awaited,
 * or the code's own calls are not listened to. */
static PyObject *await_answer(PyObject *module, PyObject *args)
{
    PyObject *code;
    int begin, was_muted;
    profile *p;

    (void)module;
    if (!PyArg_ParseTuple(args, "Op:await_answer", &code, &begin) ||
        (p = profile_of(code)) == NULL) {
        return NULL;
    }
    was_muted = p->is_muted;
    p->awaits += begin ? 1 : -1;
    if (p->awaits == begin) {
        dx_awaited += begin ? 1 : -1;
        listening += begin ? 1 : p->is_muted ? 0 : -1;
        p->is_muted = 0;
        p->heard = 0;
    }
    return PyBool_FromLong(was_muted || (dx_awaited > 0 && listening == 0));
}

/* set_poll(hook): called where an answer may have come. */
static PyObject *set_poll(PyObject *module, PyObject *hook)
{
    (void)module;
    Py_XSETREF(on_poll, Py_NewRef(hook));
    Py_RETURN_NONE;
}

/* rounds(code) -> how often its sampling was begun. */
static PyObject *rounds(PyObject *module, PyObject *code)
{
    profile *p = profile_of(code);

    (void)module;
    return p == NULL ? NULL : PyLong_FromLong(p->rounds);
}

/* configure(on_warm, on_hot, on_sampled, on_ready, on_exits, warm_calls, warm_jumps, call_threshold,
 *           jump_threshold, calls_to_sample, calls_to_wait); a hook gets the function, and may
 *           be None. */
static PyObject *configure(PyObject *module, PyObject *args)
{
    PyObject *warm, *hot, *sampled, *ready, *exits;

    (void)module;
    if (!PyArg_ParseTuple(args, "OOOOOllllll:configure", &warm, &hot, &sampled, &ready,
                          &exits, &warm_calls, &warm_jumps, &call_threshold, &jump_threshold,
                          &calls_to_sample, &calls_to_wait)) {
        return NULL;
    }
    Py_XSETREF(on_warm, warm == Py_None ? NULL : Py_NewRef(warm));
    Py_XSETREF(on_hot, hot == Py_None ? NULL : Py_NewRef(hot));
    Py_XSETREF(on_sampled, sampled == Py_None ? NULL : Py_NewRef(sampled));
    Py_XSETREF(on_ready, ready == Py_None ? NULL : Py_NewRef(ready));
    Py_XSETREF(on_exits, exits == Py_None ? NULL : Py_NewRef(exits));
    Py_RETURN_NONE;
}

PyMethodDef dx_profile_methods[] = {
    {"start_event", (PyCFunction)(void (*)(void))start_event, METH_FASTCALL, "PY_START callback"},
    {"jump_event", (PyCFunction)(void (*)(void))jump_event, METH_FASTCALL, "JUMP callback"},
    {"instruction_event", (PyCFunction)(void (*)(void))instruction_event, METH_FASTCALL,
     "INSTRUCTION callback"},
    {"count_instructions", count_instructions, METH_NOARGS, "count what is interpreted"},
    {"bear_audits", bear_audits, METH_NOARGS, "work under audit hooks, too"},
    {"configure", configure, METH_VARARGS, "set hooks and thresholds"},
    {"sample", sample, METH_VARARGS, "sample a code object's instructions"},
    {"samples", samples, METH_O, "what was sampled"},
    {"finish", finish, METH_O, "drop the samples, and want no more events"},
    {"finish_loop", finish_loop, METH_O, "drop the samples of a running loop"},
    {"look_again", look_again, METH_O, "ask the store once more at the next call"},
    {"try_later", try_later, METH_VARARGS, "have it hot again after some more calls"},
    {"retries", retries, METH_O, "how often that was asked for"},
    {"is_done", is_done, METH_O, "whether no sampling is under way"},
    {"is_due", is_due, METH_O, "whether sampling is under way or may be soon"},
    {"await_answer", await_answer, METH_VARARGS, "look for answers at the calls of a code object"},
    {"set_budget", dx_set_budget, METH_O, "limit the tier's own time, or do not"},
    {"set_poll", set_poll, METH_O, "set what looks for answers"},
    {"rounds", rounds, METH_O, "how often sampling was begun"},
    {"keep", keep, METH_VARARGS, "remember something of a code object"},
    {"kept", kept, METH_O, "what was remembered of a code object"},
    {NULL, NULL, 0, NULL},
};

int dx_profile_init(PyObject *module)
{
    PyObject *monitoring = PySys_GetObject("monitoring");

    disable = monitoring ? PyObject_GetAttrString(monitoring, "DISABLE") : NULL;
    dx_profile_extra = PyUnstable_Eval_RequestCodeExtraIndex(free_profile);
    own_files = PyUnicode_FromString("<frozen importlib._dx_py.");
    if (disable == NULL || own_files == NULL || dx_profile_extra < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, dx_profile_methods) < 0 ||
                   PyModule_AddFunctions(module, dx_change_methods) < 0
               ? -1
           : PyModule_AddFunctions(module, dx_loop_methods) < 0
               ? -1
               : PyModule_AddFunctions(module, dx_observer_methods);
}

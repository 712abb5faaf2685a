/* Whether native code pays, by measuring: a function's first calls after it got native code
 * run natively or interpreted, as a coin says, and are timed with what they call.
 *
 * Compared are the means of the logarithms, which one long wait for the processor does not
 * decide. Code that is not clearly faster is given up. Of calls that take long two of each kind
 * decide, by turns, and what they say is kept for later processes: what is not called often
 * would be slowed down by the question. */
#include "dx_core.h"

#include <math.h>
#include <time.h>

#define DX_WARM_CALLS 40  /* the interpreter specialises instructions in the first calls */
#define DX_MIN_CALLS 24   /* of each kind, before there is a verdict */
#define DX_MAX_CALLS 1200
#define DX_LONG_CALL 300e-6 /* seconds */
#define DX_LONG_CALLS 2     /* of each kind */
/* Native code is to take at most this part of the interpreter's time (as a logarithm). */
#define DX_MAX_PART -0.05
/* A time this many times the mean (as a logarithm) is a wait for something else. */
#define DX_OUTLIER 3.0
/* Of a call that does nothing: what the interpreter saves that calls it without C code. It was
 * found by comparing with loops of calls of small functions. */
#define DX_SAVED_PART 0.8
#define DX_LEAST 5e-9 /* seconds */

static int trials_on;
static int is_trying;
static PyCodeObject *interpreted; /* what is timed interpreted now; never followed */
static uint32_t coin = 2463534242u;
static double clock_cost, saved = -1;

double dx_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int toss(void)
{
    /* Marsaglia, "Xorshift RNGs" (2003). */
    coin ^= coin << 13;
    coin ^= coin >> 17;
    coin ^= coin << 5;
    return coin >> 31;
}

/* The least times of reading the clock, and of a call of a function that does nothing. */
static void calibrate(void)
{
    double call = 1;

    clock_cost = 1;
    for (int i = 0; i < 64; i++) {
        double start = dx_seconds(), between, end;
        between = dx_seconds();
        Py_XDECREF(dx_call_nothing());
        end = dx_seconds();
        clock_cost = fmin(clock_cost, between - start);
        call = fmin(call, end - between);
    }
    saved = DX_SAVED_PART * fmax(call - clock_cost, 0);
}

int dx_is_interpreted_for_trial(PyCodeObject *code)
{
    return code == interpreted;
}

int dx_wants_trial(const dx_unit *unit)
{
    return trials_on && !is_trying && !unit->trial.is_over;
}

static double mean(const dx_trial *trial, int arm)
{
    return trial->sums[arm] / trial->counts[arm];
}

static double variance_of_mean(const dx_trial *trial, int arm)
{
    double n = trial->counts[arm], average = mean(trial, arm);
    return fmax(trial->squares[arm] / n - average * average, 0) / n;
}

/* `time`: without what the measuring itself costs, and what interpreting would have saved. */
static void record(dx_trial *trial, int native, double time)
{
    double value = log(fmax(time, DX_LEAST));

    if (trial->counts[native] >= 8) {
        value = fmin(value, mean(trial, native) + DX_OUTLIER);
    }
    trial->counts[native]++;
    trial->sums[native] += value;
    trial->squares[native] += value * value;
}

/* Whether it pays: 1 or 0, or -1 for not known yet. */
static int verdict(const dx_trial *trial)
{
    double difference, error;

    if (trial->counts[0] < DX_MIN_CALLS || trial->counts[1] < DX_MIN_CALLS) {
        return -1;
    }
    difference = mean(trial, 1) - mean(trial, 0) - DX_MAX_PART;
    error = sqrt(variance_of_mean(trial, 0) + variance_of_mean(trial, 1));
    if (fabs(difference) < 4 * error && trial->counts[0] + trial->counts[1] < DX_MAX_CALLS) {
        return -1;
    }
    return difference < 0;
}

static void conclude(dx_unit *unit, PyFunctionObject *func)
{
    int pays = verdict(&unit->trial);

    unit->trial.is_over = pays >= 0;
    if (pays == 0) {
        dx_unit_invalidate(unit);
        dx_tell_exits(func, Py_None);
    }
}

/* Native code that takes long pays if either its least time or its mean says so. */
static int long_call_pays(const dx_trial *trial)
{
    double part = exp(DX_MAX_PART);

    return trial->least[1] < part * trial->least[0] || trial->total[1] < part * trial->total[0];
}

static void record_long_call(dx_unit *unit, PyFunctionObject *func, int native, double time)
{
    dx_trial *trial = &unit->trial;

    if (!trial->is_long) {
        /* An earlier process may know already. */
        trial->is_long = 1;
        dx_tell_exits(func, Py_Ellipsis);
    }
    if (trial->long_calls[native] < DX_LONG_CALLS) {
        trial->least[native] =
            trial->long_calls[native] ? fmin(trial->least[native], time) : time;
        trial->total[native] += time;
        trial->long_calls[native]++;
    }
    if (trial->is_over || trial->long_calls[0] < DX_LONG_CALLS ||
        trial->long_calls[1] < DX_LONG_CALLS) {
        return;
    }
    trial->is_over = 1;
    if (long_call_pays(trial)) {
        dx_tell_exits(func, Py_True);
    }
    else {
        dx_unit_invalidate(unit);
        dx_tell_exits(func, Py_None);
    }
}

/* end_trial(code): its native code is known to pay. */
PyObject *dx_end_trial(PyObject *module, PyObject *code)
{
    dx_unit *unit = PyCode_Check(code) ? dx_unit_of((PyCodeObject *)code) : NULL;

    (void)module;
    if (unit != NULL) {
        unit->trial.is_over = 1;
    }
    Py_RETURN_NONE;
}

PyObject *dx_try(PyThreadState *ts, dx_unit *unit, PyFunctionObject *func, PyObject *const *args,
                 size_t nargsf, PyObject *kwnames)
{
    int native = unit->trial.is_long ? unit->trial.long_calls[1] <= unit->trial.long_calls[0]
                                     : toss();
    double start, time;
    PyObject *result;

    if (saved < 0) {
        calibrate();
    }
    is_trying = 1;
    unit->active++;
    start = dx_seconds();
    if (native) {
        result = dx_entry((PyObject *)func, args, nargsf, kwnames);
    }
    else {
        dx_show_frames(ts);
        interpreted = unit->code;
        result = _PyFunction_Vectorcall((PyObject *)func, args, nargsf, kwnames);
        interpreted = NULL;
    }
    time = dx_seconds() - start;
    is_trying = 0;
    if (!unit->valid) {
        unit->trial.is_over = 1;
    }
    else if (time > DX_LONG_CALL) {
        record_long_call(unit, func, native, time);
    }
    else if (unit->trial.warm_calls < DX_WARM_CALLS) {
        unit->trial.warm_calls += !native;
    }
    else {
        record(&unit->trial, native, time - clock_cost - (native ? 0 : saved));
        conclude(unit, func);
    }
    dx_unit_leave(unit);
    return result;
}

/* Steps are compared alone: what makes generators, and awaits them, is the same for both. */
PySendResult dx_try_step(dx_unit *unit, PyObject *generator, PyObject *sent, PyObject **result,
                         sendfunc const arms[2])
{
    PyFunctionObject *func = (PyFunctionObject *)Py_NewRef(dx_generator_function(generator));
    int native = toss();
    PySendResult status;
    double start, time;

    if (saved < 0) {
        calibrate();
    }
    is_trying = 1;
    unit->active++;
    start = dx_seconds();
    status = arms[native](generator, sent, result);
    time = dx_seconds() - start;
    is_trying = 0;
    if (!unit->valid) {
        unit->trial.is_over = 1;
    }
    else if (unit->trial.warm_calls < DX_WARM_CALLS) {
        unit->trial.warm_calls += !native;
    }
    else {
        record(&unit->trial, native, time - clock_cost);
        conclude(unit, func);
    }
    dx_unit_leave(unit);
    Py_DECREF(func);
    return status;
}

/* set_trials(on): whether functions that get native code are measured. */
PyObject *dx_set_trials(PyObject *module, PyObject *on)
{
    (void)module;
    trials_on = PyObject_IsTrue(on) == 1;
    Py_RETURN_NONE;
}

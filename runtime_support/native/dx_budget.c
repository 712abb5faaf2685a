/* How much of the program's time the tier may take for itself.
 *
 * What finding, sampling and describing functions costs is paid by every run, and gains something
 * only in what is left of this one and in later ones. So it is measured, and what is hot waits
 * while more was spent than a share of the program's own CPU time. Looking into the store is not
 * among it: that is what gains. */
#include "dx_core.h"

#include <time.h>

#define DX_SHARE 0.04
#define DX_ALLOWANCE 0.05 /* seconds that are free */
/* A sampled instruction: the event, and what it sees. Measured on loops of all opcodes. */
#define DX_SAMPLE_COST 2e-7
/* Questions between two readings of the clock. */
#define DX_QUESTIONS 64

static int is_limited, has_room = 1;
static uint32_t questions;
static double spent;
static _Thread_local int depth;
static _Thread_local double begun;

static double cpu_seconds(clockid_t clock)
{
    struct timespec now;

    return clock_gettime(clock, &now) == 0 ? (double)now.tv_sec + (double)now.tv_nsec * 1e-9 : 0;
}

void dx_begin_spending(void)
{
    if (is_limited && depth++ == 0) {
        begun = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    }
}

void dx_end_spending(void)
{
    if (is_limited && --depth == 0) {
        spent += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - begun;
        has_room = 1;
        questions = 0;
    }
}

void dx_spend_sample(void)
{
    spent += DX_SAMPLE_COST;
}

int dx_may_spend(void)
{
    if (!is_limited || questions++ % DX_QUESTIONS != 0) {
        return has_room;
    }
    has_room = spent < DX_ALLOWANCE + DX_SHARE * cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    return has_room;
}

/* set_budget(on): whether the tier's time is limited. */
PyObject *dx_set_budget(PyObject *module, PyObject *on)
{
    (void)module;
    is_limited = PyObject_IsTrue(on) == 1;
    has_room = 1;
    spent = 0;
    Py_RETURN_NONE;
}

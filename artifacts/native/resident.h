/* Asks a process that stays in memory to do a run in place of this one. POSIX only. */
#ifndef DX_RESIDENT_H
#define DX_RESIDENT_H

struct dx_resident {
    const char *path; /* of its socket, in a folder that only the user may enter */
    const char *lost; /* what to say where it ended during the run, and the status then */
    int lost_status;
};

enum { DX_RESIDENT_NONE = -1 };

/* The exit status of a run with these words (up to NULL), in this folder and environment and
 * on these standard streams; signals are passed on. The process ends by the signal that ended
 * the run. DX_RESIDENT_NONE where nobody answered, or the run was given back with nothing done:
 * then everything is as before. */
int dx_resident_ask(const struct dx_resident *resident, char *const *words);

/* Has `command` executed once this process is over, so as not to slow it: a process of its own
 * with nothing of this one's. It is no child of this one, which may kill what is left of them. */
void dx_resident_start(char *const *command);

#endif

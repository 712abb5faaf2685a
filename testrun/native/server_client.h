/* Asks the resident test server, if there is one, to do a run (testrun/worker/server). */
#ifndef DX_SERVER_CLIENT_H
#define DX_SERVER_CLIENT_H

/* `boot` is the script that runs tests and that serves; `arguments` end in NULL. Returns the
 * run's exit status, or DX_ASK_PYTHON where no server did it: then the caller runs the tests
 * itself. Starts a server, for the runs after this one, where the user asked for one. */
int dx_ask_server(const char *interpreter, const char *boot, char *const *arguments);

#endif

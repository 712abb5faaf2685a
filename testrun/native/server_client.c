#include "server_client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "discover.h"
#include "server_key.h"

extern char **environ;

enum { STREAMS = 3, ACCEPTED = 'A', LOST = 3, POLL_MICROSECONDS = 20000 };
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
static const char VERSION[] = "1";
static const int FORWARDED[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* Options that need the terminal itself, or a process from scratch. */
static const char *const ALONE[] = {"--capture=no", "--pdb",   "--trace", "--cov",
                                    "--no-server",  "--watch", NULL};

enum wish { NEVER, IF_THERE, START };

struct buffer {
    char *data;
    size_t size, capacity;
    bool failed;
};

static void append(struct buffer *buffer, const char *text, size_t size) {
    if (buffer->size + size > buffer->capacity) {
        size_t capacity = 2 * (buffer->size + size);
        char *data = realloc(buffer->data, capacity);
        buffer->failed = buffer->failed || !data;
        if (!data)
            return;
        buffer->data = data;
        buffer->capacity = capacity;
    }
    memcpy(buffer->data + buffer->size, text, size);
    buffer->size += size;
}

static void append_text(struct buffer *buffer, const char *text) {
    append(buffer, text, strlen(text) + 1);
}

static bool needs_own_process(const char *word) {
    for (const char *const *option = ALONE; *option; option++)
        if (strncmp(word, *option, strlen(*option)) == 0)
            return true;
    /* A cluster of single letters with -s in it. */
    return word[0] == '-' && word[1] != '-' && word[1] && !strchr("kmoprWcn", word[1]) &&
           strchr(word, 's');
}

static enum wish wish_of(char *const *arguments) {
    const char *variable = getenv("DX_TEST_SERVER");
    enum wish wish = variable && strcmp(variable, "1") == 0 ? START : IF_THERE;
    if (variable && strcmp(variable, "0") == 0)
        return NEVER;
    for (char *const *word = arguments; *word; word++) {
        if (needs_own_process(*word))
            return NEVER;
        if (strcmp(*word, "--server") == 0)
            wish = START;
    }
    return wish;
}

/* A length to be filled in, then the texts of testrun/worker/server/protocol.py. */
static struct buffer request(char *const *arguments) {
    struct buffer buffer = {NULL, 0, 0, false};
    char folder[PATH_MAX], number[24];
    size_t count = 0;
    uint32_t size = 0;
    while (arguments[count])
        count++;
    snprintf(number, sizeof number, "%zu", count);
    append(&buffer, (const char *)&size, sizeof size);
    append_text(&buffer, VERSION);
    append_text(&buffer, getcwd(folder, sizeof folder) ? folder : "/");
    append_text(&buffer, number);
    for (size_t i = 0; i < count; i++)
        append_text(&buffer, arguments[i]);
    for (char **entry = environ; *entry; entry++)
        append_text(&buffer, *entry);
    if (!buffer.failed) {
        size = (uint32_t)(buffer.size - sizeof size);
        unsigned char bytes[] = {(unsigned char)size, (unsigned char)(size >> 8),
                                 (unsigned char)(size >> 16), (unsigned char)(size >> 24)};
        memcpy(buffer.data, bytes, sizeof bytes);
    }
    return buffer;
}

/* The first bytes carry the standard streams. */
static bool send_request(int connection, const struct buffer *buffer) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(STREAMS * sizeof(int))];
    } control;
    const int streams[STREAMS] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    struct iovec part = {buffer->data, buffer->size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    memset(&control, 0, sizeof control);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof streams);
    memcpy(CMSG_DATA(header), streams, sizeof streams);
    ssize_t sent = sendmsg(connection, &message, MSG_NOSIGNAL);
    for (size_t done = sent > 0 ? (size_t)sent : 0; sent > 0 && done < buffer->size;
         done += (size_t)sent)
        sent = send(connection, buffer->data + done, buffer->size - done, MSG_NOSIGNAL);
    return sent > 0;
}

static bool receive(int connection, void *target, size_t size) {
    char *bytes = target;
    while (size > 0) {
        ssize_t got = read(connection, bytes, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        bytes += got;
        size -= (size_t)got;
    }
    return true;
}

static int connection_of_signals = -1;

static void forward(int number) {
    int before = errno;
    char byte = (char)number;
    /* Where the server is gone, reading its answer will say so. */
    ssize_t ignored = write(connection_of_signals, &byte, 1);
    (void)ignored;
    errno = before;
}

static void forward_signals(int connection) {
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    connection_of_signals = connection;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof FORWARDED / sizeof *FORWARDED; i++) {
        struct sigaction before;
        /* What the caller ignores stays ignored. */
        if (sigaction(FORWARDED[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(FORWARDED[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

static int wait_for_status(int connection) {
    unsigned char bytes[4];
    if (!receive(connection, bytes, sizeof bytes)) {
        fputs("dx-py: the test server ended during the run\n", stderr);
        return LOST;
    }
    uint32_t status = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                      (uint32_t)bytes[3] << 24;
    return (int)status;
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connection < 0)
        return -1;
    fcntl(connection, F_SETFD, FD_CLOEXEC);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0)
        return connection;
    close(connection);
    return -1;
}

static int run_at(int connection, char *const *arguments) {
    struct buffer buffer = request(arguments);
    char answer = 0;
    bool accepted = !buffer.failed && send_request(connection, &buffer) &&
                    receive(connection, &answer, 1) && answer == ACCEPTED;
    free(buffer.data);
    if (!accepted)
        return DX_ASK_PYTHON;
    forward_signals(connection);
    return wait_for_status(connection);
}

static void redirect_to_nothing(void) {
    int nothing = open("/dev/null", O_RDWR);
    for (int stream = 0; nothing >= 0 && stream < STREAMS; stream++)
        dup2(nothing, stream);
    if (nothing >= STREAMS)
        close(nothing);
}

/* A process of its own that waits until this run is over, so as not to slow it, and serves the
 * next. It is no child of the run, which kills what is left of its children. */
static void start_server(const char *interpreter, const char *boot, const char *path) {
    pid_t run = getpid(), child = fork();
    if (child > 0)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    if (child != 0)
        return;
    setsid();
    redirect_to_nothing();
    if (fork() != 0)
        _exit(0);
    while (kill(run, 0) == 0)
        usleep(POLL_MICROSECONDS);
    execl(interpreter, interpreter, boot, "--dx-serve", path, (char *)NULL);
    _exit(1);
}

int dx_ask_server(const char *interpreter, const char *boot, char *const *arguments) {
    char path[PATH_MAX];
    enum wish wish = wish_of(arguments);
    if (wish == NEVER || dx_server_path(interpreter, boot, path, sizeof path))
        return DX_ASK_PYTHON;
    int connection = connect_to(path), status = DX_ASK_PYTHON;
    if (connection >= 0) {
        status = run_at(connection, arguments);
        close(connection);
    }
    if (status == DX_ASK_PYTHON && wish == START)
        start_server(interpreter, boot, path);
    return status;
}

#include "resident.h"

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

extern char **environ;

/* A status above this says which signal ended the run. */
enum { STREAMS = 3, ACCEPTED = 'A', BY_SIGNAL = 256 };
enum { POLL_MICROSECONDS = 20000, MOST_FILES = 1024 };
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
static const char VERSION[] = "1";
static const int FORWARDED[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
enum { FORWARDED_COUNT = sizeof FORWARDED / sizeof *FORWARDED };

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

/* A length to be filled in, then the texts that the servers' protocol.py describe. */
static struct buffer request(char *const *words) {
    struct buffer buffer = {NULL, 0, 0, false};
    char folder[PATH_MAX], number[24];
    size_t count = 0;
    uint32_t size = 0;
    while (words[count])
        count++;
    snprintf(number, sizeof number, "%zu", count);
    append(&buffer, (const char *)&size, sizeof size);
    append_text(&buffer, VERSION);
    const char *here = getcwd(folder, sizeof folder);
    buffer.failed = buffer.failed || !here;
    append_text(&buffer, here ? here : "");
    append_text(&buffer, number);
    for (size_t i = 0; i < count; i++)
        append_text(&buffer, words[i]);
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

static void forward_signals(int connection, struct sigaction before[]) {
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    connection_of_signals = connection;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < FORWARDED_COUNT; i++) {
        /* What the caller ignores stays ignored. */
        bool is_known = sigaction(FORWARDED[i], NULL, &before[i]) == 0;
        action.sa_handler = FORWARDED[i] == SIGPIPE ? SIG_IGN : forward;
        if (is_known && before[i].sa_handler != SIG_IGN)
            sigaction(FORWARDED[i], &action, NULL);
    }
}

static void take_signals_back(const struct sigaction before[]) {
    for (int i = 0; i < FORWARDED_COUNT; i++)
        sigaction(FORWARDED[i], &before[i], NULL);
}

static int end_by(int number) {
    signal(number, SIG_DFL);
    raise(number);
    return 128 + number; /* it is blocked: what a shell would have said */
}

static int status_of(int connection, const struct dx_resident *resident) {
    unsigned char bytes[4];
    if (!receive(connection, bytes, sizeof bytes)) {
        fputs(resident->lost, stderr);
        return resident->lost_status;
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

static int run_at(int connection, const struct dx_resident *resident, char *const *words) {
    struct sigaction before[FORWARDED_COUNT];
    struct buffer buffer = request(words);
    char answer = 0;
    bool accepted = !buffer.failed && send_request(connection, &buffer) &&
                    receive(connection, &answer, 1) && answer == ACCEPTED;
    free(buffer.data);
    if (!accepted)
        return DX_RESIDENT_NONE;
    forward_signals(connection, before);
    int status = status_of(connection, resident);
    if (status < 0)
        take_signals_back(before);
    return status > BY_SIGNAL ? end_by(status - BY_SIGNAL) : status;
}

int dx_resident_ask(const struct dx_resident *resident, char *const *words) {
    int connection = connect_to(resident->path), status = DX_RESIDENT_NONE;
    if (connection >= 0) {
        status = run_at(connection, resident, words);
        close(connection);
    }
    return status;
}

/* Nothing that this process holds, a pipe or a lock, is to stay held. */
static void let_go(void) {
    int nothing = open("/dev/null", O_RDWR);
    for (int stream = 0; nothing >= 0 && stream < STREAMS; stream++)
        dup2(nothing, stream);
    for (int file = STREAMS; file < MOST_FILES; file++)
        close(file);
}

void dx_resident_start(char *const *command) {
    pid_t run = getpid(), child = fork();
    if (child > 0)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    if (child != 0)
        return;
    setsid();
    let_go();
    if (fork() != 0)
        _exit(0);
    while (kill(run, 0) == 0)
        usleep(POLL_MICROSECONDS);
    execv(command[0], command);
    _exit(1);
}

/* What dx_py.artifacts._native binds; artifacts.h says what it is. cffi reads this file: no
 * preprocessor directives. */

enum dx_status {
    DX_OK = 0,
    DX_MISSING = 1,  /* not there */
    DX_DAMAGED = 2,  /* there, and not whole: the caller removes it */
    DX_UNREADABLE = 3, /* there, and the system refuses to read it, or memory is short */
    DX_UNTRUSTED = 4 /* another user could have written it */
};

struct dx_sha256 {
    uint32_t state[8];
    uint64_t size;
    unsigned char block[64];
};

void dx_sha256_start(struct dx_sha256 *hash);
void dx_sha256_add(struct dx_sha256 *hash, const void *data, size_t size);
void dx_sha256_finish(struct dx_sha256 *hash, char hex[65]);
void dx_sha256_hex(const void *data, size_t size, char hex[65]);

/* zlib's CRC-32; start with 0, or with what the bytes before gave. */
uint32_t dx_crc32(uint32_t crc, const void *data, size_t size);

/* The parts of an artifact; `kind` and `payload` point into the data that was given. */
struct dx_artifact {
    const char *kind; /* not NUL-terminated */
    size_t kind_size;
    uint64_t schema;
    const unsigned char *payload; /* msgpack */
    size_t payload_size;
};

/* DX_OK, or DX_DAMAGED where `data` is not one whole artifact. The payload is covered by the
 * checksum and not parsed. */
int dx_artifact_open(const void *data, size_t size, struct dx_artifact *out);

/* DX_OK, or DX_UNTRUSTED if another user could change what `path` holds. What does not exist yet
 * is trusted. `path` is absolute. */
int dx_path_trusted(const char *path);

/* The digest recorded for an action. `root` is a trusted store's root. */
int dx_store_lookup(const char *root, const char *action, char digest[65]);

/* A whole artifact. On DX_OK the caller owns `*data` and frees it with dx_artifact_free. */
int dx_store_get(const char *root, const char *digest, unsigned char **data, size_t *size);

void dx_artifact_free(void *data);

/* A file's identity, as `stat` gives it; stamps in nanoseconds since 1970. */
struct dx_file_key {
    uint64_t device;
    uint64_t inode;
    uint64_t size;
    int64_t mtime_ns;
    int64_t ctime_ns;
};

/* The stat index of the store at `root`; NULL where there is none that can be read. The caller
 * closes it. One that was replaced meanwhile goes on to answer from what it was. */
struct dx_stat_index *dx_stat_index_open(const char *root);

/* DX_OK and the SHA-256 of the file's bytes, or DX_MISSING. */
int dx_stat_index_find(struct dx_stat_index *index, const struct dx_file_key *key,
                       char digest[65]);

void dx_stat_index_close(struct dx_stat_index *index);

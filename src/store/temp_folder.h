/* temp_folder.h - folders for tests of the store: made under /tmp, removed whole, compared by content. */
#ifndef STORE_TEMP_FOLDER_H
#define STORE_TEMP_FOLDER_H

#include "base/map.h"
#include "io/file.h"

#include <stdlib.h>

enum { TEMP_FOLDER_BYTES = 256 };

static inline void temp_folder_make(char path[TEMP_FOLDER_BYTES])
{
    const char *under = getenv("TMPDIR");
    (void)snprintf(path, TEMP_FOLDER_BYTES, "%s/crema-test-XXXXXX", under ? under : "/tmp");
    if (!mkdtemp(path))
        abort();
}

static inline void temp_folder_remove(const char *path)
{
    if (folder_remove(path, NULL))
        abort();
}

struct temp_folder_walk {
    const char *path;
    uint64_t digest;
};

static inline uint64_t temp_folder_digest(const char *path);

static inline void temp_folder_entry(void *self, const char *name)
{
    struct temp_folder_walk *walk = self;
    char path[1024];
    struct buf bytes;
    buf_init(&bytes, 0);
    (void)snprintf(path, sizeof(path), "%s/%s", walk->path, name);
    uint64_t digest = hash_bytes(str_from(path), 1);
    if (file_read_all(path, (size_t)1 << 30, &bytes, NULL) == ERR_OK)
        digest ^= hash_bytes(buf_str(&bytes), digest);
    else
        digest ^= temp_folder_digest(path);
    walk->digest += digest; /* in any order */
    buf_fini(&bytes);
}

/* Of the names and bytes of all files below. */
static inline uint64_t temp_folder_digest(const char *path)
{
    struct temp_folder_walk walk = { path, 0 };
    if (folder_list(path, temp_folder_entry, &walk, NULL))
        abort();
    return walk.digest;
}

#endif

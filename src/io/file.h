/* file.h - files and folders of the disk: read and write whole, sync, list, lock.
 *
 * A diag says the call, the path and the system's text. ERR_NOSPACE is the disk being full (or over a
 * quota), ERR_NOTFOUND a path that is not there, ERR_CONFLICT one that is, ERR_IO all else.
 * Threads: any; a file's calls carry their offsets.
 */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/buf.h"

struct file {
    int fd; /* -1: not open, so `struct file f = FILE_NONE` */
};
#define FILE_NONE ((struct file){ -1 })

enum file_open {
    FILE_READ,   /* must exist */
    FILE_WRITE,  /* must exist; for reading too */
    FILE_CREATE, /* made or emptied; for reading too */
};

enum err file_open(const char *path, enum file_open how, struct file *ret, struct diag *reterr) MUST_USE;
void file_close(struct file *file);
enum err file_size(struct file file, uint64_t *ret, struct diag *reterr) MUST_USE;
/* Less than len only at the end of the file. */
enum err file_read_at(struct file file, uint64_t offset, void *at, size_t len, size_t *ret_len,
                      struct diag *reterr) MUST_USE;
/* Both parts, one after the other, whole. */
enum err file_write_at(struct file file, uint64_t offset, struct str head, struct str tail,
                       struct diag *reterr) MUST_USE;
/* Writes zeros from offset up to end. */
enum err file_zero(struct file file, uint64_t offset, uint64_t end, struct diag *reterr) MUST_USE;
/* What was written is on disk, and what is needed to read it. */
enum err file_sync(struct file file, struct diag *reterr) MUST_USE;

/* The whole of a file of at most max bytes, added to the buf. */
enum err file_read_all(const char *path, size_t max, struct buf *to, struct diag *reterr) MUST_USE;
/* As path is replaced: all of it or nothing, on disk when this returns. Uses path.new. */
enum err file_replace(const char *path, struct str text, struct diag *reterr) MUST_USE;

/* Takes the lock of a file that is made if absent, until it is closed. ERR_CONFLICT: another has it;
 * *ret_holder is what the holder wrote there (cut to fit, NUL-ended), perhaps nothing. */
enum err file_lock(const char *path, struct file *ret, char *ret_holder, size_t holder_size,
                   struct diag *reterr) MUST_USE;
/* Writes this process's id there, so that others can say who holds it. */
enum err file_lock_sign(struct file lock, struct diag *reterr) MUST_USE;

bool file_exists(const char *path);
enum err file_rename(const char *from, const char *to, struct diag *reterr) MUST_USE;
enum err file_remove(const char *path, struct diag *reterr) MUST_USE;
/* Removes what is worthless anyhow, if it can. */
void file_discard(const char *path);

/* With the folders above it; one that is there is no error. */
enum err folder_make(const char *path, struct diag *reterr) MUST_USE;
/* Its entries' names are on disk. */
enum err folder_sync(const char *path, struct diag *reterr) MUST_USE;
typedef void folder_entry_f(void *self, const char *name);
enum err folder_list(const char *path, folder_entry_f *f, void *self, struct diag *reterr) MUST_USE;
/* The folder and all in it. */
enum err folder_remove(const char *path, struct diag *reterr) MUST_USE;
/* All that was written to the disk that holds path is on it. */
enum err disk_sync(const char *path, struct diag *reterr) MUST_USE;
/* Bytes that this process may still write on the disk that holds path. */
enum err disk_free_bytes(const char *path, uint64_t *ret, struct diag *reterr) MUST_USE;

#endif

/* The lock and the format of a store's folder. */
#include "store/store_impl.h"

#include "io/rand.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FORMAT_BYTES_MAX = 4096 };

static char *join(const char *path, const char *name)
{
    size_t len = strlen(path) + strlen(name) + 2;
    char *joined = malloc(len);
    if (!joined)
        abort();
    (void)snprintf(joined, len, "%s/%s", path, name);
    return joined;
}

void folder_close(struct folder **folder)
{
    struct folder *f = *folder;
    if (!f)
        return;
    *folder = NULL;
    file_close(&f->lock);
    free(f->path);
    free(f->journal);
    free(f->view);
    free(f->format);
    free(f);
}

static struct folder *folder_new(const char *path)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    if (!folder)
        abort();
    folder->lock = FILE_NONE;
    folder->path = strdup(path);
    if (!folder->path)
        abort();
    folder->journal = join(path, "journal");
    folder->view = join(path, "view");
    folder->format = join(path, "format");
    return folder;
}

enum err folder_write_format(const struct folder *folder, struct diag *reterr)
{
    struct buf text;
    buf_init(&text, FORMAT_BYTES_MAX);
    buf_printf(&text, "crema store %d\nepoch %" PRIu32 "\nsalt %016" PRIx64 "\n", FOLDER_VERSION,
               folder->epoch, folder->salt);
    if (folder->closed)
        buf_printf(&text, "closed %" PRIu64 "\n", folder->closed_sequence);
    enum err err = file_replace(folder->format, buf_str(&text), reterr);
    buf_fini(&text);
    return err;
}

static bool read_hex(struct str text, uint64_t *ret)
{
    if (text.len != 16)
        return false;
    *ret = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digits = "0123456789abcdef", *digit = text.ptr[i] ? strchr(digits, text.ptr[i]) : NULL;
        if (!digit)
            return false;
        *ret = *ret << 4 | (uint64_t)(digit - digits);
    }
    return true;
}

static bool read_line(struct folder *folder, struct str line)
{
    struct str name, value;
    int64_t number;
    if (!str_cut(line, ' ', &name, &value))
        return false;
    if (str_eq(name, STR("salt")))
        return read_hex(value, &folder->salt);
    if (!str_to_i64(value, &number) || number < 0)
        return false;
    if (str_eq(name, STR("epoch")) && number <= UINT32_MAX) {
        folder->epoch = (uint32_t)number;
        return true;
    }
    if (str_eq(name, STR("closed"))) {
        folder->closed = true;
        folder->closed_sequence = (uint64_t)number;
        return true;
    }
    return false;
}

static enum err read_format(struct folder *folder, struct diag *reterr)
{
    struct buf buf;
    buf_init(&buf, FORMAT_BYTES_MAX);
    enum err err = file_read_all(folder->format, FORMAT_BYTES_MAX, &buf, reterr);
    struct str text = buf_str(&buf), line = STR_EMPTY, rest;
    int64_t version = 0;
    if (!err && (!str_cut(text, '\n', &line, &rest) || !str_starts(line, STR("crema store ")) ||
                 !str_to_i64(str_from_offset(line, strlen("crema store ")), &version) || version < 1))
        err = diag_set(reterr, ERR_CORRUPT, "%s does not say 'crema store %d' in its first line",
                       folder->format, FOLDER_VERSION);
    if (!err && version != FOLDER_VERSION)
        err = diag_set(reterr, ERR_UNSUPPORTED,
                       "%s was written by %s Crema: its store has version %" PRId64
                       ", this one knows %d; use the Crema that wrote it, or another folder",
                       folder->path, version > FOLDER_VERSION ? "a newer" : "an older", version,
                       FOLDER_VERSION);
    for (unsigned number = 2; !err && rest.len; number++) {
        if (!str_cut(rest, '\n', &line, &rest) || !read_line(folder, line))
            err = diag_set(reterr, ERR_CORRUPT, "%s: line %u is not understood", folder->format, number);
    }
    if (!err && !folder->salt)
        err = diag_set(reterr, ERR_CORRUPT, "%s has no salt", folder->format);
    buf_fini(&buf);
    folder->fresh = folder->epoch == 0;
    return err;
}

static void note_foreign(void *self, const char *name)
{
    static const char *const known[] = { "lock", "format.new", "lost+found" };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(name, known[i]) == 0)
            return;
    (void)snprintf(self, 256, "%s", name);
}

/* A server that was killed may have made the folder, and not come to see its name on disk. Where it was made by
 * somebody else the folder above may not be ours to open. */
static void sync_own_name(const struct folder *folder)
{
    char *above = join(folder->path, "..");
    enum err err = folder_sync(above, NULL);
    (void)err;
    free(above);
}

/* A folder that is to become a store must be empty: whatever else it holds is somebody's. */
static enum err make_format(struct folder *folder, struct diag *reterr)
{
    char foreign[256] = "";
    enum err err = folder_list(folder->path, note_foreign, foreign, reterr);
    if (!err && foreign[0])
        err = diag_set(reterr, ERR_CONFLICT,
                       "%s is not empty and is not a store of Crema: it holds %s, but no format",
                       folder->path, foreign);
    if (err)
        return err;
    sync_own_name(folder);
    while (!folder->salt)
        folder->salt = rand_u64();
    folder->fresh = true;
    return folder_write_format(folder, reterr);
}

static enum err take_lock(struct folder *folder, bool existing, struct diag *reterr)
{
    char holder[24] = "";
    char *path = join(folder->path, "lock");
    enum err err = ERR_OK;
    if (!existing || file_exists(path)) /* without the file no server has it, and a look must not make it */
        err = file_lock(path, &folder->lock, holder, sizeof(holder), reterr);
    free(path);
    if (err != ERR_CONFLICT)
        return err;
    holder[strcspn(holder, "\n")] = '\0';
    return diag_set(reterr, err, "%s is in use by another server%s%s", folder->path,
                    holder[0] ? ", process " : "", holder);
}

enum err folder_open(const char *path, bool existing, struct folder **ret, struct diag *reterr)
{
    struct folder *folder = folder_new(path);
    enum err err = ERR_OK;
    if (existing && !file_exists(folder->format))
        err = diag_set(reterr, ERR_NOTFOUND, "%s is not a store: there is no %s", path, folder->format);
    else if (!existing)
        err = folder_make(path, reterr);
    if (!err)
        err = take_lock(folder, existing, reterr);
    if (!err)
        err = file_exists(folder->format) ? read_format(folder, reterr) : make_format(folder, reterr);
    if (err)
        folder_close(&folder);
    else
        *ret = folder;
    return err;
}

enum err folder_write_backup(const char *path, uint64_t sequence, struct diag *reterr)
{
    struct folder *folder = folder_new(path);
    folder->epoch = 1;
    while (!folder->salt)
        folder->salt = rand_u64();
    folder->closed = true;
    folder->closed_sequence = sequence;
    struct journal_settings settings = {
        .folder = folder->journal,
        .segment_bytes = 64 * 1024,
        .salt = folder->salt,
        .sequence_next = sequence + 1,
    };
    struct journal *journal = NULL;
    enum err err = journal_local.open(&settings, &journal, reterr);
    if (!err)
        err = journal_local.start(journal, folder->epoch, reterr);
    if (journal)
        journal_local.close(&journal);
    if (!err)
        err = folder_write_format(folder, reterr);
    folder_close(&folder);
    return err;
}

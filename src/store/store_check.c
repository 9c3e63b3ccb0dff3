/* Reads all of a folder that no server holds: every record's checksum and order, every key's block checksum
 * and order, and whether the view has what the journal's batches say. */
#include "store/store_impl.h"

#include "store/journal_record.h"
#include "store/key.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

struct check {
    store_check_say_f *say;
    void *self;
    struct folder *folder;
    struct view *view;
    struct journal *journal;
    struct store_batch batch; /* what the journal's batches up to `applied` come to */
    uint64_t applied;         /* the view's sequence */
    uint64_t records, keys;
    unsigned findings;
    enum err err; /* what kept us from looking */
    struct diag *reterr;
};

static void finding(struct check *check, const char *format, ...) PRINTF_LIKE(2, 3);
static void finding(struct check *check, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    check->findings++;
    check->say(check->self, text);
}

static void key_show(struct str key, char at[200])
{
    size_t len = 0;
    for (size_t i = 0; i < key.len && len < 190; i++) {
        unsigned char c = (unsigned char)key.ptr[i];
        len += (size_t)snprintf(at + len, 200 - len, c > ' ' && c < 0x7f && c != '\\' ? "%c" : "\\x%02x", c);
    }
    at[len] = '\0';
}

static bool collect(void *self, uint64_t sequence, uint64_t epoch, struct str payload)
{
    (void)epoch;
    struct check *check = self;
    struct operation operation;
    check->records++;
    while (payload.len && operation_read(&payload, &operation)) {
        if (sequence > check->applied)
            continue;
        if (operation.type == OPERATION_PUT)
            store_put(&check->batch, operation.key, operation.value);
        else if (operation.type == OPERATION_DELETE)
            store_delete(&check->batch, operation.key);
        else
            store_delete_range(&check->batch, operation.key, operation.value);
    }
    if (payload.len)
        finding(check, "journal: batch %" PRIu64 " is whole, but not a list of operations", sequence);
    return true;
}

static void check_journal(struct check *check)
{
    struct journal_settings settings = {
        .folder = check->folder->journal,
        .salt = check->folder->salt,
        .sequence_next = 1,
        .no_sync = true, /* it only looks */
    };
    struct diag diag;
    enum err err = journal_local.open(&settings, &check->journal, &diag);
    if (err == ERR_CORRUPT)
        finding(check, "%s", diag.text);
    else if (err)
        check->err = diag_set(check->reterr, err, "%s", diag.text);
    if (err)
        return;
    struct journal_look look;
    journal_local.look(check->journal, &look);
    if (look.segments == 0 && !check->folder->fresh)
        finding(check, "%s: the journal has no segments", check->folder->journal);
    if (look.epoch > check->folder->epoch)
        finding(check, "the journal has batches of epoch %" PRIu64 ", the folder is at %" PRIu32, look.epoch,
                check->folder->epoch);
    if (check->folder->closed && look.next <= check->folder->closed_sequence)
        finding(check,
                "the journal ends at batch %" PRIu64 ", but %" PRIu64 " was there when the server stopped",
                look.next - 1, check->folder->closed_sequence);
    if (check->view && check->applied + 1 < look.first)
        finding(check, "the view ends at batch %" PRIu64 ", the journal begins at %" PRIu64, check->applied,
                look.first);
    if (check->view && check->applied >= look.next)
        finding(check, "the view holds batch %" PRIu64 ", the journal ends at %" PRIu64, check->applied,
                look.next - 1);
    err = journal_local.replay(check->journal, 0, collect, check, &diag);
    if (err)
        check->err = diag_set(check->reterr, err, "%s", diag.text);
}

static void check_view(struct check *check)
{
    struct view_cursor *cursor = view_cursor_new(check->view, NULL, STR_EMPTY, STR_EMPTY);
    struct buf before;
    buf_init(&before, 0);
    struct str key;
    char shown[200];
    for (view_cursor_first(cursor); view_cursor_at(cursor, &key); view_cursor_step(cursor, STORE_UP)) {
        if (check->keys && str_compare(buf_str(&before), key) >= 0) {
            key_show(key, shown);
            finding(check, "view: key %s does not come after the one before it", shown);
        }
        buf_clear(&before);
        buf_add(&before, key);
        check->keys++;
    }
    if (view_cursor_err(cursor)) {
        key_show(buf_str(&before), shown);
        finding(check, "view: it cannot be read beyond key %s: %s", shown, err_text(view_cursor_err(cursor)));
    }
    buf_fini(&before);
    view_cursor_free(&cursor);
}

/* Each key that the journal's batches wrote last must be in the view as they wrote it. */
static void compare(struct check *check)
{
    if (!check->batch.overlay.head)
        return;
    struct arena arena = { 0 };
    char shown[200];
    for (struct overlay_node *node = check->batch.overlay.head->next[0]; node; node = node->next[0]) {
        struct str value;
        enum err err = view_get(check->view, NULL, &arena, overlay_key(node), &value);
        struct str want =
            str_of(check->batch.payload.ptr + node->version->value_at, node->version->value_len);
        key_show(overlay_key(node), shown);
        if (err && err != ERR_NOTFOUND)
            finding(check, "view: key %s cannot be read: %s", shown, err_text(err));
        else if (node->version->deleted && !err)
            finding(check, "view: key %s is there, the journal deleted it", shown);
        else if (!node->version->deleted && err)
            finding(check, "view: key %s is missing, the journal has it", shown);
        else if (!err && !str_eq(value, want))
            finding(check, "view: the value of key %s is not the journal's", shown);
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

static void room_finding(void *self, const char *text)
{
    finding(self, "%s", text);
}

/* Each room looks at the view, as it is there. */
static void check_rooms(struct check *check, store_check_room_f *const *rooms)
{
    struct store *store = calloc(1, sizeof(*store));
    if (!store)
        abort();
    store->view = check->view;
    struct store_reader reader = { .store = store };
    for (; *rooms; rooms++)
        (*rooms)(&reader, room_finding, check);
    free(store);
}

enum err store_check(const char *path, store_check_room_f *const *rooms, store_check_say_f *say, void *self,
                     struct diag *reterr)
{
    struct check check = { .say = say, .self = self, .reterr = reterr };
    enum err err = folder_open(path, true, &check.folder, reterr);
    if (err)
        return err;
    batch_init(&check.batch, NULL);
    struct view_settings settings = { .folder = check.folder->view,
                                      .read_only = true,
                                      .cache_bytes = 8 << 20 };
    struct diag diag;
    if (!check.folder->fresh || file_exists(check.folder->view)) {
        err = view_open(&settings, &check.view, &diag);
        if (!err)
            err = view_applied(check.view, &check.applied, &diag);
        if (err == ERR_NOSPACE)
            check.err = diag_set(reterr, err, "%s", diag.text);
        else if (err)
            finding(&check, "%s", diag.text);
        if (err)
            view_close(&check.view, false);
    }
    if (!check.err)
        check_journal(&check);
    if (!check.err && check.view) {
        check_view(&check);
        if (rooms)
            check_rooms(&check, rooms);
        compare(&check);
    }
    err = check.err;
    if (!err && check.findings)
        err = diag_set(reterr, ERR_CORRUPT, "%s: %u findings in %" PRIu64 " batches and %" PRIu64 " keys",
                       path, check.findings, check.records, check.keys);
    batch_fini(&check.batch);
    view_close(&check.view, false);
    if (check.journal)
        journal_local.close(&check.journal);
    folder_close(&check.folder);
    return err;
}

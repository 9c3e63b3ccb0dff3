/* A consistent copy of a running store: the view at this moment, and an empty journal
 * that goes on from there. */
#include "store/store_impl.h"

#include <stdlib.h>

static void note_entry(void *self, const char *name)
{
    (void)snprintf(self, 256, "%s", name);
}

enum err store_backup(struct store *store, const char *folder, struct diag *reterr)
{
    char entry[256] = "";
    if (!store->folder)
        return diag_set(reterr, ERR_UNSUPPORTED, "an ephemeral store cannot be copied: it has no folder");
    enum err err = folder_make(folder, reterr);
    if (!err)
        err = folder_list(folder, note_entry, entry, reterr);
    if (!err && entry[0])
        err = diag_set(reterr, ERR_CONFLICT, "%s is not empty: it holds %s", folder, entry);
    if (err)
        return err;
    size_t size = strlen(folder) + sizeof("/view");
    char *path = malloc(size);
    if (!path)
        abort();
    (void)snprintf(path, size, "%s/view", folder);
    err = view_copy(store->view, path, reterr);
    free(path);
    /* The format last: without it the folder is no store. */
    return err ? err : folder_write_backup(folder, store->sequence, reterr);
}

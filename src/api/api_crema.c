/* api_crema.c - operations of Crema's own, beside those of the services: what its tools ask of a running server. */
#include "api/operations.h"
#include "store/store.h"

/* Backup {Folder} -> {Folder, Sequence}: a consistent copy of the store, up to the last durable batch, in an absent or
 * empty folder of the server's machine. ValidationException says why not. */
void op_crema_backup(struct op_call *call)
{
    struct str folder = json_get_str(call->input, STR("Folder"));
    struct diag diag;
    struct store_stats stats;
    enum err err = store_backup(call->rooms->store, arena_cstr(call->arena, folder), &diag);
    if (err) {
        fault_set(&call->fault, call->arena, err == ERR_UNSUPPORTED ? FAULT_UNKNOWN_OPERATION : FAULT_VALIDATION, "%s",
                  diag.text);
        return;
    }
    store_stats(call->rooms->store, &stats);
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("Folder"), folder);
    json_put_member_i64(call->out, STR("Sequence"), (int64_t)stats.sequence);
    json_end_object(call->out);
}

/* tables.h - the part of DynamoDB that workflows lean on: tables, items, indexes, expressions.
 *
 * Owns:    the keys drawn in tables_key.h.
 * Threads: writes on the partition's writer, reads on any thread with a reader of its own, plans anywhere.
 * Truths:  1. An item, its entries in all indexes and the table's counts change in one batch.
 *          2. An index holds an entry for exactly those items that have all of its key attributes.
 *          3. Reads of tables and of indexes see whole batches: all of them are consistent, asked for or not.
 *          4. What only the request says is checked in the plan, before the table is looked up.
 *
 * Input and answers are JSON as on the wire; input has passed the operation's shape. Functions that return
 * bool return false with the fault set; what they wrote to out, or to the batch, is then to be dropped.
 */
#ifndef TABLES_TABLES_H
#define TABLES_TABLES_H

#include "base/fault.h"
#include "base/ns.h"
#include "json/json.h"
#include "store/writer.h"

struct tables;

/* ---- life ---- */

enum err tables_open(struct tables **ret) MUST_USE;
void tables_close(struct tables **tables);
/* Writer's thread. Forgets what was cached from a batch, or a part of it, that is gone. */
void tables_after_rollback(struct tables *tables);
/* What is cached is on disk now. */
void tables_after_commit(struct tables *tables);

/* ---- use ---- */

struct tables_call {
    struct arena *arena;
    struct ns ns;
    uint16_t partition;
    const struct json *input;
    struct store_reader *reader; /* a write: the batch */
    struct work *work;           /* a write; else NULL */
    struct json_writer *out;
    struct fault *fault;
    struct str fault_members; /* set with the fault: more members of its body */
};

bool tables_create_table(struct tables *tables, struct tables_call *call);
bool tables_describe_table(struct tables *tables, struct tables_call *call);
bool tables_list_tables(struct tables *tables, struct tables_call *call);
bool tables_delete_table(struct tables *tables, struct tables_call *call);
bool tables_tag_resource(struct tables *tables, struct tables_call *call);
bool tables_untag_resource(struct tables *tables, struct tables_call *call);
bool tables_list_tags(struct tables *tables, struct tables_call *call);

/* A write of items is planned first, away from the writer: the request is read, expressions are parsed. The
 * plan lives in the arena, as does what it points to in the input. NULL with the fault set. */
struct write_plan;
struct write_plan *tables_plan_put(struct arena *arena, const struct json *input, struct fault *fault);
struct write_plan *tables_plan_update(struct arena *arena, const struct json *input, struct fault *fault);
struct write_plan *tables_plan_delete(struct arena *arena, const struct json *input, struct fault *fault);
/* PutItem, UpdateItem, DeleteItem: as planned. */
bool tables_write_item(struct tables *tables, struct tables_call *call, const struct write_plan *plan);

struct batch_plan;
struct batch_plan *tables_plan_batch_write(struct arena *arena, const struct json *input,
                                           struct fault *fault);
bool tables_batch_write(struct tables *tables, struct tables_call *call, const struct batch_plan *plan);

bool tables_get_item(struct tables *tables, struct tables_call *call);
bool tables_query(struct tables *tables, struct tables_call *call);
bool tables_scan(struct tables *tables, struct tables_call *call);

#endif

/* api_tables.c - handlers of the operations of DynamoDB; the rules are in tables/. */
#include "api/operations.h"
#include "store/key.h"
#include "tables/tables.h"

static struct tables_call call_of(struct op_call *call)
{
    return (struct tables_call){ .arena = call->arena,
                                 .ns = call->ns,
                                 .partition = call->work ? call->work->partition : PARTITION_ONLY,
                                 .input = call->input,
                                 .reader = call->reader,
                                 .work = call->work,
                                 .out = call->out,
                                 .fault = &call->fault };
}

typedef bool tables_run_f(struct tables *tables, struct tables_call *call);

static void run(struct op_call *call, tables_run_f *of_room)
{
    struct tables_call room = call_of(call);
    (void)of_room(call->rooms->tables, &room);
    call->fault_members = room.fault_members;
}

void op_dynamodb_create_table(struct op_call *call)
{
    run(call, tables_create_table);
}

void op_dynamodb_describe_table(struct op_call *call)
{
    run(call, tables_describe_table);
}

void op_dynamodb_list_tables(struct op_call *call)
{
    run(call, tables_list_tables);
}

void op_dynamodb_delete_table(struct op_call *call)
{
    run(call, tables_delete_table);
}

void op_dynamodb_tag_resource(struct op_call *call)
{
    run(call, tables_tag_resource);
}

void op_dynamodb_untag_resource(struct op_call *call)
{
    run(call, tables_untag_resource);
}

void op_dynamodb_list_tags_of_resource(struct op_call *call)
{
    run(call, tables_list_tags);
}

void op_dynamodb_get_item(struct op_call *call)
{
    run(call, tables_get_item);
}

void op_dynamodb_query(struct op_call *call)
{
    run(call, tables_query);
}

void op_dynamodb_scan(struct op_call *call)
{
    run(call, tables_scan);
}

/* ---- writes of items ---- */

void op_dynamodb_put_item_prepare(struct op_call *call)
{
    call->prepared = tables_plan_put(call->arena, call->input, &call->fault);
}

void op_dynamodb_update_item_prepare(struct op_call *call)
{
    call->prepared = tables_plan_update(call->arena, call->input, &call->fault);
}

void op_dynamodb_delete_item_prepare(struct op_call *call)
{
    call->prepared = tables_plan_delete(call->arena, call->input, &call->fault);
}

static void write_item(struct op_call *call)
{
    struct tables_call room = call_of(call);
    (void)tables_write_item(call->rooms->tables, &room, call->prepared);
    call->fault_members = room.fault_members;
}

void op_dynamodb_put_item(struct op_call *call)
{
    write_item(call);
}

void op_dynamodb_update_item(struct op_call *call)
{
    write_item(call);
}

void op_dynamodb_delete_item(struct op_call *call)
{
    write_item(call);
}

void op_dynamodb_batch_write_item_prepare(struct op_call *call)
{
    call->prepared = tables_plan_batch_write(call->arena, call->input, &call->fault);
}

void op_dynamodb_batch_write_item(struct op_call *call)
{
    struct tables_call room = call_of(call);
    (void)tables_batch_write(call->rooms->tables, &room, call->prepared);
}

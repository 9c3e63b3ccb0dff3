/* api_crema_clock.c - the clock, as Crema's own operations show and move it (io/clock.h, store/writer.h).
 *
 * A clock is moved by the writer, from timer to timer; the call that wants it moved waits for its end.
 */
#include "api/api_shape_explain.h"
#include "api/operations.h"
#include "io/clock.h"
#include "store/key.h"
#include "store/writer.h"

/* ---- what all of them answer ---- */

static struct str timer_of(enum timer_kind kind)
{
    static const char *const names[TIMER_KINDS] = {
        [TIMER_DELIVER] = "delivery", [TIMER_FLOW] = "workflow", [TIMER_LOGS] = "logs", [TIMER_BUS] = "bus"
    };
    return kind > 0 && kind < TIMER_KINDS ? str_from(names[kind]) : STR_EMPTY;
}

static void answer(struct op_call *call, int64_t now_ms, enum timer_kind ran)
{
    struct json_writer *out = call->out;
    int64_t due_ms;
    enum timer_kind next;
    json_begin_object(out);
    json_put_member_str(out, STR("Mode"), clock_is_virtual() ? STR("virtual") : STR("machine"));
    json_put_member_bool(out, STR("Frozen"), clock_is_frozen());
    json_put_member_time(out, STR("Time"), now_ms);
    if (ran)
        json_put_member_str(out, STR("Timer"), timer_of(ran));
    if (writer_clock_next(call->reader, PARTITION_ONLY, &due_ms, &next)) {
        json_put_member_time(out, STR("NextTimer"), due_ms);
        json_put_member_str(out, STR("NextTimerOf"), timer_of(next));
    }
    json_end_object(out);
}

static bool is_virtual(struct op_call *call)
{
    return clock_is_virtual() ||
           fault_set(
               &call->fault, call->arena, FAULT_VALIDATION,
               "The clock is the machine's. A server that is started with --clock virtual has one that can "
               "be moved.");
}

/* GetClock {} -> {Mode: machine or virtual, Frozen, Time, NextTimer, NextTimerOf}: the time, and when something is
 * due next: of a workflow, a delivery, the logs or a bus. */
void op_crema_get_clock(struct op_call *call)
{
    answer(call, clock_now_ms(), 0);
}

/* ---- freeze ---- */

/* FreezeClock {} -> as GetClock: time stands still until it is moved. */
void op_crema_freeze_clock(struct op_call *call)
{
    if (!is_virtual(call))
        return;
    clock_freeze();
    writer_clock_keep(call->work);
    answer(call, clock_now_ms(), 0);
}

/* UnfreezeClock {} -> as GetClock: time runs on from where it stands. */
void op_crema_unfreeze_clock(struct op_call *call)
{
    if (!is_virtual(call))
        return;
    clock_unfreeze();
    writer_clock_keep(call->work);
    answer(call, clock_now_ms(), 0);
}

/* ---- move ---- */

struct move {
    bool begun;
    int64_t by_ms, to_ms;
    enum timer_kind timer; /* of RunToNextTimer */
};

static bool move_begin(struct op_call *call, int64_t to_ms)
{
    struct move *move = call->prepared;
    if (!call->client)
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION,
                         "The clock is moved from outside only.");
    move->begun = true;
    move->to_ms = to_ms;
    writer_clock_advance(call->work, to_ms);
    call->wait_for = STR("clock");
    call->wait_until_ms = to_ms;
    return true;
}

/* Once it is there, and all that was due there has run; or when the server stops. */
static void move_wait(struct op_call *call)
{
    const struct move *move = call->prepared;
    int64_t due_ms;
    enum timer_kind kind;
    bool stopping = call->wait_until_ms != move->to_ms;
    bool more = writer_clock_next(call->reader, PARTITION_ONLY, &due_ms, &kind) && due_ms <= move->to_ms;
    if (!stopping && (call->now_ms < move->to_ms || more)) {
        if (call->now_ms >= move->to_ms) /* a clock that runs was past it before the last of them ran */
            writer_clock_advance(call->work, call->now_ms);
        call->wait_for = STR("clock");
        return;
    }
    writer_clock_keep(call->work);
    answer(call, clock_now_ms(), move->timer);
}

void op_crema_advance_clock_prepare(struct op_call *call)
{
    struct move *move = ARENA_NEW(call->arena, struct move);
    const struct json *by = json_get(call->input, STR("Milliseconds")),
                      *to = json_get(call->input, STR("To"));
    if (!is_virtual(call))
        return;
    if (!by == !to) {
        fault_set(&call->fault, call->arena, FAULT_VALIDATION, "Give either Milliseconds or To.");
        return;
    }
    if (by)
        (void)json_number_i64(by->text, &move->by_ms);
    else
        (void)shape_time_read(to, &move->to_ms);
    call->prepared = move;
}

/* AdvanceClock {Milliseconds} or {To: a time} -> as GetClock, once time stands there and all that was due on the
 * way has run, each at its own time and in order. */
void op_crema_advance_clock(struct op_call *call)
{
    struct move *move = call->prepared;
    if (move->begun) {
        move_wait(call);
        return;
    }
    bool to = json_get(call->input, STR("To")) != NULL;
    if (to && move->to_ms < call->now_ms) {
        fault_set(&call->fault, call->arena, FAULT_VALIDATION, "To is past. The clock does not go back.");
        return;
    }
    (void)move_begin(call, to ? move->to_ms : call->now_ms + move->by_ms);
}

void op_crema_run_to_next_timer_prepare(struct op_call *call)
{
    if (is_virtual(call))
        call->prepared = ARENA_NEW(call->arena, struct move);
}

/* RunToNextTimer {} -> as GetClock, and Timer, whose it was: time is moved to the timer that is due first, and all
 * that is due then runs. Without Timer: there is none, and time has not moved. */
void op_crema_run_to_next_timer(struct op_call *call)
{
    struct move *move = call->prepared;
    int64_t due_ms;
    if (move->begun)
        move_wait(call);
    else if (!writer_clock_next(call->reader, PARTITION_ONLY, &due_ms, &move->timer))
        answer(call, clock_now_ms(), 0);
    else
        (void)move_begin(call, due_ms > call->now_ms ? due_ms : call->now_ms);
}

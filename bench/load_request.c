#include "load_request.h"

#include "base/time.h"
#include "io/clock.h"
#include "io/rand.h"

static const char load_zeros[] = "0000000000000000";

static void put_place(struct buf *body, struct buf *places, size_t digits)
{
    size_t at = body->len;
    buf_add_bytes(places, &at, sizeof(at));
    buf_add_bytes(body, load_zeros, digits);
}

/* 8-4-4-4-12, as ids have. */
static void put_hex(struct load_request *request, struct buf *body)
{
    size_t at = body->len;
    buf_add_bytes(&request->hexes, &at, sizeof(at));
    buf_add(body, STR("00000000-0000-0000-0000-000000000000"));
}

static void put_padding(struct buf *body, size_t len)
{
    const struct str words = STR("An order is ready to be made. ");
    for (size_t i = 0; i < len; i++)
        buf_add_char(body, words.ptr[i % words.len]);
}

/* An order of the coffee shop as the detail of an event, quotes escaped, in about as many bytes as asked. */
static void put_order_event(struct load_request *request, struct buf *body, const struct load_what *what)
{
    const struct str source = STR("awsserverlessda.serverlesspresso");
    buf_printf(body, "{\"Source\":\"%.*s\",\"DetailType\":\"%s\",\"EventBusName\":\"%s\",\"Detail\":\"",
               STR_ARG(source), what->detail_type, what->bus);
    size_t start = body->len;
    buf_add(body, STR("{\\\"orderId\\\":\\\""));
    put_place(body, &request->ids, LOAD_ID_DIGITS);
    buf_add(body, STR("\\\",\\\"orderNumber\\\":\\\"42\\\",\\\"state\\\":\\\"WAITING\\\",\\\"drinkOrder\\\":{"
                      "\\\"userId\\\":"
                      "\\\"testuser2\\\",\\\"drink\\\":\\\"Cappuccino\\\",\\\"modifiers\\\":[],\\\"icon\\\":"
                      "\\\"barista-icons_cappuccino-alternative\\\"},\\\"userId\\\":\\\"testuser2\\\","
                      "\\\"robot\\\":false,"
                      "\\\"TS\\\":"));
    put_place(body, &request->times, LOAD_TIME_DIGITS);
    buf_add(body, STR(",\\\"Message\\\":\\\""));
    size_t escapes = 0; /* the backslashes do not count: they go when the text is read */
    for (size_t i = start; i < body->len; i++)
        escapes += body->ptr[i] == '\\';
    size_t so_far = body->len - start - escapes + 2 + source.len + strlen(what->detail_type);
    if (what->entry_bytes > so_far)
        put_padding(body, what->entry_bytes - so_far);
    buf_add(body, STR("\\\"}\"}"));
}

/* One of the shop's events: each has an order of its own; two in seven are of a workflow that waits, with its execution
 * and a token of 64 random digits. The message fills it up. */
static void put_shop_event(struct load_request *request, struct buf *body, const struct load_what *what,
                           unsigned number)
{
    static const struct {
        const char *type, *text;
    } kinds[] = {
        { "Validator.NewOrder", "A new order was asked for by a code that is shown at the bar." },
        { "OrderProcessor.WorkflowStarted",
          "The workflow has begun and waits for what the customer would like." },
        { "OrderManager.WaitingCompletion",
          "The order is known, and stands in the row of those to be made." },
        { "OrderProcessor.WaitingCompletion",
          "The workflow waits for the barista to make the drink or to give up." },
        { "OrderManager.MakeOrder", "A barista has taken the order and begins to make it." },
        { "OrderManager.OrderCompleted", "The order is made and can be fetched." },
        { "OrderProcessor.orderFinished", "The workflow of the order has come to its end." },
    };
    unsigned kind = number % (sizeof(kinds) / sizeof(kinds[0]));
    bool waits = kind == 1 || kind == 3;
    size_t start = body->len;
    buf_printf(
        body,
        "{\"Source\":\"awsserverlessda.serverlesspresso\",\"DetailType\":\"%s\",\"EventBusName\":\"%s\",",
        kinds[kind].type, what->bus);
    if (waits) {
        buf_add(body, STR("\"Resources\":[\"arn:aws:states:us-east-1:000000000000:stateMachine:"
                          "OrderProcessorWorkflow\","
                          "\"arn:aws:states:us-east-1:000000000000:execution:OrderProcessorWorkflow:"));
        put_hex(request, body);
        buf_add_char(body, '_');
        put_hex(request, body);
        buf_add(body, STR("\"],"));
    }
    buf_add(body, STR("\"Detail\":\"{\\\"orderId\\\":\\\""));
    put_hex(request, body);
    buf_add(body, STR("\\\",\\\"number\\\":1"));
    put_place(body, &request->ids, LOAD_ID_DIGITS);
    if (waits) {
        buf_add(body, STR(",\\\"TaskToken\\\":\\\""));
        put_hex(request, body);
        put_hex(request, body);
        buf_add(body, STR("\\\""));
    }
    buf_printf(body,
               ",\\\"userId\\\":\\\"testuser%u\\\",\\\"drinkOrder\\\":{\\\"drink\\\":\\\"%s\\\","
               "\\\"modifiers\\\":[],"
               "\\\"icon\\\":\\\"barista-icons_cappuccino-alternative\\\"},\\\"TS\\\":",
               number % 17, number % 5 ? "Cappuccino" : "Latte");
    put_place(body, &request->times, LOAD_TIME_DIGITS);
    buf_printf(body, ",\\\"Message\\\":\\\"%s ", kinds[kind].text);
    size_t so_far = body->len - start;
    if (what->entry_bytes > so_far)
        put_padding(body, what->entry_bytes - so_far);
    buf_add(body, STR("\\\"}\"}"));
}

/* A line of the shop's, as a rule writes it to a log group: the event's envelope, with ids that are its own, in about
 * as many bytes as asked. Of a hundred one names a drink that no other does. */
static void put_log_event(struct load_request *request, struct buf *body, const struct load_what *what,
                          unsigned number)
{
    static const char *const types[] = { "Validator.NewOrder",          "OrderProcessor.WorkflowStarted",
                                         "OrderManager.MakeOrder",      "OrderProcessor.WaitingCompletion",
                                         "OrderManager.OrderCompleted", "OrderProcessor.orderFinished",
                                         "OrderManager.OrderCancelled" };
    buf_add(body, STR("{\"timestamp\":"));
    put_place(body, &request->times, LOAD_TIME_DIGITS);
    buf_add(body, STR(",\"message\":\""));
    size_t start = body->len;
    buf_add(body, STR("{\\\"version\\\":\\\"0\\\",\\\"id\\\":\\\""));
    put_hex(request, body);
    buf_printf(body,
               "\\\",\\\"detail-type\\\":\\\"%s\\\",\\\"source\\\":\\\"awsserverlessda.serverlesspresso\\\","
               "\\\"account\\\":\\\"000000000000\\\",\\\"region\\\":\\\"us-east-1\\\",\\\"resources\\\":[],"
               "\\\"detail\\\":{\\\"orderId\\\":\\\"",
               types[number % (sizeof(types) / sizeof(types[0]))]);
    put_hex(request, body);
    buf_add(body, STR("\\\",\\\"number\\\":"));
    buf_add_char(body, '1'); /* a number does not begin with 0 */
    put_place(body, &request->ids, LOAD_ID_DIGITS);
    buf_printf(body, ",\\\"userId\\\":\\\"testuser%u\\\",\\\"drink\\\":\\\"%s\\\",\\\"TS\\\":", number % 17,
               number % 100 == 50 ? "Affogato" : "Cappuccino");
    put_place(body, &request->times, LOAD_TIME_DIGITS);
    buf_add(body, STR(",\\\"Message\\\":\\\""));
    size_t escapes = 0;
    for (size_t i = start; i < body->len; i++)
        escapes += body->ptr[i] == '\\';
    size_t so_far = body->len - start - escapes + 3;
    if (what->entry_bytes > so_far)
        put_padding(body, what->entry_bytes - so_far);
    buf_add(body, STR("\\\"}}\"}"));
}

static void put_stream(struct load_request *request, struct buf *body, const struct load_what *what)
{
    buf_printf(body, "{\"logGroupName\":\"%s\",\"logStreamName\":\"%s-", what->group, what->run);
    put_place(body, &request->streams, LOAD_STREAM_DIGITS);
    buf_add_char(body, '"');
}

static void put_body(struct load_request *request, struct buf *body, const struct load_what *what)
{
    switch (what->mode) {
    case LOAD_PUT_EVENTS:
        buf_add(body, STR("{\"Entries\":["));
        for (unsigned i = 0; i < what->entries; i++) {
            if (i)
                buf_add_char(body, ',');
            if (what->shop)
                put_shop_event(request, body, what, i);
            else
                put_order_event(request, body, what);
        }
        buf_add(body, STR("]}"));
        request->events = what->entries;
        break;
    case LOAD_START_EXECUTION:
    case LOAD_START_SYNC_EXECUTION:
        buf_printf(body, "{\"stateMachineArn\":\"%s\",\"name\":\"%s-", what->machine, what->run);
        put_place(body, &request->ids, LOAD_ID_DIGITS);
        buf_add(body, STR("\",\"input\":\"{\\\"detail\\\":{\\\"orderId\\\":\\\"2\\\",\\\"userId\\\":"
                          "\\\"testuser2\\\"}}\"}"));
        request->events = 1;
        break;
    case LOAD_PUT_LOG_EVENTS:
        put_stream(request, body, what);
        buf_add(body, STR(",\"logEvents\":["));
        for (unsigned i = 0; i < what->entries; i++) {
            if (i)
                buf_add_char(body, ',');
            put_log_event(request, body, what, i);
        }
        buf_add(body, STR("]}"));
        request->events = what->entries;
        break;
    case LOAD_CREATE_LOG_STREAMS:
        put_stream(request, body, what);
        buf_add_char(body, '}');
        break;
    case LOAD_GET_LOG_EVENTS:
        buf_printf(body, "{\"logGroupName\":\"%s\",\"startFromHead\":true,\"logStreamName\":\"", what->group);
        size_t at = body->len;
        buf_add_bytes(&request->streams, &at, sizeof(at));
        buf_add(body, str_slice(what->names, 0, str_find_char(what->names, '\n')));
        buf_add(body, STR("\"}"));
        break;
    case LOAD_GET:
        buf_add(body, what->body);
        break;
    }
}

bool load_starts(enum load_mode mode)
{
    return mode == LOAD_START_EXECUTION || mode == LOAD_START_SYNC_EXECUTION;
}

static const char *load_target(const struct load_what *what)
{
    switch (what->mode) {
    case LOAD_PUT_EVENTS:
        return "AWSEvents.PutEvents";
    case LOAD_START_EXECUTION:
        return "AWSStepFunctions.StartExecution";
    case LOAD_START_SYNC_EXECUTION:
        return "AWSStepFunctions.StartSyncExecution";
    case LOAD_PUT_LOG_EVENTS:
        return "Logs_20140328.PutLogEvents";
    case LOAD_CREATE_LOG_STREAMS:
        return "Logs_20140328.CreateLogStream";
    case LOAD_GET_LOG_EVENTS:
        return "Logs_20140328.GetLogEvents";
    default:
        return what->target;
    }
}

/* What AWS's SDKs send. The signature has the form of one; a server on the loopback does not verify it. */
static void put_head(struct buf *bytes, const struct load_what *what, size_t body_len)
{
    const char *target = load_target(what);
    bool states = str_starts(str_from(target), STR("AWSStepFunctions")) ||
                  str_starts(str_from(target), STR("DynamoDB"));
    const char *service = "events";
    if (str_starts(str_from(target), STR("Logs_")))
        service = "logs";
    else if (str_starts(str_from(target), STR("AWSStepFunctions")))
        service = "states";
    else if (str_starts(str_from(target), STR("DynamoDB")))
        service = "dynamodb";
    struct time_fields now = time_fields_of(clock_now_ms());
    buf_printf(bytes,
               "POST / HTTP/1.1\r\n"
               "Host: %s\r\n"
               "Accept-Encoding: identity\r\n"
               "X-Amz-Target: %s\r\n"
               "Content-Type: application/x-amz-json-1.%d\r\n"
               "User-Agent: crema-load/1\r\n"
               "X-Amz-Date: %04d%02d%02dT%02d%02d%02dZ\r\n"
               "Authorization: AWS4-HMAC-SHA256 Credential=%s/%04d%02d%02d/us-east-1/%s/aws4_request, "
               "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
               "Signature=6b8d1f2a3c4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddeef\r\n"
               "amz-sdk-request: attempt=1\r\n"
               "Content-Length: %zu\r\n"
               "\r\n",
               what->host, target, states ? 0 : 1, now.year, now.month, now.day, now.hour, now.minute,
               now.second, what->access_key, now.year, now.month, now.day, service, body_len);
}

static void shift_places(struct buf *places, size_t by)
{
    for (size_t at = 0; at < places->len; at += sizeof(size_t)) {
        size_t place;
        memcpy(&place, places->ptr + at, sizeof(place));
        place += by;
        memcpy(places->ptr + at, &place, sizeof(place));
    }
}

void load_request_make(struct load_request *request, const struct load_what *what, unsigned connection)
{
    *request = (struct load_request){ 0 };
    struct buf body = { 0 };
    put_body(request, &body, what);
    put_head(&request->bytes, what, body.len);
    shift_places(&request->ids, request->bytes.len);
    shift_places(&request->times, request->bytes.len);
    shift_places(&request->hexes, request->bytes.len);
    shift_places(&request->streams, request->bytes.len);
    request->random = (rand_u64() | 1) + connection;
    buf_add(&request->bytes, buf_str(&body));
    buf_fini(&body);
}

void load_request_free(struct load_request *request)
{
    buf_fini(&request->bytes);
    buf_fini(&request->ids);
    buf_fini(&request->times);
    buf_fini(&request->hexes);
    buf_fini(&request->streams);
}

static void write_digits(char *at, size_t digits, uint64_t value)
{
    while (digits--) {
        at[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* 36 bytes at a time: random digits between the dashes. */
static void write_hex(struct load_request *request, char *at)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t random = 0;
    for (size_t i = 0, left = 0; i < LOAD_HEX_DIGITS + 4; i++) {
        if (at[i] == '-')
            continue;
        if (left == 0) {
            request->random ^= request->random << 13;
            request->random ^= request->random >> 7;
            request->random ^= request->random << 17;
            random = request->random;
            left = 16;
        }
        at[i] = digits[random & 15];
        random >>= 4;
        left--;
    }
}

static void write_stream(char *at, const struct load_what *what, uint64_t number)
{
    if (what->mode != LOAD_GET_LOG_EVENTS) {
        write_digits(at, LOAD_STREAM_DIGITS, what->stream_first + number % what->streams);
        return;
    }
    size_t len = str_find_char(what->names, '\n');
    memcpy(at, what->names.ptr + number % (what->names.len / (len + 1)) * (len + 1), len);
}

void load_request_renew(struct load_request *request, const struct load_what *what, uint64_t *next_id,
                        uint64_t *next_stream, int64_t now_ms)
{
    size_t place;
    for (size_t at = 0; at < request->hexes.len; at += sizeof(place)) {
        memcpy(&place, request->hexes.ptr + at, sizeof(place));
        write_hex(request, request->bytes.ptr + place);
    }
    for (size_t at = 0; at < request->streams.len; at += sizeof(place)) {
        memcpy(&place, request->streams.ptr + at, sizeof(place));
        write_stream(request->bytes.ptr + place, what, (*next_stream)++);
    }
    for (size_t at = 0; at < request->ids.len; at += sizeof(place)) {
        memcpy(&place, request->ids.ptr + at, sizeof(place));
        write_digits(request->bytes.ptr + place, LOAD_ID_DIGITS, (*next_id)++);
    }
    char digits[LOAD_TIME_DIGITS];
    write_digits(digits, LOAD_TIME_DIGITS, (uint64_t)now_ms);
    for (size_t at = 0; at < request->times.len; at += sizeof(place)) {
        memcpy(&place, request->times.ptr + at, sizeof(place));
        memcpy(request->bytes.ptr + place, digits, sizeof(digits));
    }
}

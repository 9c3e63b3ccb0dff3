#include "target/operation_result.h"
#include "base/time.h"
#include "json/json.h"

/* ---- results ---- */

/* "Tue, 15 Nov 1994 08:12:31 GMT" */
static struct str http_date(struct arena *arena, int64_t time_ms)
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct time_fields t = time_fields_of(time_ms);
    int64_t day = time_ms / (24 * 60 * 60 * (int64_t)1000) + 4; /* 1970-01-01 was a Thursday */
    return arena_printf(arena, "%s, %02d %s %d %02d:%02d:%02d GMT", days[(day % 7 + 7) % 7], t.day,
                        months[t.month - 1], t.year, t.hour, t.minute, t.second);
}

static void metadata_write(struct arena *arena, struct json_writer *w, const struct operation_naming *naming,
                           const struct operation_answer *answer, int64_t now_ms)
{
    const struct str headers[][2] = {
        { STR("x-amzn-RequestId"), answer->request_id },
        { STR("Content-Length"), arena_printf(arena, "%zu", answer->output.len) },
        { STR("Date"), http_date(arena, now_ms) },
        { STR("Content-Type"), str_from(naming->content_type) },
    };
    enum { HEADERS = sizeof(headers) / sizeof(headers[0]) };
    json_key(w, STR("SdkHttpMetadata"));
    json_begin_object(w);
    json_key(w, STR("AllHttpHeaders"));
    json_begin_object(w);
    for (size_t i = 0; i < HEADERS; i++) {
        json_key(w, headers[i][0]);
        json_begin_array(w);
        json_put_str(w, headers[i][1]);
        json_end_array(w);
    }
    json_end_object(w);
    json_key(w, STR("HttpHeaders"));
    json_begin_object(w);
    for (size_t i = 0; i < HEADERS; i++)
        json_put_member_str(w, headers[i][0], headers[i][1]);
    json_end_object(w);
    json_put_member_i64(w, STR("HttpStatusCode"), answer->status ? answer->status : 200);
    json_end_object(w);
    json_key(w, STR("SdkResponseMetadata"));
    json_begin_object(w);
    json_put_member_str(w, STR("RequestId"), answer->request_id);
    json_end_object(w);
}

struct str operation_result(struct arena *arena, const struct operation_naming *naming,
                            const struct operation_answer *answer, int64_t now_ms)
{
    struct buf out;
    struct json_writer w;
    struct json value;
    buf_init(&out, 0);
    json_writer_init(&w, &out);
    json_begin_object(&w);
    if (json_read(arena, answer->output, 0, &value, NULL) == ERR_OK && value.type == JSON_OBJECT)
        for (uint32_t i = 0; i < value.count; i++) {
            json_key(&w, value.members[i].key);
            json_put_raw(&w, value.members[i].value.raw);
        }
    metadata_write(arena, &w, naming, answer, now_ms);
    json_end_object(&w);
    struct str result = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return result;
}

/* ---- errors ---- */

/* Errors that services give without naming them in their models; where one does name
 * it, the service stands behind. */
static const struct {
    struct str name;
    const char *modelled_by;
} common_errors[] = {
    { { "ValidationException", 19 }, "states logs" },
    { { "SerializationException", 22 }, "" },
    { { "UnknownOperationException", 25 }, "" },
    { { "AccessDeniedException", 21 }, "events logs" },
    { { "UnrecognizedClientException", 27 }, "logs" },
    { { "ThrottlingException", 19 }, "events logs dynamodb" },
    { { "InternalFailure", 15 }, "" },
    { { "InternalServerError", 19 }, "dynamodb" },
    { { "ServiceUnavailable", 18 }, "" },
    { { "ServiceUnavailableException", 27 }, "logs" },
};

static bool modelled(struct str service, struct str name)
{
    for (size_t i = 0; i < sizeof(common_errors) / sizeof(common_errors[0]); i++)
        if (str_eq(common_errors[i].name, name))
            return str_find(str_from(common_errors[i].modelled_by), service) != STR_NOT_FOUND;
    return true;
}

struct str operation_error(struct arena *arena, const struct operation_naming *naming, bool sdk,
                           const struct operation_answer *answer)
{
    if (modelled(str_from(naming->service), answer->error)) {
        /* The SDKs have all their names end alike. */
        const char *end = !str_ends(answer->error, STR("Exception")) ? "Exception" : "";
        return arena_printf(arena, "%s.%.*s%s", naming->error, STR_ARG(answer->error), end);
    }
    if (sdk)
        return arena_printf(arena, "%s.%sException", naming->error, naming->error);
    return arena_printf(arena, "%s.%s", naming->error, naming->unnamed);
}

struct str operation_cause(struct arena *arena, const struct operation_naming *naming, bool sdk,
                           const struct operation_answer *answer)
{
    if (sdk)
        return arena_printf(arena, "%.*s (Service: %s, Status Code: %d, Request ID: %.*s)",
                            STR_ARG(answer->cause), naming->cause, answer->status,
                            STR_ARG(answer->request_id));
    return arena_printf(
        arena, "%.*s (Service: %s; Status Code: %d; Error Code: %.*s; Request ID: %.*s; Proxy: null)",
        STR_ARG(answer->cause), naming->cause, answer->status, STR_ARG(answer->error),
        STR_ARG(answer->request_id));
}

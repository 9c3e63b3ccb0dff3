#include "target/function_result.h"
#include "base/utf8.h"
#include "json/json.h"

enum { ERROR_BYTES_MAX = 256, CAUSE_BYTES_MAX = 32768 };

/* What of a text may stand in JSON, and where a longest is said, fits. */
static struct str clean(struct str text, size_t bytes_max)
{
    text = str_slice(text, 0, text.len < bytes_max ? text.len : bytes_max);
    return str_slice(text, 0, utf8_valid_len(text));
}

/* ---- success ---- */

static bool header_next(struct str *rest, struct str *name, struct str *value)
{
    struct str line;
    while (rest->len) {
        (void)str_cut(*rest, '\n', &line, rest);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (!str_cut(line, ':', name, value)) /* the status line */
            continue;
        while (value->len && value->ptr[0] == ' ')
            *value = str_from_offset(*value, 1);
        if (utf8_valid_len(*name) == name->len && utf8_valid_len(*value) == value->len)
            return true; /* others cannot be shown */
    }
    return false;
}

static void metadata_write(struct json_writer *w, const struct function_answer *answer)
{
    struct str rest = answer->headers, name, value;
    json_key(w, STR("SdkHttpMetadata"));
    json_begin_object(w);
    json_key(w, STR("AllHttpHeaders"));
    json_begin_object(w);
    while (header_next(&rest, &name, &value)) {
        json_key(w, name);
        json_begin_array(w);
        json_put_str(w, value);
        json_end_array(w);
    }
    json_end_object(w);
    json_key(w, STR("HttpHeaders"));
    json_begin_object(w);
    rest = answer->headers;
    while (header_next(&rest, &name, &value))
        json_put_member_str(w, name, value);
    json_end_object(w);
    json_put_member_i64(w, STR("HttpStatusCode"), answer->status);
    json_end_object(w);
    json_key(w, STR("SdkResponseMetadata"));
    json_begin_object(w);
    json_put_member_str(w, STR("RequestId"), answer->request_id);
    json_end_object(w);
}

static struct str whole_result(struct arena *arena, const struct function_answer *answer,
                               const struct json *payload)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, 0);
    json_writer_init(&w, &out);
    json_begin_object(&w);
    json_put_member_str(&w, STR("ExecutedVersion"), answer->version.len ? answer->version : STR("$LATEST"));
    json_put_member(&w, STR("Payload"), payload);
    metadata_write(&w, answer);
    json_put_member_i64(&w, STR("StatusCode"), answer->status);
    json_end_object(&w);
    struct str result = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return result;
}

/* ---- errors ---- */

static const struct {
    int status;
    struct str name;
} service_errors[] = {
    { 400, { "InvalidRequestContentException", 30 } }, { 403, { "AccessDeniedException", 21 } },
    { 404, { "ResourceNotFoundException", 25 } },      { 413, { "RequestTooLargeException", 24 } },
    { 415, { "UnsupportedMediaTypeException", 29 } },  { 429, { "TooManyRequestsException", 24 } },
};

static struct str service_error(struct arena *arena, const struct function_answer *answer)
{
    struct str named = answer->error_type, rest;
    (void)str_cut(named, ':', &named, &rest); /* "Name:http://..." */
    if (named.len)
        return str_ends(named, STR("Exception")) ? named : arena_concat(arena, named, STR("Exception"));
    for (size_t i = 0; i < sizeof(service_errors) / sizeof(service_errors[0]); i++)
        if (service_errors[i].status == answer->status)
            return service_errors[i].name;
    return answer->status >= 500 ? STR("ServiceException") : STR("AWSLambdaException");
}

static struct str service_message(struct arena *arena, const struct function_answer *answer,
                                  const struct json *body)
{
    static const struct str members[] = { { "Message", 7 }, { "message", 7 }, { "errorMessage", 12 } };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (json_get_typed(body, members[i], JSON_STRING))
            return json_get_str(body, members[i]);
    return arena_printf(arena, "The endpoint of the function answered with the status %d", answer->status);
}

static void refuse(struct arena *arena, const struct function_answer *answer, const struct json *body,
                   struct delivery_result *ret)
{
    struct str name = service_error(arena, answer);
    ret->error = arena_concat(arena, STR("Lambda."), name);
    ret->cause = arena_printf(
        arena, "%.*s (Service: AWSLambda; Status Code: %d; Error Code: %.*s; Request ID: %.*s; Proxy: null)",
        STR_ARG(service_message(arena, answer, body)), answer->status, STR_ARG(name),
        STR_ARG(answer->request_id));
}

static void fail(struct arena *arena, const struct function_answer *answer, const struct json *body,
                 struct delivery_result *ret)
{
    struct str type = json_get_str(body, STR("errorType"));
    ret->error = type.len ? type : STR("Lambda.Unknown");
    ret->cause = type.len ? answer->body
                          : arena_printf(arena,
                                         "The cause could not be determined because Lambda did not return an "
                                         "error type. Returned payload: %.*s",
                                         STR_ARG(answer->body));
}

void function_result(struct arena *arena, const struct function_answer *answer, bool whole,
                     struct delivery_result *ret)
{
    struct function_answer valid = *answer;
    valid.version = clean(answer->version, ERROR_BYTES_MAX);
    valid.request_id = clean(answer->request_id, ERROR_BYTES_MAX);
    valid.error_type = clean(answer->error_type, ERROR_BYTES_MAX);
    answer = &valid;
    struct json body = json_of_null();
    bool success = answer->status >= 200 && answer->status < 300;
    bool is_json = answer->body.len == 0 || json_read(arena, answer->body, 0, &body, NULL) == ERR_OK;
    *ret = (struct delivery_result){ .outcome = OUTCOME_REJECTED };
    if (!is_json)
        body = json_of_null();
    bool failed = answer->function_error.len > 0 ||
                  (!success && body.type == JSON_OBJECT && json_get_str(&body, STR("errorType")).len > 0);
    if (failed) {
        fail(arena, answer, &body, ret);
    } else if (!success) {
        refuse(arena, answer, &body, ret);
    } else if (!is_json) {
        ret->error = STR("Lambda.Unknown");
        ret->cause = STR("The function's answer is not JSON.");
    } else {
        ret->outcome = OUTCOME_DELIVERED;
        ret->result = whole ? whole_result(arena, answer, &body) : json_text(arena, &body);
    }
    ret->error = clean(ret->error, ERROR_BYTES_MAX);
    ret->cause = clean(ret->cause, CAUSE_BYTES_MAX);
}

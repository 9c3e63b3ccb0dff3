#include "target/target_function.h"
#include "base/arn.h"
#include "io/http_send.h"
#include "io/rand.h"
#include "json/json.h"
#include "target/function_result.h"
#include "target/target_kinds.h"

#include <stdlib.h>

enum { ANSWER_BYTES_MAX = 6291556, NAME_BYTES_MAX = 140 };

static const struct str invoke_prefix = { "arn:aws:states:::lambda:invoke", 30 };

/* ---- names ---- */

/* name[:qualifier] of a function's ARN, whole or from the account on; else the text itself. */
static struct str short_name(struct str function)
{
    size_t at = str_find(function, STR("function:"));
    bool has_head = str_starts(function, STR("arn:")) || (at != STR_NOT_FOUND && at > 0);
    return has_head && at != STR_NOT_FOUND ? str_from_offset(function, at + strlen("function:")) : function;
}

static bool name_valid(struct str name)
{
    if (name.len == 0 || name.len > NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_' || c == '$' || c == ':'))
            return false;
    }
    return true;
}

/* The endpoint of a function: that of the text itself, of its name with a qualifier, of its name. */
static struct str url_of(const struct functions *functions, struct str function)
{
    struct str qualified = short_name(function), name, rest, arn = function;
    (void)str_cut(qualified, ':', &name, &rest);
    if (rest.len && str_starts(function, STR("arn:")))
        arn = str_slice(function, 0, function.len - rest.len - 1);
    const struct str wanted[] = { function, arn, qualified, name };
    for (size_t w = 0; w < sizeof(wanted) / sizeof(wanted[0]); w++)
        for (size_t i = 0; i < functions->count; i++)
            if (str_eq(functions->endpoints[i].function, wanted[w]))
                return functions->endpoints[i].url;
    return functions->default_url;
}

bool function_task_is(struct str resource)
{
    struct arn arn;
    if (str_starts(resource, STR("arn:aws:states:::lambda:")))
        return true;
    return arn_parse(resource, &arn) && str_eq(arn.service, STR("lambda"));
}

bool function_task_known(const struct functions *functions, struct str resource, struct str *ret_why)
{
    struct arn arn;
    *ret_why = STR_EMPTY;
    if (str_starts(resource, STR("arn:aws:states:::"))) {
        struct str pattern =
            str_starts(resource, invoke_prefix) ? str_from_offset(resource, invoke_prefix.len) : STR("?");
        if (pattern.len && !str_eq(pattern, STR(".waitForTaskToken"))) {
            if (pattern.ptr[0] == '.')
                *ret_why = STR("The integration does not have this pattern.");
            return false;
        }
        if (functions->count > 0 || functions->default_url.len)
            return true;
        *ret_why = STR("Crema does not have an endpoint for functions: no setting names one.");
        return false;
    }
    if (!arn_parse(resource, &arn) || !str_starts(arn.resource, STR("function:")) ||
        !name_valid(short_name(resource)))
        return false;
    if (url_of(functions, resource).len)
        return true;
    *ret_why = STR("Crema does not have an endpoint for this function: no setting names one.");
    return false;
}

bool function_endpoint_read(struct str text, struct function_endpoint *ret, struct str *ret_why)
{
    if (!str_cut(text, '=', &ret->function, &ret->url) || !name_valid(short_name(ret->function))) {
        *ret_why = STR("it is NAME=URL, the name that of a function or its ARN");
        return false;
    }
    return http_endpoint_check(ret->url, ret_why);
}

/* ---- the call ---- */

static bool refuse(struct delivery_result *reterr, struct str error, struct str cause)
{
    *reterr = (struct delivery_result){ .outcome = OUTCOME_REJECTED, .error = error, .cause = cause };
    return false;
}

static struct str url_fill(struct arena *arena, struct str url, struct str function)
{
    struct str name, qualifier;
    (void)str_cut(short_name(function), ':', &name, &qualifier);
    size_t at = str_find(url, STR("{function}"));
    if (at == STR_NOT_FOUND)
        return url;
    return arena_printf(arena, "%.*s%.*s%.*s", (int)at, url.ptr, STR_ARG(name),
                        STR_ARG(str_from_offset(url, at + strlen("{function}"))));
}

static bool parameters_check(struct arena *arena, const struct json *parameters,
                             struct delivery_result *reterr)
{
    static const char *const known[] = { "FunctionName", "Payload",       "InvocationType",
                                         "Qualifier",    "ClientContext", "LogType" };
    for (uint32_t i = 0; i < parameters->count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
            found = found || str_eq(parameters->members[i].key, str_from(known[k]));
        if (!found)
            return refuse(reterr, STR("States.Runtime"),
                          arena_printf(arena, "The field '%.*s' is not a parameter of lambda:invoke",
                                       STR_ARG(parameters->members[i].key)));
        bool text = json_is(&parameters->members[i].value, JSON_STRING);
        if (!text && !str_eq(parameters->members[i].key, STR("Payload")))
            return refuse(reterr, STR("States.Runtime"),
                          arena_printf(arena, "The field '%.*s' of lambda:invoke must be a string",
                                       STR_ARG(parameters->members[i].key)));
    }
    return true;
}

static bool invoke_read(struct arena *arena, const struct delivery *delivery, struct function_call *ret,
                        struct delivery_result *reterr)
{
    struct json parameters;
    if (json_read(arena, delivery->payload, 0, &parameters, NULL) != ERR_OK || parameters.type != JSON_OBJECT)
        return refuse(reterr, STR("States.Runtime"),
                      STR("The parameters of lambda:invoke must be an object"));
    if (!parameters_check(arena, &parameters, reterr))
        return false;
    const struct json *payload = json_get(&parameters, STR("Payload"));
    struct str qualifier = json_get_str(&parameters, STR("Qualifier"));
    ret->whole = true;
    ret->function = json_get_str(&parameters, STR("FunctionName"));
    if (qualifier.len)
        ret->function = arena_printf(arena, "%.*s:%.*s", STR_ARG(ret->function), STR_ARG(qualifier));
    ret->body = payload ? json_text(arena, payload) : STR("{}");
    ret->invocation_type = json_get_str(&parameters, STR("InvocationType"));
    ret->client_context = json_get_str(&parameters, STR("ClientContext"));
    if (ret->invocation_type.len && !str_eq(ret->invocation_type, STR("RequestResponse")) &&
        !str_eq(ret->invocation_type, STR("Event")))
        return refuse(reterr, STR("Lambda.InvalidParameterValueException"),
                      STR("Crema invokes functions as RequestResponse or Event"));
    for (size_t i = 0; i < ret->client_context.len; i++)
        if ((unsigned char)ret->client_context.ptr[i] < ' ')
            return refuse(reterr, STR("Lambda.InvalidParameterValueException"),
                          STR("ClientContext is not valid in a header"));
    return true;
}

bool function_call_read(const struct functions *functions, struct arena *arena,
                        const struct delivery *delivery, struct function_call *ret,
                        struct delivery_result *reterr)
{
    *ret = (struct function_call){ .function = delivery->resource, .body = delivery->payload };
    if (str_starts(delivery->resource, invoke_prefix) && !invoke_read(arena, delivery, ret, reterr))
        return false;
    if (!name_valid(short_name(ret->function)))
        return refuse(reterr, STR("Lambda.ValidationException"),
                      arena_printf(arena, "FunctionName '%.*s' is not valid", STR_ARG(ret->function)));
    ret->url = url_of(functions, ret->function);
    if (ret->url.len == 0) {
        (void)refuse(
            reterr, STR("Lambda.ResourceNotFoundException"),
            arena_printf(arena,
                         "Function not found: %.*s (no setting of the server names an endpoint for it)",
                         STR_ARG(ret->function)));
        reterr->stage = STAGE_UNPLACED;
        return false;
    }
    ret->url = url_fill(arena, ret->url, ret->function);
    return true;
}

/* ---- an attempt ---- */

enum { HEADERS_MAX = 7, CAUSE_BYTES_MAX = 1024 };

struct attempt {
    struct http_send send;
    struct delivery_post *post;
    struct arena arena;
    struct function_call call;
    const char *headers[HEADERS_MAX + 1];
    bool of_logs;                /* for a subscription filter */
    const struct callee *callee; /* as errors name it */
};

struct callee {
    const char *name, *answered_error, *unreached_error, *late_error;
};

static const struct callee a_function = { "function", "Lambda.AWSLambdaException",
                                          "Lambda.SdkClientException",
                                          "Lambda.ClientExecutionTimeoutException" };
static const struct callee an_endpoint = { "endpoint", "Endpoint.Refused", "Endpoint.Unreachable",
                                           "Endpoint.TimedOut" };

static void attempt_end(struct attempt *attempt, const struct delivery_result *result)
{
    attempt->post->end(attempt->post, result);
    arena_fini(&attempt->arena);
    free(attempt);
}

static void answered(struct attempt *attempt, struct delivery_result *ret)
{
    const struct http_send *send = &attempt->send;
    struct function_answer answer = {
        .status = send->status,
        .body = buf_str(&send->answer),
        .headers = buf_str(&send->answer_headers),
        .function_error = http_send_header(send, STR("X-Amz-Function-Error")),
        .error_type = http_send_header(send, STR("x-amzn-ErrorType")),
        .version = http_send_header(send, STR("X-Amz-Executed-Version")),
        .request_id = http_send_header(send, STR("x-amzn-RequestId")),
    };
    if (answer.request_id.len == 0) {
        char *uuid = arena_bytes(&attempt->arena, UUID_TEXT_BYTES);
        uuid_random(uuid);
        answer.request_id = str_of(uuid, UUID_TEXT_BYTES);
    }
    function_result(&attempt->arena, &answer, attempt->call.whole, ret);
}

/* A subscription filter has no use for the answer. What may be otherwise the next time is tried again: too many calls,
 * trouble of the endpoint, a function that fails or takes too long. */
static void logs_answered(struct attempt *attempt, struct delivery_result *ret)
{
    const struct http_send *send = &attempt->send;
    bool failed = http_send_header(send, STR("X-Amz-Function-Error")).len > 0;
    if (send->status >= 200 && send->status < 300 && !failed) {
        ret->outcome = OUTCOME_DELIVERED;
        return;
    }
    ret->outcome = failed || send->status == 429 || send->status >= 500 ? OUTCOME_RETRY : OUTCOME_REJECTED;
    ret->error = http_send_header(send, STR("x-amzn-ErrorType"));
    if (ret->error.len == 0)
        ret->error = failed ? STR("Lambda.Unknown") : str_from(attempt->callee->answered_error);
    ret->cause = arena_printf(&attempt->arena, "The %s answered with status %d: %.*s", attempt->callee->name,
                              send->status, STR_ARG(str_slice(buf_str(&send->answer), 0, CAUSE_BYTES_MAX)));
}

static void attempt_done(struct http_send *send)
{
    struct attempt *attempt = (struct attempt *)send;
    struct arena *arena = &attempt->arena;
    struct delivery_result result = { .outcome = OUTCOME_REJECTED };
    enum http_send_end end = send->end;
    if (end == HTTP_TOO_LARGE && attempt->of_logs)
        end = HTTP_ANSWERED; /* the status has come, and nobody wants the rest */
    switch (end) {
    case HTTP_ANSWERED:
        if (attempt->of_logs)
            logs_answered(attempt, &result);
        else
            answered(attempt, &result);
        break;
    case HTTP_UNREACHABLE:
    case HTTP_BROKEN:
        result.outcome = OUTCOME_RETRY;
        result.stage = end == HTTP_UNREACHABLE ? STAGE_UNREACHED : STAGE_CARRIED;
        result.error = str_from(attempt->callee->unreached_error);
        result.cause = arena_printf(arena, "Unable to execute HTTP request: %s", send->why);
        break;
    case HTTP_TIMED_OUT:
        result.outcome = attempt->of_logs ? OUTCOME_RETRY : OUTCOME_REJECTED;
        result.error = str_from(attempt->callee->late_error);
        result.cause = arena_printf(arena, "The %s did not answer within %lld ms", attempt->callee->name,
                                    (long long)send->time_max_ms);
        break;
    case HTTP_TOO_LARGE:
        result.error = STR("Function.ResponseSizeTooLarge");
        result.cause =
            arena_printf(arena,
                         "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload "
                         "size (%d bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}",
                         ANSWER_BYTES_MAX);
        break;
    case HTTP_CANCELLED:
        attempt_end(attempt, NULL);
        return;
    }
    attempt_end(attempt, &result);
}

static void header_add(struct attempt *attempt, const char *name, struct str value)
{
    size_t i = 0;
    while (attempt->headers[i])
        i++;
    if (i < HEADERS_MAX && value.len)
        attempt->headers[i] =
            arena_cstr(&attempt->arena, arena_printf(&attempt->arena, "%s: %.*s", name, STR_ARG(value)));
}

/* A record of a subscription filter goes to a function, or as it is to the URL that the filter names. Whether it may
 * still go there is looked at anew: settings change. */
static bool call_read(const struct functions *functions, struct attempt *attempt,
                      struct delivery_result *reterr)
{
    const struct delivery *delivery = &attempt->post->delivery;
    attempt->callee = &a_function;
    if (!attempt->of_logs || !http_endpoint_is(delivery->resource))
        return function_call_read(functions, &attempt->arena, delivery, &attempt->call, reterr);
    attempt->callee = &an_endpoint;
    attempt->call = (struct function_call){ .url = delivery->resource, .body = delivery->payload };
    struct str why;
    if (http_endpoint_allowed(&functions->subscribers, delivery->resource, &why))
        return true;
    (void)refuse(reterr, STR("Endpoint.NotAllowed"), why);
    reterr->stage = STAGE_UNPLACED;
    return false;
}

static void attempt_begin(void *self, struct delivery_post *post, bool of_logs)
{
    const struct functions *functions = self;
    struct attempt *attempt = calloc(1, sizeof(*attempt));
    struct delivery_result refusal;
    if (!attempt)
        abort();
    attempt->post = post;
    attempt->of_logs = of_logs;
    struct arena *arena = &attempt->arena;
    const struct delivery *delivery = &post->delivery;
    if (!call_read(functions, attempt, &refusal)) {
        attempt_end(attempt, &refusal);
        return;
    }
    header_add(attempt, "Content-Type", STR("application/json"));
    header_add(attempt, "X-Amz-Invocation-Type", attempt->call.invocation_type);
    header_add(attempt, "X-Amz-Client-Context", attempt->call.client_context);
    header_add(attempt, "X-Crema-Function", attempt->call.function);
    header_add(attempt, of_logs ? "X-Crema-Log-Group" : "X-Crema-Execution", delivery->source_arn);
    header_add(attempt, "X-Crema-Delivery", arena_printf(arena, "%llu", (unsigned long long)delivery->id));
    header_add(attempt, "X-Crema-Attempt", arena_printf(arena, "%u", delivery->attempts));
    attempt->send = (struct http_send){ .url = arena_cstr(arena, attempt->call.url),
                                        .headers = attempt->headers,
                                        .body = attempt->call.body,
                                        .time_max_ms = functions->time_max_ms,
                                        .answer_bytes_max = ANSWER_BYTES_MAX,
                                        .done = attempt_done };
    if (!http_sender_send(functions->sender, &attempt->send))
        attempt_end(attempt, NULL);
}

static void function_post(void *self, struct delivery_post *post)
{
    attempt_begin(self, post, false);
}

static void log_function_post(void *self, struct delivery_post *post)
{
    attempt_begin(self, post, true);
}

const struct target_kind target_log_function = {
    .name = "log-function",
    .doc = "A function or an HTTP endpoint that is subscribed to a CloudWatch Logs group.",
    .post = log_function_post,
};

const struct target_kind target_function = {
    .name = "function",
    .doc = "A function, called by a task of a workflow at the endpoint that a setting names.",
    .post = function_post,
};

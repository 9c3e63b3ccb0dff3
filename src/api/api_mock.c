#include "api/api_mock.h"

#include "api/operation.h"
#include "api/service.h"
#include "base/arn.h"
#include "base/base64.h"
#include "base/utf8.h"

/* ---- which shape a resource's answers have ---- */

/* Services of Crema's, as resources name them and as the operation table does. */
static const struct {
    const char *resource, *service;
    bool sdk;
} own_services[] = {
    { "events", "events", false },      { "states", "states", false }, { "dynamodb", "dynamodb", false },
    { "eventbridge", "events", true },  { "sfn", "states", true },     { "dynamodb", "dynamodb", true },
    { "cloudwatchlogs", "logs", true }, { "sts", "sts", true },        { "cloudwatch", "monitoring", true },
};

/* What stands in the result of an integration in another form than in the model: anything is taken. */
static const struct {
    const char *service, *operation, *member;
} loose_members[] = {
    { "lambda", "invoke", "Payload" }, /* JSON, not bytes */
    { "states", "describeExecution", "Input" },
    { "states", "describeExecution", "Output" },
    { "states", "describeExecution", "StartDate" },
    { "states", "describeExecution", "StopDate" },
};

struct mock {
    struct arena *arena;
    struct fault *fault;
    bool strict, sdk;
    struct str service, operation;
};

static bool name_same(const char *name, struct str given)
{
    size_t len = strlen(name);
    return len == given.len && (name[0] | 32) == (given.ptr[0] | 32) &&
           memcmp(name + 1, given.ptr + 1, len - 1) == 0;
}

static const struct shape *shape_of(const struct mock *mock)
{
    for (size_t i = 0; i < sizeof(own_services) / sizeof(own_services[0]); i++) {
        if (!str_eq(mock->service, str_from(own_services[i].resource)) || mock->sdk != own_services[i].sdk)
            continue;
        const struct service *service = service_find(str_from(own_services[i].service));
        for (size_t k = 0; service && k < service->operation_count; k++) {
            if (name_same(service->operations[k].name, mock->operation))
                return service->operations[k].output;
        }
        return NULL;
    }
    for (size_t i = 0; i < mock_services_count; i++) {
        const struct mock_service *service = &mock_services[i];
        for (size_t k = 0; str_eq(mock->service, str_from(service->name)) && k < service->count; k++) {
            if (str_eq(mock->operation, str_from(service->operations[k].name)))
                return service->operations[k].output;
        }
    }
    return NULL;
}

/* ---- the walk ---- */

static bool refuse(const struct mock *mock, struct str field, const char *what)
{
    return fault_set(mock->fault, mock->arena, FAULT_VALIDATION,
                     "Mock result schema validation error: Field '%.*s' %s", STR_ARG(field), what);
}

static bool fits(const struct mock *mock, const struct shape *shape, const struct json *value,
                 struct str field);

static int limits_compare(const struct shape *shape, double size)
{
    if ((shape->limits & SHAPE_HAS_MIN) && size < (double)shape->min)
        return -1;
    return (shape->limits & SHAPE_HAS_MAX) && size > (double)shape->max ? 1 : 0;
}

static bool size_fits(const struct mock *mock, const struct shape *shape, size_t size, struct str field)
{
    int compared = limits_compare(shape, (double)size);
    return compared == 0 ||
           refuse(mock, field,
                  compared < 0 ? "is smaller than the minimum length" : "exceeds the maximum length");
}

static bool text_fits(const struct mock *mock, const struct shape *shape, const struct json *value,
                      struct str field)
{
    if (value->type != JSON_STRING)
        return refuse(mock, field, "must be a string");
    if (shape->type == SHAPE_TIMESTAMP)
        return true;
    bool listed = shape->value_count == 0;
    for (unsigned i = 0; !listed && i < shape->value_count; i++)
        listed = str_eq(shape->values[i], value->text);
    if (!listed)
        return refuse(mock, field, "is not an expected value");
    return size_fits(mock, shape, shape->type == SHAPE_BLOB ? value->text.len : utf8_count(value->text),
                     field);
}

static bool number_fits(const struct mock *mock, const struct shape *shape, const struct json *value,
                        struct str field)
{
    double number;
    if (value->type != JSON_NUMBER || !json_number_double(value->text, &number))
        return refuse(mock, field, "must be a number");
    int compared = limits_compare(shape, number);
    return compared == 0 ||
           refuse(mock, field, compared < 0 ? "is less than the minimum value" : "exceeds the maximum value");
}

static bool loose(const struct mock *mock, struct str field)
{
    for (size_t i = 0; i < sizeof(loose_members) / sizeof(loose_members[0]); i++) {
        if (!mock->sdk && str_eq(mock->service, str_from(loose_members[i].service)) &&
            str_eq(mock->operation, str_from(loose_members[i].operation)) &&
            str_eq(field, str_from(loose_members[i].member)))
            return true;
    }
    return false;
}

/* Members are named as integrations write them: the first letter is a capital. */
static bool structure_fits(const struct mock *mock, const struct shape *shape, const struct json *value)
{
    for (unsigned i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        struct str name = arena_copy(mock->arena, member->name);
        if (name.ptr[0] >= 'a' && name.ptr[0] <= 'z')
            name = arena_printf(mock->arena, "%c%.*s", name.ptr[0] - 'a' + 'A',
                                STR_ARG(str_from_offset(name, 1)));
        const struct json *found = json_get(value, name);
        if (found && found->type == JSON_NULL)
            found = NULL;
        if (!found && member->required && mock->strict)
            return fault_set(mock->fault, mock->arena, FAULT_VALIDATION,
                             "Mock result schema validation error: Required field '%.*s' is missing",
                             STR_ARG(name));
        if (found && !loose(mock, name) && !fits(mock, member->shape, found, name))
            return false;
    }
    return true;
}

static bool fits(const struct mock *mock, const struct shape *shape, const struct json *value,
                 struct str field)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        return value->type == JSON_OBJECT ? structure_fits(mock, shape, value)
                                          : refuse(mock, field, "must be an object");
    case SHAPE_LIST:
        if (value->type != JSON_ARRAY)
            return refuse(mock, field, "must be an array");
        for (uint32_t i = 0; i < value->count; i++) {
            if (!fits(mock, shape->item, &value->items[i], field))
                return false;
        }
        return size_fits(mock, shape, value->count, field);
    case SHAPE_MAP:
        if (value->type != JSON_OBJECT)
            return refuse(mock, field, "must be an object");
        for (uint32_t i = 0; i < value->count; i++) {
            if (!fits(mock, shape->item, &value->members[i].value, value->members[i].key))
                return false;
        }
        return size_fits(mock, shape, value->count, field);
    case SHAPE_STRING:
    case SHAPE_TIMESTAMP:
    case SHAPE_BLOB:
        return text_fits(mock, shape, value, field);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return number_fits(mock, shape, value, field);
    case SHAPE_BOOLEAN:
        return value->type == JSON_TRUE || value->type == JSON_FALSE ||
               refuse(mock, field, "must be a boolean");
    }
    return true;
}

/* ---- the resource ---- */

/* Integrations whose mocks the service does not hold against anything. */
static bool without_model(struct str service, struct str operation)
{
    return str_eq(service, STR("http")) || str_eq(service, STR("apigateway")) ||
           (str_eq(service, STR("eks")) &&
            (str_eq(operation, STR("call")) || str_eq(operation, STR("runJob"))));
}

static bool mock_fits(struct arena *arena, struct str resource, const struct json *result, bool strict,
                      struct fault *reterr)
{
    struct mock mock = { .arena = arena, .fault = reterr, .strict = strict };
    struct str rest, pattern;
    if (!str_starts(resource, STR("arn:aws:states:::")))
        return true; /* a function's, an activity's */
    rest = str_from_offset(resource, strlen("arn:aws:states:::"));
    mock.sdk = str_starts(rest, STR("aws-sdk:"));
    if (mock.sdk)
        rest = str_from_offset(rest, strlen("aws-sdk:"));
    (void)str_cut(rest, ':', &mock.service, &mock.operation);
    (void)str_cut(mock.operation, '.', &mock.operation, &pattern);
    if (str_eq(pattern, STR("waitForTaskToken")) || without_model(mock.service, mock.operation))
        return true;
    if (result->type != JSON_OBJECT)
        return fault_set(reterr, arena, FAULT_VALIDATION, "Mocked result must be a JSON object.");
    if (!mock.sdk && !str_empty(pattern) && str_eq(mock.service, STR("states")) &&
        str_eq(mock.operation, STR("startExecution")))
        mock.operation = STR("describeExecution"); /* it is told the end, as asking would */
    else if (!str_empty(pattern))
        mock.operation = STR(""); /* of no other is known what is asked */
    const struct shape *shape = shape_of(&mock);
    if (!shape)
        return fault_set(reterr, arena, FAULT_VALIDATION,
                         "A mocked result of %.*s cannot be held against the service's model by Crema yet: "
                         "fieldValidationMode must be NONE",
                         STR_ARG(resource));
    return structure_fits(&mock, shape, result);
}

bool mock_fits_strict(void *self, struct arena *arena, struct str resource, const struct json *result,
                      struct fault *reterr)
{
    (void)self;
    return mock_fits(arena, resource, result, true, reterr);
}

bool mock_fits_present(void *self, struct arena *arena, struct str resource, const struct json *result,
                       struct fault *reterr)
{
    (void)self;
    return mock_fits(arena, resource, result, false, reterr);
}

/* api_shape.h - shapes of the service models, and the walk that holds a request against one.
 *
 * Shapes are generated (ops/generate.py) and constant. The walk answers as the services do: types first
 * (SerializationException), then every constraint that does not hold, in the model's order, in one text:
 *
 *     2 validation errors detected: Value 'x y' at 'name' failed to satisfy constraint: Member must satisfy
 *     regular expression pattern: [A-Z]+; Value null at 'targets.1.member.id' failed to satisfy ...
 *
 * Truths: 1. What passes is clean for a handler: no member is null, times are numbers, every limit holds.
 *            Members that the model does not have are taken out, so that none is kept and given back.
 *         2. What is already clean is not copied.
 * Threads: any; nothing is changed after shape_checker_new.
 */
#ifndef API_API_SHAPE_H
#define API_API_SHAPE_H

#include "base/fault.h"
#include "json/json.h"

enum shape_type {
    SHAPE_STRUCTURE,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_STRING,
    SHAPE_INTEGER,
    SHAPE_LONG,
    SHAPE_FLOAT,
    SHAPE_DOUBLE,
    SHAPE_BOOLEAN,
    SHAPE_TIMESTAMP,
    SHAPE_BLOB,
};

enum { SHAPE_HAS_MIN = 1, SHAPE_HAS_MAX = 2 };

struct shape;

struct shape_member {
    struct str name; /* as on the wire */
    struct str path; /* as error texts write it: first letter small */
    const struct shape *shape;
    bool required;
};

enum { SHAPE_MEMBERS_MAX = 256 };

struct shape {
    enum shape_type type;
    uint8_t limits;   /* SHAPE_HAS_* */
    bool sensitive;   /* its value is kept out of error texts */
    uint16_t pattern; /* number in shape_patterns, from 1; 0: none, or one that is not checked */
    uint16_t member_count, value_count, unlisted_count;
    struct str name;                    /* in the model */
    int64_t min, max;                   /* characters, items, bytes of a blob, or the number itself */
    const struct shape_member *members; /* structure, in the model's order */
    const struct shape *key, *item;     /* map: both; list: item */
    const struct str *values;           /* string: what it may be; none: anything */
    const struct str *unlisted; /* members the service renders in texts though its model has them not */
};

/* Of a member of a structure, or of any value of a map; NULL: the model does not have it, or there is no shape. */
const struct shape *shape_of_member(const struct shape *shape, struct str name);

/* All patterns of all shapes; shape.pattern - 1 is the place. Generated. */
extern const struct str shape_patterns[];
extern const size_t shape_patterns_count;

/* ---- check ---- */

struct shape_checker; /* the patterns, compiled */

struct shape_checker *shape_checker_new(void);
void shape_checker_free(struct shape_checker **checker);

enum shape_style {
    SHAPE_WIRE, /* the model's names; times as seconds, ISO 8601 texts taken too */
    SHAPE_SDK,  /* workflows' aws-sdk style: PascalCase names, ISO 8601 times; the wire's taken too */
};

/* How a service words its refusals. */
enum shape_dialect {
    SHAPE_OF_MOST,
    SHAPE_OF_LOGS,     /* a constraint that fails is FAULT_INVALID_PARAMETER */
    SHAPE_OF_DYNAMODB, /* other words for values of a wrong type */
};

/* False with the fault set: FAULT_SERIALIZATION, or FAULT_VALIDATION (logs: FAULT_INVALID_PARAMETER).
 * *ret: input itself, or a cleaned copy in the arena. */
bool shape_check(const struct shape_checker *checker, const struct shape *shape, const struct json *input,
                 enum shape_style style, enum shape_dialect dialect, struct arena *arena, struct json *ret,
                 struct fault *fault);

/* The answer of an operation (wire names, epoch seconds) as SDK style has it. */
struct json shape_to_sdk(const struct shape *shape, const struct json *output, struct arena *arena);

#endif

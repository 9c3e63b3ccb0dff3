#include "match/pattern_golden_test.h"

#include <assert.h>

const char *const golden_match_files[] = { "pattern/values",  "pattern/operators", "pattern/strings",
                                           "pattern/numeric", "pattern/cidr",      "pattern/anything_but",
                                           "pattern/places",  "pattern/or",        "pattern/refused" };
const size_t golden_match_file_count = sizeof(golden_match_files) / sizeof(golden_match_files[0]);

struct str golden_source(const struct json *value)
{
    assert(value);
    return value->type == JSON_STRING ? value->text : value->raw;
}

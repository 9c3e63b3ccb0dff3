/* pattern_golden_test.h - the golden cases of event patterns, for every test that runs them. */
#ifndef MATCH_PATTERN_GOLDEN_TEST_H
#define MATCH_PATTERN_GOLDEN_TEST_H

#include "json/golden_test.h"

/* Files of event patterns with events that they match and do not match, and of refused patterns. */
extern const char *const golden_match_files[];
extern const size_t golden_match_file_count;

/* A pattern or event of a record: the text in a string, otherwise the JSON as it stands. */
struct str golden_source(const struct json *value);

#endif

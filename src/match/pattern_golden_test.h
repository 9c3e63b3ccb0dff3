/* pattern_golden_test.h - the golden cases of test/golden, for every test that runs them. */
#ifndef MATCH_PATTERN_GOLDEN_TEST_H
#define MATCH_PATTERN_GOLDEN_TEST_H

#include "json/json.h"

/* Files of event patterns with events that they match and do not match, and of refused patterns. */
extern const char *const golden_match_files[];
extern const size_t golden_match_file_count;

/* record: the line. arena: lives for this case. */
typedef void golden_case_f(void *self, struct arena *arena, struct str name, const struct json *record);
/* Calls back for each line of test/golden/<file>.jsonl; returns how many. Fails the test when the file is
 * not there, whichever folder it runs in. */
size_t golden_each(const char *file, golden_case_f *call, void *self);

/* A pattern or event of a record: the text in a string, otherwise the JSON as it stands. */
struct str golden_source(const struct json *value);

struct json golden_json(struct arena *arena, struct str text); /* fails the test when it is none */
struct str golden_file(struct arena *arena, const char *path); /* empty when absent */

#endif

/* golden_test.h - cases that are data, and the files they stand in, for every test that runs them. Whichever folder a
 * test runs in, files are found by their path from the top of the tree. */
#ifndef JSON_GOLDEN_TEST_H
#define JSON_GOLDEN_TEST_H

#include "json/json.h"

/* name: the record's name or id, else where it stands: "tables/updates:3". record: the line, an object. arena: lives
 * for this case. */
typedef void golden_case_f(void *self, struct arena *arena, struct str name, const struct json *record);
/* Calls back for each line of test/golden/<file>.jsonl; returns how many. Fails the test when the file is not there. */
size_t golden_each(const char *file, golden_case_f *call, void *self);

/* The text of a file of the tree; fails the test when it is not there. */
struct str golden_text(struct arena *arena, const char *path);
/* Of a file of recorded answers, in the folder that CREMA_SHARED names or in one beside the tree; empty when it is not
 * on this machine. */
struct str golden_recorded(struct arena *arena, const char *name);
bool golden_line(struct str *rest, struct str *ret_line); /* the next that is not empty; false at the end */
struct json golden_json(struct arena *arena, struct str text); /* fails the test when it is none */

#endif

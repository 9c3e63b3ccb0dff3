/* fixture_test.h - for the tests of the room: tables on an ephemeral store, requests in, answers out. */
#ifndef TABLES_FIXTURE_TEST_H
#define TABLES_FIXTURE_TEST_H

#include "tables/tables.h"

struct fixture {
    struct store *store;
    struct tables *tables;
    struct arena arena;
    char text[1 << 21]; /* of the last answer or fault */
    enum fault_code code;
};

/* Of a test with cmocka_unit_test_setup_teardown: *state is the fixture. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* Runs the operation as the writer would: in a batch of its own, rolled back when refused. Its input is the
 * format, with ' for ". Returns the answer, or the fault's text; good until the next. */
const char *run(struct fixture *fixture, const char *operation, const char *format, ...) PRINTF_LIKE(3, 4);
/* That it is this, with ' for ". */
void expect(const char *got, const char *expected);
/* Number of keys of a kind; what is left when all is gone must be nothing. */
size_t keys_of_kind(struct fixture *fixture, char kind);

/* A table "order" with an index of each projection. */
void create_order_table(struct fixture *fixture);
/* A table with the hash key PK alone. */
void create_plain_table(struct fixture *fixture, const char *name, const char *type);

#endif

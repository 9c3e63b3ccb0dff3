/* matcher.h - many patterns at once, compiled into one structure.
 *
 * The cost of an event follows its bytes and the rules it hits, not the number of rules.
 *
 * Owns:    its rules. A rule is a number that its owner gave.
 * Threads: one writer at a time (add, remove). Any number of readers, each with a struct matcher_reader of its
 *          own; they take no locks and go on while rules come and go. An event sees a rule whole or not at all.
 * Truths:  1. matcher_match finds exactly the rules for which pattern_match is true.
 *          2. A rule that was removed is found by no event that begins after the removal returned, and leaves
 *             nothing behind; a rule that was added is found by every event that begins after.
 *          3. Adding and removing cost what the rule's own clauses cost, not what the others do.
 *          4. In steady state matching allocates nothing.
 */
#ifndef MATCH_MATCHER_H
#define MATCH_MATCHER_H

#include "match/pattern.h"

struct matcher;
struct matcher_reader;

/* ---- life ---- */

struct matcher *matcher_new(const struct pattern_limits *limits); /* NULL: the defaults */
void matcher_free(struct matcher **matcher);                      /* no reader is left */

/* ---- rules: one thread at a time ---- */

/* ERR_INVALID with the text as of pattern_compile, in the arena; ERR_CONFLICT when there is a rule of this
 * number. */
enum err matcher_add(struct matcher *matcher, uint64_t rule, struct str pattern, struct arena *arena,
                     struct str *reterr) MUST_USE;
/* The same of a pattern that was compiled already; nothing of it is kept. */
enum err matcher_add_pattern(struct matcher *matcher, uint64_t rule, const struct pattern *pattern) MUST_USE;
/* ERR_NOTFOUND when there is none. */
enum err matcher_remove(struct matcher *matcher, uint64_t rule) MUST_USE;

struct matcher_stats {
    uint64_t rules;
    uint64_t bytes;  /* of the whole structure */
    uint64_t places; /* asked about by some rule */
    uint64_t tests;  /* distinct */
};
void matcher_stats(const struct matcher *matcher, struct matcher_stats *ret); /* as add and remove */

/* ---- events: one reader a thread ---- */

struct matcher_reader *matcher_reader_new(struct matcher *matcher);
void matcher_reader_free(struct matcher_reader **reader);

/* The rules that match, ascending, each once; valid until the reader's next call. */
struct matcher_result {
    const uint64_t *rules;
    size_t count;
};

/* An event as bytes. ERR_INVALID (or ERR_LIMIT when nested deeper than JSON_DEPTH_MAX) when they are not one
 * JSON value, also in parts that no rule asks about; reterr (may be NULL) as of json_read. */
enum err matcher_match(struct matcher_reader *reader, struct str event, struct matcher_result *ret,
                       struct json_error *reterr) MUST_USE;
/* An event that was read already. */
void matcher_match_value(struct matcher_reader *reader, const struct json *event, struct matcher_result *ret);

/* How many steps the reader's last event took: tests asked, entries of the index looked at. */
uint64_t matcher_reader_work(const struct matcher_reader *reader);

/* One pattern and one event, which are not asked about again: pattern_match in the sum of their sizes. */
bool matcher_match_once(const struct pattern *pattern, const struct json *event);

#endif

/* pattern.h - event patterns: compile, match. Pure.
 *
 * A pattern is a tree of names that ends in lists of values and match expressions; an
 * event matches when every list finds what it looks for at its place. Built: exact values,
 * prefix, anything-but of values, exists. All other match types are refused by name.
 *
 * Truths: 1. Names are places: {"a":{"b":[..]}} and {"a.b":[..]} are the same pattern, of the event likewise.
 *            Of two lists for one place the last counts, of two members of one name in the event the last.
 *         2. What stands at a place are the scalars there, and those in arrays there: [] and {} are nothing.
 *            exists:false asks that there is nothing, every other test that something there passes.
 *         3. What a pattern asks below an array must be found in one and the same item of it. (exists:false
 *            of names that sort before all others asked below that array: must be nothing in any item.)
 *         4. Numbers are equal by value, to the last digit.
 * Threads: a pattern is immutable and may be used by many.
 */
#ifndef MATCH_PATTERN_H
#define MATCH_PATTERN_H

#include "json/json.h"

struct pattern;

/* ERR_INVALID: the service refuses it too. ERR_UNSUPPORTED: of what is not built, by
 * name. *reterr is then the whole text for the client ("Event pattern is not valid.
 * Reason: ..."), in the arena given. text is copied. */
enum err pattern_compile(struct arena *arena, struct str text, struct pattern **ret,
                         struct str *reterr) MUST_USE;
void pattern_free(struct pattern **pattern);
struct str pattern_text(const struct pattern *pattern);

/* The event is the whole envelope. Time is linear in the size of the event, and in that of the pattern. */
bool pattern_match(const struct pattern *pattern, const struct json *event);

/* Whether TestEventPattern takes it as an event: an object that has id, account, source,
 * time, region and detail-type. (The documentation asks for resources as well; the service
 * was seen to do without.) If not, the service says "Parameter Event is not valid." */
bool pattern_event_check(const struct json *event);

#endif

/* crema/match.h - event patterns of Amazon EventBridge: many of them at once against events, and why or why not.
 *
 *     struct crema_match *match = crema_match_new(NULL);
 *     struct crema_match_error error;
 *     if (crema_match_add(match, 7, pattern, strlen(pattern), &error))
 *         fprintf(stderr, "%s\n", error.text);
 *     struct crema_match_reader *reader = crema_match_reader_new(match);
 *     struct crema_match_rules rules;
 *     if (crema_match_event(reader, event, strlen(event), &rules, &error) == CREMA_MATCH_OK)
 *         for (size_t i = 0; i < rules.count; i++)
 *             printf("rule %llu\n", (unsigned long long)rules.at[i]);
 *
 * An event is one JSON object (RFC 8259, UTF-8) with any members. A pattern is a JSON object in the language that
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html describes. Both are
 * bytes with a length in bytes, and need no NUL at their end; the library keeps no pointer to them after a call,
 * but where it says so.
 *
 * The cost of an event follows its bytes and the rules it matches, not the number of rules.
 *
 * Memory:  what *_new gave is freed by *_free, which takes a pointer to the pointer, sets that to NULL, and accepts
 *          NULL in it. When the system has no more memory the process is ended by abort(3): a call does not fail
 *          for it.
 * Threads: rules are added and removed by one thread at a time. Any number of threads match meanwhile, each with a
 *          reader of its own; they take no locks, wait for nobody, and see a rule whole or not at all. A pattern
 *          may be used by many threads at once, an explanation be read by many.
 * Links:   the C library alone.
 */
#ifndef CREMA_MATCH_H
#define CREMA_MATCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CREMA_MATCH_API __attribute__((visibility("default")))
#else
#define CREMA_MATCH_API
#endif

/* Of this header. A library of the same major version and at least this minor version has all that is here. */
#define CREMA_MATCH_VERSION_MAJOR 0
#define CREMA_MATCH_VERSION_MINOR 1

/* Of the library that runs, as "0.1.0". Lives forever. */
CREMA_MATCH_API const char *crema_match_version(void);
/* The widest instructions that the library found on this machine to read events with: "avx512", "avx2", "sse2",
 * "neon" or "portable". Results are the same. Lives forever. */
CREMA_MATCH_API const char *crema_match_kernel(void);

/* ---- what went wrong ---- */

enum crema_match_status {
    CREMA_MATCH_OK = 0,
    CREMA_MATCH_BAD_PATTERN = 1, /* not in the language, or over a limit */
    CREMA_MATCH_BAD_EVENT = 2,   /* not one JSON object, or nested deeper than 1,000 */
    CREMA_MATCH_EXISTS = 3,      /* there is a rule of this number */
    CREMA_MATCH_NOT_FOUND = 4    /* there is none */
};

/* Written only when a call fails; may be NULL wherever one is asked for. */
struct crema_match_error {
    char
        text[1024]; /* for people; ends in NUL, cut to fit. Of a pattern: the text that the service answers */
    unsigned line;  /* in the pattern or event, from 1; 0: not known */
    unsigned column; /* in that line, from 1, in UTF-16 units as the service counts; 0: not known */
};

/* ---- many rules ---- */

/* 0: the service's own. */
struct crema_match_limits {
    size_t pattern_bytes_max;   /* of one pattern's text; 4,096 */
    unsigned combinations_max;  /* ways through all $or of a pattern; 1,000 */
    unsigned wildcard_cost_max; /* of the wildcards of one place, a measure of their repetitions; 10 */
};

struct crema_match;        /* rules */
struct crema_match_reader; /* what a thread needs to match events with them */

/* limits may be NULL, for the service's own; it is copied. */
CREMA_MATCH_API struct crema_match *crema_match_new(const struct crema_match_limits *limits);
/* Its readers must be freed before. */
CREMA_MATCH_API void crema_match_free(struct crema_match **match);

/* Every event that begins after the return sees the rule. The number is the caller's own, any of 64 bits.
 * CREMA_MATCH_BAD_PATTERN or CREMA_MATCH_EXISTS: nothing has changed. */
CREMA_MATCH_API enum crema_match_status crema_match_add(struct crema_match *match, uint64_t rule,
                                                        const char *pattern, size_t pattern_bytes,
                                                        struct crema_match_error *error);
/* No event that begins after the return sees the rule. CREMA_MATCH_NOT_FOUND. */
CREMA_MATCH_API enum crema_match_status crema_match_remove(struct crema_match *match, uint64_t rule);

struct crema_match_statistics {
    uint64_t rules;
    uint64_t bytes;  /* of memory, for all rules */
    uint64_t places; /* names in events that some rule asks about */
    uint64_t tests;  /* different ones: what many rules ask is kept once */
};
/* From the thread that adds and removes. */
CREMA_MATCH_API void crema_match_statistics(const struct crema_match *match,
                                            struct crema_match_statistics *ret);

CREMA_MATCH_API struct crema_match_reader *crema_match_reader_new(struct crema_match *match);
CREMA_MATCH_API void crema_match_reader_free(struct crema_match_reader **reader);

struct crema_match_rules {
    const uint64_t *at; /* ascending, each once; the reader's, until its next call */
    size_t count;
};
/* The rules that match the event. CREMA_MATCH_BAD_EVENT also when the fault is in a part that no rule asks about;
 * *ret is then as it was. Allocates nothing once the reader has seen events of the kind. */
CREMA_MATCH_API enum crema_match_status crema_match_event(struct crema_match_reader *reader,
                                                          const char *event, size_t event_bytes,
                                                          struct crema_match_rules *ret,
                                                          struct crema_match_error *error);

/* ---- one pattern, and why ---- */

struct crema_match_pattern; /* immutable */

/* *ret is written on success. */
CREMA_MATCH_API enum crema_match_status crema_match_pattern_new(const char *pattern, size_t pattern_bytes,
                                                                const struct crema_match_limits *limits,
                                                                struct crema_match_pattern **ret,
                                                                struct crema_match_error *error);
CREMA_MATCH_API void crema_match_pattern_free(struct crema_match_pattern **pattern);

/* Text that belongs to the explanation; holds what JSON can, NUL too; does not end in NUL. UTF-8. */
struct crema_match_text {
    const char *at;
    size_t bytes;
};

/* One test of a pattern against what stands at its place in the event. */
struct crema_match_finding {
    struct crema_match_text place; /* names with dots between: detail.state */
    struct crema_match_text test;  /* as the pattern has it: "open", {"prefix":"o"} */
    struct crema_match_text kind;  /* equals, prefix, suffix, anything-but, numeric, exists, ... */
    struct crema_match_text
        values;           /* JSON array of what stands there, at most 20; []: the place is missing */
    uint64_t values_more; /* that are not shown */
    int passed;           /* 1 or 0. A place passes when one of its tests does */
};

struct crema_match_explanation; /* owns all its texts */

/* Why the event matches the pattern, or why not: every test of every place the pattern asks about. Of a pattern
 * with $or, the way through it that came nearest. The event is read whole; this is made for people, not for speed.
 * CREMA_MATCH_BAD_EVENT; *ret is written on success. */
CREMA_MATCH_API enum crema_match_status crema_match_explain(const struct crema_match_pattern *pattern,
                                                            const char *event, size_t event_bytes,
                                                            struct crema_match_explanation **ret,
                                                            struct crema_match_error *error);
CREMA_MATCH_API void crema_match_explanation_free(struct crema_match_explanation **explanation);

CREMA_MATCH_API int crema_match_explanation_matched(const struct crema_match_explanation *explanation);
/* Places asked about, and those of them that pass. */
CREMA_MATCH_API size_t crema_match_explanation_places(const struct crema_match_explanation *explanation);
CREMA_MATCH_API size_t
crema_match_explanation_places_passed(const struct crema_match_explanation *explanation);
/* Every place passes, and still the event does not match: this is the array no single item of which holds all
 * that is asked below it. Empty otherwise. */
CREMA_MATCH_API struct crema_match_text
crema_match_explanation_divided(const struct crema_match_explanation *explanation);
CREMA_MATCH_API size_t crema_match_explanation_findings(const struct crema_match_explanation *explanation);
/* The index-th, in the pattern's order; index below the count. Lives as long as the explanation. */
CREMA_MATCH_API const struct crema_match_finding *
crema_match_explanation_finding(const struct crema_match_explanation *explanation, size_t index);
/* All of it as one JSON object. */
CREMA_MATCH_API struct crema_match_text
crema_match_explanation_json(const struct crema_match_explanation *explanation);

/* Called for each pattern, the nearest to a match first (those that match before all others; of equal ones, the
 * earlier in the array). The explanation lives for the call alone. What is not 0 ends the walk. */
typedef int crema_match_explained(void *self, size_t index,
                                  const struct crema_match_explanation *explanation);
/* Explains one event against many patterns, and sorts. Memory is needed for all explanations at once. */
CREMA_MATCH_API enum crema_match_status
crema_match_explain_many(const struct crema_match_pattern *const *patterns, size_t count, const char *event,
                         size_t event_bytes, crema_match_explained *each, void *self,
                         struct crema_match_error *error);

#ifdef __cplusplus
}
#endif

#endif

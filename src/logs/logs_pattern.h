/* logs_pattern.h - filter patterns: what FilterLogEvents looks for. Pure.
 *
 * Terms of letters, digits and '_', or anything between double quotes: each must stand in the message,
 * wherever, in the same case. "-term" must not stand there. "?term": of these at least one, but they are
 * ignored beside terms of the other two kinds, as the service does. JSON patterns { }, space-delimited
 * patterns [ ] and regular expressions % % are refused by name.
 */
#ifndef LOGS_LOGS_PATTERN_H
#define LOGS_LOGS_PATTERN_H

#include "base/fault.h"

enum logs_term_kind { LOGS_TERM_REQUIRED, LOGS_TERM_EXCLUDED, LOGS_TERM_OPTIONAL };

struct logs_term {
    enum logs_term_kind kind;
    struct str text;
};

struct logs_pattern {
    const struct logs_term *terms;
    size_t count;
};

/* FAULT_INVALID_PARAMETER. The pattern's texts point into text or the arena. */
bool logs_pattern_read(struct arena *arena, struct str text, struct logs_pattern *ret, struct fault *reterr);
bool logs_pattern_matches(const struct logs_pattern *pattern, struct str message);

#endif

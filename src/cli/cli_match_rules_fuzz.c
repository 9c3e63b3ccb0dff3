/* A file of rules: it is refused with a reason, or each rule of it has a name of its own and is in the matcher. */
#include "cli/cli_match.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct match_rules rules = { .matcher = matcher_new(NULL) };
    struct matcher_stats stats;
    struct buf why = { 0 };
    enum err err = match_rules_text(&rules, "rules", str_of((const char *)data, size), &why);
    if (err) {
        must(str_starts(buf_str(&why), STR("rules")));
    } else {
        matcher_stats(rules.matcher, &stats);
        must(rules.named && rules.count > 0 && stats.rules == rules.count && why.len == 0);
        for (size_t i = 0; i < rules.count; i++) {
            must(rules.at[i].name.len > 0 && rules.at[i].pattern != NULL);
            must(i == 0 || !str_eq(rules.at[i].name, rules.at[i - 1].name));
        }
    }
    buf_fini(&why);
    match_rules_fini(&rules);
    return 0;
}

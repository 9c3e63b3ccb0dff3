/* Which of a few rules match the events of a file, and why the others do not.
 *
 *     cc main.c $(pkg-config --cflags --libs crema-match) -o which && ./which < events.jsonl
 */
#include <crema/match.h>

#include <stdio.h>
#include <string.h>

static const char *const rules[] = {
    "{\"source\":[\"shop.orders\"],\"detail\":{\"amount\":[{\"numeric\":[\">\",100]}]}}",
    "{\"detail\":{\"state\":[{\"anything-but\":[\"done\"]}],\"city\":[{\"prefix\":\"Li\"}]}}",
    "{\"detail\":{\"items\":{\"sku\":[\"tea\"],\"count\":[3]}}}",
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static int show(void *self, size_t index, const struct crema_match_explanation *explanation)
{
    (void)self;
    printf("  rule %zu: %zu of %zu places pass\n", index, crema_match_explanation_places_passed(explanation),
           crema_match_explanation_places(explanation));
    for (size_t i = 0; i < crema_match_explanation_findings(explanation); i++) {
        const struct crema_match_finding *finding = crema_match_explanation_finding(explanation, i);
        printf("    %s %.*s: %.*s, found %.*s\n", finding->passed ? "pass" : "fail",
               (int)finding->place.bytes, finding->place.at, (int)finding->test.bytes, finding->test.at,
               (int)finding->values.bytes, finding->values.at);
    }
    return index == RULES; /* never: go on */
}

int main(void)
{
    struct crema_match_error error;
    struct crema_match *match = crema_match_new(NULL);
    struct crema_match_pattern *patterns[RULES] = { NULL };
    for (size_t i = 0; i < RULES; i++) {
        if (crema_match_add(match, i, rules[i], strlen(rules[i]), &error) ||
            crema_match_pattern_new(rules[i], strlen(rules[i]), NULL, &patterns[i], &error)) {
            fprintf(stderr, "rule %zu, line %u, column %u: %s\n", i, error.line, error.column, error.text);
            return 2;
        }
    }
    struct crema_match_reader *reader = crema_match_reader_new(match);
    static char line[65536];
    for (unsigned number = 1; fgets(line, sizeof(line), stdin); number++) {
        struct crema_match_rules found;
        if (crema_match_event(reader, line, strlen(line), &found, &error)) {
            printf("%u: column %u: %s\n", number, error.column, error.text);
            continue;
        }
        printf("%u: %zu rules match:", number, found.count);
        for (size_t i = 0; i < found.count; i++)
            printf(" %llu", (unsigned long long)found.at[i]);
        printf("\n");
        if (found.count == 0)
            (void)crema_match_explain_many((const struct crema_match_pattern *const *)patterns, RULES, line,
                                           strlen(line), show, NULL, &error);
    }
    crema_match_reader_free(&reader);
    crema_match_free(&match);
    for (size_t i = 0; i < RULES; i++)
        crema_match_pattern_free(&patterns[i]);
    return 0;
}

#include "match/matcher_grammar.h"

enum { DEPTH_MAX = 3 };

static const char *const names[] = { "a", "b", "c", "a.b", "b.a", "a-b", "d", "longer-than-eight", "e" };
static const char *const strings[] = {
    "x",
    "y",
    "xy",
    "xyx",
    "X",
    "Xy",
    "\xC3\xA9",
    "\xC3\x89",
    "10.0.0.1",
    "10.0.0.200",
    "10.1.2.3",
    "2001:db8::1",
    "",
    "abcabc",
    "bcabca",
    "abc",
    "aws.s3",
    "aws.ec2",
    "AWS.S3",
    "a*c",
    "a\\c",
    "sixteen-bytes-x",
    "sixteen-bytes-xyz",
    "\xCF\x83s",
    "\xCF\x82s",
    "1",
    "true",
    "x\ty",
    "xx",
    "yx",
};
static const char *const numbers[] = {
    "1",
    "1.0",
    "1e0",
    "10e-1",
    "2",
    "-1",
    "0.5",
    "5e-1",
    "3e2",
    "300",
    "300.0",
    "12345678901234567890",
    "12345678901234567891",
    "1234567890123456789.0e1",
    "1.2345678901234567e-3",
    "0",
    "-0",
    "0.1",
    "0.10000000000000000001",
    "1e400",
    "10e399",
    "-122.42200352825247",
    "-122.42200353",
    "-122.4220035",
    "122.42200352825247",
    "0.123456789",
    "0.12345678",
    "0.1234567890123456",
    "0.12345678901234567",
    "1.00000001",
    "1.000000001",
    "-0.000000001",
    "1e-9",
    "9999999.99999999",
    "99999999.5",
    "99999999",
    "100000000",
    "1e8",
    "1000000000000.5",
    "12345678",
    "1234567",
    "1234567.0",
    "0.0",
    "3.00",
    "1.5E1",
    "15",
};
static const char *const wildcards[] = { "x*",        "*y",   "*x*",    "x*y",     "a*c*",    "*bc*",
                                         "*",         "x",    "aws.*3", "*bca*",   "*a*b*c*", "a\\\\*c",
                                         "sixteen*x", "*ca*", "*c*",    "*es-xyz", "x*x",     "*abcabc*" };
static const char *const blocks[] = { "10.0.0.0/24", "10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0",
                                      "10.0.0.128/25" };
static const char *const operators[] = { "=", "<", "<=", ">", ">=" };

#define PICK(g, list) (list)[grammar_below((g), sizeof(list) / sizeof((list)[0]))]

unsigned grammar_below(struct grammar *g, unsigned limit)
{
    if (g->bytes) {
        if (g->bytes == g->end)
            return 0;
        return *g->bytes++ % limit;
    }
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return (unsigned)((g->state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit;
}

static void text(struct buf *out, const char *s)
{
    buf_add(out, str_from(s));
}

/* Now and then a letter is written as an escape. */
static void quoted(struct grammar *g, struct buf *out, const char *s)
{
    bool escapes = grammar_below(g, 6) == 0;
    buf_add_char(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_printf(out, "\\%c", *s);
        else if ((unsigned char)*s < 0x20 || (escapes && (unsigned char)*s < 0x80))
            buf_printf(out, "\\u%04x", (unsigned)(unsigned char)*s);
        else if (escapes && (unsigned char)*s == 0xC3) {
            buf_printf(out, "\\u00%02X", 0xC0u | ((unsigned char)s[1] & 0x3Fu));
            s++;
        } else
            buf_add_char(out, *s);
    }
    buf_add_char(out, '"');
}

/* ---- patterns ---- */

typedef void member_f(struct grammar *g, struct buf *out);

static void quoted_wildcard(struct grammar *g, struct buf *out)
{
    buf_printf(out, "\"%s\"", PICK(g, wildcards));
}

static void quoted_string(struct grammar *g, struct buf *out)
{
    quoted(g, out, PICK(g, strings));
}

static void string_or_number(struct grammar *g, struct buf *out)
{
    if (grammar_below(g, 2))
        quoted_string(g, out);
    else
        text(out, PICK(g, numbers));
}

/* Mostly short. */
static void list_of(struct grammar *g, struct buf *out, member_f *member)
{
    unsigned count = 1 + grammar_below(g, grammar_below(g, 3) ? 4 : 14);
    for (unsigned i = 0; i < count; i++) {
        buf_add_char(out, i ? ',' : '[');
        member(g, out);
    }
    buf_add_char(out, ']');
}

static void strings_or_one(struct grammar *g, struct buf *out)
{
    if (grammar_below(g, 3))
        list_of(g, out, quoted_string);
    else
        quoted(g, out, strings[grammar_below(g, 6)]);
}

static void anything_but(struct grammar *g, struct buf *out)
{
    static const char *const inner[] = { "prefix", "suffix", "equals-ignore-case" };
    text(out, "{\"anything-but\":");
    switch (grammar_below(g, 5)) {
    case 0:
        text(out, PICK(g, numbers));
        break;
    case 1:
        text(out, "{\"wildcard\":");
        list_of(g, out, quoted_wildcard);
        text(out, "}");
        break;
    case 2:
        buf_printf(out, "{\"%s\":", PICK(g, inner));
        strings_or_one(g, out);
        buf_add_char(out, '}');
        break;
    case 3:
        list_of(g, out, string_or_number);
        break;
    default:
        strings_or_one(g, out);
    }
    buf_add_char(out, '}');
}

static void prefix_or_suffix(struct grammar *g, struct buf *out, const char *name)
{
    bool ignore_case = grammar_below(g, 3) == 0;
    buf_printf(out, "{\"%s\":%s", name, ignore_case ? "{\"equals-ignore-case\":" : "");
    quoted(g, out, PICK(g, strings));
    text(out, ignore_case ? "}}" : "}");
}

static void numeric(struct grammar *g, struct buf *out)
{
    static const char *const lows[] = { "-1", "0", "0.1", "0.5", "1", "1e0" };
    static const char *const highs[] = { "1.5", "2", "300", "3e2", "1e9", "12345678901234567890" };
    text(out, "{\"numeric\":[");
    if (grammar_below(g, 2))
        buf_printf(out, "\"%s\",%s", PICK(g, operators), PICK(g, numbers));
    else
        buf_printf(out, "\"%s\",%s,\"%s\",%s", grammar_below(g, 2) ? ">" : ">=", PICK(g, lows),
                   grammar_below(g, 2) ? "<" : "<=", PICK(g, highs));
    text(out, "]}");
}

static void one_test(struct grammar *g, struct buf *out)
{
    static const char *const literals[] = { "null", "true", "false" };
    switch (grammar_below(g, 14)) {
    case 0:
        text(out, PICK(g, literals));
        break;
    case 1:
        text(out, PICK(g, numbers));
        break;
    case 2:
        prefix_or_suffix(g, out, "prefix");
        break;
    case 3:
        prefix_or_suffix(g, out, "suffix");
        break;
    case 4:
        text(out, "{\"equals-ignore-case\":");
        quoted(g, out, PICK(g, strings));
        buf_add_char(out, '}');
        break;
    case 5:
        buf_printf(out, "{\"wildcard\":\"%s\"}", PICK(g, wildcards));
        break;
    case 6:
        anything_but(g, out);
        break;
    case 7:
        numeric(g, out);
        break;
    case 8:
        buf_printf(out, "{\"cidr\":\"%s\"}", PICK(g, blocks));
        break;
    case 9:
        text(out, "{\"exists\":true}");
        break;
    case 10:
        text(out, "{\"exists\":false}");
        break;
    default:
        quoted(g, out, PICK(g, strings));
    }
}

static void members(struct grammar *g, struct buf *out, unsigned depth);

static void pattern_value(struct grammar *g, struct buf *out, unsigned depth)
{
    if (depth < DEPTH_MAX && grammar_below(g, 3) == 0) {
        buf_add_char(out, '{');
        members(g, out, depth + 1);
        buf_add_char(out, '}');
        return;
    }
    unsigned count = grammar_below(g, 4) == 0 ? 1 + grammar_below(g, grammar_below(g, 3) ? 8 : 25) : 1;
    buf_add_char(out, '[');
    for (unsigned i = 0; i < count; i++) {
        text(out, i ? "," : "");
        one_test(g, out);
    }
    buf_add_char(out, ']');
}

static void members(struct grammar *g, struct buf *out, unsigned depth)
{
    unsigned count = 1 + grammar_below(g, 3);
    for (unsigned i = 0; i < count; i++) {
        text(out, i ? "," : "");
        quoted(g, out, PICK(g, names));
        buf_add_char(out, ':');
        pattern_value(g, out, depth);
    }
    if (grammar_below(g, 12) || depth == DEPTH_MAX)
        return;
    text(out, ",\"$or\":[");
    for (unsigned i = 0; i < 2; i++) {
        text(out, i ? ",{" : "{");
        members(g, out, depth + 1);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

void grammar_pattern(struct grammar *g, struct buf *out)
{
    buf_add_char(out, '{');
    members(g, out, 0);
    buf_add_char(out, '}');
}

/* ---- events ---- */

static void space(struct grammar *g, struct buf *out)
{
    if (grammar_below(g, 10) == 0)
        text(out, " ");
}

static void event_value(struct grammar *g, struct buf *out, unsigned depth);

static void event_object(struct grammar *g, struct buf *out, unsigned depth)
{
    unsigned count = grammar_below(g, 5) + (depth == 0);
    buf_add_char(out, '{');
    for (unsigned i = 0; i < count; i++) {
        text(out, i ? "," : "");
        space(g, out);
        quoted(g, out, PICK(g, names));
        space(g, out);
        buf_add_char(out, ':');
        event_value(g, out, depth + 1);
    }
    space(g, out);
    buf_add_char(out, '}');
}

static void event_value(struct grammar *g, struct buf *out, unsigned depth)
{
    static const char *const literals[] = { "null", "true", "false" };
    unsigned choice = grammar_below(g, depth > 4 ? 4 : 8), count;
    space(g, out);
    switch (choice) {
    case 0:
        text(out, PICK(g, literals));
        break;
    case 1:
        text(out, PICK(g, numbers));
        break;
    case 4:
    case 5:
        event_object(g, out, depth);
        break;
    case 6:
        count = grammar_below(g, 4);
        buf_add_char(out, '[');
        for (unsigned i = 0; i < count; i++) {
            text(out, i ? "," : "");
            event_value(g, out, depth + 1);
        }
        buf_add_char(out, ']');
        break;
    default:
        quoted(g, out, PICK(g, strings));
    }
}

void grammar_event(struct grammar *g, struct buf *out)
{
    event_object(g, out, 0);
}

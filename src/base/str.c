#include "base/str.h"

#include <limits.h>

int str_compare(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_of(s.ptr, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_of(s.ptr + (s.len - suffix.len), suffix.len), suffix);
}

struct str str_trim(struct str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = str_from_offset(s, 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_eq_ignore_case(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

size_t str_find_char(struct str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : STR_NOT_FOUND;
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.len == 0)
        return 0;
    /* Linear whatever is in them. */
    const char *at = s.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
    return at ? (size_t)(at - s.ptr) : STR_NOT_FOUND;
}

bool str_cut(struct str s, char c, struct str *head, struct str *tail)
{
    size_t at = str_find_char(s, c);
    if (at == STR_NOT_FOUND) {
        *head = s;
        *tail = STR_EMPTY;
        return false;
    }
    *head = str_of(s.ptr, at);
    *tail = str_from_offset(s, at + 1);
    return true;
}

bool str_to_i64(struct str s, int64_t *ret)
{
    bool negative = false;
    size_t i = 0;
    if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+')) {
        negative = s.ptr[i] == '-';
        i++;
    }
    if (i == s.len)
        return false;
    /* Accumulated below zero, where there is one value more than above. */
    int64_t value = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        int64_t digit = s.ptr[i] - '0';
        if (value < (INT64_MIN + digit) / 10)
            return false;
        value = value * 10 - digit;
    }
    if (!negative) {
        if (value == INT64_MIN)
            return false;
        value = -value;
    }
    *ret = value;
    return true;
}

/* utf8.h - UTF-8, as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

/* Length of the leading part of s that is valid UTF-8; s.len when all of it is. */
size_t utf8_valid_len(struct str s);

/* Writes code point c (valid, not a surrogate) to at, up to 4 bytes; returns how many. */
size_t utf8_encode(uint32_t c, char *at);

/* Reads one code point of valid UTF-8 at the start of s (not empty); returns its length. */
size_t utf8_decode(struct str s, uint32_t *ret);

/* Number of code points; and of UTF-16 units, in which AWS counts the length of strings. */
size_t utf8_count(struct str s);
size_t utf8_count_utf16(struct str s);

#endif

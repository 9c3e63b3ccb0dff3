#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str base64_encode(struct arena *arena, struct str bytes)
{
    char *start = arena_bytes(arena, (bytes.len + 2) / 3 * 4);
    char *at = start;
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = (uint32_t)p[i] << 16;
        if (have > 1)
            group |= (uint32_t)p[i + 1] << 8;
        if (have > 2)
            group |= p[i + 2];
        *at++ = alphabet[group >> 18];
        *at++ = alphabet[(group >> 12) & 63];
        *at++ = have > 1 ? alphabet[(group >> 6) & 63] : '=';
        *at++ = have > 2 ? alphabet[group & 63] : '=';
    }
    return str_of(start, (size_t)(at - start));
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct arena *arena, struct str text, struct str *ret)
{
    if (text.len % 4 != 0)
        return false;
    char *start = arena_bytes(arena, text.len / 4 * 3);
    char *at = start;
    for (size_t i = 0; i < text.len; i += 4) {
        bool last = i + 4 == text.len;
        size_t padding = last && text.ptr[i + 3] == '=' ? (text.ptr[i + 2] == '=' ? 2 : 1) : 0;
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            int value = k >= 4 - padding ? 0 : value_of(text.ptr[i + k]);
            if (value < 0)
                return false;
            group = (group << 6) | (uint32_t)value;
        }
        if ((padding == 2 && (group & 0xFFFF)) || (padding == 1 && (group & 0xFF)))
            return false;
        *at++ = (char)(group >> 16);
        if (padding < 2)
            *at++ = (char)((group >> 8) & 0xFF);
        if (padding < 1)
            *at++ = (char)(group & 0xFF);
    }
    *ret = str_of(start, (size_t)(at - start));
    return true;
}

/* err.h - the one error enum, by value, and the details that go apart from it.
 *
 * Modules return; main, api and deliver log: never both. Names of AWS exceptions are not
 * here: api/api_error.c gives a fault its name.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>
#include <stdio.h>

#define ERR_LIST(X)                         \
    X(OK, "ok")                             \
    X(INVALID, "input is not valid")        \
    X(NOTFOUND, "not found")                \
    X(CONFLICT, "already exists")           \
    X(LIMIT, "over a limit")                \
    X(AGAIN, "try again later")             \
    X(NOSPACE, "no space left on the disk") \
    X(IO, "input or output failed")         \
    X(CORRUPT, "stored data is damaged")    \
    X(UNSUPPORTED, "not supported")         \
    X(CLOSED, "closed")

enum err {
#define X(name, text) ERR_##name,
    ERR_LIST(X)
#undef X
};

const char *err_text(enum err err);

/* What went wrong and where, for a person. Written only on failure. */
struct diag {
    char text[512];
};

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define MUST_USE __attribute__((warn_unused_result))
#else
#define PRINTF_LIKE(text, first)
#define MUST_USE
#endif

/* Writes the text (cut at the end of the buffer) and returns err, so that a caller can
 * `return diag_set(reterr, ERR_IO, ...)`. A NULL diag is accepted. */
enum err diag_set(struct diag *diag, enum err err, const char *format, ...) PRINTF_LIKE(3, 4);
#ifdef __clang_analyzer__ /* which does not look into another file, and would follow what cannot be */
#define diag_set(diag, err, ...) ((void)diag_set(diag, err, __VA_ARGS__), (err))
#endif

#endif

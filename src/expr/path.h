/* path.h - JSONPath and reference paths of the Amazon States Language, compiled once, evaluated often. Pure.
 *
 * `$` is the root given, `$$` the context object. Members by dot or bracket (hyphens and any
 * letters after a dot), indexes (negative ones count from the end), slices, unions, wildcards,
 * recursive descent. A reference path picks exactly one place: only members and indexes.
 * Filters, functions and workflow variables (`$name`) are not built: ERR_UNSUPPORTED.
 *
 *     $.detail-type   $.a.b[0][-1]   $['a b']["c"]   $.a\.b   $.[0].['x']   $$.Task.Token
 *     $.list[1:3]   $.list[0,2]   $['a','b']   $.*   $.list[*].id   $..id
 *
 * Threads: a compiled path is immutable and may be used by many.
 */
#ifndef EXPR_PATH_H
#define EXPR_PATH_H

#include "json/json.h"

struct path;

enum path_kind { PATH_ANY, PATH_REFERENCE };

/* ERR_INVALID with why and where, or ERR_UNSUPPORTED with the name of the part that is
 * not built. text is copied. */
enum err path_compile(struct arena *arena, struct str text, enum path_kind kind, struct path **ret,
                      struct diag *reterr) MUST_USE;
bool path_is_definite(const struct path *path); /* one place at most */
bool path_of_context(const struct path *path);  /* begins with $$ */
struct str path_text(const struct path *path);  /* as given, without spaces around it */
/* The same in brackets throughout, as the services name it in errors: $['detail']['userId'][0] */
struct str path_bracketed(const struct path *path, struct arena *arena);

/* What the path picks: of a definite path the value itself, else an array of all it picks (possibly empty).
 * ERR_NOTFOUND: a definite path leads nowhere (absent member, index past the end, member of a non-object).
 * ERR_LIMIT: the path picks more than PATH_PICKS_MAX values, in the end or on the way.
 * context may be NULL when the path does not begin with $$. The result shares with root. */
enum { PATH_PICKS_MAX = 262144 };
enum err path_get(const struct path *path, struct arena *arena, const struct json *root,
                  const struct json *context, struct json *ret) MUST_USE;

/* A new root in which the reference path leads to value; members on the way are made
 * where absent. ERR_INVALID when something on the way is no object, or an index is not
 * there. Not for paths of the context. */
enum err path_set(const struct path *path, struct arena *arena, const struct json *root,
                  const struct json *value, struct json *ret) MUST_USE;

#endif

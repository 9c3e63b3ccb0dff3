/* path.h - JSONPath and reference paths of the Amazon States Language, compiled once, evaluated often. Pure.
 *
 * `$` is the root given, `$$` the context object, `$name` a variable of the workflow. Members by dot or
 * bracket (hyphens and any letters after a dot), indexes (negative ones count from the end), slices, unions,
 * wildcards, recursive descent, filters. A reference path picks exactly one place: only members and indexes.
 * One that is only read may have filters too, of literals and without operators that are words.
 *
 *     $.detail-type   $.a.b[0][-1]   $['a b']["c"]   $.a\.b   $.[0].['x']   $$.Task.Token   $order.id
 *     $.list[1:3]   $.list[0,2]   $['a','b']   $.*   $.list[*].id   $..id   $.list[?(@.n > 1 && @.s == 'x')]
 *
 * A filter (path_filter.c) tests each item of an array, or the object it stands on. `@` is what it tests and
 * is no scalar: of scalars none passes, as at the service. Operands: paths from @ or $, strings, numbers,
 * true, false, null, arrays and objects. Operators: == != === !== < <= > >= in nin subsetof anyof noneof
 * contains size empty; =~ /pattern/ with the flags i and s; && || ! and parentheses. A path alone asks whether
 * it leads anywhere. A pattern (base/regex.h) matches a whole text.
 *
 * A function behind a member (`$.list.length()`) is a member's name, as at the service: it leads nowhere.
 * Scripts `[(...)]` and slices with a step are none of the language's. What patterns have at the service beyond
 * base/regex.h (look-behind, references, \b and more flags) is ERR_UNSUPPORTED.
 *
 * Threads: a compiled path is immutable and may be used by many.
 */
#ifndef EXPR_PATH_H
#define EXPR_PATH_H

#include "expr/scope.h"

struct path;

enum path_kind { PATH_ANY, PATH_REFERENCE, PATH_REFERENCE_READ };

/* ERR_INVALID with why and where, or ERR_UNSUPPORTED with the name of the part that is
 * not built. text is copied. */
enum err path_compile(struct arena *arena, struct str text, enum path_kind kind, struct path **ret,
                      struct diag *reterr) MUST_USE;
bool path_is_definite(const struct path *path); /* one place at most */
bool path_has_filter(const struct path *path);
bool path_of_context(const struct path *path);     /* begins with $$ */
struct str path_variable(const struct path *path); /* the name in $name; empty: it is not of a variable */
struct str path_text(const struct path *path);     /* as given, without spaces around it */
/* The same in brackets throughout, as the services name it in errors: $['detail']['userId'][0] */
struct str path_bracketed(const struct path *path, struct arena *arena);

/* What the path picks: of a definite path the value itself, else an array of all it picks (possibly empty).
 * ERR_NOTFOUND: a definite path leads nowhere (absent member, index past the end, member of a non-object,
 * no such variable, no context).
 * ERR_LIMIT: the path picks more than PATH_PICKS_MAX values, in the end or on the way.
 * The result shares with the scope. */
enum { PATH_PICKS_MAX = 262144 };
enum err path_get(const struct path *path, struct arena *arena, const struct scope *scope,
                  struct json *ret) MUST_USE;

/* Why path_get said ERR_NOTFOUND, in the words of the service's own path reader:
 * "No results for path: $['a']", "Missing property in path $['a']", "Property ['b'] not found in path $['a']" */
struct str path_why(const struct path *path, struct arena *arena, const struct scope *scope);

/* A new root in which the reference path leads to value; members on the way are made
 * where absent. ERR_INVALID when something on the way is no object, or an index is not
 * there. Not for paths of the context or of variables. */
enum err path_set(const struct path *path, struct arena *arena, const struct json *root,
                  const struct json *value, struct json *ret) MUST_USE;

/* Whether a name can be a variable's: a Unicode identifier. */
bool variable_name_fits(struct str name);

#endif

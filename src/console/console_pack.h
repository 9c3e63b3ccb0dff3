/* console_pack.h - the web console's files as the build packs them (web/pack.js), and which form of one a client takes.
 *
 *   crema console 1\n
 *   PATH hashed|named DIGEST PLAIN BROTLI GZIP MEDIA TYPE\n      one line a file; the three are lengths in bytes, 0: it
 *   ...                                                          is not there in that form
 *   \n
 *   the bytes, of the files in their order, of each in the order of the lengths
 *
 * Owns nothing: all slices point into the pack. Pure.
 */
#ifndef CONSOLE_CONSOLE_PACK_H
#define CONSOLE_CONSOLE_PACK_H

#include "base/arena.h"

enum console_form { CONSOLE_PLAIN, CONSOLE_BROTLI, CONSOLE_GZIP, CONSOLE_FORMS };

struct console_file {
    struct str path;   /* "/assets/index-D4z.js" */
    struct str digest; /* of its content */
    struct str type;
    bool hashed;                     /* its name changes with its content */
    struct str forms[CONSOLE_FORMS]; /* empty: not there */
};

struct console_pack {
    struct console_file *files;
    size_t count;
};

enum { CONSOLE_FILES_MAX = 4096 };

/* False: it is none. An empty one has no files. */
bool console_pack_read(struct arena *arena, struct str bytes, struct console_pack *ret);
/* NULL: there is none of exactly that name. */
const struct console_file *console_pack_find(const struct console_pack *pack, struct str path);

/* The form to send, from the request's Accept-Encoding (ptr NULL: it has none, and takes any). False: it takes none
 * that is there. */
bool console_form_choose(const struct console_file *file, struct str accept_encoding, enum console_form *ret);
/* "br"; empty for the plain form. */
struct str console_form_name(enum console_form form);

#endif

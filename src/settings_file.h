/* settings_file.h - reads a settings file: the part of TOML that settings need.
 *
 * Lines `name = value`: basic and literal strings on one line, decimal integers (with
 * _), true, false, arrays of strings (each item is given on its own), comments. Tables,
 * dates, floats and multi-line strings are refused with file and line.
 */
#ifndef SETTINGS_FILE_H
#define SETTINGS_FILE_H

#include "base/arena.h"
#include "base/err.h"

/* where: "crema.toml:3". What it returns ends the reading. */
typedef enum err settings_pair_f(void *self, struct str name, struct str value, const char *where,
                                 struct diag *reterr);

enum err settings_file_read(struct arena *arena, const char *path, settings_pair_f *pair, void *self,
                            struct diag *reterr) MUST_USE;

#endif

/* embedded.h - files that the build puts into the program (scripts/embed.py). */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const unsigned char *bytes;
    size_t len;
};

/* The demo's. */
extern const struct embedded_file embedded_story;
extern const struct embedded_file embedded_order_processor;
/* The web console (console/console_pack.h); empty in a build without it. */
extern const struct embedded_file embedded_console;

#endif

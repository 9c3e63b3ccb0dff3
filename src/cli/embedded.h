/* embedded.h - files that the build puts into the program (scripts/embed.py). */
#ifndef CLI_EMBEDDED_H
#define CLI_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const unsigned char *bytes;
    size_t len;
};

extern const struct embedded_file embedded_story;
extern const struct embedded_file embedded_order_processor;

#endif

/* flow_log.h - what executions log: which events at which level, and how one is written. Pure. */
#ifndef FLOW_FLOW_LOG_H
#define FLOW_FLOW_LOG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Each level holds those before it. */
enum log_level { LOG_OFF, LOG_FATAL, LOG_ERROR, LOG_ALL };

/* Of a machine; from its loggingConfiguration. */
struct logging {
    enum log_level level;
    bool data;        /* inputs, outputs and parameters are shown */
    struct str group; /* ARN of the group, without ":*" at its end */
};

/* text: as flow_logging_check has left it. */
void logging_read(struct arena *arena, struct str text, struct logging *ret);

struct log_lines {
    struct buf *out; /* a line an event, each ends in '\n' */
    const struct logging *logging;
    struct str execution_arn;
    uint32_t redrives;
};
struct history_event;
/* Adds the event when it is of the level. */
void log_line(const struct log_lines *lines, const struct history_event *event);

#endif

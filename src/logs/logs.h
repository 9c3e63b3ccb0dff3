/* logs.h - log groups, streams and events. (The owner of the room completes this header.) */
#ifndef LOGS_LOGS_H
#define LOGS_LOGS_H

#include "base/fault.h"
#include "base/ns.h"
#include "store/writer.h"

struct logs;

/* Appends one event to a stream, made if absent; for targets inside the server. Writer's thread, inside a command.
 * The timestamp is not held against the limits of PutLogEvents. False with FAULT_NOT_FOUND when the group does not
 * exist. A stream that already holds an event with this very ingestion (same stream, made for one event) is not
 * written twice by retries, because the name follows from the event. */
bool logs_append(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
                 int64_t timestamp_ms, struct str message, struct fault *reterr);

#endif

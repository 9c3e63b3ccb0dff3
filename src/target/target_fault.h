/* target_fault.h - what a room's fault means for a delivery. Pure. */
#ifndef TARGET_TARGET_FAULT_H
#define TARGET_TARGET_FAULT_H

#include "target/target.h"

/* Fills in the outcome: to be tried again when it was this server's trouble, else rejected. The error is
 * named as the service names it for dead letters: NO_RESOURCE, INVALID_INPUT, ... */
void target_refuse(struct delivery_result *ret, const struct fault *fault);

#endif

/* metrics_impl.h - what the files of the room share. */
#ifndef METRICS_METRICS_IMPL_H
#define METRICS_METRICS_IMPL_H

#include "base/map.h"
#include "metrics/metrics_key.h"

#include <stdatomic.h>

struct meters;

struct metrics {
    struct map series; /* key -> uint64_t: its id */
    bool swept;        /* the sweep's timer is known to be there */
    _Atomic(uint64_t) added, left_out;
    struct meters *meters; /* NULL: nothing is counted */
};

/* ---- metrics_meter.c ---- */

void metrics_meters_close(struct meters **meters);
void metrics_meters_rollback(struct meters *meters);

#endif

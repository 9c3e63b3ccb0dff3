/* ns.h - where a resource lives: an account and a region. Every resource is in exactly one. */
#ifndef BASE_NS_H
#define BASE_NS_H

#include "base/str.h"

struct ns {
    struct str account; /* 12 digits */
    struct str region;
};

#endif

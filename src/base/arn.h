/* arn.h - Amazon Resource Names: arn:partition:service:region:account:resource. Pure. */
#ifndef BASE_ARN_H
#define BASE_ARN_H

#include "base/arena.h"
#include "base/ns.h"

struct arn {
    struct str partition, service, region, account;
    struct str resource; /* all after the fifth colon, colons included */
};

/* False unless it begins with "arn:" and has all six parts; parts may be empty. Slices of text. */
bool arn_parse(struct str text, struct arn *ret);
/* arn:aws:<service>:<region>:<account>:<resource> */
struct str arn_make(struct arena *arena, struct ns ns, struct str service, struct str resource);
/* Whether the ARN lies in ns, in the one partition there is: aws. */
bool arn_in(const struct arn *arn, struct ns ns);

#endif

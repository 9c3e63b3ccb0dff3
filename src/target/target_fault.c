#include "target/target_fault.h"

void target_refuse(struct delivery_result *ret, const struct fault *fault)
{
    ret->outcome = OUTCOME_REJECTED;
    ret->cause = fault->text;
    switch (fault->code) {
    case FAULT_UNAVAILABLE:
    case FAULT_INTERNAL:
        ret->outcome = OUTCOME_RETRY;
        ret->error = STR("INTERNAL_ERROR");
        break;
    case FAULT_NOT_FOUND:
    case FAULT_MACHINE_NOT_FOUND:
    case FAULT_MACHINE_DELETING:
        ret->error = STR("NO_RESOURCE");
        break;
    case FAULT_INVALID_ARN:
        ret->error = STR("INVALID_ARN");
        break;
    case FAULT_LIMIT_EXCEEDED:
        ret->error = STR("LIMIT_EXCEEDED");
        break;
    default:
        ret->error = STR("INVALID_INPUT");
    }
}

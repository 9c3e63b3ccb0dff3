/* api_logs_group.h - what the lists of log groups share. */
#ifndef API_API_LOGS_GROUP_H
#define API_API_LOGS_GROUP_H

#include "api/operation.h"

/* Whether the groups of this account are asked for, by includeLinkedAccounts and accountIdentifiers: no account is
 * linked to another. False: the call's fault is set. */
bool log_groups_of_own_account(struct op_call *call, bool *ret_own);

#endif

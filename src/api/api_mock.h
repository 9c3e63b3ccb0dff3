/* api_mock.h - whether a service could answer a task with what a mock says: TestState's fieldValidationMode.
 *
 * The result is held against the output of the operation in the service's model: of the operations that Crema has, and
 * of those of other services that ops/mocks.json lists. Results of activities, of functions called by their ARN, and
 * those that a holder of a task token sends have no model; anything is taken.
 *
 * Held against it: required members (STRICT only), types, lengths, ranges, values of enumerations. Members that the
 * model does not have are passed over. Patterns are not looked at.
 * Threads: any.
 */
#ifndef API_API_MOCK_H
#define API_API_MOCK_H

#include "api/api_shape.h"

/* Outputs of operations of other services. Generated. */
struct mock_operation {
    const char *name; /* as resources have it: getObject */
    const struct shape *output;
};
struct mock_service {
    const char *name; /* as aws-sdk resources have it */
    const struct mock_operation *operations;
    size_t count;
};
extern const struct mock_service mock_services[];
extern const size_t mock_services_count;

/* As flow_mock_fits_f: all required members are there, and what is there is as the model says; the latter. Fault
 * VALIDATION, of a resource without a model too. */
bool mock_fits_strict(void *self, struct arena *arena, struct str resource, const struct json *result,
                      struct fault *reterr);
bool mock_fits_present(void *self, struct arena *arena, struct str resource, const struct json *result,
                       struct fault *reterr);

#endif

#include "api/service.h"

const struct service *service_find(struct str name)
{
    for (size_t i = 0; i < services_count; i++) {
        if (str_eq(str_from(services[i].name), name))
            return &services[i];
    }
    return NULL;
}

const struct operation *service_operation(const struct service *service, struct str name)
{
    size_t low = 0, high = service->operation_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(str_from(service->operations[middle].name), name);
        if (order == 0)
            return &service->operations[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

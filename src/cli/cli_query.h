/* cli_query.h - between the files of crema query: cli_query.c reads flags and asks the server, cli_query_print.c shows
 * what it says. */
#ifndef CLI_CLI_QUERY_H
#define CLI_CLI_QUERY_H

#include "json/json.h"

/* Rows as GetQueryResults has them, aligned in columns; @ptr is left out. */
void query_print_table(const struct json *rows, size_t row_count, bool colour);
/* Each row an object on a line of its own. */
void query_print_json(const struct json *rows, size_t row_count);
/* The query's line, and marks under the characters from first to end (UTF-16 units), on stderr. */
void query_print_error(struct str query, struct str message, size_t first, size_t end);

#endif

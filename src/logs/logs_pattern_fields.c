/* logs_pattern_fields.c - [ip, user, ..., status = 4*]: space-delimited patterns.
 *
 * A message is cut at white space; "..." and [...] that begin a field and end before white space are one field,
 * without what is around it. The items of the pattern stand for its fields one by one, an ellipsis for as many as are
 * left. Without one the message has as many fields as the pattern, unless the last item is a mere name: that stands
 * for one or more.
 */
#include "logs/logs_pattern_impl.h"

#include <stdlib.h>

/* ---- reading ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool logs_parse_item_name(struct logs_pattern_parser *p, struct str *ret)
{
    size_t start = p->at;
    while (p->at < p->text.len && is_name(p->text.ptr[p->at]))
        p->at++;
    *ret = str_slice(p->text, start, p->at - start);
    return ret->len || logs_parse_refuse(p, "a field's name, of letters, digits, '-' and '_', is missing");
}

static bool item_ends(const struct logs_pattern_parser *p)
{
    return logs_parse_peek(p, ",") || logs_parse_peek(p, "]");
}

static bool parse_item(struct logs_pattern_parser *p, struct logs_item *ret)
{
    *ret = (struct logs_item){ .condition = NULL };
    if (item_ends(p))
        return true;
    if (!logs_parse_peek(p, "(")) {
        size_t start = p->at;
        if (!logs_parse_item_name(p, &ret->name))
            return false;
        logs_parse_space(p);
        if (item_ends(p))
            return true;
        p->at = start;
    }
    p->item = STR_EMPTY;
    if (!(ret->condition = logs_parse_expression(p)))
        return false;
    ret->name = p->item;
    logs_parse_space(p);
    return item_ends(p) || logs_parse_refuse(p, "',', ']', '&&' or '||' is missing");
}

/* Fields are taken from the message as they stand. */
static void note_needle(struct logs_pattern_parser *p, const struct logs_condition *condition)
{
    if (condition->relation == LOGS_EQUAL && condition->operand == LOGS_OPERAND_TEXT && condition->text.len)
        VEC_PUSH(p->arena, &p->needles, condition->text);
}

bool logs_parse_fields(struct logs_pattern_parser *p)
{
    struct logs_pattern_form *form = p->form;
    VEC(struct logs_item) items = { 0 };
    form->kind = LOGS_FORM_FIELDS;
    p->at++;
    do {
        struct logs_item item;
        logs_parse_space(p);
        if (logs_parse_peek(p, "...")) {
            if (form->ellipsis)
                return logs_parse_refuse(p, "there is more than one ellipsis");
            p->at += 3;
            form->ellipsis = true;
            form->items_before = items.len;
            logs_parse_space(p);
            if (!item_ends(p))
                return logs_parse_refuse(p, "',' or ']' is missing");
            continue;
        }
        if (p->at == p->text.len)
            return logs_parse_refuse(p, "']' is missing");
        if (!parse_item(p, &item))
            return false;
        VEC_PUSH(p->arena, &items, item);
        if (item.condition)
            logs_each_required(p, item.condition, note_needle);
    } while (logs_parse_take(p, ","));
    if (!logs_parse_take(p, "]"))
        return logs_parse_refuse(p, "']' is missing");
    logs_parse_space(p);
    if (p->at < p->text.len)
        return logs_parse_refuse(p, "the pattern should end");
    form->items = items.at;
    form->item_count = items.len;
    if (!form->ellipsis) {
        form->items_before = items.len;
        form->open_end = !items.at[items.len - 1].condition;
    }
    return true;
}

/* ---- messages ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void add(struct logs_matcher *matcher, struct str field)
{
    if (matcher->field_count == matcher->field_room) {
        matcher->field_room = matcher->field_room ? matcher->field_room * 2 : 64;
        matcher->fields = realloc(matcher->fields, matcher->field_room * sizeof(*matcher->fields));
        if (!matcher->fields)
            abort();
    }
    matcher->fields[matcher->field_count++] = field;
}

/* The first closing character behind from with white space or the end behind it; a quote behind a backslash does not
 * close. */
static size_t closing(struct str message, size_t from, char close)
{
    for (size_t i = from; i < message.len; i++)
        if (message.ptr[i] == close && (i + 1 == message.len || is_space(message.ptr[i + 1])) &&
            !(close == '"' && message.ptr[i - 1] == '\\'))
            return i;
    return STR_NOT_FOUND;
}

void logs_fields_split(struct logs_matcher *matcher, struct str message)
{
    /* What was once not found is not looked for again: a message is gone through a few times at most. */
    bool no_quote = false, no_bracket = false;
    size_t at = 0;
    matcher->field_count = 0;
    for (;;) {
        while (at < message.len && is_space(message.ptr[at]))
            at++;
        if (at == message.len)
            return;
        char c = message.ptr[at];
        bool *none = c == '"' ? &no_quote : c == '[' ? &no_bracket : NULL;
        if (none && !*none) {
            size_t end = closing(message, at + 1, c == '"' ? '"' : ']');
            if (end != STR_NOT_FOUND) {
                add(matcher, str_slice(message, at + 1, end - at - 1));
                at = end + 1;
                continue;
            }
            *none = true;
        }
        size_t start = at;
        while (at < message.len && !is_space(message.ptr[at]))
            at++;
        add(matcher, str_slice(message, start, at - start));
    }
}

size_t logs_fields_place(const struct logs_pattern_form *form, const struct logs_matcher *matcher,
                         size_t item)
{
    return item < form->items_before ? item : matcher->field_count - (form->item_count - item);
}

static bool holds(const struct logs_expression *expression, struct str field)
{
    if (expression->kind == LOGS_AND)
        return holds(expression->left, field) && holds(expression->right, field);
    if (expression->kind == LOGS_OR)
        return holds(expression->left, field) || holds(expression->right, field);
    return logs_condition_holds(&expression->condition, field, true);
}

bool logs_fields_match(const struct logs_pattern_form *form, struct logs_matcher *matcher, struct str message)
{
    for (size_t i = 0; i < form->needle_count; i++)
        if (str_find(message, form->needles[i]) == STR_NOT_FOUND)
            return false;
    logs_fields_split(matcher, message);
    size_t count = matcher->field_count;
    if (form->ellipsis || form->open_end ? count < form->item_count : count != form->item_count)
        return false;
    for (size_t i = 0; i < form->item_count; i++)
        if (form->items[i].condition &&
            !holds(form->items[i].condition, matcher->fields[logs_fields_place(form, matcher, i)]))
            return false;
    return true;
}

/* bus_schedule.c - rate() and cron() expressions of rules: whether a text is one. */
#include "bus/bus_impl.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* rate(5 minutes): a positive number, the unit in the singular for 1 and only then. */
static bool rate_valid(struct str text)
{
    struct str number, unit;
    int64_t value;
    if (!str_cut(text, ' ', &number, &unit) || number.len == 0 || !is_digit(number.ptr[0]) ||
        !str_to_i64(number, &value) || value < 1)
        return false;
    const struct str units[] = { STR("minute"), STR("hour"), STR("day") };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (str_starts(unit, units[i])) {
            struct str rest = str_from_offset(unit, units[i].len);
            return value == 1 ? str_empty(rest) : str_eq(rest, STR("s"));
        }
    return false;
}

/* One field of cron(minutes hours day-of-month month day-of-week year). */
struct field {
    int64_t first, last;
    const char *names; /* three letters each, from first on; NULL: none */
    bool day;          /* may be "?", and ends in L, W or # where first_letters says so */
    const char *ends;  /* letters that may follow a value */
};

static const struct field fields[] = {
    { 0, 59, NULL, false, "" },
    { 0, 23, NULL, false, "" },
    { 1, 31, NULL, true, "W" },
    { 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", false, "" },
    { 1, 7, "SUNMONTUEWEDTHUFRISAT", true, "L" },
    { 1970, 2199, NULL, false, "" },
};
enum { CRON_FIELDS = sizeof(fields) / sizeof(fields[0]), DAY_OF_MONTH = 2, DAY_OF_WEEK = 4 };

static bool value_read(const struct field *field, struct str text, int64_t *ret)
{
    if (field->names && text.len == 3) {
        struct str names = str_from(field->names);
        for (size_t i = 0; i * 3 < names.len; i++)
            if (str_eq_ignore_case(str_slice(names, i * 3, 3), text)) {
                *ret = field->first + (int64_t)i;
                return true;
            }
    }
    return text.len > 0 && is_digit(text.ptr[0]) && str_to_i64(text, ret) && *ret >= field->first &&
           *ret <= field->last;
}

/* value, value-value, *, each with /step; a day may be L, 15W, 6L, 6#3. */
static bool item_valid(const struct field *field, struct str item)
{
    struct str range, step, from, to;
    int64_t first, last, number;
    bool stepped = str_cut(item, '/', &range, &step);
    if (stepped && (step.len == 0 || !is_digit(step.ptr[0]) || !str_to_i64(step, &number) || number < 1))
        return false;
    if (str_eq(range, STR("*")))
        return true;
    if (field->day && !stepped) {
        if (str_eq(range, STR("L")) || (field->ends[0] == 'W' && str_eq(range, STR("LW"))))
            return true;
        if (range.len > 1 && range.ptr[range.len - 1] == field->ends[0])
            return value_read(field, str_slice(range, 0, range.len - 1), &first);
        if (field->ends[0] == 'L' && str_cut(range, '#', &from, &to))
            return value_read(field, from, &first) && str_to_i64(to, &number) && number >= 1 && number <= 5;
    }
    if (str_cut(range, '-', &from, &to))
        return value_read(field, from, &first) && value_read(field, to, &last) && first <= last;
    return value_read(field, range, &first);
}

static bool field_valid(const struct field *field, struct str text)
{
    if (field->day && str_eq(text, STR("?")))
        return true;
    for (struct str item, rest = text; str_cut(rest, ',', &item, &rest) || item.len;) {
        if (!item_valid(field, item))
            return false;
        if (rest.len == 0)
            return text.ptr[text.len - 1] != ',';
    }
    return false;
}

static bool cron_valid(struct str text)
{
    struct str found[CRON_FIELDS];
    size_t count = 0;
    for (struct str rest = text; rest.len;) {
        struct str field;
        (void)str_cut(rest, ' ', &field, &rest);
        if (field.len == 0)
            continue;
        if (count == CRON_FIELDS)
            return false;
        found[count++] = field;
    }
    if (count != CRON_FIELDS)
        return false;
    for (size_t i = 0; i < CRON_FIELDS; i++)
        if (!field_valid(&fields[i], found[i]))
            return false;
    /* One of the days, and only one, is left open. */
    return str_eq(found[DAY_OF_MONTH], STR("?")) != str_eq(found[DAY_OF_WEEK], STR("?"));
}

bool bus_schedule_valid(struct str text)
{
    if (!str_ends(text, STR(")")))
        return false;
    if (str_starts(text, STR("rate(")))
        return rate_valid(str_slice(text, 5, text.len - 6));
    if (str_starts(text, STR("cron(")))
        return cron_valid(str_slice(text, 5, text.len - 6));
    return false;
}

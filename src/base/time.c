#include "base/time.h"

#include <stdio.h>

enum { MS_PER_DAY = 86400000 };

/* Days since 1970-01-01 of a civil date, and back, by eras of 400 years (146,097 days),
 * each beginning on the first of March so that the leap day comes last. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct time_fields time_fields_of(int64_t time_ms)
{
    int64_t days = time_ms / MS_PER_DAY;
    int64_t rest = time_ms % MS_PER_DAY;
    if (rest < 0) {
        rest += MS_PER_DAY;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    struct time_fields f;
    f.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    f.month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    f.year = (int)(year_of_era + era * 400 + (f.month <= 2));
    f.hour = (int)(rest / 3600000);
    f.minute = (int)(rest / 60000 % 60);
    f.second = (int)(rest / 1000 % 60);
    f.millisecond = (int)(rest % 1000);
    return f;
}

int64_t time_from_fields(struct time_fields f)
{
    return days_from_civil(f.year, f.month, f.day) * MS_PER_DAY + f.hour * INT64_C(3600000) +
           f.minute * INT64_C(60000) + f.second * INT64_C(1000) + f.millisecond;
}

static char *digits(char *at, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + count;
}

static char *format_date(const struct time_fields *f, char *at)
{
    at = digits(at, f->year, 4);
    *at++ = '-';
    at = digits(at, f->month, 2);
    *at++ = '-';
    at = digits(at, f->day, 2);
    *at++ = 'T';
    at = digits(at, f->hour, 2);
    *at++ = ':';
    at = digits(at, f->minute, 2);
    *at++ = ':';
    return digits(at, f->second, 2);
}

size_t time_format_seconds(int64_t time_ms, char *start)
{
    struct time_fields f = time_fields_of(time_ms);
    char *at = format_date(&f, start);
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - start);
}

size_t time_format_milliseconds(int64_t time_ms, char *start)
{
    struct time_fields f = time_fields_of(time_ms);
    char *at = format_date(&f, start);
    *at++ = '.';
    at = digits(at, f.millisecond, 3);
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - start);
}

static bool read_digits(struct str *s, size_t count, int *ret)
{
    if (s->len < count)
        return false;
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        value = value * 10 + (s->ptr[i] - '0');
    }
    *s = str_from_offset(*s, count);
    *ret = value;
    return true;
}

static bool read_char(struct str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = str_from_offset(*s, 1);
    return true;
}

static bool read_fraction(struct str *s, int *ret_ms)
{
    int scale = 100;
    size_t count = 0;
    *ret_ms = 0;
    while (count < s->len && s->ptr[count] >= '0' && s->ptr[count] <= '9') {
        *ret_ms += (s->ptr[count] - '0') * scale;
        scale /= 10;
        count++;
    }
    *s = str_from_offset(*s, count);
    return count > 0;
}

static bool read_offset(struct str *s, int64_t *ret_ms)
{
    *ret_ms = 0;
    if (read_char(s, 'Z'))
        return true;
    int hours, minutes, sign = 0;
    if (read_char(s, '+'))
        sign = 1;
    else if (read_char(s, '-'))
        sign = -1;
    if (sign == 0 || !read_digits(s, 2, &hours) || !read_char(s, ':') || !read_digits(s, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *ret_ms = sign * (hours * INT64_C(3600000) + minutes * INT64_C(60000));
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool time_parse(struct str s, int64_t *ret_ms)
{
    struct time_fields f = { 0 };
    int64_t offset_ms;
    if (!read_digits(&s, 4, &f.year) || !read_char(&s, '-') || !read_digits(&s, 2, &f.month) ||
        !read_char(&s, '-') || !read_digits(&s, 2, &f.day) || !read_char(&s, 'T') ||
        !read_digits(&s, 2, &f.hour) || !read_char(&s, ':') || !read_digits(&s, 2, &f.minute) ||
        !read_char(&s, ':') || !read_digits(&s, 2, &f.second))
        return false;
    if (f.month < 1 || f.month > 12 || f.day < 1 || f.day > days_in_month(f.year, f.month) || f.hour > 23 ||
        f.minute > 59 || f.second > 60)
        return false;
    if (read_char(&s, '.') && !read_fraction(&s, &f.millisecond))
        return false;
    if (!read_offset(&s, &offset_ms) || s.len != 0)
        return false;
    *ret_ms = time_from_fields(f) - offset_ms;
    return true;
}

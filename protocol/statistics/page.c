/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/page.h"

#include "protocol/codec/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is smaller is nothing. */
#define LEAST 1e-9

#define DAY_MS (INT64_C(24) * 3600 * 1000)

void page_span(struct page *page, struct span text)
{
    if (page->status == STATUS_OK)
        page->status = buffer_append(page->out, text);
}

void page_print_list(struct page *page, const char *format, va_list values)
{
    char piece[PAGE_PIECE_BYTES];
    int len = vsnprintf(piece, sizeof piece, format, values);
    if (page->status == STATUS_OK && (len < 0 || (size_t)len >= sizeof piece))
        page->status = STATUS_LIMIT;
    if (page->status == STATUS_OK)
        page->status = buffer_append(page->out, span_of(piece, (size_t)len));
}

void page_print(struct page *page, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    page_print_list(page, format, values);
    va_end(values);
}

static const char *entity_of(uint8_t byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    }
    return NULL;
}

void page_xml(struct page *page, struct span text)
{
    size_t start = 0;
    for (size_t at = 0; at < text.len; at++) {
        const char *entity = entity_of(text.ptr[at]);
        if (entity == NULL)
            continue;
        page_span(page, span_of(text.ptr + start, at - start));
        page_span(page, span_from_text(entity));
        start = at + 1;
    }
    if (start < text.len)
        page_span(page, span_of(text.ptr + start, text.len - start));
}

uint32_t page_columns(struct span text)
{
    return (uint32_t)utf8_count(text);
}

/* What is left of a text where it has to be cut, without a space at its end. */
static struct span cut(struct span text, uint32_t columns)
{
    struct span kept = utf8_first(text, columns - 1);
    while (kept.len != 0 && kept.ptr[kept.len - 1] == ' ')
        kept.len--;
    return kept;
}

void page_xml_short(struct page *page, struct span text, uint32_t columns)
{
    bool whole = page_columns(text) <= columns;
    page_xml(page, whole ? text : cut(text, columns));
    if (!whole)
        page_span(page, SPAN_LITERAL("…"));
}

void page_short(struct page *page, struct span text, uint32_t columns)
{
    bool whole = page_columns(text) <= columns;
    page_span(page, whole ? text : cut(text, columns));
    if (!whole)
        page_span(page, SPAN_LITERAL("…"));
}

struct date {
    int year;
    int month; /* 0: January */
    int day;
};

/* Days since 1970 to a date, counted from 1 March 0000 so that a leap day ends its year. */
static struct date date_of(int64_t time_ms)
{
    int64_t days = time_ms / DAY_MS - (time_ms % DAY_MS < 0) + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* 0: March */
    return (struct date){.year = (int)(year_of_era + era * 400 + (month >= 10)),
                         .month = (int)((month + 2) % 12),
                         .day = (int)(day_of_year - (153 * month + 2) / 5 + 1)};
}

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

void page_date(int64_t time_ms, char text[PAGE_DATE_BYTES])
{
    struct date date = date_of(time_ms);
    snprintf(text, PAGE_DATE_BYTES, "%d %s %d", date.day, months[date.month], date.year);
}

void page_short_date(int64_t time_ms, char text[PAGE_DATE_BYTES])
{
    struct date date = date_of(time_ms);
    snprintf(text, PAGE_DATE_BYTES, "%d %.3s", date.day, months[date.month]);
}

void page_iso_date(int64_t time_ms, char text[PAGE_DATE_BYTES])
{
    struct date date = date_of(time_ms);
    snprintf(text, PAGE_DATE_BYTES, "%04d-%02d-%02d", date.year, date.month + 1, date.day);
}

/* 16064 becomes 16,064. */
static void set_apart(double value, char text[PAGE_DATE_BYTES])
{
    char digits[PAGE_DATE_BYTES];
    int len = snprintf(digits, sizeof digits, "%.0f", fabs(value));
    size_t at = 0;
    if (value < 0)
        text[at++] = '-';
    for (int i = 0; i < len && at + 2 < PAGE_DATE_BYTES; i++) {
        if (i != 0 && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}

void page_decimals(double value, int decimals, char text[PAGE_DATE_BYTES])
{
    if (decimals == 0)
        set_apart(value, text);
    else
        snprintf(text, PAGE_DATE_BYTES, "%.*f", decimals, value);
}

void page_number(double value, bool whole, char text[PAGE_DATE_BYTES])
{
    double size = fabs(value);
    if (whole)
        set_apart(value, text);
    else if (size == 0 || size >= 0.1)
        snprintf(text, PAGE_DATE_BYTES, size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f", value);
    else
        snprintf(text, PAGE_DATE_BYTES, "%.*f", size < LEAST ? 2 : 2 - (int)floor(log10(size)),
                 value);
}

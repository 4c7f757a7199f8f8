/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing text and XML into a buffer, with an error that sticks: after the first one nothing more
 * is written, and page_finish returns it. Thread rule: pure functions; decimals are written with a
 * point, since no program of ours sets a locale.
 */
#ifndef WEFT_STATISTICS_PAGE_H
#define WEFT_STATISTICS_PAGE_H

#include "protocol/base/buffer.h"

#include <stdarg.h>

/* Bytes of one formatted piece, names aside (page_name has no such limit). */
#define PAGE_PIECE_BYTES 1024

/* Bytes of "28 November 2026". */
#define PAGE_DATE_BYTES 32

struct page {
    struct buffer *out;
    enum status status;
};

/* Formatting as printf. A piece over PAGE_PIECE_BYTES is STATUS_LIMIT. */
__attribute__((format(printf, 2, 3))) void page_print(struct page *page, const char *format, ...);

__attribute__((format(printf, 2, 0))) void
page_print_list(struct page *page, const char *format, va_list values);

void page_span(struct page *page, struct span text);

/* As text or in an attribute of XML: & < > " ' as entities. `text` is valid UTF-8 without
 * controls, as document_read gives it. */
void page_xml(struct page *page, struct span text);

/* The first `columns` characters of a text, the last of them "…" when there are more. */
void page_xml_short(struct page *page, struct span text, uint32_t columns);
void page_short(struct page *page, struct span text, uint32_t columns);

/* How many characters valid UTF-8 has. */
uint32_t page_columns(struct span text);

/* The day of a time in UTC, as "28 November 2026", "28 Nov" or "2026-11-28". */
void page_date(int64_t time_ms, char text[PAGE_DATE_BYTES]);
void page_short_date(int64_t time_ms, char text[PAGE_DATE_BYTES]);
void page_iso_date(int64_t time_ms, char text[PAGE_DATE_BYTES]);

/* A number for people: thousands are set apart, small ones keep three digits that say something. */
void page_decimals(double value, int decimals, char text[PAGE_DATE_BYTES]);
void page_number(double value, bool whole, char text[PAGE_DATE_BYTES]);

#endif

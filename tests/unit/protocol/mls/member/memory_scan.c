/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/member/memory_scan.h"

#include "protocol/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#define MASK 0x5au
#define START sizeof(uint64_t) /* the bytes that a secret is looked up by */
#define BUCKETS ((size_t)1 << 16)
#define CHUNK ((size_t)1 << 20)

/* A sanitizer's shadow is larger than this, and holds no bytes of ours. */
#define REGION_MAX ((size_t)1 << 27)

static struct {
    struct noted items[NOTED_MAX];
    size_t count;
    uint32_t buckets[BUCKETS]; /* the first item, plus 1 */
} list;

/* What is being searched; not searched itself. */
static uint8_t chunk[CHUNK + NOTED_SIZE_MAX];

static size_t bucket_of(const uint8_t *bytes)
{
    uint64_t start;
    memcpy(&start, bytes, sizeof start);
    return (size_t)((start * UINT64_C(0x9e3779b97f4a7c15)) >> 48);
}

static bool is_at(const struct noted *item, const uint8_t *bytes, size_t left)
{
    if (left < item->len)
        return false;
    for (size_t i = 0; i < item->len; i++)
        if ((bytes[i] ^ MASK) != item->masked[i])
            return false;
    return true;
}

void memory_scan_begin(void)
{
    memset(&list, 0, sizeof list);
}

void memory_scan_note(struct span secret, const char *label)
{
    if (secret.len < NOTED_SIZE_MIN || secret.len > NOTED_SIZE_MAX)
        return;
    size_t bucket = bucket_of(secret.ptr);
    for (uint32_t at = list.buckets[bucket]; at != 0; at = list.items[at - 1].next_plus)
        if (list.items[at - 1].len == secret.len &&
            is_at(&list.items[at - 1], secret.ptr, secret.len))
            return;
    assert_true(list.count < NOTED_MAX);
    struct noted *item = &list.items[list.count++];
    for (size_t i = 0; i < secret.len; i++)
        item->masked[i] = secret.ptr[i] ^ MASK;
    item->len = (uint8_t)secret.len;
    (void)snprintf(item->label, sizeof item->label, "%s", label);
    item->next_plus = list.buckets[bucket];
    list.buckets[bucket] = (uint32_t)list.count;
}

size_t memory_scan_count(void)
{
    return list.count;
}

struct noted *memory_scan_at(size_t index)
{
    return &list.items[index];
}

void memory_scan_bytes(struct span bytes, uint64_t mark)
{
    for (size_t i = 0; i + START <= bytes.len; i++)
        for (uint32_t at = list.buckets[bucket_of(bytes.ptr + i)]; at != 0;
             at = list.items[at - 1].next_plus)
            if (is_at(&list.items[at - 1], bytes.ptr + i, bytes.len - i))
                list.items[at - 1].marks |= mark;
}

/* The chunk holds what was searched before: it does not count. */
static void leave_out_chunk(uintptr_t from, size_t count)
{
    uintptr_t begin = (uintptr_t)chunk;
    uintptr_t end = begin + sizeof chunk;
    if (from >= end || from + count <= begin)
        return;
    size_t first = from < begin ? begin - from : 0;
    size_t last = from + count > end ? end - from : count;
    memset(chunk + first, 0, last - first);
}

/* Through the kernel, which reads what a sanitizer has poisoned. */
static size_t search_region(int memory, uintptr_t from, uintptr_t to, uint64_t mark)
{
    size_t total = 0;
    while (from < to) {
        size_t wanted = to - from < sizeof chunk ? to - from : sizeof chunk;
        ssize_t got = pread(memory, chunk, wanted, (off_t)from);
        if (got <= 0)
            break;
        leave_out_chunk(from, (size_t)got);
        memory_scan_bytes(span_of(chunk, (size_t)got), mark);
        /* One that lies across the end is found the next time. */
        size_t step = (size_t)got == sizeof chunk ? CHUNK : (size_t)got;
        total += step;
        from += step;
    }
    return total;
}

size_t memory_scan_process(uint64_t mark)
{
    char line[512];
    size_t total = 0;
    int memory = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_true(memory >= 0);
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        /* "from-to rwxp ...", in hexadecimal */
        char *at = line;
        uintptr_t from = strtoul(at, &at, 16);
        uintptr_t to = strtoul(at + 1, &at, 16);
        const char *rights = at + 1;
        assert_true(from < to);
        if (rights[0] == 'r' && rights[1] == 'w' && to - from <= REGION_MAX)
            total += search_region(memory, from, to, mark);
    }
    (void)fclose(maps);
    (void)close(memory);
    secret_wipe(chunk, sizeof chunk);
    return total;
}

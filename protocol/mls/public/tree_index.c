/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_private.h"

#include <stdlib.h>
#include <string.h>

/* An entry: 40 bits of fingerprint, 2 of kind (never 0), 22 of node. 0 is a free place. */
#define NODE_BITS 22
#define KIND_BITS 2
#define NODE_MASK ((UINT64_C(1) << NODE_BITS) - 1)

/* Entries of a kind and fingerprint, whatever the node. */
static uint64_t entry_head(uint64_t entry)
{
    return entry >> NODE_BITS;
}

static uint64_t entry_position(uint64_t entry)
{
    return entry >> (NODE_BITS + KIND_BITS);
}

static enum status
entry_of(enum tree_key_kind kind, struct span key, uint32_t node, uint64_t *entry)
{
    struct digest hash;
    TRY(hash_bytes(HASH_SHA256, key, &hash));
    uint64_t fingerprint = 0;
    for (size_t i = 0; i < 5; i++)
        fingerprint = fingerprint << 8 | hash.bytes[i];
    *entry = (fingerprint << KIND_BITS | (uint64_t)kind) << NODE_BITS | node;
    return STATUS_OK;
}

static size_t capacity(const struct tree_index *index)
{
    return index->page_count * TREE_INDEX_PAGE_ENTRIES;
}

static uint64_t entry_at(const struct tree_index *index, size_t at)
{
    return index->pages[at / TREE_INDEX_PAGE_ENTRIES]->entries[at % TREE_INDEX_PAGE_ENTRIES];
}

static size_t next_place(const struct tree_index *index, size_t at)
{
    return (at + 1) & (capacity(index) - 1);
}

static size_t home(const struct tree_index *index, uint64_t entry)
{
    return (size_t)(entry_position(entry) & (capacity(index) - 1));
}

static void page_release(struct tree_index_page *page)
{
    if (atomic_fetch_sub_explicit(&page->references, 1, memory_order_acq_rel) == 1)
        free(page);
}

static enum status page_new(struct tree_index_page **page)
{
    struct tree_index_page *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    atomic_init(&made->references, 1);
    *page = made;
    return STATUS_OK;
}

static enum status set_entry(struct tree_index *index, size_t at, uint64_t entry)
{
    struct tree_index_page **page = &index->pages[at / TREE_INDEX_PAGE_ENTRIES];
    if (atomic_load_explicit(&(*page)->references, memory_order_acquire) != 1) {
        struct tree_index_page *own;
        TRY(page_new(&own));
        memcpy(own->entries, (*page)->entries, sizeof own->entries);
        page_release(*page);
        *page = own;
    }
    (*page)->entries[at % TREE_INDEX_PAGE_ENTRIES] = entry;
    return STATUS_OK;
}

void tree_index_clear(struct tree_index *index)
{
    for (size_t i = 0; i < index->page_count; i++)
        page_release(index->pages[i]);
    free(index->pages);
    *index = (struct tree_index){0};
}

enum status tree_index_clone(const struct tree_index *index, struct tree_index *clone)
{
    *clone = (struct tree_index){0};
    if (index->page_count == 0)
        return STATUS_OK;
    clone->pages = malloc(index->page_count * sizeof(struct tree_index_page *));
    if (clone->pages == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < index->page_count; i++) {
        clone->pages[i] = index->pages[i];
        atomic_fetch_add_explicit(&clone->pages[i]->references, 1, memory_order_relaxed);
    }
    clone->page_count = index->page_count;
    clone->used = index->used;
    return STATUS_OK;
}

static enum status put_entry(struct tree_index *index, uint64_t entry)
{
    size_t at = home(index, entry);
    while (entry_at(index, at) != 0)
        at = next_place(index, at);
    TRY(set_entry(index, at, entry));
    index->used++;
    return STATUS_OK;
}

static enum status fill_bigger(const struct tree_index *index, struct tree_index *bigger)
{
    size_t page_count = index->page_count == 0 ? 1 : 2 * index->page_count;
    bigger->pages = calloc(page_count, sizeof(struct tree_index_page *));
    if (bigger->pages == NULL)
        return STATUS_NO_MEMORY;
    while (bigger->page_count < page_count) {
        TRY(page_new(&bigger->pages[bigger->page_count]));
        bigger->page_count++;
    }
    for (size_t at = 0; at < capacity(index); at++)
        if (entry_at(index, at) != 0)
            TRY(put_entry(bigger, entry_at(index, at)));
    return STATUS_OK;
}

static enum status grow(struct tree_index *index)
{
    struct tree_index bigger = {0};
    enum status status = fill_bigger(index, &bigger);
    if (status != STATUS_OK) {
        tree_index_clear(&bigger);
        return status;
    }
    tree_index_clear(index);
    *index = bigger;
    return STATUS_OK;
}

static struct span key_of(const struct mls_tree *tree, enum tree_key_kind kind, uint32_t node)
{
    const struct mls_tree_node *at = tree_at(tree, node);
    if (at == NULL)
        return SPAN_EMPTY;
    if (kind == TREE_KEY_SIGNATURE)
        return at->is_leaf ? tree_as_leaf(at)->view.signature_key : SPAN_EMPTY;
    return tree_node_encryption_key(at);
}

static uint32_t
find(const struct mls_tree *tree, enum tree_key_kind kind, struct span key, uint64_t wanted)
{
    const struct tree_index *index = &tree->index;
    if (index->page_count == 0)
        return MLS_NO_NODE;
    for (size_t at = home(index, wanted);; at = next_place(index, at)) {
        uint64_t entry = entry_at(index, at);
        if (entry == 0)
            return MLS_NO_NODE;
        uint32_t node = (uint32_t)(entry & NODE_MASK);
        if (entry_head(entry) == entry_head(wanted) && span_equal(key_of(tree, kind, node), key))
            return node;
    }
}

enum status tree_index_find(const struct mls_tree *tree,
                            enum tree_key_kind kind,
                            struct span key,
                            uint32_t *node)
{
    uint64_t wanted;
    TRY(entry_of(kind, key, 0, &wanted));
    *node = find(tree, kind, key, wanted);
    return STATUS_OK;
}

enum status
tree_index_insert(struct mls_tree *tree, enum tree_key_kind kind, struct span key, uint32_t node)
{
    uint64_t entry;
    TRY(entry_of(kind, key, node, &entry));
    if (find(tree, kind, key, entry) != MLS_NO_NODE)
        return STATUS_INVALID_TREE;
    if (2 * (tree->index.used + 1) > capacity(&tree->index))
        TRY(grow(&tree->index));
    return put_entry(&tree->index, entry);
}

/* Moves later entries of the same run back into the gap, so that no marker is needed. */
static enum status close_gap(struct tree_index *index, size_t gap)
{
    for (size_t at = next_place(index, gap);; at = next_place(index, at)) {
        uint64_t entry = entry_at(index, at);
        if (entry == 0)
            break;
        size_t mask = capacity(index) - 1;
        size_t distance_home = (at - home(index, entry)) & mask;
        size_t distance_gap = (at - gap) & mask;
        if (distance_home < distance_gap)
            continue;
        TRY(set_entry(index, gap, entry));
        gap = at;
    }
    return set_entry(index, gap, 0);
}

enum status
tree_index_remove(struct mls_tree *tree, enum tree_key_kind kind, struct span key, uint32_t node)
{
    struct tree_index *index = &tree->index;
    uint64_t wanted;
    TRY(entry_of(kind, key, node, &wanted));
    for (size_t at = home(index, wanted);; at = next_place(index, at)) {
        uint64_t entry = entry_at(index, at);
        if (entry == 0)
            return STATUS_INTERNAL;
        if (entry != wanted)
            continue;
        TRY(close_gap(index, at));
        index->used--;
        return STATUS_OK;
    }
}

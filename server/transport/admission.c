/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/admission.h"

#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_COUNT 4096
/* Slots looked at in one sweep: all of them within a minute of sweeps a second. */
#define SLOTS_PER_SWEEP 70
/* Addresses remembered: some 100 bytes each. Past it, only addresses already known may connect. */
#define ADDRESSES_MAX 65536

struct admission_address {
    struct admission_address *next;
    uint8_t key[17]; /* family, then 4 bytes or the first 8 of 16 */
    uint32_t connections;
    struct bucket buckets[ADMISSION_ACTS];
};

struct admission {
    struct admission_rules rules;
    uint8_t hash_key[crypto_shorthash_KEYBYTES]; /* so that nobody can choose one slot */
    struct admission_address *slots[SLOT_COUNT];
    size_t addresses;
    size_t connections;
    size_t sweep_at;
};

enum status admission_new(const struct admission_rules *rules, struct admission **admission)
{
    struct admission *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->rules = *rules;
    crypto_shorthash_keygen(fresh->hash_key);
    *admission = fresh;
    return STATUS_OK;
}

void admission_free(struct admission **admission)
{
    if (*admission == NULL)
        return;
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        struct admission_address *next = NULL;
        for (struct admission_address *a = (*admission)->slots[i]; a != NULL; a = next) {
            next = a->next;
            free(a);
        }
    }
    free(*admission);
    *admission = NULL;
}

static void key_of(const struct sockaddr_storage *peer, uint8_t key[17])
{
    memset(key, 0, 17);
    key[0] = (uint8_t)peer->ss_family;
    if (peer->ss_family == AF_INET) {
        memcpy(key + 1, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
    } else if (peer->ss_family == AF_INET6) {
        const uint8_t *bytes = ((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr.s6_addr;
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        bool is_v4 = memcmp(bytes, mapped, sizeof mapped) == 0;
        key[0] = is_v4 ? AF_INET : AF_INET6;
        memcpy(key + 1, is_v4 ? bytes + 12 : bytes, is_v4 ? 4 : 8);
    }
}

static enum status find_or_add(struct admission *admission,
                               const uint8_t key[17],
                               int64_t now_ms,
                               struct admission_address **address)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, key, 17, admission->hash_key);
    size_t slot = ((size_t)hash[0] << 8 | hash[1]) % SLOT_COUNT;
    for (struct admission_address *a = admission->slots[slot]; a != NULL; a = a->next) {
        if (memcmp(a->key, key, 17) == 0) {
            *address = a;
            return STATUS_OK;
        }
    }
    if (admission->addresses >= ADDRESSES_MAX)
        return STATUS_LIMIT;
    struct admission_address *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    memcpy(fresh->key, key, 17);
    for (size_t i = 0; i < ADMISSION_ACTS; i++)
        bucket_init(&fresh->buckets[i], &admission->rules.rates[i], now_ms);
    fresh->next = admission->slots[slot];
    admission->slots[slot] = fresh;
    admission->addresses++;
    *address = fresh;
    return STATUS_OK;
}

enum status admission_enter(struct admission *admission,
                            const struct sockaddr_storage *peer,
                            int64_t now_ms,
                            struct admission_address **address,
                            bool *one_too_many)
{
    if (admission->connections >= admission->rules.connections_max)
        return STATUS_LIMIT;
    uint8_t key[17];
    key_of(peer, key);
    struct admission_address *found = NULL;
    TRY(find_or_add(admission, key, now_ms, &found));
    uint32_t wait_ms = 0;
    if (!admission_take(admission, found, ADMISSION_HANDSHAKE, now_ms, &wait_ms))
        return STATUS_RATE_LIMITED;
    *one_too_many = found->connections >= admission->rules.connections_per_address_max;
    found->connections++;
    admission->connections++;
    *address = found;
    return STATUS_OK;
}

bool admission_take(struct admission *admission,
                    struct admission_address *address,
                    enum admission_act act,
                    int64_t now_ms,
                    uint32_t *wait_ms)
{
    return bucket_take(&address->buckets[act], &admission->rules.rates[act], now_ms, 1, wait_ms);
}

void admission_give_back(struct admission *admission,
                         struct admission_address *address,
                         enum admission_act act)
{
    bucket_give(&address->buckets[act], &admission->rules.rates[act], 1);
}

void admission_leave(struct admission *admission, struct admission_address **address)
{
    if (*address == NULL)
        return;
    (*address)->connections--;
    admission->connections--;
    *address = NULL;
}

static bool
is_idle(const struct admission *admission, struct admission_address *address, int64_t now_ms)
{
    for (size_t i = 0; i < ADMISSION_ACTS; i++) {
        if (!bucket_is_full(&address->buckets[i], &admission->rules.rates[i], now_ms))
            return false;
    }
    return address->connections == 0;
}

void admission_sweep(struct admission *admission, int64_t now_ms)
{
    for (size_t i = 0; i < SLOTS_PER_SWEEP; i++) {
        struct admission_address **at = &admission->slots[admission->sweep_at++ % SLOT_COUNT];
        while (*at != NULL) {
            struct admission_address *a = *at;
            if (!is_idle(admission, a, now_ms)) {
                at = &a->next;
                continue;
            }
            *at = a->next;
            free(a);
            admission->addresses--;
        }
    }
}

size_t admission_count(const struct admission *admission)
{
    return admission->connections;
}

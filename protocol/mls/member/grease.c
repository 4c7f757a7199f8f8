/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/grease.h"

/* RFC 9420, 13.5: "The following values are reserved in each registry: `0x0A0A`, `0x1A1A`," and so
 * on to 0xEAEA. "(The value `0xFAFA` falls within the private use range.)" */
#define GREASE_COUNT 15u
#define GREASE_FIRST 0x0A0Au
#define GREASE_STEP 0x1010u

static uint16_t value_at(uint8_t drawn)
{
    return (uint16_t)(GREASE_FIRST + GREASE_STEP * (drawn % GREASE_COUNT));
}

static bool is_grease(uint16_t value)
{
    for (uint8_t i = 0; i < GREASE_COUNT; i++)
        if (value_at(i) == value)
            return true;
    return false;
}

/* RFC 9420, 13.5: "GREASE values MUST NOT be sent in the following fields, because an unsupported
 * value in one these fields (including a GREASE value) will cause the enclosing message to be
 * rejected:" "(The value `0xFAFA` falls within the private use range.) These values MUST only
 * appear in the fields listed above, and not, for example, in the `proposal_type` field of a
 * Proposal." A set of drawn values has none for any other field. */
enum status mls_grease_draw(const struct random_source *random, struct mls_grease *grease)
{
    struct mls_grease drawn = {0};
    uint8_t choice[5];
    TRY(random_fill(random, choice, sizeof choice));
    TRY(random_fill(random, drawn.data, sizeof drawn.data));
    drawn.cipher_suite = value_at(choice[0]);
    drawn.extension = value_at(choice[1]);
    drawn.proposal = value_at(choice[2]);
    drawn.credential = value_at(choice[3]);
    drawn.data_len = choice[4] % (MLS_GREASE_DATA_MAX + 1u);
    *grease = drawn;
    return STATUS_OK;
}

void mls_grease_write_extension(struct writer *writer, const struct mls_grease *grease)
{
    if (grease != NULL)
        mls_extension_write(writer, grease->extension, span_of(grease->data, grease->data_len));
}

bool mls_grease_find_extension(struct mls_extensions list, struct mls_extension *extension)
{
    size_t at = 0;
    while (mls_extensions_next(list, &at, extension))
        if (is_grease(extension->type))
            return true;
    return false;
}

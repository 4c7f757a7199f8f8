/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/content/padding.h"

static size_t bit_length(size_t value)
{
    size_t bits = 0;
    for (; value != 0; value >>= 1)
        bits++;
    return bits;
}

size_t content_padded_size(size_t size)
{
    size_t step = CONTENT_PADDING_BUCKET;
    if (size > CONTENT_PADME_FROM) {
        /* Padme: with E the exponent of the size, only its log2(E) + 1 top bits stay free. */
        size_t exponent = bit_length(size) - 1;
        size_t free_bits = bit_length(exponent);
        size_t padme_step = (size_t)1 << (exponent - free_bits);
        step = padme_step > step ? padme_step : step;
    }
    size_t rest = size % step;
    if (size == 0)
        return step;
    return rest == 0 ? size : size + (step - rest);
}

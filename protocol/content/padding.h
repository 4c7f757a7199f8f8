/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a message is made before it is encrypted, so that its length says little: multiples of
 * 256 bytes, and from 2 KiB on by Padme, which costs at most 12 % and leaves about log log of the
 * length to be learned.
 * Source: Nikitin and others, "Reducing Metadata Leakage from Encrypted Files and Communication
 * with PURBs", 2019, 4. Thread rule: pure functions.
 */
#ifndef WEFT_CONTENT_PADDING_H
#define WEFT_CONTENT_PADDING_H

#include <stddef.h>

#define CONTENT_PADDING_BUCKET 256
#define CONTENT_PADME_FROM 2048

size_t content_padded_size(size_t size);

#endif

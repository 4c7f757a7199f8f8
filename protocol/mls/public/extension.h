/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of extensions, and the extensions that RFC 9420 defines.
 *
 * A list is kept in its encoded form: `bytes` is the contents of the vector, checked when it was
 * read (each extension well formed, no type twice) and walked by mls_extensions_next. An extension
 * holds opaque data and so cannot nest. A sender builds the contents with mls_extension_write.
 * Errors: those of reader.h; STATUS_INVALID for a type that occurs twice.
 * Source: RFC 9420, 7.2, 11.1, 12.1.8.1, 12.4.3.2, 13.4. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_EXTENSION_H
#define WEFT_MLS_PUBLIC_EXTENSION_H

#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"
#include "protocol/mls/public/credential.h"
#include "protocol/mls/public/registry.h"
#include "protocol/mls/public/type_list.h"

struct mls_extensions {
    struct span bytes;
};

struct mls_extension {
    uint16_t type;
    struct span data;
};

/* Reads `Extension extensions<V>`; time is linear in its size. */
MUST_CHECK enum status mls_extensions_read(struct reader *reader, struct mls_extensions *list);

/* Writes `Extension extensions<V>`. */
void mls_extensions_write(struct writer *writer, const struct mls_extensions *list);

/* Writes one extension without a vector around it. */
void mls_extension_write(struct writer *writer, uint16_t type, struct span data);

/* Walks a list that was read: `at` starts as 0. False at the end. */
bool mls_extensions_next(struct mls_extensions list, size_t *at, struct mls_extension *extension);

/* Whether the list has the type, and its data. `data` may be NULL. */
bool mls_extensions_find(struct mls_extensions list, uint16_t type, struct span *data);

/* required_capabilities (RFC 9420, 11.1). */
struct mls_required_capabilities {
    struct mls_type_list extensions;
    struct mls_type_list proposals;
    struct mls_type_list credentials;
};

MUST_CHECK enum status mls_required_capabilities_decode(struct span data,
                                                        struct mls_required_capabilities *required);
void mls_required_capabilities_write(struct writer *writer,
                                     const struct mls_required_capabilities *required);

/* One entry of external_senders (RFC 9420, 12.1.8.1). */
struct mls_external_sender {
    struct span signature_key;
    struct mls_credential credential;
};

/* Walks the data of an extension that was checked (mls_extensions_check_known): `at` starts as 0.
 * False at the end. */
bool mls_external_senders_next(struct span data, size_t *at, struct mls_external_sender *sender);

/* Reads entry `index` of the extension's data, of which every entry is checked. STATUS_NOT_FOUND
 * when there are fewer. */
MUST_CHECK enum status
mls_external_senders_at(struct span data, uint32_t index, struct mls_external_sender *sender);

/* Writes one entry; the caller writes the vector around them. */
void mls_external_sender_write(struct writer *writer, const struct mls_external_sender *sender);

/* external_pub (RFC 9420, 12.4.3.2): the key in the data of the extension. */
MUST_CHECK enum status mls_external_pub_decode(struct span data, struct span *public_key);
void mls_external_pub_write(struct writer *writer, struct span public_key);

/* Checks the form of every extension of the list that RFC 9420 defines; the contents of others
 * are the application's. */
MUST_CHECK enum status mls_extensions_check_known(struct mls_extensions list);

#endif

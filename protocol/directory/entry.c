/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/entry.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/labelled.h"

static const struct field fields[] = {
    FIELD_PLAIN(FIELD_U8, struct directory_entry, version),
    FIELD_PLAIN(FIELD_U8, struct directory_entry, kind),
    FIELD_PLAIN(FIELD_U8, struct directory_entry, authority),
    FIELD_PLAIN(FIELD_TIME, struct directory_entry, time),
    FIELD_ID(struct directory_entry, person),
    FIELD_ID(struct directory_entry, device),
    FIELD_ID(struct directory_entry, by_person),
    FIELD_ID(struct directory_entry, by_device),
    FIELD_SIZED(FIELD_BYTES, struct directory_entry, login_key, DIRECTORY_KEY_SIZE),
    FIELD_SIZED(FIELD_BYTES, struct directory_entry, leaf_key, DIRECTORY_KEY_SIZE),
    FIELD_SIZED(FIELD_BYTES, struct directory_entry, login_signature, SIGNATURE_SIZE_MAX),
    FIELD_SIZED(FIELD_BYTES, struct directory_entry, leaf_signature, SIGNATURE_SIZE_MAX),
    FIELD_SIZED(FIELD_BYTES, struct directory_entry, authority_signature, SIGNATURE_SIZE_MAX),
};
const struct schema directory_entry_schema =
    SCHEMA("directory_entry", struct directory_entry, fields);

/* What every signature covers: all fields but the three signatures. */
#define SIGNATURE_FIELDS 3
static const struct schema signed_schema = {
    .name = "directory_entry",
    .size = sizeof(struct directory_entry),
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields - SIGNATURE_FIELDS,
};

/* Which entries exist: kind by kind, who may state it and whether it is about one device. */
static const struct {
    uint8_t kind;
    uint8_t authority;
    bool about_device;
    bool has_keys;
    bool has_authority_signature;
} forms[] = {
    {DIRECTORY_ADD_DEVICE, DIRECTORY_BY_FIRST, true, true, false},
    {DIRECTORY_ADD_DEVICE, DIRECTORY_BY_DEVICE, true, true, true},
    {DIRECTORY_ADD_DEVICE, DIRECTORY_BY_ADMIN, true, true, true},
    {DIRECTORY_REVOKE_DEVICE, DIRECTORY_BY_DEVICE, true, false, true},
    {DIRECTORY_REVOKE_DEVICE, DIRECTORY_BY_ADMIN, true, false, true},
    {DIRECTORY_REVOKE_DEVICE, DIRECTORY_BY_SERVER, true, false, false},
    {DIRECTORY_SUSPEND_PERSON, DIRECTORY_BY_SERVER, false, false, false},
    {DIRECTORY_SUSPEND_PERSON, DIRECTORY_BY_ADMIN, false, false, true},
    {DIRECTORY_RESTORE_PERSON, DIRECTORY_BY_SERVER, false, false, false},
    {DIRECTORY_RESTORE_PERSON, DIRECTORY_BY_ADMIN, false, false, true},
    {DIRECTORY_ERASE_PERSON, DIRECTORY_BY_SERVER, false, false, false},
    {DIRECTORY_ERASE_PERSON, DIRECTORY_BY_ADMIN, false, false, true},
    {DIRECTORY_ABSENT_DEVICE, DIRECTORY_BY_SERVER, true, false, false},
    {DIRECTORY_PRESENT_DEVICE, DIRECTORY_BY_SERVER, true, false, false},
};

static enum status check_form(const struct directory_entry *entry)
{
    if (entry->version != DIRECTORY_ENTRY_VERSION)
        return STATUS_UNSUPPORTED;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (forms[i].kind != entry->kind || forms[i].authority != entry->authority)
            continue;
        size_t key_size = forms[i].has_keys ? DIRECTORY_KEY_SIZE : 0;
        bool fits = !id_is_none(&entry->person) &&
                    id_is_none(&entry->device) != forms[i].about_device &&
                    id_is_none(&entry->by_device) != forms[i].has_authority_signature &&
                    entry->login_key.len == key_size && entry->leaf_key.len == key_size &&
                    (key_size == 0 || !span_equal(entry->login_key, entry->leaf_key));
        return fits ? STATUS_OK : STATUS_INVALID;
    }
    return STATUS_UNSUPPORTED;
}

static enum status
sign_as(struct span private_key, struct span content, struct signature *signature, struct span *out)
{
    if (private_key.len == 0)
        return STATUS_OK;
    TRY(labelled_sign(private_key, LABEL_LOG_ENTRY, content, signature));
    *out = signature_span(signature);
    return STATUS_OK;
}

enum status directory_entry_sign(const struct directory_entry *entry,
                                 const struct directory_signers *signers,
                                 struct buffer *bytes)
{
    struct directory_entry made = *entry;
    made.login_signature = made.leaf_signature = made.authority_signature = SPAN_EMPTY;
    TRY(check_form(&made));
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(schema_encode(&signed_schema, &made, &content));
    struct signature login, leaf, authority;
    struct span signed_bytes = buffer_span(&content);
    TRY(sign_as(signers->login_private_key, signed_bytes, &login, &made.login_signature));
    TRY(sign_as(signers->leaf_private_key, signed_bytes, &leaf, &made.leaf_signature));
    TRY(sign_as(signers->authority_private_key, signed_bytes, &authority,
                &made.authority_signature));
    return schema_encode(&directory_entry_schema, &made, bytes);
}

static enum status
check_signature(const struct directory_entry *entry, struct span key, struct span signature)
{
    if (key.len == 0)
        return signature.len == 0 ? STATUS_OK : STATUS_INVALID;
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(schema_encode(&signed_schema, entry, &content));
    return labelled_verify(key, LABEL_LOG_ENTRY, buffer_span(&content), signature);
}

enum status directory_entry_decode(struct span bytes, struct directory_entry *entry)
{
    struct arena none = ARENA_INIT(0);
    struct directory_entry decoded;
    TRY(schema_decode(&directory_entry_schema, bytes, &none, &decoded));
    TRY(check_form(&decoded));
    if (id_is_none(&decoded.by_device) && decoded.authority_signature.len != 0)
        return STATUS_INVALID;
    *entry = decoded;
    return STATUS_OK;
}

enum status directory_entry_check_own(const struct directory_entry *entry)
{
    TRY(check_signature(entry, entry->login_key, entry->login_signature));
    return check_signature(entry, entry->leaf_key, entry->leaf_signature);
}

enum status directory_entry_open(struct span bytes, struct directory_entry *entry)
{
    struct directory_entry opened;
    TRY(directory_entry_decode(bytes, &opened));
    TRY(directory_entry_check_own(&opened));
    *entry = opened;
    return STATUS_OK;
}

enum status directory_entry_countersign(struct span bytes,
                                        struct span authority_private_key,
                                        struct buffer *countersigned)
{
    struct directory_entry entry;
    struct signature signature;
    TRY(directory_entry_open(bytes, &entry));
    if (id_is_none(&entry.by_device) || entry.authority_signature.len != 0)
        return STATUS_INVALID;
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(schema_encode(&signed_schema, &entry, &content));
    TRY(sign_as(authority_private_key, buffer_span(&content), &signature,
                &entry.authority_signature));
    return schema_encode(&directory_entry_schema, &entry, countersigned);
}

enum status directory_entry_check_authority(const struct directory_entry *entry,
                                            struct span authority_login_key)
{
    return check_signature(entry, authority_login_key, entry->authority_signature);
}

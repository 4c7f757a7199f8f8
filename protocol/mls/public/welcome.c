/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/welcome.h"

#include "protocol/mls/public/list.h"

static enum status read_secrets(struct reader *reader, struct mls_encrypted_group_secrets *secrets)
{
    TRY(reader_vector(reader, SIZE_MAX, &secrets->new_member));
    return mls_hpke_ciphertext_read(reader, &secrets->secrets);
}

enum status
mls_welcome_read(struct reader *reader, struct arena *arena, struct mls_welcome *welcome)
{
    struct reader next = *reader;
    struct reader sub;
    struct mls_welcome read = {0};
    struct mls_list secrets = MLS_LIST_OF(struct mls_encrypted_group_secrets);
    TRY(reader_u16(&next, &read.cipher_suite));
    TRY(reader_sub(&next, SIZE_MAX, &sub));
    while (!reader_at_end(&sub)) {
        void *item;
        TRY(mls_list_push(&secrets, arena, &item));
        TRY(read_secrets(&sub, item));
    }
    TRY(reader_vector(&next, SIZE_MAX, &read.encrypted_group_info));
    read.secrets = secrets.items;
    read.secret_count = secrets.count;
    *reader = next;
    *welcome = read;
    return STATUS_OK;
}

void mls_welcome_write(struct writer *writer, const struct mls_welcome *welcome)
{
    writer_u16(writer, welcome->cipher_suite);
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < welcome->secret_count; i++) {
        writer_vector(writer, welcome->secrets[i].new_member);
        mls_hpke_ciphertext_write(writer, &welcome->secrets[i].secrets);
    }
    writer_vector_end(writer, begin);
    writer_vector(writer, welcome->encrypted_group_info);
}

static enum status
read_psks(struct reader *reader, struct arena *arena, struct mls_group_secrets *secrets)
{
    struct reader sub;
    struct mls_list psks = MLS_LIST_OF(struct mls_psk_id);
    TRY(reader_sub(reader, SIZE_MAX, &sub));
    while (!reader_at_end(&sub)) {
        void *item;
        TRY(mls_list_push(&psks, arena, &item));
        TRY(mls_psk_id_read(&sub, item));
    }
    secrets->psks = psks.items;
    secrets->psk_count = psks.count;
    return STATUS_OK;
}

enum status mls_group_secrets_read(struct reader *reader,
                                   struct arena *arena,
                                   struct mls_group_secrets *secrets)
{
    struct reader next = *reader;
    struct mls_group_secrets read = {0};
    TRY(reader_vector(&next, SIZE_MAX, &read.joiner_secret));
    TRY(reader_presence(&next, &read.has_path_secret));
    if (read.has_path_secret)
        TRY(reader_vector(&next, SIZE_MAX, &read.path_secret));
    TRY(read_psks(&next, arena, &read));
    *reader = next;
    *secrets = read;
    return STATUS_OK;
}

void mls_group_secrets_write(struct writer *writer, const struct mls_group_secrets *secrets)
{
    writer_vector(writer, secrets->joiner_secret);
    writer_presence(writer, secrets->has_path_secret);
    if (secrets->has_path_secret)
        writer_vector(writer, secrets->path_secret);
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < secrets->psk_count; i++)
        mls_psk_id_write(writer, &secrets->psks[i]);
    writer_vector_end(writer, begin);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/upload.h"

#include "protocol/base/limits.h"

void upload_init(struct upload *upload)
{
    *upload = (struct upload){.bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES)};
}

void upload_clear(struct upload *upload)
{
    buffer_clear(&upload->bytes);
    upload_init(upload);
}

static enum status
check(const struct upload *upload, uint32_t request, const struct wire_part *part)
{
    if (part->total > LIMIT_OBJECT_BYTES)
        return STATUS_LIMIT;
    bool first = upload->bytes.len == 0;
    bool fits = first || (upload->request == request && upload->total == part->total);
    bool in_order = part->offset == upload->bytes.len && part->bytes.len > 0 &&
                    part->bytes.len <= part->total - part->offset;
    return fits && in_order ? STATUS_OK : STATUS_MALFORMED;
}

enum status
upload_take(struct upload *upload, uint32_t request, const struct wire_part *part, bool *whole)
{
    enum status status = check(upload, request, part);
    if (status == STATUS_OK)
        status = buffer_append(&upload->bytes, part->bytes);
    if (status != STATUS_OK) {
        upload_clear(upload);
        return status;
    }
    upload->request = request;
    upload->total = part->total;
    *whole = upload->bytes.len == part->total;
    return STATUS_OK;
}

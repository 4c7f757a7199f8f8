/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/lost_entries.h"

#include "client-cli/core/limits.h"
#include "client-cli/core/people.h"
#include "protocol/wire/devices.h"

void lost_entries_clear(struct lost_entries *lost)
{
    buffer_clear(&lost->statements);
}

static enum status keep(struct lost_entries *lost, struct span entry_bytes)
{
    struct writer writer = writer_of(&lost->statements);
    writer_vector(&writer, entry_bytes);
    return writer_finish(&writer);
}

enum status lost_entries_note(struct lost_entries *lost, struct span entry_bytes)
{
    struct directory_entry entry;
    TRY(directory_entry_open(entry_bytes, &entry));
    bool adds = entry.kind == DIRECTORY_ADD_DEVICE;
    if (entry.kind == DIRECTORY_ABSENT_DEVICE || entry.kind == DIRECTORY_PRESENT_DEVICE)
        return STATUS_OK; /* the server sees for itself */
    if (adds)
        lost->joined++;
    else
        lost->shut_out++;
    /* A reset shuts out, too. */
    return adds && entry.authority != DIRECTORY_BY_ADMIN ? STATUS_OK : keep(lost, entry_bytes);
}

static void tell(struct engine *engine, const struct directory_entry *entry, const char *what_to_do)
{
    struct people_name name;
    char device[ID_TEXT_SIZE];
    char person[ID_TEXT_SIZE];
    people_name_learned(engine, &entry->person, &name);
    id_text(&entry->device, device);
    id_text(&entry->person, person);
    if (entry->kind == DIRECTORY_REVOKE_DEVICE)
        engine_notice(engine, NULL, "Device %.8s of %s is let in again. %s device revoke %s",
                      device, name.name, what_to_do, device);
    else if (entry->kind == DIRECTORY_ADD_DEVICE)
        engine_notice(engine, NULL,
                      "%s has the old devices again, and not the one that an admin set up: an "
                      "admin does it again with weft device reset %s",
                      name.name, person);
    else
        engine_notice(engine, NULL,
                      "%s was suspended, restored or erased since then: whoever runs the server "
                      "does it again with weftd person",
                      name.name);
}

/* STATUS_OK when the directory has the device shut out again, by us or by somebody before us. */
static enum status
hand_in(struct engine *engine, const struct directory_device *device, struct span entry_bytes)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_device_revoke_request request = {.entry = entry_bytes};
    struct wire_device_revoke_response response;
    if (device->state != DIRECTORY_ACTIVE)
        return STATUS_OK;
    return engine_call(engine, WIRE_DEVICE_REVOKE, &request, &reply, &response);
}

static enum status repeat(struct engine *engine, struct span entry_bytes, size_t *repeated)
{
    struct directory_entry entry;
    TRY(directory_entry_open(entry_bytes, &entry));
    const struct directory_device *device = directory_find(engine->directory, &entry.device);
    if (entry.kind != DIRECTORY_REVOKE_DEVICE) {
        tell(engine, &entry, "");
        return STATUS_OK;
    }
    if (device == NULL) /* it came after the backup, and is gone with the rest */
        return STATUS_OK;
    enum status status =
        id_is_none(&entry.by_device) ? STATUS_DENIED : hand_in(engine, device, entry_bytes);
    if (status == STATUS_OK)
        ++*repeated;
    if (status == STATUS_OK || !engine_is_connected(engine))
        return status;
    engine_forget_explanation(engine);
    tell(engine, &entry,
         id_is_none(&entry.by_device) ? "Whoever runs the server shuts it out again: weftd"
                                      : "An admin shuts it out again: weft");
    return STATUS_OK;
}

enum status lost_entries_repeat(struct engine *engine, const struct lost_entries *lost)
{
    size_t repeated = 0;
    struct reader reader = reader_of(buffer_span(&lost->statements));
    engine_notice(engine, NULL,
                  "The server was put back from a backup, and says so under its key. What the "
                  "directory said since then is gone: %zu %s joined, %zu %s shut out. Admins "
                  "invite again; channels go on with fresh keys",
                  lost->joined, lost->joined == 1 ? "device" : "devices", lost->shut_out,
                  lost->shut_out == 1 ? "was" : "were");
    for (size_t i = 0; i < CORE_LOST_ENTRIES_MAX && reader_left(&reader) != 0; i++) {
        struct span entry_bytes;
        TRY(reader_vector(&reader, SIZE_MAX, &entry_bytes));
        TRY(repeat(engine, entry_bytes, &repeated));
    }
    if (reader_left(&reader) != 0)
        engine_notice(engine, NULL,
                      "and more that was said since then: weft device list shows "
                      "who is let in");
    if (repeated != 0)
        engine_notice(engine, NULL,
                      "%zu of the devices that were shut out %s so again: the signed "
                      "statements were kept here",
                      repeated, repeated == 1 ? "is" : "are");
    return STATUS_OK;
}

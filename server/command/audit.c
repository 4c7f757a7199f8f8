/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/audit.h"

#include "server/command/command.h"
#include "server/store/audit.h"

#include <inttypes.h>

#define LAST_USUAL 100
#define LAST_MAX 50000 /* their JSON fits COMMAND_OUTPUT_MAX */

enum status audit_add(
    struct store_db *db, int64_t now_ms, const char *act, const struct id *subject, uint64_t amount)
{
    struct store_audit_entry entry = {
        .at_ms = now_ms,
        .act = span_from_text(act),
        .amount = amount,
    };
    if (subject != NULL)
        entry.subject = *subject;
    return store_audit_add(db, &entry);
}

/* ---- weftd audit ---- */

struct audit {
    struct store_job job;
    struct command_call *call;
    uint32_t last;
    struct store_audit_list list;
};

static enum status run(struct store_db *db, struct store_job *job)
{
    struct audit *audit = (struct audit *)(void *)job;
    return store_audit_list(db, audit->last, &audit->call->arena, &audit->list);
}

static void text_id(const struct id *id, char text[ID_TEXT_SIZE])
{
    id_text(id, text);
    if (id_is_none(id))
        snprintf(text, ID_TEXT_SIZE, "-");
}

static void print_json(struct command_call *call, const struct store_audit_entry *entry)
{
    command_print_json(
        call, json_pack("{s:I, s:I, s:o, s:o, s:o, s:I}", "number", (json_int_t)entry->number, "at",
                        (json_int_t)entry->at_ms, "actor", command_json_id(&entry->actor), "act",
                        command_json_text(entry->act), "subject", command_json_id(&entry->subject),
                        "amount", (json_int_t)entry->amount));
}

static void print_text(struct command_call *call, const struct store_audit_entry *entry)
{
    char at[COMMAND_TIME_SIZE], actor[ID_TEXT_SIZE], subject[ID_TEXT_SIZE], amount[24] = "";
    command_time(entry->at_ms, at);
    text_id(&entry->actor, actor);
    text_id(&entry->subject, subject);
    if (entry->amount != 0)
        snprintf(amount, sizeof amount, "  %" PRIu64, entry->amount);
    command_print(call, "%4" PRIu64 "  %s  %-12.12s  %-19s  %.12s%s\n", entry->number, at, actor,
                  command_clean(call, entry->act), subject, amount);
}

/* Numbers have no gaps unless somebody took rows out. */
static void print_gap(struct command_call *call, uint64_t after, uint64_t number)
{
    if (number > after + 1)
        command_complain(call,
                         "weftd: missing from the audit log: %" PRIu64 " to %" PRIu64
                         ". They were taken out of the database\n",
                         after + 1, number - 1);
}

static void done(struct store_job *job, enum status status)
{
    struct audit *audit = (struct audit *)(void *)job;
    struct command_call *call = audit->call;
    const struct store_audit_list *list = &audit->list;
    uint64_t after = 0;
    if (list->count == audit->last)
        after = list->items[0].number - 1; /* there may be older ones */
    for (size_t i = 0; status == STATUS_OK && i < list->count; i++) {
        const struct store_audit_entry *entry = &list->items[i];
        print_gap(call, after, entry->number);
        (call->json ? print_json : print_text)(call, entry);
        after = entry->number;
    }
    command_finish(call, status, "the audit log cannot be read");
}

void audit_command_begin(struct command_call *call)
{
    bool wrong = false;
    uint32_t last = LAST_USUAL;
    const char *text = command_take_option(call, "--last", &wrong);
    if (wrong || call->argc != 0 || (text != NULL && !command_number(text, LAST_MAX, &last))) {
        command_usage(call);
        return;
    }
    struct audit *audit = NULL;
    enum status status = command_take_state(call, sizeof *audit, (void **)&audit);
    if (status == STATUS_OK) {
        *audit = (struct audit){.job = {.run = run, .done = done}, .call = call, .last = last};
        status = store_read(call->app->store, &audit->job);
    }
    if (status != STATUS_OK)
        command_finish(call, status, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/delivery/room.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "server/delivery/validate.h"

#include <stdlib.h>

/* What a job gives to do in its done() is with the store in the next round. */
#define ROUNDS 8

static int64_t now_ms(void *context)
{
    return ((struct room *)context)->now_ms;
}

/* ---- the store's threads ---- */

struct marker {
    struct store_job job;
    sem_t *run; /* NULL: nobody waits for that */
    size_t *done;
};

static enum status marker_run(struct store_db *db, struct store_job *job)
{
    (void)db;
    struct marker *marker = (struct marker *)(void *)job;
    if (marker->run != NULL)
        sem_post(marker->run);
    return STATUS_OK;
}

static void marker_done(struct store_job *job, enum status status)
{
    (void)status;
    struct marker *marker = (struct marker *)(void *)job;
    if (marker->done != NULL)
        ++*marker->done;
    free(marker);
}

static struct store_job *marker_new(sem_t *run, size_t *done)
{
    struct marker *marker = calloc(1, sizeof *marker);
    assert_non_null(marker);
    *marker = (struct marker){{.run = marker_run, .done = marker_done}, run, done};
    return &marker->job;
}

void room_start(struct room *room)
{
    ASSERT_OK(loop_start(&room->loop, room->store));
}

static void wait_run(struct room *room, enum status (*give)(struct store *, struct store_job *))
{
    sem_t run;
    assert_int_equal(sem_init(&run, 0, 0), 0);
    ASSERT_OK(give(room->store, marker_new(&run, NULL)));
    while (sem_wait(&run) != 0)
        ;
    sem_destroy(&run);
}

void room_wait_written(struct room *room)
{
    wait_run(room, store_write);
}

void room_wait_read(struct room *room)
{
    wait_run(room, store_read);
}

void room_settle(struct room *room)
{
    size_t done = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        ASSERT_OK(store_write(room->store, marker_new(NULL, &done)));
        ASSERT_OK(store_read(room->store, marker_new(NULL, &done)));
        assert_true(loop_run_until(&room->loop, &done, 2 * (i + 1)));
    }
}

/* ---- who there is ---- */

static void entry_done(struct community_change *change, enum status status)
{
    (void)change;
    ASSERT_OK(status);
}

static void add_to_directory(struct room *room, const struct party *party)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    party_sign_entry(party, &bytes);
    struct community_change change = {.entry = buffer_span(&bytes), .done = entry_done};
    community_submit(room->community, &change);
}

static enum status make_maker(struct store_db *db, void *context)
{
    (void)context;
    (void)make_channel(db, ROOM_CHANNEL);
    return STATUS_OK;
}

static enum status make_somebody(struct store_db *db, void *context)
{
    const uint32_t *number = context;
    struct id person = make_person(db, *number);
    (void)make_device(db, *number, &person);
    return STATUS_OK;
}

void room_add_person(struct room *room, uint32_t number, struct party *party)
{
    const struct channel_identity identity = {id_number(number), id_number(number)};
    ASSERT_OK(fixture_run(room->store, make_somebody, &number));
    party_make(party, &identity, NOW);
    add_to_directory(room, party);
}

/* ---- the channel ---- */

void room_make_group(struct room *room, uint32_t generation, struct mls_public_group **group)
{
    struct mls_group *own = NULL;
    struct mls_options options;
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct id channel = id_number(ROOM_CHANNEL);
    party_begin_channel(&room->maker, &channel, generation, CHANNEL_OPEN, &own);
    ASSERT_OK(mls_group_write_group_info(own, true, &info));
    validate_options(community_directory(room->community), NOW, &options);
    ASSERT_OK(mls_public_group_new(buffer_span(&info), SPAN_EMPTY, &options, group));
    mls_group_free(&own);
}

static void open_channel(struct room *room)
{
    struct store_member member = {id_number(ROOM_CHANNEL), id_number(ROOM_CHANNEL), 0, NOW};
    struct channel_facts facts = {
        .row =
            {
                .channel = id_number(ROOM_CHANNEL),
                .visibility = STORE_VISIBILITY_OPEN,
                .state = STORE_CHANNEL_ACTIVE,
                .generation = 1,
            },
        .members = {&member, 1},
    };
    room_make_group(room, 1, &facts.group);
    ASSERT_OK(channel_new(&facts, random_system(), &room->channel));
    delivery_hold(room->channel); /* it stays in memory */
    ASSERT_OK(id_map_set(&room->delivery->channels, &room->channel->id, room->channel));
}

/* ---- the whole ---- */

static void open_community(struct room *room)
{
    ASSERT_OK(identity_create(room->fixture->directory, random_system()));
    ASSERT_OK(identity_open(room->fixture->directory, &room->identity));
    struct community_options options = {
        .store = room->store, .identity = room->identity, .clock = &room->clock};
    ASSERT_OK(community_open(&options, &room->community));
}

static void open_hub(struct room *room)
{
    struct pool_options in_place = {0};
    room->nowhere = fopen("/dev/null", "w");
    assert_non_null(room->nowhere);
    ASSERT_OK(
        journal_init(&room->journal, room->nowhere, JOURNAL_ERROR, &room->clock, random_system()));
    ASSERT_OK(pool_new(&in_place, &room->in_place));
    room->hub = (struct hub){
        .config = &room->config,
        .clock = &room->clock,
        .random = random_system(),
        .journal = &room->journal,
        .store = room->store,
        .identity = room->identity,
        .community = room->community,
        .validators = room->in_place,
    };
    ASSERT_OK(hub_init(&room->hub));
    ASSERT_OK(delivery_new(&room->hub, &room->delivery));
}

int room_open(void **state)
{
    fixture_make_directory(state);
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    room->fixture = *state;
    *state = room;
    room->now_ms = NOW;
    room->clock = (struct clock_source){now_ms, now_ms, room};
    ASSERT_OK(fixture_open_store(room->fixture, &room->store));
    ASSERT_OK(fixture_run(room->store, make_maker, NULL));
    open_community(room);
    const struct channel_identity maker = {id_number(ROOM_CHANNEL), id_number(ROOM_CHANNEL)};
    party_make(&room->maker, &maker, NOW);
    add_to_directory(room, &room->maker);
    open_hub(room);
    open_channel(room);
    return 0;
}

int room_close(void **state)
{
    struct room *room = *state;
    *state = room->fixture;
    store_close(&room->store);
    delivery_free(&room->delivery);
    pool_free(&room->in_place);
    hub_clear(&room->hub);
    community_close(&room->community);
    identity_close(&room->identity);
    journal_clear(&room->journal);
    fclose(room->nowhere);
    free(room);
    return fixture_remove_directory(state);
}

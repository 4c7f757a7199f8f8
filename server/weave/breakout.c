/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/breakout.h"

#include "server/weave/seeded.h"

#include <stdlib.h>
#include <string.h>

/* What a pair counts in a round. Meeting again is a little worse than meeting for nothing. */
#define NEW 8
#define AGAIN (-1)

/* Rounds over all rounds; most need three. Passes over the people for one round. */
#define JOINT_PASSES 12
#define SWAP_PASSES 50

struct seating {
    const struct breakout_options *options;
    uint32_t people;
    uint32_t room_count;
    uint32_t *rooms;    /* of all rounds */
    bool *eligible;     /* people x people: worth 1 */
    uint8_t *meetings;  /* people x people: in the rounds that count now */
    int8_t *worth;      /* people x people: now */
    int32_t *sums;      /* room_count x people: worth of each person with a room's people */
    int32_t *remaining; /* worth of each person with all who have no seat yet */
    int32_t *gained;    /* worth of each person with the room that is filled */
    int32_t *row;       /* of one person with each room */
    uint32_t *seats;    /* free seats of each room */
    uint64_t state;
};

static void seating_clear(struct seating *seating)
{
    free(seating->rooms);
    free(seating->eligible);
    free(seating->meetings);
    free(seating->worth);
    free(seating->sums);
    free(seating->remaining);
    free(seating->gained);
    free(seating->row);
    free(seating->seats);
}

static size_t pair_at(const struct seating *seating, uint32_t i, uint32_t j)
{
    return (size_t)i * seating->people + j;
}

static bool is_host(const struct seating *seating, uint32_t i)
{
    return seating->options->host_rooms != NULL && seating->options->host_rooms[i] != GRAPH_NONE;
}

/* The first rooms have one seat more where they cannot all be equal. */
static uint32_t size_of(uint32_t people, uint32_t room_count, uint32_t room)
{
    return people / room_count + (room < people % room_count);
}

static enum status check_hosts(const struct breakout_options *options, uint32_t room_count)
{
    uint32_t *hosts = calloc(room_count, sizeof(*hosts));
    if (hosts == NULL)
        return STATUS_NO_MEMORY;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < options->people; i++) {
        uint32_t room = options->host_rooms[i];
        if (room != GRAPH_NONE &&
            (room >= room_count || ++hosts[room] > size_of(options->people, room_count, room)))
            status = STATUS_INVALID;
    }
    free(hosts);
    return status;
}

static enum status check_options(const struct breakout_options *options, uint32_t room_count)
{
    for (size_t i = 0; i < options->tie_count; i++)
        if (options->ties[i].a >= options->people || options->ties[i].b >= options->people)
            return STATUS_INVALID;
    return options->host_rooms != NULL ? check_hosts(options, room_count) : STATUS_OK;
}

static enum status seating_init(const struct breakout_options *options, struct seating *seating)
{
    size_t people = options->people, rooms = seating->room_count;
    seating->rooms = calloc(people * options->rounds, sizeof(uint32_t));
    seating->eligible = calloc(people * people, sizeof(bool));
    seating->meetings = calloc(people * people, sizeof(uint8_t));
    seating->worth = calloc(people * people, sizeof(int8_t));
    seating->sums = calloc(people * rooms, sizeof(int32_t));
    seating->remaining = calloc(people, sizeof(int32_t));
    seating->gained = calloc(people, sizeof(int32_t));
    seating->row = calloc(rooms, sizeof(int32_t));
    seating->seats = calloc(rooms, sizeof(uint32_t));
    if (seating->rooms == NULL || seating->eligible == NULL || seating->meetings == NULL ||
        seating->worth == NULL || seating->sums == NULL || seating->remaining == NULL ||
        seating->gained == NULL || seating->row == NULL || seating->seats == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < people; i++)
        for (uint32_t j = 0; j < people; j++)
            seating->eligible[pair_at(seating, i, j)] = options->groups[i] != options->groups[j];
    for (size_t i = 0; i < options->tie_count; i++) {
        seating->eligible[pair_at(seating, options->ties[i].a, options->ties[i].b)] = false;
        seating->eligible[pair_at(seating, options->ties[i].b, options->ties[i].a)] = false;
    }
    for (size_t i = 0; i < people * people; i++)
        seating->worth[i] = seating->eligible[i] ? NEW : 0;
    return STATUS_OK;
}

static void seat(struct seating *seating, uint32_t *where, uint32_t i, uint32_t room)
{
    const int8_t *worth = seating->worth + pair_at(seating, i, 0);
    where[i] = room;
    seating->seats[room]--;
    for (uint32_t j = 0; j < seating->people; j++) {
        seating->remaining[j] -= worth[j];
        seating->gained[j] += worth[j];
    }
}

/* Whoever of those without a seat comes first by: most worth in this room, then least elsewhere,
 * then by lot. */
static uint32_t next_person(struct seating *seating, const uint32_t *where)
{
    uint32_t best = GRAPH_NONE, lots = 0;
    for (uint32_t i = 0; i < seating->people; i++) {
        if (where[i] != GRAPH_NONE)
            continue;
        int32_t better = best == GRAPH_NONE ? 1 : seating->gained[i] - seating->gained[best];
        if (better == 0)
            better = seating->remaining[best] - seating->remaining[i];
        if (better > 0)
            lots = 0;
        if (better >= 0 && seeded_below(&seating->state, ++lots) == 0)
            best = i;
    }
    return best;
}

static void fill_round(struct seating *seating, uint32_t *where)
{
    memset(where, 0xFF, seating->people * sizeof(*where));
    memset(seating->remaining, 0, seating->people * sizeof(*seating->remaining));
    for (uint32_t i = 0; i < seating->people; i++)
        for (uint32_t j = 0; j < seating->people; j++)
            seating->remaining[j] += seating->worth[pair_at(seating, i, j)];
    for (uint32_t room = 0; room < seating->room_count; room++) {
        seating->seats[room] = size_of(seating->people, seating->room_count, room);
        for (uint32_t i = 0; i < seating->people; i++)
            if (is_host(seating, i) && seating->options->host_rooms[i] == room)
                seat(seating, where, i, room);
    }
    for (uint32_t room = 0; room < seating->room_count; room++) {
        memset(seating->gained, 0, seating->people * sizeof(*seating->gained));
        for (uint32_t i = 0; i < seating->people; i++)
            for (uint32_t j = 0; where[i] == room && j < seating->people; j++)
                seating->gained[j] += seating->worth[pair_at(seating, i, j)];
        while (seating->seats[room] != 0)
            seat(seating, where, next_person(seating, where), room);
    }
}

static void sum_rooms(struct seating *seating, const uint32_t *where)
{
    memset(seating->sums, 0,
           (size_t)seating->room_count * seating->people * sizeof(*seating->sums));
    for (uint32_t i = 0; i < seating->people; i++) {
        int32_t *sums = seating->sums + (size_t)where[i] * seating->people;
        const int8_t *worth = seating->worth + pair_at(seating, i, 0);
        for (uint32_t j = 0; j < seating->people; j++)
            sums[j] += worth[j];
    }
}

static void swap(struct seating *seating, uint32_t *where, uint32_t i, uint32_t j)
{
    int32_t *room_i = seating->sums + (size_t)where[i] * seating->people;
    int32_t *room_j = seating->sums + (size_t)where[j] * seating->people;
    const int8_t *worth_i = seating->worth + pair_at(seating, i, 0);
    const int8_t *worth_j = seating->worth + pair_at(seating, j, 0);
    for (uint32_t k = 0; k < seating->people; k++) {
        int32_t by = worth_j[k] - worth_i[k];
        room_i[k] += by;
        room_j[k] -= by;
    }
    uint32_t room = where[i];
    where[i] = where[j];
    where[j] = room;
}

/* The best swap of a person; false when none is better than `least`. */
static bool swap_best(struct seating *seating, uint32_t *where, uint32_t i)
{
    uint32_t people = seating->people, best = GRAPH_NONE;
    const int32_t *with_mine = seating->sums + (size_t)where[i] * people;
    const int8_t *worth = seating->worth + pair_at(seating, i, 0);
    int32_t own = with_mine[i], most = 0;
    for (uint32_t room = 0; room < seating->room_count; room++)
        seating->row[room] = seating->sums[(size_t)room * people + i];
    for (uint32_t j = 0; j < people; j++) {
        if (where[j] == where[i] || is_host(seating, j))
            continue;
        int32_t gain = seating->row[where[j]] + with_mine[j] - 2 * worth[j] - own -
                       seating->sums[(size_t)where[j] * people + j];
        if (gain > most) {
            most = gain;
            best = j;
        }
    }
    if (best != GRAPH_NONE)
        swap(seating, where, i, best);
    return best != GRAPH_NONE;
}

/* Whether anything changed. */
static bool improve_round(struct seating *seating, uint32_t *where)
{
    bool changed = false, again = true;
    sum_rooms(seating, where);
    for (uint32_t pass = 0; again && pass < SWAP_PASSES; pass++) {
        again = false;
        for (uint32_t i = 0; i < seating->people; i++)
            if (!is_host(seating, i))
                again |= swap_best(seating, where, i);
        changed |= again;
    }
    return changed;
}

/* Counts a round's meetings, or with -1 no longer. */
static void count_round(struct seating *seating, const uint32_t *where, int by)
{
    uint32_t people = seating->people;
    for (uint32_t i = 0; i < people; i++)
        for (uint32_t j = 0; j < people; j++) {
            if (i == j || where[i] != where[j])
                continue;
            size_t at = pair_at(seating, i, j);
            seating->meetings[at] = (uint8_t)(seating->meetings[at] + by);
            seating->worth[at] = seating->meetings[at] != 0 ? AGAIN
                                 : seating->eligible[at]    ? NEW
                                                            : 0;
        }
}

static void seat_all(struct seating *seating)
{
    for (uint32_t round = 0; round < seating->options->rounds; round++) {
        uint32_t *where = seating->rooms + (size_t)round * seating->people;
        fill_round(seating, where);
        (void)improve_round(seating, where);
        count_round(seating, where, 1);
    }
    bool changed = true;
    for (uint32_t pass = 0; changed && pass < JOINT_PASSES; pass++) {
        changed = false;
        for (uint32_t round = 0; round < seating->options->rounds; round++) {
            uint32_t *where = seating->rooms + (size_t)round * seating->people;
            count_round(seating, where, -1);
            changed |= improve_round(seating, where);
            count_round(seating, where, 1);
        }
    }
}

static uint64_t pairs_of(uint64_t count)
{
    return count * (count - (count != 0)) / 2;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* How many different groups there are; uses `work`, people numbers. */
static uint32_t count_groups(const struct seating *seating, uint32_t *work)
{
    uint32_t count = 1;
    memcpy(work, seating->options->groups, seating->people * sizeof(*work));
    qsort(work, seating->people, sizeof(*work), compare_numbers);
    for (uint32_t i = 1; i < seating->people; i++)
        count += work[i] != work[i - 1];
    return count;
}

/* Nobody meets more people than sit with them, nor more than there are to meet; and a room with
 * more seats than there are groups has people of the same. */
static uint32_t bound_of(const struct seating *seating, uint32_t group_count)
{
    uint32_t people = seating->people, rounds = seating->options->rounds;
    uint64_t by_person = 0, by_room = 0;
    uint64_t most = (uint64_t)rounds * (size_of(people, seating->room_count, 0) - 1);
    for (uint32_t i = 0; i < people; i++) {
        uint64_t partners = 0;
        for (uint32_t j = 0; j < people; j++)
            partners += seating->eligible[pair_at(seating, i, j)];
        by_person += partners < most ? partners : most;
    }
    for (uint32_t room = 0; room < seating->room_count; room++) {
        uint64_t size = size_of(people, seating->room_count, room);
        uint64_t each = size / group_count, larger = size % group_count;
        by_room +=
            pairs_of(size) - larger * pairs_of(each + 1) - (group_count - larger) * pairs_of(each);
    }
    by_room *= rounds;
    return (uint32_t)(by_person / 2 < by_room ? by_person / 2 : by_room);
}

static void count_met(const struct seating *seating, struct breakout *made)
{
    for (uint32_t i = 0; i < seating->people; i++)
        for (uint32_t j = i + 1; j < seating->people; j++) {
            uint32_t meetings = seating->meetings[pair_at(seating, i, j)];
            made->met += meetings != 0 && seating->eligible[pair_at(seating, i, j)];
            made->repeats += meetings > 1 ? meetings - 1 : 0;
        }
}

enum status breakout_init(const struct breakout_options *options, struct breakout *breakout)
{
    if (options->people == 0 || options->rounds == 0 || options->room_size < 2)
        return STATUS_INVALID;
    if (options->people > BREAKOUT_PEOPLE_MAX || options->rounds > BREAKOUT_ROUNDS_MAX)
        return STATUS_LIMIT;
    CLEANUP(seating_clear)
    struct seating seating = {
        .options = options,
        .people = options->people,
        .room_count = (options->people - 1) / options->room_size + 1,
        .state = options->seed,
    };
    TRY(check_options(options, seating.room_count));
    TRY(seating_init(options, &seating));
    uint32_t *work = calloc(options->people, sizeof(*work));
    if (work == NULL)
        return STATUS_NO_MEMORY;
    uint32_t group_count = count_groups(&seating, work);
    free(work);
    seat_all(&seating);
    struct breakout made = {.people = options->people,
                            .rounds = options->rounds,
                            .room_count = seating.room_count,
                            .rooms = seating.rooms,
                            .bound = bound_of(&seating, group_count)};
    count_met(&seating, &made);
    seating.rooms = NULL;
    *breakout = made;
    return STATUS_OK;
}

void breakout_clear(struct breakout *breakout)
{
    free(breakout->rooms);
    *breakout = (struct breakout){0};
}

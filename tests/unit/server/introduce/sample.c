/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/introduce/sample.h"

static const char *const names[] = {"Ward A", "Ward B", "Ward C", "Ward D", "Ward E", "Ward F",
                                    "Ward G", "Ward H", "Ward I", "Ward J", "Ward K", "Ward L"};

void sample_init(struct sample *sample, uint32_t count, uint32_t groups)
{
    assert_true(count <= SAMPLE_PEOPLE_MAX && groups <= sizeof names / sizeof *names);
    *sample = (struct sample){.network = {.taken_at_ms = SAMPLE_NOW}};
    struct network *network = &sample->network;
    network->people = sample->people;
    network->groups = sample->groups;
    network->group_names = sample->names;
    network->ties = sample->ties;
    network->interests = sample->interests;
    network->never = sample->never;
    network->person_count = count;
    network->group_count = groups + 1;
    for (uint32_t i = 0; i < count; i++) {
        sample->people[i] = (struct store_node){
            .state = STORE_PERSON_JOINED, .opted_in = true, .contacts_per_week_max = 2};
        sample->people[i].person.bytes[ID_SIZE - 1] = (uint8_t)(i + 1);
        sample->groups[i] = i % groups;
    }
    for (uint32_t g = 0; g < groups; g++)
        sample->names[g] = span_from_text(names[g]);
}

void sample_tie(struct sample *sample, uint32_t a, uint32_t b)
{
    assert_true(sample->network.tie_count < SAMPLE_TIES_MAX);
    sample->ties[sample->network.tie_count++] = (struct graph_tie){a, b, 1};
}

void sample_ring(struct sample *sample)
{
    uint32_t count = sample->network.person_count;
    for (uint32_t i = 0; i < count; i++)
        sample_tie(sample, i, (i + 1) % count);
}

static void add(struct sample *sample, uint32_t person, bool offer, const char *text)
{
    size_t count = sample->network.interest_count;
    assert_true(count == 0 || sample->interests[count - 1].person <= person);
    sample->interests[sample->network.interest_count++] =
        (struct network_interest){person, offer, span_from_text(text)};
}

void sample_topic(struct sample *sample, uint32_t person, const char *text)
{
    add(sample, person, false, text);
}

void sample_offer(struct sample *sample, uint32_t person, const char *text)
{
    add(sample, person, true, text);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Proposes people for a peer assist: who joined and opted in, of other groups than the asker's,
 * with one reason each. Nobody is proposed twice running: whoever was invited to the last assist,
 * whoever's it was, has a rest. Others who were asked of late come only where too few are left.
 * Three steps: a snapshot with those who are out of the question, the choice on the figures'
 * thread, and the names of those few who were chosen.
 */
#include "protocol/base/limits.h"
#include "protocol/codec/utf8.h"
#include "protocol/wire/sessions.h"
#include "server/figures/figures.h"
#include "server/handler/lookup.h"
#include "server/handler/proposals.h"
#include "server/handler/task.h"
#include "server/store/invitations.h"
#include "server/weave/assisters.h"

/* Candidates with their topics: some hundred bytes each, for 200,000 people. */
#define SCRATCH_BYTES_MAX (256u << 20)

/* How long somebody was asked of late, and an assist is the last one. */
#define OF_LATE_MS (INT64_C(28) * 24 * 3600 * 1000)

struct chosen {
    struct id person;
    uint8_t reason[LIMIT_TITLE_BYTES];
    size_t reason_len;
};

struct propose {
    struct task task; /* the last step */
    struct figures_job job;
    struct id *members; /* people of the channel when the request came */
    size_t member_count;
    struct store_invitation_list invited; /* to the channel, whatever they answered */
    struct store_invitation_list rested;  /* to the last assist before */
    uint64_t seed;
    struct chosen chosen[WEAVE_ASSISTERS_MAX];
    size_t chosen_count;
    struct wire_assisters_propose_response response;
};

static struct propose *propose_of(struct figures_job *job)
{
    return (struct propose *)(void *)((char *)job - offsetof(struct propose, job));
}

static const struct wire_assisters_propose_request *request_of(const struct propose *propose)
{
    return propose->task.call->request;
}

static enum status look_up(struct store_db *db, struct figures_job *job)
{
    struct propose *propose = propose_of(job);
    const struct id *channel = &request_of(propose)->channel;
    struct arena *arena = &propose->task.call->arena;
    TRY(store_invitations_of_last(db, channel, propose->task.now_ms - OF_LATE_MS, arena,
                                  &propose->rested));
    return store_invitations_of_channel(db, channel, arena, &propose->invited);
}

/* ---- the choice, on the figures' thread ---- */

struct choice {
    const struct network *network;
    const struct graph *graph;
    struct arena scratch;
    bool *excluded; /* of each person */
    struct assisters_candidate *candidates;
    uint32_t *people; /* of each candidate */
    size_t candidate_count;
    struct span *topics; /* of all candidates, one after another */
    size_t topic_count;
    struct assisters_request request;
};

static void exclude(struct choice *choice, const struct id *person)
{
    uint32_t at = network_find(choice->network, person);
    if (at != GRAPH_NONE)
        choice->excluded[at] = true;
}

static enum status prepare(struct choice *choice, const struct propose *propose)
{
    size_t people = choice->network->person_count;
    size_t interests = choice->network->interest_count;
    struct arena *scratch = &choice->scratch;
    void *taken[4] = {NULL};
    TRY(arena_take(scratch, people, sizeof *choice->excluded, &taken[0]));
    TRY(arena_take(scratch, people, sizeof *choice->candidates, &taken[1]));
    TRY(arena_take(scratch, people, sizeof *choice->people, &taken[2]));
    TRY(arena_take(scratch, interests, sizeof *choice->topics, &taken[3]));
    choice->excluded = taken[0];
    choice->candidates = taken[1];
    choice->people = taken[2];
    choice->topics = taken[3];
    for (size_t i = 0; i < propose->member_count; i++)
        exclude(choice, &propose->members[i]);
    for (size_t i = 0; i < propose->invited.count; i++)
        exclude(choice, &propose->invited.items[i].person);
    for (size_t i = 0; i < propose->rested.count; i++)
        exclude(choice, &propose->rested.items[i].person);
    return STATUS_OK;
}

/* The interests of one person from `*at` on: topics as they are, offers as one text. */
static enum status take_interests(struct choice *choice,
                                  uint32_t person,
                                  size_t *at,
                                  struct assisters_candidate *candidate)
{
    const struct network *network = choice->network;
    CLEANUP(buffer_clear)
    struct buffer offers = BUFFER_INIT(2 * LIMIT_TOPICS * LIMIT_TITLE_BYTES);
    candidate->topics = choice->topics + choice->topic_count;
    for (; *at < network->interest_count && network->interests[*at].person <= person; ++*at) {
        const struct network_interest *interest = &network->interests[*at];
        if (interest->person < person)
            continue;
        if (!interest->can_help_with && candidate->topic_count < WEAVE_TOPICS_MAX) {
            choice->topics[choice->topic_count++] = interest->text;
            candidate->topic_count++;
        } else if (interest->can_help_with) {
            TRY(buffer_append(&offers, interest->text));
            TRY(buffer_append(&offers, SPAN_LITERAL("\n")));
        }
    }
    return arena_copy(&choice->scratch, buffer_span(&offers), &candidate->can_help_with);
}

static bool may_be_asked(const struct choice *choice, uint32_t person)
{
    const struct store_node *node = &choice->network->people[person];
    return node->state == STORE_PERSON_JOINED && node->opted_in && !choice->excluded[person];
}

static enum status list_candidates(struct choice *choice)
{
    const struct network *network = choice->network;
    size_t at = 0;
    for (uint32_t i = 0; i < network->person_count; i++) {
        const struct store_node *node = &network->people[i];
        if (!may_be_asked(choice, i))
            continue;
        struct assisters_candidate *candidate = &choice->candidates[choice->candidate_count];
        *candidate = (struct assisters_candidate){
            .node = choice->graph->nodes[i],
            .group = network_has_group(network, i) ? network->groups[i] : GRAPH_NONE,
            .joined = true,
            .opted_in = true,
            .contacts_per_week = node->contacts_per_week_max,
            /* Not what introductions came to them: whoever asks before and after a round would see
             * from who falls back whom it brought together. */
            .contacts_this_week = node->invitations_this_week,
            .asked_recently = node->invited_at_ms > network->taken_at_ms - OF_LATE_MS,
        };
        TRY(take_interests(choice, i, &at, candidate));
        choice->people[choice->candidate_count++] = i;
    }
    return STATUS_OK;
}

static enum status fill_request(struct choice *choice, const struct propose *propose)
{
    const struct wire_assisters_propose_request *asked = request_of(propose);
    uint32_t asker = network_find(choice->network, &propose->task.call->person);
    bool known = asker != GRAPH_NONE;
    void *taken = NULL;
    TRY(arena_take(&choice->scratch, asked->topic_count, sizeof(struct span), &taken));
    struct span *topics = taken;
    for (size_t i = 0; i < asked->topic_count; i++)
        topics[i] = asked->topics[i].text;
    choice->request = (struct assisters_request){
        .node = known ? choice->graph->nodes[asker] : GRAPH_NONE,
        .group = known && network_has_group(choice->network, asker) ? choice->network->groups[asker]
                                                                    : GRAPH_NONE,
        .topics = topics,
        .topic_count = asked->topic_count,
        .wanted = asked->wanted < WEAVE_ASSISTERS_MAX ? asked->wanted : WEAVE_ASSISTERS_MAX,
        .seed = propose->seed,
    };
    return STATUS_OK;
}

static enum status keep_choice(struct propose *propose,
                               const struct choice *choice,
                               const struct assisters_choice *taken)
{
    const struct network *network = choice->network;
    uint32_t person = choice->people[taken->candidate];
    struct chosen *chosen = &propose->chosen[propose->chosen_count];
    CLEANUP(buffer_clear) struct buffer sentence = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    TRY(assisters_sentence(&taken->reason, &choice->request,
                           network->group_names[network->groups[person]], &sentence));
    chosen->person = network->people[person].person;
    chosen->reason_len = utf8_fitting(buffer_span(&sentence), sizeof chosen->reason).len;
    for (size_t i = 0; i < chosen->reason_len; i++)
        chosen->reason[i] = sentence.ptr[i];
    propose->chosen_count++;
    return STATUS_OK;
}

static enum status choose(struct propose *propose, struct choice *choice)
{
    struct assisters assisters;
    TRY(prepare(choice, propose));
    TRY(list_candidates(choice));
    TRY(fill_request(choice, propose));
    TRY(assisters_choose(choice->graph, &choice->request, choice->candidates,
                         choice->candidate_count, &assisters));
    for (uint32_t i = 0; i < assisters.count; i++)
        TRY(keep_choice(propose, choice, &assisters.choices[i]));
    return STATUS_OK;
}

static enum status compute(struct figures_job *job, const struct network *network)
{
    struct graph *graph = NULL;
    TRY(network_graph(network, false, &graph));
    struct choice choice = {
        .network = network,
        .graph = graph,
        .scratch = ARENA_INIT(SCRATCH_BYTES_MAX),
    };
    enum status status = choose(propose_of(job), &choice);
    arena_clear(&choice.scratch);
    graph_free(&graph);
    return status;
}

/* ---- who they are ---- */

static enum status run(struct store_db *db, struct task *task)
{
    struct propose *propose = (struct propose *)(void *)task;
    struct arena *arena = &task->call->arena;
    void *items = NULL;
    TRY(arena_take(arena, propose->chosen_count, sizeof(struct wire_assister), &items));
    propose->response.assisters = items;
    for (size_t i = 0; i < propose->chosen_count; i++) {
        const struct chosen *chosen = &propose->chosen[i];
        struct wire_assister *assister =
            &propose->response.assisters[propose->response.assister_count];
        assister->reason = span_of(chosen->reason, chosen->reason_len);
        TRY(lookup_person(db, &chosen->person, false, arena, &assister->person));
        /* Who opted out or was erased in this very moment is left out. */
        if (assister->person.profile.opted_in)
            propose->response.assister_count++;
    }
    return STATUS_OK;
}

static void finish(struct task *task)
{
    struct propose *propose = (struct propose *)(void *)task;
    for (size_t i = 0; i < propose->response.assister_count; i++) {
        const struct wire_assister *assister = &propose->response.assisters[i];
        proposals_keep(task->services->proposals, &request_of(propose)->channel,
                       &assister->person.person, assister->reason);
    }
    call_answer(task->call, &propose->response);
}

static void chosen(struct figures_job *job, enum status status)
{
    struct propose *propose = propose_of(job);
    if (status == STATUS_OK)
        task_read(&propose->task);
    else
        call_fail(propose->task.call, status, NULL);
}

/* ---- the beginning ---- */

static enum status list_members(struct propose *propose, const struct channel *channel)
{
    void *taken = NULL;
    TRY(arena_take(&propose->task.call->arena, channel->members.count, sizeof *propose->members,
                   &taken));
    propose->members = taken;
    size_t at = 0;
    for (const struct channel_member *member = id_map_next(&channel->members, &at); member != NULL;
         member = id_map_next(&channel->members, &at))
        propose->members[propose->member_count++] = member->person;
    return random_fill(propose->task.services->hub->random, (uint8_t *)&propose->seed,
                       sizeof propose->seed);
}

void assisters_propose_handle(struct services *services, struct channel *channel, struct call *call)
{
    const uint16_t askers = CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_HOST | CHANNEL_ROLE_SPONSOR;
    if ((channel_roles(channel, &call->person) & askers) == 0) {
        call_fail(call, STATUS_DENIED,
                  "only the assistee, a facilitator or a sponsor invites people");
        return;
    }
    if (!hub_spend_for(call, BUDGET_PROPOSALS, 1))
        return;
    struct propose *propose = task_new(services, channel, call, sizeof *propose);
    if (propose == NULL)
        return;
    propose->task.run = run;
    propose->task.finish = finish;
    enum status status = list_members(propose, channel);
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return;
    }
    propose->job.with_interests = true;
    propose->job.look_up = look_up;
    propose->job.compute = compute;
    propose->job.done = chosen;
    figures_submit(services->figures, &propose->job);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/format/catalogue.h"

#include "protocol/content/kinds.h"

#define FACILITATOR CHANNEL_ROLE_FACILITATOR
#define SPONSOR CHANNEL_ROLE_SPONSOR
#define HOST CHANNEL_ROLE_HOST
#define ASSISTER CHANNEL_ROLE_ASSISTER
#define NOTE_TAKER CHANNEL_ROLE_NOTE_TAKER

/* Constant initialisers of spans and lists. */
#define S(text)                                                                                    \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define KINDS(array) .kinds = (array), .kind_count = COUNT(array)

static const struct format_kind context_kinds[] = {{CONTENT_CONTEXT}, {CONTENT_TEXT}};
static const struct format_kind question_kinds[] = {{CONTENT_QUESTION}, {CONTENT_ANSWER}};
static const struct format_kind idea_kinds[] = {
    {CONTENT_IDEA}, {CONTENT_QUESTION}, {CONTENT_ANSWER}};
static const struct format_kind last_idea_kinds[] = {{CONTENT_LAST_IDEA}};
static const struct format_kind summary_kinds[] = {{CONTENT_SUMMARY}};
static const struct format_kind commitment_kinds[] = {{CONTENT_COMMITMENT}, {CONTENT_TEXT}};
static const struct format_kind follow_up_kinds[] = {{CONTENT_FOLLOW_UP}, {CONTENT_TEXT}};
static const struct format_kind sealed_kinds[] = {{CONTENT_SEALED}};

static const struct format_role peer_assist_roles[] = {
    {HOST, S("Assistee"), S("asks for help, listens, and says what they will do")},
    {FACILITATOR, S("Facilitator"), S("from outside the team; keeps the time and the turns")},
    {ASSISTER, S("Assister"), S("brings experience and options, not verdicts")},
    {NOTE_TAKER, S("Note-taker"), S("writes down options, reasons and offers")},
    {SPONSOR, S("Sponsor"), S("opens doors, adds people, does not steer")},
};

#define WELCOME_PROMPT S("Say why you ask, and check that nobody has solved it already.")
#define CONTEXT_PROMPT S("The assistee describes the situation. Everybody else reads.")
#define QUESTION_PROMPT                                                                            \
    S("Questions that clarify, one at a time. No advice yet: what would you need to know?")
#define IDEA_PROMPT                                                                                \
    S("Visitors share what they have seen work or fail, and options with reasons. The assistee "   \
      "listens and may answer questions.")
#define LAST_IDEA_PROMPT S("One last idea from each visitor.")
#define SUMMARY_PROMPT S("Sum up the options and offers. The assistee may correct.")
#define COMMITMENT_PROMPT S("The assistee says what they will do, who does it, and by when.")
#define FOLLOW_UP_PROMPT S("Come back and tell the group what happened.")

/* An hour, of which the hosts' own account takes no more than a quarter. */
static const struct format_stage peer_assist_stages[] = {
    {.name = S("welcome"),
     .title = S("Purpose and welcome"),
     .prompt = WELCOME_PROMPT,
     .minutes = 5,
     .speak = FORMAT_EVERYBODY},
    {.name = S("context"),
     .title = S("Context"),
     .prompt = CONTEXT_PROMPT,
     .minutes = 10,
     .speak = HOST | FACILITATOR,
     KINDS(context_kinds)},
    {.name = S("questions"),
     .title = S("Clarifying questions"),
     .prompt = QUESTION_PROMPT,
     .minutes = 10,
     .speak = HOST | FACILITATOR | ASSISTER,
     KINDS(question_kinds)},
    {.name = S("ideas"),
     .title = S("Experience and options"),
     .prompt = IDEA_PROMPT,
     .minutes = 20,
     .speak = HOST | FACILITATOR | ASSISTER,
     KINDS(idea_kinds)},
    {.name = S("last-ideas"),
     .title = S("One last idea each"),
     .prompt = LAST_IDEA_PROMPT,
     .minutes = 5,
     .speak = ASSISTER,
     KINDS(last_idea_kinds)},
    {.name = S("summary"),
     .title = S("Summary"),
     .prompt = SUMMARY_PROMPT,
     .minutes = 5,
     .speak = HOST | FACILITATOR | NOTE_TAKER,
     KINDS(summary_kinds)},
    {.name = S("commitment"),
     .title = S("What we will do"),
     .prompt = COMMITMENT_PROMPT,
     .minutes = 5,
     .speak = HOST,
     KINDS(commitment_kinds)},
    {.name = S("follow-up"),
     .title = S("Follow-up"),
     .prompt = FOLLOW_UP_PROMPT,
     .deadline_days = 28,
     .speak = FORMAT_EVERYBODY,
     KINDS(follow_up_kinds)},
};

/* The same for people on shifts: days instead of minutes. */
static const struct format_stage slow_peer_assist_stages[] = {
    {.name = S("context"),
     .title = S("Context"),
     .prompt = CONTEXT_PROMPT,
     .deadline_days = 1,
     .speak = HOST | FACILITATOR,
     KINDS(context_kinds)},
    {.name = S("questions"),
     .title = S("Clarifying questions"),
     .prompt = QUESTION_PROMPT,
     .deadline_days = 3,
     .speak = HOST | FACILITATOR | ASSISTER,
     KINDS(question_kinds)},
    {.name = S("ideas"),
     .title = S("Experience and options"),
     .prompt = IDEA_PROMPT,
     .deadline_days = 4,
     .speak = HOST | FACILITATOR | ASSISTER,
     KINDS(idea_kinds)},
    {.name = S("last-ideas"),
     .title = S("One last idea each"),
     .prompt = LAST_IDEA_PROMPT,
     .deadline_days = 2,
     .speak = ASSISTER,
     KINDS(last_idea_kinds)},
    {.name = S("commitment"),
     .title = S("What we will do"),
     .prompt = COMMITMENT_PROMPT,
     .deadline_days = 3,
     .speak = HOST,
     KINDS(commitment_kinds)},
    {.name = S("follow-up"),
     .title = S("Follow-up"),
     .prompt = FOLLOW_UP_PROMPT,
     .deadline_days = 28,
     .speak = FORMAT_EVERYBODY,
     KINDS(follow_up_kinds)},
};

static const struct format_harvest_field peer_assist_harvest[] = {
    {.name = S("context"), .title = S("Context"), .kind = CONTENT_CONTEXT},
    {.name = S("options"), .title = S("Options and why"), .kind = CONTENT_IDEA},
    {.name = S("last-ideas"), .title = S("Last ideas"), .kind = CONTENT_LAST_IDEA},
    {.name = S("summary"), .title = S("Summary"), .kind = CONTENT_SUMMARY},
    {.name = S("offers"), .title = S("Offers of help"), .kind = CONTENT_OFFER},
    {.name = S("notes"), .title = S("Notes"), .kind = CONTENT_NOTE},
    {.name = S("commitments"), .title = S("What we will do"), .kind = CONTENT_COMMITMENT},
    {.name = S("actions"), .title = S("Actions"), .kind = CONTENT_ACTION},
};

#define PEER_ASSIST_PURPOSE                                                                        \
    S("Learning before doing: a team asks peers from elsewhere for what they know, to learn and "  \
      "not to have a decision endorsed.")

static const struct format peer_assist = {
    .version = FORMAT_VERSION,
    .name = S("peer-assist"),
    .title = S("Peer assist"),
    .purpose = PEER_ASSIST_PURPOSE,
    .people_min = 3,
    .people_max = 12,
    .roles = peer_assist_roles,
    .role_count = COUNT(peer_assist_roles),
    .stages = peer_assist_stages,
    .stage_count = COUNT(peer_assist_stages),
    .harvest = peer_assist_harvest,
    .harvest_count = COUNT(peer_assist_harvest),
};

static const struct format slow_peer_assist = {
    .version = FORMAT_VERSION,
    .name = S("peer-assist-days"),
    .title = S("Peer assist over days"),
    .purpose = PEER_ASSIST_PURPOSE,
    .people_min = 3,
    .people_max = 12,
    .roles = peer_assist_roles,
    .role_count = COUNT(peer_assist_roles),
    .stages = slow_peer_assist_stages,
    .stage_count = COUNT(slow_peer_assist_stages),
    .harvest = peer_assist_harvest,
    .harvest_count = COUNT(peer_assist_harvest),
};

static const struct format_role review_roles[] = {
    {FACILITATOR, S("Conductor"), S("keeps the four questions, equal voices and no blame")},
    {NOTE_TAKER, S("Note-taker"), S("writes down lessons and actions")},
    {SPONSOR, S("Sponsor"), S("hears what was learned and removes obstacles")},
};

static const struct format_stage review_stages[] = {
    {.name = S("ground-rules"),
     .title = S("Ground rules"),
     .prompt = S("No blame, no ranks, everybody's view counts."),
     .minutes = 2,
     .speak = FACILITATOR},
    {.name = S("expected"),
     .title = S("What was expected?"),
     .prompt = S("Write for yourself first. Answers open together in the next stage."),
     .minutes = 3,
     .speak = FORMAT_EVERYBODY,
     KINDS(sealed_kinds)},
    {.name = S("expected-talk"),
     .title = S("What was expected? Together"),
     .prompt = S("Read all answers. Where do they differ?"),
     .minutes = 4,
     .speak = FORMAT_EVERYBODY,
     .reveal = true},
    {.name = S("happened"),
     .title = S("What happened?"),
     .prompt = S("Facts as you saw them. Write for yourself first."),
     .minutes = 3,
     .speak = FORMAT_EVERYBODY,
     KINDS(sealed_kinds)},
    {.name = S("happened-talk"),
     .title = S("What happened? Together"),
     .prompt = S("Read all answers and agree on what happened."),
     .minutes = 5,
     .speak = FORMAT_EVERYBODY,
     .reveal = true},
    {.name = S("why"),
     .title = S("Why was there a difference?"),
     .prompt = S("Causes, not culprits."),
     .minutes = 8,
     .speak = FORMAT_EVERYBODY},
    {.name = S("learned"),
     .title = S("What was learned?"),
     .prompt = S("Lessons and actions: send them as lesson and action."),
     .minutes = 8,
     .speak = FORMAT_EVERYBODY},
    {.name = S("approval"),
     .title = S("Approve the harvest"),
     .prompt = S("The conductor drafts the harvest, everybody approves or says what to change."),
     .minutes = 5,
     .speak = FORMAT_EVERYBODY},
};

static const struct format_harvest_field review_harvest[] = {
    {.name = S("lessons"), .title = S("Lessons"), .kind = CONTENT_LESSON},
    {.name = S("actions"), .title = S("Actions"), .kind = CONTENT_ACTION},
};

static const struct format review = {
    .version = FORMAT_VERSION,
    .name = S("after-action-review"),
    .title = S("After-action review"),
    .purpose = S("Learning after doing: what was expected, what happened, why the difference, "
                 "what was learned."),
    .people_min = 2,
    .people_max = 12,
    .roles = review_roles,
    .role_count = COUNT(review_roles),
    .stages = review_stages,
    .stage_count = COUNT(review_stages),
    .harvest = review_harvest,
    .harvest_count = COUNT(review_harvest),
    .harvest_approval = true,
};

const struct format *const format_catalogue[] = {&peer_assist, &slow_peer_assist, &review};
const size_t format_catalogue_count = COUNT(format_catalogue);

const struct format *format_catalogue_find(struct span name)
{
    for (size_t i = 0; i < format_catalogue_count; i++)
        if (span_equal(format_catalogue[i]->name, name))
            return format_catalogue[i];
    return NULL;
}

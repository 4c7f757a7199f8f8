/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/table_flags.h"

/* Who may come into a channel that a command makes. */
static const char open_help[] = "listed, and everybody may come in";
static const char private_help[] =
    "not listed, its title is hidden from the server; you let people in";
static const char confidential_help[] =
    "private, and it counts nowhere: no tie of the network comes of it";

const struct flag table_flags_join[] = {
    {"name", "NAME", "how others will see you"},
    {"yes", NULL, "you have read the notice and agree"},
    {"passphrase", NULL, "protect this profile with a passphrase that is asked for each time"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_link[] = {
    {"passphrase", NULL, "protect this profile with a passphrase that is asked for each time"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_add[] = {
    {"checked", NULL, "you asked the person themselves about their new device, and it is theirs"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_profile_set[] = {
    {"topic", "WORDS", "what you work on; again for more. Replaces all; \"\" for none"},
    {"can-help-with", "WORDS", "what others may ask you about; again for more. Replaces all"},
    {"weekly-contacts", "N", "how often you may be asked in a week (0: not at all)"},
    {"opt-in", NULL, "let people of other groups find you and ask you for help"},
    {"opt-out", NULL, "nobody is told about you any more"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_say[] = {
    {"kind", "KIND", "question, idea, note, action, offer, ... instead of what the stage asks for"},
    {"reply", "NUMBER", "the message that this answers: its number, or its id"},
    {"because", "TEXT", "the reason of an idea, or where it worked"},
    {"owner", "NAME", "who does an action or commitment"},
    {"by", "DAY", "until when, as 2026-12-31"},
    {"no-mentions", NULL, "an @ names nobody, and stays as it is"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_react[] = {
    {"undo", NULL, "take it back"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_edit[] = {
    {"because", "TEXT", "another reason of an idea; what is not said anew stays"},
    {"owner", "NAME", "another owner of an action or commitment"},
    {"by", "DAY", "another day, as 2026-12-31"},
    {"for-newcomers", NULL, "although people came since who could not read it before"},
    {"no-mentions", NULL, "an @ names nobody, and stays as it is"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_file_save[] = {
    {"as", "PATH", "under another name, or in this folder"},
    {"force", NULL, "replace what has that name"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_read[] = {
    {"last", "N", "only the last N entries"},
    {"since", "NUMBER", "only what comes after this number"},
    {"new", NULL, "only what was not shown yet"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_search[] = {
    {"in", "CHANNEL", "only there"},
    {"last", "N", "the newest N of them (20)"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_channel_list[] = {
    {"mine", NULL, "only those that you are in"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_channel_create[] = {
    {"brief", "TEXT", "what it is about"},
    {"open", NULL, open_help},
    {"private", NULL, private_help},
    {"confidential", NULL, confidential_help},
    {"history", "WHAT",
     "full: whoever joins can read all that was said; or from-joining (default)"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_channel_set[] = {
    {"keep-days", "N", "the server deletes messages after so many days; 0: it keeps them"},
    {"history", "from-joining", "whoever joins from now on reads nothing of before; for good"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_channel_role[] = {
    {"give", "ROLE", "facilitator, sponsor, assistee, assister or note-taker; again for more"},
    {"take", "ROLE", "likewise"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_text[] = {
    {"reply", "NUMBER", "the message that this answers: its number, or its id"},
    {"no-mentions", NULL, "an @ names nobody, and stays as it is"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_idea[] = {
    {"why", "TEXT", "the reason, or where it worked"},
    {"reply", "NUMBER", "the message that this answers: its number, or its id"},
    {"no-mentions", NULL, "an @ names nobody, and stays as it is"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_action[] = {
    {"owner", "NAME", "who does it"},
    {"due", "DAY", "until when, as 2026-12-31"},
    {"reply", "NUMBER", "the message that this answers: its number, or its id"},
    {"no-mentions", NULL, "an @ names nobody, and stays as it is"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_ask[] = {
    {"brief", "TEXT", "what others need to know before they come: a screen at most"},
    {"topic", "WORDS", "what it is about, to find who knows it; again for more"},
    {"facilitator", "PERSON", "somebody from outside your team who keeps the time"},
    {"days", NULL, "over days instead of an hour, for people on shifts"},
    {"open", NULL, open_help},
    {"private", NULL, private_help},
    {"confidential", NULL, confidential_help},
    {NULL, NULL, NULL},
};

const struct flag table_flags_assisters[] = {
    {"topic", "WORDS", "instead of the topics that you asked about; again for more"},
    {"all", NULL, "ask everybody who is proposed"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_stats[] = {
    {"svg", "DIRECTORY", "draw it: network, matrix, trend and introductions, as SVG pictures"},
    {"export", "FORMAT", "write the network of groups to FILE, as graphml, gexf or csv"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_harvest[] = {
    {"out", "FILE", "write it to a file instead of the screen"},
    {"publish", NULL, "give it to the group: what everybody reads from then on"},
    {"empty", NULL, "publish it also when nothing is in it yet"},
    {"draft", NULL, "make it anew out of what was said, whatever was given to the group"},
    {"follow-up", "DAY", "when you come back to report, as 2026-12-31"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_review[] = {
    {"brief", "TEXT", "what happened, in a screen at most"},
    {"open", NULL, open_help},
    {"private", NULL, private_help},
    {"confidential", NULL, confidential_help},
    {"in", "CHANNEL", "in a channel that is there, instead of a new one"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_approve[] = {
    {"no", NULL, "not like this: say what to change"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_snooze[] = {
    {"weeks", "N", "for how long (default: 4)"},
    {NULL, NULL, NULL},
};

const struct flag table_flags_met[] = {
    {"useful", "yes|no", "whether it was worth the time"},
    {NULL, NULL, NULL},
};

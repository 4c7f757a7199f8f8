/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/table.h"

#include "client-cli/commands/verbs.h"

const struct flag command_common_flags[] = {
    {"profile", "NAME", "which profile (default: $WEFT_PROFILE, or \"default\")"},
    {"json", NULL, "JSON, one object a line"},
    {"help", NULL, "this help"},
    {NULL, NULL, NULL},
};

static const struct flag join_flags[] = {
    {"name", "NAME", "how others will see you"},
    {"yes", NULL, "you have read the notice and agree"},
    {"passphrase", NULL, "protect this profile with a passphrase that is asked for each time"},
    {NULL, NULL, NULL},
};

static const struct flag link_flags[] = {
    {"passphrase", NULL, "protect this profile with a passphrase that is asked for each time"},
    {NULL, NULL, NULL},
};

static const struct flag add_flags[] = {
    {"checked", NULL, "you asked the person themselves about their new device, and it is theirs"},
    {NULL, NULL, NULL},
};

static const struct flag profile_set_flags[] = {
    {"topic", "WORDS", "what you work on; again for more. Replaces all; \"\" for none"},
    {"can-help-with", "WORDS", "what others may ask you about; again for more. Replaces all"},
    {"weekly-contacts", "N", "how often you may be asked in a week (0: not at all)"},
    {"opt-in", NULL, "let people of other groups find you and ask you for help"},
    {"opt-out", NULL, "nobody is told about you any more"},
    {NULL, NULL, NULL},
};

static const struct flag say_flags[] = {
    {"kind", "KIND", "question, idea, note, action, offer, ... instead of what the stage asks for"},
    {"reply", "NUMBER", "the message that this answers: its number, or its id"},
    {"because", "TEXT", "the reason of an idea, or where it worked"},
    {"owner", "NAME", "who does an action or commitment"},
    {"by", "DAY", "until when, as 2026-12-31"},
    {NULL, NULL, NULL},
};

static const struct flag react_flags[] = {
    {"undo", NULL, "take it back"},
    {NULL, NULL, NULL},
};

static const struct flag edit_flags[] = {
    {"because", "TEXT", "another reason of an idea; what is not said anew stays"},
    {"owner", "NAME", "another owner of an action or commitment"},
    {"by", "DAY", "another day, as 2026-12-31"},
    {"for-newcomers", NULL, "although people came since who could not read it before"},
    {NULL, NULL, NULL},
};

static const struct flag file_save_flags[] = {
    {"as", "PATH", "under another name, or in this folder"},
    {"force", NULL, "replace what has that name"},
    {NULL, NULL, NULL},
};

static const struct flag read_flags[] = {
    {"last", "N", "only the last N entries"},
    {"since", "NUMBER", "only what comes after this number"},
    {"new", NULL, "only what was not shown yet"},
    {NULL, NULL, NULL},
};

static const struct flag search_flags[] = {
    {"in", "CHANNEL", "only there"},
    {"last", "N", "the newest N of them (20)"},
    {NULL, NULL, NULL},
};

static const struct flag channel_list_flags[] = {
    {"mine", NULL, "only those that you are in"},
    {NULL, NULL, NULL},
};

static const struct flag channel_create_flags[] = {
    {"brief", "TEXT", "what it is about"},
    {"open", NULL, "listed, and everybody may come in"},
    {"private", NULL, "not listed, its title is hidden from the server; you let people in"},
    {"confidential", NULL, "private, and it counts nowhere: no tie of the network comes of it"},
    {"history", "WHAT",
     "full: whoever joins can read all that was said; or from-joining (default)"},
    {NULL, NULL, NULL},
};

static const struct flag channel_set_flags[] = {
    {"keep-days", "N", "the server deletes messages after so many days; 0: it keeps them"},
    {"history", "from-joining", "whoever joins from now on reads nothing of before; for good"},
    {NULL, NULL, NULL},
};

static const struct flag channel_role_flags[] = {
    {"give", "ROLE", "facilitator, sponsor, host, assister or note-taker; again for more"},
    {"take", "ROLE", "likewise"},
    {NULL, NULL, NULL},
};

static const struct flag text_flags[] = {
    {"reply", "NUMBER", "the message that this answers: its number, or its id"},
    {NULL, NULL, NULL},
};

static const struct flag idea_flags[] = {
    {"why", "TEXT", "the reason, or where it worked"},
    {"reply", "NUMBER", "the message that this answers: its number, or its id"},
    {NULL, NULL, NULL},
};

static const struct flag action_flags[] = {
    {"owner", "NAME", "who does it"},
    {"due", "DAY", "until when, as 2026-12-31"},
    {"reply", "NUMBER", "the message that this answers: its number, or its id"},
    {NULL, NULL, NULL},
};

static const struct flag ask_flags[] = {
    {"brief", "TEXT", "what others need to know before they come: a screen at most"},
    {"topic", "WORDS", "what it is about, to find who knows it; again for more"},
    {"facilitator", "PERSON", "somebody from outside your team who keeps the time"},
    {"days", NULL, "over days instead of an hour, for people on shifts"},
    {"visibility", "HOW", "open, restricted (as long as you say nothing), private or confidential"},
    {NULL, NULL, NULL},
};

static const struct flag assisters_flags[] = {
    {"topic", "WORDS", "instead of the topics that you asked about; again for more"},
    {"all", NULL, "ask everybody who is proposed"},
    {NULL, NULL, NULL},
};

static const struct flag stats_flags[] = {
    {"svg", "DIRECTORY", "draw it: network, matrix, trend and introductions, as SVG pictures"},
    {"export", "FORMAT", "write the network of groups to FILE, as graphml, gexf or csv"},
    {NULL, NULL, NULL},
};

static const struct flag harvest_flags[] = {
    {"out", "FILE", "write it to a file instead of the screen"},
    {"publish", NULL, "give it to the group: what everybody reads from then on"},
    {"draft", NULL, "make it anew out of what was said, whatever was given to the group"},
    {"follow-up", "DAY", "when you come back to report, as 2026-12-31"},
    {NULL, NULL, NULL},
};

static const struct flag review_flags[] = {
    {"brief", "TEXT", "what happened, in a screen at most"},
    {"visibility", "HOW", "open, restricted (as long as you say nothing), private or confidential"},
    {"in", "CHANNEL", "in a channel that is there, instead of a new one"},
    {NULL, NULL, NULL},
};

static const struct flag approve_flags[] = {
    {"no", NULL, "not like this: say what to change"},
    {NULL, NULL, NULL},
};

static const struct flag snooze_flags[] = {
    {"weeks", "N", "for how long (default: 4)"},
    {NULL, NULL, NULL},
};

static const struct flag met_flags[] = {
    {"useful", "yes|no", "whether it was worth the time"},
    {NULL, NULL, NULL},
};

/* A row of something that is said: the kind is found by the command's name. */
#define SAYING(noun_, verb_, summary_, flags_)                                                     \
    {                                                                                              \
        .noun = (noun_), .verb = (verb_), .run = say_run, .usage = "[CHANNEL] TEXT...",            \
        .summary = (summary_), .flags = (flags_), .needs = COMMAND_NEEDS_CONNECTION,               \
        .positional_min = 1, .positional_max = SIZE_MAX                                            \
    }

/* A row of an answer to a suggestion. */
#define SUGGESTED(verb_, run_, summary_, flags_)                                                   \
    {                                                                                              \
        .noun = "network", .verb = (verb_), .run = (run_), .usage = "[SUGGESTION]",                \
        .summary = (summary_), .flags = (flags_), .needs = COMMAND_NEEDS_CONNECTION,               \
        .positional_max = 1                                                                        \
    }

/* A row of a command about the session of a channel. */
#define ON_CHANNEL(noun_, verb_, run_, summary_, flags_)                                           \
    {                                                                                              \
        .noun = (noun_), .verb = (verb_), .run = (run_), .usage = "[CHANNEL]",                     \
        .summary = (summary_), .flags = (flags_), .needs = COMMAND_NEEDS_CONNECTION,               \
        .positional_max = 1                                                                        \
    }

static const char device_add_details[] =
    "Both devices compute a code of six digits over the keys of both. The same code means that "
    "nobody "
    "sits\nbetween them, not even the server. The new device then comes into every channel that "
    "you "
    "are in; it\nreads what is said from then on. After three wrong codes the link is over.";

static const char device_reset_details[] =
    "The person stays who they are; all their old devices are shut out, and the directory says for "
    "good who\nset the new one up. Compare the code by telephone or face to face: their voice is "
    "what "
    "proves that it\nis them. The new device is in no channel until a member of each lets it in.";

static const char profile_set_details[] =
    "At first you are opted out. When you opt in, others of this community find your name, group, "
    "topics\nand what you can help with in weft people, you may be proposed to people who ask "
    "for help, and it may be\nsuggested that you meet somebody (weft network). You answer each "
    "time, "
    "and need no reason to decline.\nWho took part in the same sessions counts as a tie of the "
    "network, but never in confidential channels; what\nyou write is never used. When you opt out, "
    "all of that stops at once.";

static const char network_details[] =
    "Once you have opted in (weft profile set --opt-in), the server suggests now and then that you "
    "meet somebody\nof another group, where a tie would connect everybody best. It says why, and "
    "not who: only when both of you\nhave said yes do you learn each other's names, and a private "
    "channel opens for you two. Otherwise nobody\nlearns who said what. Some weeks later both are "
    "asked whether you met. The server keeps your answers, to\nsuggest better. No other member is "
    "shown them; they are in the copy of your data that the operator makes for\nyou when you ask. "
    "A meeting counts as a tie in figures that name nobody.";

const struct command command_table[] = {
    {.noun = "help",
     .run = help_run,
     .usage = "[COMMAND...]",
     .summary = "what there is, or how a command is used",
     .positional_max = 4},
    {.noun = "join",
     .run = join_run,
     .usage = "LINK|-",
     .summary = "join a community with an invite link",
     .details =
         "Shows who keeps what for how long, and asks before anything is sent. \"-\" reads the "
         "link from the standard input, where no other user of this machine sees it; give "
         "--name and --yes then.",
     .flags = join_flags,
     .traits = COMMAND_ASKS,
     .positional_min = 1,
     .positional_max = 1},
    {.noun = "status",
     .run = status_run,
     .usage = "",
     .summary = "who you are here, your channels, whether the server can be reached",
     .needs = COMMAND_NEEDS_VAULT},
    {.noun = "say",
     .run = say_run,
     .usage = "[CHANNEL] TEXT...",
     .summary = "say something",
     .details =
         "TEXT of - takes the standard input. When you are in one channel only, and the text "
         "is one argument (in quotes),\nCHANNEL may be left out. @Ann mentions the member whose "
         "name begins so.",
     .flags = say_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = SIZE_MAX},
    {.noun = "react",
     .run = react_run,
     .usage = "[CHANNEL] NUMBER EMOJI|WORD",
     .summary = "answer a message with a sign, or with a word such as thanks",
     .flags = react_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 2,
     .positional_max = 3},
    {.noun = "edit",
     .run = edit_run,
     .usage = "[CHANNEL] NUMBER TEXT...",
     .summary = "put something you said in better words; it shows as edited",
     .flags = edit_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 2,
     .positional_max = SIZE_MAX},
    {.noun = "delete",
     .run = delete_run,
     .usage = "[CHANNEL] NUMBER",
     .summary = "delete something you said, from the server too; facilitators delete anything",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    {.noun = "file",
     .verb = "send",
     .run = file_send_run,
     .usage = "[CHANNEL] PATH",
     .summary =
         "send a file of at most 100 MiB; the server sees neither its name nor what is in it",
     .details = "When it is broken off, the same command goes on where it stopped.",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    {.noun = "file",
     .verb = "save",
     .run = file_save_run,
     .usage = "[CHANNEL] NUMBER",
     .summary = "save the file of a message in this folder",
     .details = "When it is broken off, the same command goes on where it stopped.",
     .flags = file_save_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    {.noun = "read",
     .run = read_run,
     .usage = "[CHANNEL]",
     .summary = "what was said",
     .flags = read_flags,
     .needs = COMMAND_NEEDS_VAULT,
     .positional_max = 1},
    {.noun = "history",
     .run = history_run,
     .usage = "[CHANNEL]",
     .summary = "fetch what was said before you joined, where the channel gives it to newcomers",
     .details =
         "A member who has it is asked, and shares it inside the encryption; who that was is shown "
         "with each message. Checked of\neach message: that its author's device signed it, and "
         "that "
         "the directory listed that device then. By the word of\nwhoever shared it: order, times, "
         "and that what is withheld was deleted or is not kept any more.",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = 1},
    {.noun = "search",
     .run = search_run,
     .usage = "WORDS...",
     .summary = "what was said with all of these words, as far as this device knows",
     .details = "The beginnings of words do; case and accents do not count. Nobody learns what you "
                "search for.",
     .flags = search_flags,
     .needs = COMMAND_NEEDS_VAULT,
     .positional_min = 1,
     .positional_max = SIZE_MAX},
    {.noun = "follow",
     .run = follow_run,
     .usage = "[CHANNEL...]",
     .summary = "show what is said as it comes, until Ctrl-C; other commands work meanwhile",
     .needs = COMMAND_NEEDS_CONNECTION,
     .traits = COMMAND_STAYS,
     .positional_max = SIZE_MAX},
    {.noun = "sync",
     .run = sync_run,
     .usage = "",
     .summary = "bring every channel up to date, and do what others wait for",
     .needs = COMMAND_NEEDS_CONNECTION},
    {.noun = "channel",
     .verb = "list",
     .run = channel_list_run,
     .usage = "",
     .summary = "the channels that you are in or may join",
     .flags = channel_list_flags,
     .needs = COMMAND_NEEDS_CONNECTION},
    {.noun = "channel",
     .verb = "show",
     .run = channel_show_run,
     .usage = "[CHANNEL]",
     .summary = "what a channel is, who is in it, who has which role",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = 1},
    {.noun = "channel",
     .verb = "create",
     .run = channel_create_run,
     .usage = "TITLE...",
     .summary = "make a channel; listed and by knocking, unless you say otherwise",
     .flags = channel_create_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = SIZE_MAX},
    {.noun = "channel",
     .verb = "join",
     .run = channel_join_run,
     .usage = "CHANNEL",
     .summary = "join an open channel, or knock at another",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 1},
    {.noun = "channel",
     .verb = "leave",
     .run = channel_leave_run,
     .usage = "CHANNEL",
     .summary = "leave for good; what you read so far stays here",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 1},
    {.noun = "channel",
     .verb = "knocks",
     .run = channel_knocks_run,
     .usage = "[CHANNEL]",
     .summary = "who asks to be let in",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = 1},
    {.noun = "channel",
     .verb = "add",
     .run = channel_add_run,
     .usage = "[CHANNEL] PERSON",
     .summary = "let somebody in, whether or not they knocked",
     .flags = add_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    {.noun = "channel",
     .verb = "refuse",
     .run = channel_refuse_run,
     .usage = "[CHANNEL] PERSON",
     .summary = "say no to somebody who knocked",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    {.noun = "channel",
     .verb = "remove",
     .run = channel_remove_run,
     .usage = "[CHANNEL] PERSON",
     .summary = "remove somebody; they read nothing that is said later",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    {.noun = "channel",
     .verb = "role",
     .run = channel_role_run,
     .usage = "[CHANNEL] PERSON",
     .summary = "give somebody roles in a channel, or take them back",
     .flags = channel_role_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    {.noun = "channel",
     .verb = "set",
     .run = channel_set_run,
     .usage = "[CHANNEL] --keep-days N | --history from-joining",
     .summary = "for how long the server keeps what is said, and what newcomers read",
     .details =
         "By a facilitator. What is over is deleted on the server, and newcomers cannot fetch "
         "it; whoever has read it keeps it.",
     .flags = channel_set_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = 1},
    {.noun = "channel",
     .verb = "resync",
     .run = channel_resync_run,
     .usage = "[CHANNEL]",
     .summary = "come back with a fresh key when a channel is stuck",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = 1},
    {.noun = "peer-assist",
     .verb = "ask",
     .run = peer_assist_ask_run,
     .usage = "QUESTION...",
     .summary = "ask peers for help; needs nobody's approval",
     .details = "Makes a channel with you as its host and facilitator, and plans the session.\n"
                "Then: weft peer-assist invite, weft peer-assist open.",
     .flags = ask_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = SIZE_MAX},
    ON_CHANNEL("peer-assist",
               "propose",
               peer_assist_propose_run,
               "who of other groups could help, each with a reason",
               assisters_flags),
    {.noun = "peer-assist",
     .verb = "invite",
     .run = peer_assist_invite_run,
     .usage = "[CHANNEL [PERSON...]]",
     .summary = "ask people to help; shows who is proposed when you name nobody",
     .flags = assisters_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = SIZE_MAX},
    ON_CHANNEL("peer-assist",
               "open",
               peer_assist_open_run,
               "begin: whoever came to help gets a turn, and the clock runs",
               NULL),
    {.noun = "peer-assist",
     .verb = "role",
     .run = peer_assist_role_run,
     .usage = "[CHANNEL] PERSON ROLE",
     .summary = "make somebody facilitator, sponsor, host, assister or note-taker",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 2,
     .positional_max = 3},
    ON_CHANNEL(
        "stage", "show", stage_show_run, "where a session stands, and whose turn it is", NULL),
    ON_CHANNEL("session", "show", stage_show_run, "the same as weft stage show", NULL),
    ON_CHANNEL("stage", "start", peer_assist_open_run, "begin a session that is planned", NULL),
    ON_CHANNEL("stage", "next", stage_next_run, "go on to the next stage", NULL),
    {.noun = "stage",
     .verb = "extend",
     .run = stage_extend_run,
     .usage = "[CHANNEL] MINUTES",
     .summary = "give this stage more time",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    ON_CHANNEL("stage", "pause", stage_pause_run, "stop the clock", NULL),
    ON_CHANNEL("stage", "resume", stage_resume_run, "let the clock run again", NULL),
    ON_CHANNEL("stage", "end", stage_end_run, "end the whole session", NULL),
    SAYING("note", NULL, "note something down; never out of turn", text_flags),
    SAYING("offer", NULL, "offer help; never out of turn", text_flags),
    SAYING("action", NULL, "something to do; never out of turn", action_flags),
    SAYING("lesson", NULL, "something learned; never out of turn", text_flags),
    SAYING("context", NULL, "what it is about, by those who ask", text_flags),
    SAYING("question", NULL, "ask to understand, not to advise", text_flags),
    SAYING("answer", NULL, "answer a question", text_flags),
    SAYING("idea", NULL, "experience or an option, with its reason", idea_flags),
    SAYING("last-idea", NULL, "your one last idea", idea_flags),
    SAYING("summary", NULL, "sum up", text_flags),
    SAYING("commit", NULL, "what you who asked will do", action_flags),
    SAYING("follow-up", NULL, "what happened afterwards", text_flags),
    {.noun = "harvest",
     .run = harvest_run,
     .usage = "[CHANNEL]",
     .summary = "what remains of a session: options, offers, actions; names nobody",
     .details = "Shows what was given to the group, or else a draft out of what you can read.",
     .flags = harvest_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = 1},
    {.noun = "review",
     .verb = "start",
     .run = review_start_run,
     .usage = "[TITLE...]",
     .summary = "plan an after-action review: what was expected, what happened, why, what next",
     .flags = review_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = SIZE_MAX},
    SAYING("review", "answer", "write your answer; all open together in the next stage", NULL),
    ON_CHANNEL("review", "reveal", review_reveal_run, "read the answers that are open", NULL),
    ON_CHANNEL("review", "approve", review_approve_run, "say yes to the harvest", approve_flags),
    {.noun = "device",
     .verb = "list",
     .run = device_list_run,
     .usage = "[PERSON]",
     .summary = "your devices, how far each has come, and what a revoked one can still read",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = 1},
    {.noun = "device",
     .verb = "add",
     .run = device_add_run,
     .usage = "",
     .summary = "use Weft on another device too: makes a link, and asks for the code it shows",
     .details = device_add_details,
     .needs = COMMAND_NEEDS_CONNECTION,
     .traits = COMMAND_ASKS},
    {.noun = "device",
     .verb = "link",
     .run = device_link_run,
     .usage = "LINK",
     .summary = "make this a device of yours, with the link that weft device add shows",
     .details = "\"-\" takes the link from the standard input. Stopped in between, it goes on with "
                "the same link.",
     .flags = link_flags,
     .needs = COMMAND_NEEDS_NOTHING,
     .traits = COMMAND_ASKS,
     .positional_min = 1,
     .positional_max = 1},
    {.noun = "device",
     .verb = "revoke",
     .run = device_revoke_run,
     .usage = "DEVICE",
     .summary = "shut a device out for good, such as a lost one",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 1},
    {.noun = "device",
     .verb = "reset",
     .run = device_reset_run,
     .usage = "PERSON",
     .summary = "for admins: a new device for somebody who has lost the only one",
     .details = device_reset_details,
     .needs = COMMAND_NEEDS_CONNECTION,
     .traits = COMMAND_ASKS,
     .positional_min = 1,
     .positional_max = 1},
    {.noun = "profile",
     .verb = "show",
     .run = own_profile_show_run,
     .usage = "",
     .summary = "what others may know of you",
     .needs = COMMAND_NEEDS_CONNECTION},
    {.noun = "profile",
     .verb = "set",
     .run = own_profile_set_run,
     .usage = "",
     .summary = "what you work on, can help with, and whether you may be asked",
     .details = profile_set_details,
     .flags = profile_set_flags,
     .needs = COMMAND_NEEDS_CONNECTION},
    {.noun = "people",
     .run = people_run,
     .usage = "[QUERY]",
     .summary = "who may be asked; QUERY is part of a name, group or topic",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = SIZE_MAX},
    {.noun = "group",
     .verb = "list",
     .run = group_list_run,
     .usage = "",
     .summary = "the groups of this community",
     .needs = COMMAND_NEEDS_CONNECTION},
    {.noun = "invitation",
     .verb = "list",
     .run = invitation_list_run,
     .usage = "",
     .summary = "who asks for your help, and why you",
     .needs = COMMAND_NEEDS_CONNECTION},
    {.noun = "invitation",
     .verb = "accept",
     .run = invitation_accept_run,
     .usage = "[INVITATION]",
     .summary = "say yes; INVITATION may be left out when there is one only",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = SIZE_MAX},
    {.noun = "invitation",
     .verb = "decline",
     .run = invitation_decline_run,
     .usage = "[INVITATION]",
     .summary = "say no; no reason is needed",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = SIZE_MAX},
    {.noun = "network",
     .run = network_run,
     .usage = "",
     .summary = "your own ties, how you stand in the network, and whom you might meet",
     .details = network_details,
     .needs = COMMAND_NEEDS_CONNECTION},
    SUGGESTED("accept",
              network_accept_run,
              "say yes to a suggestion; you learn who it is if they say yes too",
              NULL),
    SUGGESTED("decline",
              network_decline_run,
              "say no; nobody is told, and you two are not suggested again for a year",
              NULL),
    SUGGESTED("snooze",
              network_snooze_run,
              "not now; nobody is told, and it may be suggested again later",
              snooze_flags),
    SUGGESTED("never",
              network_never_run,
              "never bring you together, for help or coffee either; nobody is told",
              NULL),
    {.noun = "network",
     .verb = "met",
     .run = network_met_run,
     .usage = "[SUGGESTION] yes|no",
     .summary = "whether you met after an introduction",
     .flags = met_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 2},
    {.noun = "network",
     .verb = "coffee",
     .run = network_coffee_run,
     .usage = "on|off",
     .summary = "be paired with somebody new every few weeks, and named to each other",
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_min = 1,
     .positional_max = 1},
    {.noun = "stats",
     .run = stats_run,
     .usage = "[FILE]",
     .summary = "how connected this community is, in figures that name nobody",
     .details = "Published once a week, the same for members and admins. FILE is for --export.",
     .flags = stats_flags,
     .needs = COMMAND_NEEDS_CONNECTION,
     .positional_max = 1},
};
const size_t command_table_count = sizeof command_table / sizeof *command_table;

const struct command_alias command_aliases[] = {
    /* The first word of a name is looked up first, so that what it gives may be found below. */
    {"peer assist", "peer-assist"}, {"peer-assist stage", "stage"},
    {"peer-assist note", "note"},   {"peer-assist harvest", "harvest"},
    {"commitment", "commit"},       {"review stage", "stage"},
    {"review note", "note"},        {"review harvest", "harvest"},
};
const size_t command_alias_count = sizeof command_aliases / sizeof *command_aliases;

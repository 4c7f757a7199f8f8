/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The kinds of records in the vault: what each holds, and what its numbers mean. Kinds are never
 * used again for something else.
 * Thread rule: constants.
 */
#ifndef WEFT_CORE_RECORDS_H
#define WEFT_CORE_RECORDS_H

enum record_kind {
    /* Of the whole profile: scope none. */
    RECORD_ACCOUNT = 1,     /* 0, 0: account.h */
    RECORD_JOINING = 2,     /* 0, 0: a redemption whose answer is not known yet */
    RECORD_KEY_PACKAGE = 3, /* major: a number: key_pool.h */
    RECORD_LOG_ENTRY = 4,   /* major: position in the directory log */
    RECORD_CHANNEL = 6,     /* major: a number: channel.h */
    RECORD_LINKING = 7,     /* 0, 0: a pairing with another device of ours (device_link.h) */
    RECORD_RESTORE = 8,     /* 0, 0: the last time that the server was put back, signed */

    /* Scope: a person. */
    RECORD_PERSON = 20, /* 0, 0: name and group, as the server said last */

    /* Scope: a channel. */
    RECORD_ENTRY = 40,      /* major: sequence, minor: generation: entry.h */
    RECORD_OUTGOING = 41,   /* major: a number: what was said and is not in the log yet */
    RECORD_COMMIT = 42,     /* 0, 0: the messages of our pending commit */
    RECORD_SEALED = 43,     /* major: a number: the key of an answer that is not revealed yet */
    RECORD_ASKED = 44,      /* 0, 0: the topics that a peer assist was asked about */
    RECORD_UPLOAD = 45,     /* major: a number: key and ids of a file on its way: file_send.c */
    RECORD_CONTINUING = 46, /* 0, 0: whom our next generation lets in, until it is taken */
    RECORD_SEGMENT = 47,    /* major: first sequence: the key of a sealed segment: history_keys.h */
    RECORD_EPOCH = 48,      /* major: epoch, minor: generation: its GroupContext, for history */
    RECORD_SEALING = 49,    /* 0, 0: the segment that is on its way to the server */
    RECORD_TRIES = 51,      /* major: first sequence, minor: of a person: history_tries.h */

    /* Scope: a channel and a person (admission.c). */
    RECORD_ADMITTED = 50, /* 0, 0: who admitted the person, knowing how much of the directory */

    /* Scope: a message of a channel (entry.h). */
    RECORD_MESSAGE = 60,   /* 0, 0: where in its channel's log it is */
    RECORD_TOMBSTONE = 61, /* 0, 0: the same of one that we only know as deleted */
    RECORD_REACTION = 62,  /* major: sequence, minor: generation of the reaction: revision.c */
    RECORD_EDIT = 63,      /* likewise of an edit */

    /* Scope: a channel; this plus enum mls_row_kind. major: epoch, minor: index. */
    RECORD_MLS = 100,
};

#endif

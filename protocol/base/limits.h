/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every maximum of the protocol, each with its reason. Limits of the server and of the client
 * alone stand beside their code (server/limits.h, client-cli/core/limits.h).
 */
#ifndef WEFT_BASE_LIMITS_H
#define WEFT_BASE_LIMITS_H

/* Members of one group: the first commit of 10,000 is 0.8 MB, of more than the upload limit. */
#define LIMIT_GROUP_MEMBERS 16384

/* An upload in chunks: the commit that adds 10,000 is 3.45 MB, a tree of 10,000 is 2.3 MB. */
#define LIMIT_OBJECT_BYTES (8u << 20)

/* A frame, and so anything pushed to a client: larger objects are pulled in chunks. */
#define LIMIT_FRAME_BYTES (64u << 10)

/* Memory for the arrays of a decoded message: a commit of the largest size holds about 40,000
 * proposals of 200 bytes each, and a decoded item is no more than ten times as large. */
#define LIMIT_DECODED_BYTES (64u << 20)

/* Adds in one of our commits: 44 KB, so that the commit still fits a frame. */
#define LIMIT_ADDS_PER_COMMIT 128

/* An entry of a log that travels inside a frame; a larger one is announced by size and pulled. */
#define LIMIT_ENTRY_BYTES (60u << 10)

/* One piece of a large request or response: a frame less its header and the piece's. */
#define LIMIT_PART_BYTES (60u << 10)

/* Names of people, groups and communities, as people write them. */
#define LIMIT_NAME_BYTES 120

/* A title fits a line, a brief fits a screen. */
#define LIMIT_TITLE_BYTES 200
#define LIMIT_BRIEF_BYTES 4000

/* Why two people are introduced: some sentences, with a topic and the names of two groups. */
#define LIMIT_REASON_BYTES 1000

/* A message that a person writes: eight screens; longer texts are documents. */
#define LIMIT_TEXT_BYTES 16000

/* A sealed answer: a text and its authentication tag. */
#define LIMIT_SEALED_BYTES (LIMIT_TEXT_BYTES + 16)

/* A reaction: one emoji of several code points, or a word such as "thanks". */
#define LIMIT_REACTION_BYTES 32

/* Messages that one deletion names: a message and its edits, of which people make a few. */
#define LIMIT_DELETED_AT_ONCE 256

/* A file in a channel: a long scan or a short film. More belongs on a file server. */
#define LIMIT_FILE_BYTES (100u << 20)

/* Pieces in which a file is encrypted, sent and taken up again: a few seconds on a bad line, and
 * few enough that all their hashes fit the message that announces the file. */
#define LIMIT_FILE_CHUNK_BYTES (256u << 10)
#define LIMIT_FILE_CHUNKS (LIMIT_FILE_BYTES / LIMIT_FILE_CHUNK_BYTES)

/* The same encrypted: each chunk has its authentication tag. */
#define LIMIT_SEALED_CHUNK_BYTES (LIMIT_FILE_CHUNK_BYTES + 16)
#define LIMIT_SEALED_FILE_BYTES (LIMIT_FILE_BYTES + 16 * LIMIT_FILE_CHUNKS)

/* A file's name: what file systems allow. */
#define LIMIT_FILE_NAME_BYTES 255

/* Entries of one sealed segment of a channel's history: decisions about it (who seals, what a
 * newcomer has) are then a few for each thousand messages. */
#define LIMIT_SEGMENT_ENTRIES 1000

/* A segment: a thousand messages of the largest size; an ordinary one is a megabyte. Whoever reads
 * it has it in memory once. */
#define LIMIT_SEGMENT_BYTES (72u << 20)

/* Segments that one message gives the keys of: it must fit a frame. */
#define LIMIT_SEGMENT_KEYS 400

/* Members whom a newcomer asks no more for a while, since what they shared was not all: a channel
 * whose beginning nobody has is not filled with answers. */
#define LIMIT_HISTORY_ANSWERED 8

/* Topics, and lines of what somebody can help with, in one profile or request. */
#define LIMIT_TOPICS 16
#define LIMIT_TOPIC_BYTES 80

/* Items of one list in a request or response, so that an answer fits a frame or a few parts. */
#define LIMIT_LIST_ITEMS 1000

/* KeyPackages that a device keeps on the server, and when it refills them. */
#define LIMIT_KEY_PACKAGES 50
#define LIMIT_KEY_PACKAGES_REFILL 20

/* Active devices of a person: a telephone, a ward's computer, one at home; each is a leaf in every
 * channel of theirs. */
#define LIMIT_DEVICES_PER_PERSON 8

/* A KeyPackage of ours is about 350 bytes; an X.509 chain would be some kilobytes. */
#define LIMIT_KEY_PACKAGE_BYTES (8u << 10)

/* An entry of the directory log: ids, two keys and their signatures take 300 bytes. */
#define LIMIT_DIRECTORY_ENTRY_BYTES 1024

/* A session's format: twenty stages with their texts. */
#define LIMIT_FORMAT_BYTES (16u << 10)

/* Fields of the weft_channel extension, those of later versions included. */
#define LIMIT_CHANNEL_FIELDS 32

/* Epochs back for which a message may still arrive, and for how long after the epoch's end. */
#define LIMIT_PAST_EPOCHS 5
#define LIMIT_PAST_EPOCH_MS 60000

/* Proposals that wait for a commit in one epoch: each member sends at most a few, and a flood of
 * them must not grow the group's memory. */
#define LIMIT_CACHED_PROPOSALS 4096

/* RFC 9420, 15.3: steps that a ratchet goes forward for one message. */
#define LIMIT_RATCHET_STEPS 1000

#endif

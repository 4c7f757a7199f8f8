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

/* RFC 9420, 15.3: steps that a ratchet goes forward for one message. */
#define LIMIT_RATCHET_STEPS 1000

#endif

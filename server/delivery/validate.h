/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Checks a commit with its Welcome and GroupInfo, and makes of it what the store keeps. Pure: it
 * reads the channel's public group and the directory, and changes neither.
 * Errors: those of public_group.h, channel/policy.h and the codec; `refusal` says why in words
 * where there are some. Thread rule: any thread, under the rule of channel.h.
 */
#ifndef WEFT_DELIVERY_VALIDATE_H
#define WEFT_DELIVERY_VALIDATE_H

#include "protocol/channel/policy.h"
#include "server/store/log.h"

struct validate_input {
    const struct mls_public_group *group;
    const struct directory *directory;
    struct span commit;
    struct span welcome; /* empty: nobody was added */
    struct span group_info;
    struct id device; /* who sent it: must be the committer */
    int64_t now_ms;
    uint64_t log_size_min; /* what the commit before it knew of the directory */
    size_t tree_bytes_max; /* from there on nobody is added */
};

struct validate_output {
    struct mls_staged_commit *staged; /* the caller's */
    struct buffer public_state;       /* the caller's */
    struct buffer tree;               /* the caller's */
    struct span tree_hash;
    struct buffer welcomes_bytes;        /* the caller's; lent by `welcomes` */
    struct store_member_change *changes; /* in the arena, as the rest */
    size_t change_count;
    struct store_welcome_new *welcomes;
    size_t welcome_count;
    uint64_t log_size; /* what it knows of the directory */
    struct channel_refusal refusal;
};

void validate_output_init(struct validate_output *output);
void validate_output_clear(struct validate_output *output);

/* What the options of every check in a channel are. */
void validate_options(const struct directory *directory,
                      int64_t now_ms,
                      struct mls_options *options);

MUST_CHECK enum status validate_commit(const struct validate_input *input,
                                       struct arena *arena,
                                       struct validate_output *output);

#endif

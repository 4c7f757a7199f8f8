/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A group of 3 to 12 members and what happens to it at random: the steps of the model test, each
 * of which leaves all members in agreement. Valid ones are in model_valid.c, those that must be
 * refused and change nothing in model_invalid.c.
 *
 * What was said waits as `held` until a later step delivers it, out of order and up to three epochs
 * late. Proposals by reference wait in the group itself; the next commit covers them.
 * A failed expectation ends the test.
 */
#ifndef WEFT_TESTS_MEMBER_MODEL_H
#define WEFT_TESTS_MEMBER_MODEL_H

#include "tests/unit/protocol/mls/member/world.h"

#define MODEL_MEMBERS_MIN 3
#define MODEL_HELD_MAX 24

struct model_held {
    struct buffer message;
    char text[16];
    uint64_t epoch;
    bool waits[WORLD_MEMBERS_MAX]; /* for whom */
};

struct model {
    struct world world;
    uint32_t state; /* of the choices, which do not depend on keys */
    uint32_t said;
    uint32_t groups; /* that this one has continued */
    struct model_held held[MODEL_HELD_MAX];
    size_t held_count;
    /* The last commit, for a replay. */
    struct buffer past_commit;
    /* The key of an external sender, which the group may or may not name. */
    struct secret operator_private;
    struct signature_public operator_public;
};

/* A group of three to eight. */
void model_init(struct model *model, uint32_t seed);
void model_clear(struct model *model);

/* ---- choosing ---- */

/* Less than `below`. */
uint32_t model_choose(struct model *model, uint32_t below);
bool model_chance(struct model *model, uint32_t percent);
bool model_is_in(const struct model *model, size_t who);
size_t model_count(const struct model *model);
/* Somebody who is in the group, who is not, or who is and is not `but`. */
size_t model_member(struct model *model);
size_t model_outsider(struct model *model);
size_t model_other(struct model *model, size_t but);

/* The group as somebody sees it, all being in agreement. */
const struct mls_public_group *model_public(const struct model *model);
/* Proposals that wait for a commit. */
size_t model_waiting(const struct model *model);
/* Who has this credential; WORLD_MEMBERS_MAX for nobody. */
size_t model_find(const struct model *model, const struct mls_credential *credential);
/* The type's Add, Remove or other proposal waits already. */
bool model_waits(const struct model *model, uint16_t type);

/* ---- what steps are made of ---- */

/* `who` commits, everybody follows and whoever was added joins. Reads what would be too late. */
void model_commit(struct model *model, size_t who, const struct mls_commit_request *request);

/* Everybody in the group receives it. */
void model_hear_all(struct model *model, struct span message);

/* A fresh KeyPackage of the member's. */
void model_package(struct model *model, size_t who, struct mls_key_package_checked *checked);

/* A member restarts, and has the PSKs again. */
void model_restart(struct model *model, size_t who);

/* External PSKs are known to everybody by ids that begin with "psk". */
extern const struct mls_psk_store model_psks;

/* Reads what is held, each message for each with this chance, in random order. */
void model_read(struct model *model, uint32_t percent);
/* Nobody waits for anything of `who`'s group any more, as when it is replaced. */
void model_forget_held(struct model *model, size_t who);

/* ---- steps ---- */

/* One step of each kind; a step that cannot be taken now does nothing. */
struct model_step {
    const char *name;
    void (*take)(struct model *model);
    uint32_t weight;
};
extern const struct model_step model_valid_steps[];
extern const size_t model_valid_step_count;
extern const struct model_step model_invalid_steps[];
extern const size_t model_invalid_step_count;

/* All agree; where no proposal waits, also by talking to each other. */
void model_check(struct model *model);

#endif

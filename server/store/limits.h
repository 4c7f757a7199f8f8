/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every maximum of the store, with its reason. */
#ifndef WEFT_STORE_LIMITS_H
#define WEFT_STORE_LIMITS_H

#include <stdint.h>

/* Jobs that wait for one thread: a second of work at the slowest rate measured for single-row
 * commits; more would only be waiting that the sender cannot see. */
#define STORE_QUEUE_JOBS_MAX 8192

/* Jobs of one transaction: from 100 rows on a commit gains little and takes longer (1 ms at 100,
 * 6 ms at 1,000), and everybody in it waits for it. */
#define STORE_BATCH_JOBS_MAX 256

/* Commits between two that wait for more jobs than are expected (window.h): soon again when that
 * brought some; otherwise so seldom that the wait is nothing to whoever sends alone. */
#define STORE_WINDOW_TRIAL_COMMITS_MIN 8
#define STORE_WINDOW_TRIAL_COMMITS_MAX 512

/* After a pause of this length no job waits for others: longer than a thousand deliveries over TLS
 * take, after which those who wait for them send again, and shorter than anybody types. */
#define STORE_WINDOW_PAUSE_US 100000

/* Pages of the write-ahead log that are filled beforehand: 8 MiB. While the log stays inside,
 * an fsync changes no file size; a log that grows is 27 times slower at one row a commit. */
#define STORE_WAL_PAGES_FILLED 2048

/* Pages after which the writer checkpoints, so that the log starts again inside what is filled;
 * the rest is room for one more large transaction. */
#define STORE_WAL_PAGES_CHECKPOINT 1536

/* Deleted bytes leave the write-ahead log within the hour. */
#define STORE_WAL_TRUNCATE_INTERVAL_MS (30 * 60 * 1000)

/* Room for the write-ahead log, its checkpoint, and one upload of the largest size. */
#define STORE_FREE_BYTES_MIN (64u << 20)

/* How often a store that has something to do of its own looks whether a full disk has room again:
 * an operator who made some sees it at once, and looking costs nothing. */
#define STORE_FULL_DISK_PAUSE_US 1000000

/* A message may name one of the last 5 epochs if that ended less than a minute ago: it was on
 * its way when the commit won. */
#define STORE_LATE_EPOCHS_MAX 5
#define STORE_LATE_EPOCH_MS 60000

/* Messages whose ids are in memory and not yet in the index: 7 MiB, and read from the log at the
 * first message after a start. With a million messages in the index, some five go into each page
 * that is then written. */
#define STORE_LOG_IDS_MAX 65536

/* Of those, how many go into the index at once, while messages wait: some milliseconds, and a
 * quarter of the write-ahead log when each has a page of its own. */
#define STORE_LOG_IDS_PORTION 512

/* Of the Welcomes that wait for a device, what one answer has, which is asked for again until there
 * are none: a Welcome is 1 KiB, or 8 MiB of somebody who wants nothing else to get through. */
#define STORE_WELCOMES_AT_ONCE 20
#define STORE_WELCOMES_BYTES_AT_ONCE (1u << 20)

/* How exactly it is kept when a member last wrote: it is weighed in days, and every message would
 * rewrite the row otherwise. */
#define STORE_TOOK_PART_MS (INT64_C(60) * 1000)

/* Channels, and senders in them, whose last messages' checks are remembered (log_heads.h): a summit
 * day's, in 152 KiB. More than these cost a look into the database, as each did otherwise. */
#define STORE_LOG_HEADS 1024
#define STORE_LOG_SENDERS 2048

/* The window of the weekly contact limit. */
#define STORE_CONTACT_WINDOW_MS (INT64_C(7) * 24 * 3600 * 1000)

/* Texts of a row, in bytes: a line on a screen, and a short paragraph. */
#define STORE_NAME_BYTES_MAX 256
#define STORE_TEXT_BYTES_MAX 4096

/* Topics, offers or groups of one profile: more says nothing about anybody. */
#define STORE_PROFILE_ITEMS_MAX 32

/* Files of one person, and of one channel: what a community of some hundred people fits on an
 * ordinary disk, and more than a session's material. */
#define STORE_FILES_PERSON_BYTES_MAX (UINT64_C(2) << 30)
#define STORE_FILES_CHANNEL_BYTES_MAX (UINT64_C(4) << 30)

/* Uploads of a person that wait to go on: one a device, and some that broke off for good. */
#define STORE_FILES_UNFINISHED_MAX 8

/* Until an upload that nobody goes on with, or that no message announces, is deleted. */
#define STORE_FILE_UNFINISHED_MS (INT64_C(7) * 24 * 3600 * 1000)

/* What files leave free on the disk: messages go on (STORE_FREE_BYTES_MIN) when it is reached. */
#define STORE_FILES_FREE_BYTES_MIN (256u << 20)

/* One-time KeyPackages of a device: twice the pool of 50, for a refill that crosses a fetch. */
#define STORE_KEY_PACKAGES_MAX 100

/* One-time KeyPackages of a device that one person gets in a day; then they get its last resort,
 * which no taking uses up. More than anybody sets up channels with the same colleague in a day, and
 * ten people would have to work together to empty a pool. */
#define STORE_KEY_PACKAGES_PER_TAKER 5
#define STORE_KEY_PACKAGES_TAKER_MS (INT64_C(24) * 3600 * 1000)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an entry may follow those that the directory has: for the files of directory.h alone.
 *
 * Ownership: nothing is kept. Errors: those of directory.h. Thread rule: that of directory.h.
 */
#ifndef WEFT_DIRECTORY_DIRECTORY_CHECK_H
#define WEFT_DIRECTORY_DIRECTORY_CHECK_H

#include "protocol/directory/directory.h"

/* What of an entry's signatures is checked when it is applied. */
enum directory_care {
    DIRECTORY_CARE_ALL,
    DIRECTORY_CARE_LATER, /* not the own ones of a first device */
    DIRECTORY_CARE_NONE,  /* they were before */
};

/* `entry` is what was decoded from `entry_bytes`. Its own signatures are the caller's to check. */
MUST_CHECK enum status directory_check_entry(const struct directory *directory,
                                             const struct directory_entry *entry,
                                             struct span entry_bytes,
                                             bool authority_is_admin,
                                             enum directory_care care);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/find_person.h"

enum status find_person(struct store_db *db, const char *text, struct id *person)
{
    enum status status = store_people_by_external_id(db, span_from_text(text), person);
    if (status == STATUS_NOT_FOUND)
        status = store_people_by_prefix(db, span_from_text(text), person);
    return status == STATUS_MALFORMED ? STATUS_NOT_FOUND : status; /* no id of either kind */
}

const char *find_person_problem(enum status found, const char *otherwise)
{
    if (found == STATUS_NOT_FOUND)
        return "nobody has this person_id, or an id that begins so, with six letters at least "
               "(weftd person list)";
    if (found == STATUS_CONFLICT)
        return "several people's ids begin so (weftd person list)";
    return otherwise;
}

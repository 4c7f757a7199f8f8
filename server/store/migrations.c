/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/migrations.h"

#include "server/store/query.h"

/* "weft" in ASCII: says whose file it is (PRAGMA application_id). */
#define APPLICATION_ID 0x77656674

static const char people_tables[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    /* Written and deleted only to fill the write-ahead log (wal.h). */
    "CREATE TABLE wal_fill (row INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"

    "CREATE TABLE staff_groups ("
    "  group_id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE people ("
    "  person BLOB PRIMARY KEY, role INTEGER NOT NULL, state INTEGER NOT NULL,"
    "  opted_in INTEGER NOT NULL, contacts_per_week_max INTEGER NOT NULL,"
    "  created_at_ms INTEGER NOT NULL, joined_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    /* All of a person that can be erased, apart from people so that one DELETE does it. */
    "CREATE TABLE person_details ("
    "  person BLOB PRIMARY KEY REFERENCES people, name TEXT NOT NULL, external_id TEXT UNIQUE,"
    "  group_id BLOB REFERENCES staff_groups) STRICT, WITHOUT ROWID;"
    "CREATE TABLE profile_items ("
    "  person BLOB NOT NULL REFERENCES people, kind INTEGER NOT NULL, position INTEGER NOT NULL,"
    "  text TEXT NOT NULL, PRIMARY KEY (person, kind, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE profile_groups ("
    "  person BLOB NOT NULL REFERENCES people, position INTEGER NOT NULL,"
    "  group_id BLOB NOT NULL REFERENCES staff_groups,"
    "  PRIMARY KEY (person, position)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE devices ("
    "  device BLOB PRIMARY KEY, person BLOB NOT NULL REFERENCES people,"
    "  login_key BLOB NOT NULL UNIQUE, leaf_key BLOB NOT NULL UNIQUE, state INTEGER NOT NULL,"
    "  created_at_ms INTEGER NOT NULL, revoked_at_ms INTEGER NOT NULL, seen_at_ms INTEGER NOT NULL,"
    /* As the directory says. */
    "  absent INTEGER NOT NULL DEFAULT 0,"
    "  vault_counter INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX devices_by_person ON devices (person);"

    /* Of the last minutes: links between an approving device and a new one. */
    "CREATE TABLE pairings ("
    "  pairing BLOB PRIMARY KEY, device BLOB NOT NULL REFERENCES devices,"
    "  person BLOB NOT NULL REFERENCES people, state INTEGER NOT NULL, commitment BLOB NOT NULL,"
    "  approver BLOB NOT NULL, nonce BLOB NOT NULL, entry BLOB NOT NULL,"
    "  expires_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE invites ("
    "  invite BLOB PRIMARY KEY, secret_hash BLOB NOT NULL UNIQUE, role INTEGER NOT NULL,"
    "  group_id BLOB REFERENCES staff_groups, person BLOB REFERENCES people, created_by BLOB,"
    "  created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, uses_max INTEGER NOT NULL,"
    "  uses INTEGER NOT NULL CHECK (uses <= uses_max), revoked INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE redemptions ("
    "  invite BLOB NOT NULL REFERENCES invites, device BLOB NOT NULL, person BLOB NOT NULL,"
    "  at_ms INTEGER NOT NULL, PRIMARY KEY (invite, device)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE directory_log ("
    "  log_index INTEGER PRIMARY KEY, entry BLOB NOT NULL, leaf_hash BLOB NOT NULL,"
    "  at_ms INTEGER NOT NULL) STRICT;"
    /* That the log was put back, and to where: signed, as clients get it. */
    "CREATE TABLE directory_restores ("
    "  number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE directory_head ("
    "  row INTEGER PRIMARY KEY CHECK (row = 1), size INTEGER NOT NULL, root BLOB NOT NULL,"
    "  signed_head BLOB NOT NULL) STRICT;"

    "CREATE TABLE key_packages ("
    "  row INTEGER PRIMARY KEY, device BLOB NOT NULL REFERENCES devices, ref BLOB NOT NULL,"
    "  bytes BLOB NOT NULL, last_resort INTEGER NOT NULL, used INTEGER NOT NULL,"
    "  expires_at_ms INTEGER NOT NULL, UNIQUE (device, ref)) STRICT;"
    "CREATE INDEX key_packages_to_take ON key_packages (device, last_resort, row);"
    "CREATE INDEX key_packages_by_end ON key_packages (expires_at_ms);"
    /* How many one-time packages of a device somebody had since: for a day. */
    "CREATE TABLE key_package_takings ("
    "  device BLOB NOT NULL REFERENCES devices, taker BLOB NOT NULL, taken INTEGER NOT NULL,"
    "  since_ms INTEGER NOT NULL, PRIMARY KEY (device, taker)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE ties ("
    "  a BLOB NOT NULL REFERENCES people, b BLOB NOT NULL REFERENCES people,"
    "  kind INTEGER NOT NULL, weight REAL NOT NULL, at_ms INTEGER NOT NULL, CHECK (a < b),"
    "  PRIMARY KEY (a, b, kind)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX ties_by_other_end ON ties (b);"

    "CREATE TABLE publications ("
    "  row INTEGER PRIMARY KEY, as_of_ms INTEGER NOT NULL, document BLOB NOT NULL) STRICT;"
    "CREATE TABLE publication_marks ("
    "  cell BLOB PRIMARY KEY, value INTEGER NOT NULL, marks BLOB NOT NULL) STRICT, WITHOUT ROWID;"

    /* AUTOINCREMENT: a number is never given twice, so that a gap shows. */
    "CREATE TABLE audit ("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, actor BLOB,"
    "  act TEXT NOT NULL, subject BLOB, amount INTEGER NOT NULL) STRICT;";

static const char channel_tables[] =
    /* Small rows, since every commit rewrites one. `generation_base` is the sequence before the
     * first of the generation. */
    "CREATE TABLE channels ("
    "  channel BLOB PRIMARY KEY, visibility INTEGER NOT NULL, history INTEGER NOT NULL,"
    "  state INTEGER NOT NULL, created_by BLOB NOT NULL REFERENCES people,"
    "  created_by_device BLOB NOT NULL, created_at_ms INTEGER NOT NULL,"
    "  generation INTEGER NOT NULL, epoch INTEGER NOT NULL, generation_base INTEGER NOT NULL,"
    /* How many days messages are kept, 0: for ever; up to where those that are over are deleted. */
    "  keep_days INTEGER NOT NULL DEFAULT 0, expired_sequence INTEGER NOT NULL DEFAULT 0,"
    /* Who waits for somebody to share what was said before; zeros: nobody. */
    "  history_asked_by BLOB NOT NULL DEFAULT (zeroblob(16)),"
    /* The last entry that deleted another: what was sealed before it may hold what is gone. */
    "  deleted_by_sequence INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID;"
    /* Who began each generation but the first. */
    "CREATE TABLE channel_generations ("
    "  channel BLOB NOT NULL REFERENCES channels, generation INTEGER NOT NULL,"
    "  device BLOB NOT NULL, person BLOB NOT NULL, at_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (channel, generation)) STRICT, WITHOUT ROWID;"
    /* Members that could not follow a commit. */
    "CREATE TABLE channel_reports ("
    "  channel BLOB NOT NULL REFERENCES channels, generation INTEGER NOT NULL,"
    "  device BLOB NOT NULL, person BLOB NOT NULL, about BLOB NOT NULL, bytes BLOB NOT NULL,"
    "  PRIMARY KEY (channel, generation, device)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE channel_notices ("
    "  channel BLOB PRIMARY KEY REFERENCES channels, title TEXT NOT NULL, brief TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE channel_groups ("
    "  channel BLOB PRIMARY KEY REFERENCES channels, public_state BLOB NOT NULL,"
    "  group_info BLOB NOT NULL) STRICT;"
    /* The current epoch's, and those that a waiting Welcome or a replay needs. */
    "CREATE TABLE trees ("
    "  channel BLOB NOT NULL REFERENCES channels, generation INTEGER NOT NULL,"
    "  epoch INTEGER NOT NULL, tree BLOB NOT NULL, UNIQUE (channel, generation, epoch)) STRICT;"
    "CREATE TABLE channel_members ("
    "  channel BLOB NOT NULL REFERENCES channels, device BLOB NOT NULL REFERENCES devices,"
    "  person BLOB NOT NULL REFERENCES people, leaf INTEGER NOT NULL, since_ms INTEGER NOT NULL,"
    /* What weave/ counts as taking part, and when last, to the minute. */
    "  took_part INTEGER NOT NULL, last_at_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (channel, device), UNIQUE (channel, leaf)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX channel_members_by_device ON channel_members (device);"
    "CREATE INDEX channel_members_by_person ON channel_members (person);"
    /* Where a device was taken out: it may read up to there, and see who did it. */
    "CREATE TABLE departures ("
    "  channel BLOB NOT NULL REFERENCES channels, device BLOB NOT NULL REFERENCES devices,"
    "  generation INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    "  PRIMARY KEY (channel, device)) STRICT, WITHOUT ROWID;"

    /* A rowid table: keyed by (channel, sequence) it would be 1.5 to 5 times slower to append to.
     * No foreign keys: the append has looked up channel and device itself. */
    "CREATE TABLE log ("
    "  row INTEGER PRIMARY KEY, channel BLOB NOT NULL, generation INTEGER NOT NULL,"
    "  sequence INTEGER NOT NULL, epoch INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL, device BLOB NOT NULL, message BLOB NOT NULL,"
    "  size_bytes INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB,"
    "  UNIQUE (channel, generation, sequence)) STRICT;"
    /* By message id, up to a row of the log (log_ids.h). No row of the log is ever deleted. */
    "CREATE TABLE log_messages ("
    "  channel BLOB NOT NULL, device BLOB NOT NULL, message BLOB NOT NULL, row INTEGER NOT NULL,"
    "  PRIMARY KEY (channel, device, message)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE log_indexed ("
    "  only INTEGER PRIMARY KEY CHECK (only = 1), up_to INTEGER NOT NULL) STRICT;"
    "INSERT INTO log_indexed (only, up_to) VALUES (1, 0);"
    /* One winner an epoch, whatever the code above believes. */
    "CREATE UNIQUE INDEX log_commits ON log (channel, generation, epoch) WHERE kind = 1;"

    /* The encrypted bytes are beside the database (file_disk.h). */
    "CREATE TABLE files ("
    "  file BLOB PRIMARY KEY, channel BLOB NOT NULL REFERENCES channels,"
    "  person BLOB NOT NULL REFERENCES people, device BLOB NOT NULL, message BLOB NOT NULL,"
    "  size_bytes INTEGER NOT NULL, complete INTEGER NOT NULL, created_at_ms INTEGER NOT NULL,"
    "  sha256 BLOB," /* of the hashes of its chunks, once it is complete */
    /* Of a sealed segment, which no message announces: what it holds; 0 for a file. */
    "  first_sequence INTEGER NOT NULL DEFAULT 0, last_sequence INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX files_by_message ON files (channel, message);"
    "CREATE INDEX files_by_person ON files (person);"

    "CREATE TABLE welcomes ("
    "  device BLOB NOT NULL REFERENCES devices, channel BLOB NOT NULL REFERENCES channels,"
    "  generation INTEGER NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    "  ref BLOB NOT NULL, tree_hash BLOB NOT NULL, bytes BLOB NOT NULL,"
    "  expires_at_ms INTEGER NOT NULL,"
    "  UNIQUE (device, channel, generation, epoch)) STRICT;"
    "CREATE INDEX welcomes_by_epoch ON welcomes (channel, generation, epoch);"
    "CREATE INDEX welcomes_by_end ON welcomes (expires_at_ms);";

static const char session_tables[] =
    "CREATE TABLE knocks ("
    "  channel BLOB NOT NULL REFERENCES channels, person BLOB NOT NULL REFERENCES people,"
    "  state INTEGER NOT NULL, knocked_at_ms INTEGER NOT NULL, answered_by BLOB,"
    "  answered_at_ms INTEGER NOT NULL, PRIMARY KEY (channel, person)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX knocks_by_person ON knocks (person);"
    "CREATE TABLE removals ("
    "  channel BLOB NOT NULL REFERENCES channels, device BLOB NOT NULL REFERENCES devices,"
    "  reason INTEGER NOT NULL, request BLOB NOT NULL, asked_at_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (channel, device)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE wants ("
    "  channel BLOB NOT NULL REFERENCES channels, device BLOB NOT NULL REFERENCES devices,"
    "  PRIMARY KEY (channel, device)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX wants_by_device ON wants (device);"

    "CREATE TABLE sessions ("
    "  row INTEGER PRIMARY KEY, session BLOB NOT NULL UNIQUE,"
    "  channel BLOB NOT NULL REFERENCES channels, parent BLOB, format BLOB NOT NULL,"
    "  created_by BLOB NOT NULL REFERENCES people, created_at_ms INTEGER NOT NULL,"
    "  starts_at_ms INTEGER NOT NULL, started_at_ms INTEGER NOT NULL,"
    "  ended_at_ms INTEGER NOT NULL, state INTEGER NOT NULL, stage_index INTEGER NOT NULL,"
    "  stage_counter INTEGER NOT NULL, remaining_ms INTEGER NOT NULL,"
    "  deadline_ms INTEGER NOT NULL, control_message BLOB, owner BLOB,"
    "  lease_until_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX sessions_by_channel ON sessions (channel, row);"
    "CREATE INDEX sessions_open ON sessions (row) WHERE state <> 4;"

    "CREATE TABLE invitations ("
    "  row INTEGER PRIMARY KEY, invitation BLOB NOT NULL UNIQUE,"
    "  channel BLOB NOT NULL REFERENCES channels, session BLOB,"
    "  person BLOB NOT NULL REFERENCES people, invited_by BLOB NOT NULL REFERENCES people,"
    "  state INTEGER NOT NULL, reason BLOB NOT NULL, created_at_ms INTEGER NOT NULL,"
    "  answered_at_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX invitations_by_person ON invitations (person, row);"
    "CREATE INDEX invitations_by_channel ON invitations (channel, row);"
    "CREATE TABLE contacts ("
    "  row INTEGER PRIMARY KEY, person BLOB NOT NULL REFERENCES people, at_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX contacts_by_person ON contacts (person, at_ms);"

    /* Introductions and coffee tables: what all who are in one share, and each one's side of it.
     * Numbers of sides are told to their person alone, the introduction's to nobody. */
    "CREATE TABLE introductions ("
    "  introduction BLOB PRIMARY KEY, kind INTEGER NOT NULL, shared INTEGER NOT NULL,"
    "  created_at_ms INTEGER NOT NULL, ends_at_ms INTEGER NOT NULL,"
    "  agreed_at_ms INTEGER NOT NULL, ask_at_ms INTEGER NOT NULL, channel BLOB,"
    "  opened INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE introduction_sides ("
    "  side BLOB PRIMARY KEY, introduction BLOB NOT NULL REFERENCES introductions,"
    "  person BLOB NOT NULL REFERENCES people, choice INTEGER NOT NULL,"
    "  chosen_at_ms INTEGER NOT NULL, again_at_ms INTEGER NOT NULL, told INTEGER NOT NULL,"
    "  met INTEGER NOT NULL, useful INTEGER NOT NULL, reason TEXT NOT NULL,"
    "  UNIQUE (introduction, person)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX introduction_sides_by_person ON introduction_sides (person);"
    "CREATE TABLE never_matched ("
    "  a BLOB NOT NULL REFERENCES people, b BLOB NOT NULL REFERENCES people, CHECK (a < b),"
    "  PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE coffee ("
    "  person BLOB PRIMARY KEY REFERENCES people, since_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE read_positions ("
    "  person BLOB NOT NULL REFERENCES people, channel BLOB NOT NULL REFERENCES channels,"
    "  generation INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    "  PRIMARY KEY (person, channel)) STRICT, WITHOUT ROWID;";

static enum status create_schema(struct store_db *db)
{
    TRY(store_db_execute(db, people_tables));
    TRY(store_db_execute(db, channel_tables));
    return store_db_execute(db, session_tables);
}

/* Step i leads from version i to i + 1. */
static enum status (*const migrations[])(struct store_db *db) = {
    create_schema,
};

#define VERSION_NEWEST (sizeof migrations / sizeof migrations[0])

static enum status pragma_value(struct store_db *db, const char *sql, int64_t *value)
{
    CLEANUP(query_end) struct query q = query_on(db, sql);
    TRY(query_one(&q));
    query_take_int(&q, value);
    return q.status;
}

/* PRAGMA takes no parameters: the text is made from a number of ours. */
static enum status set_pragma(struct store_db *db, const char *name, unsigned value)
{
    char sql[64];
    sqlite3_snprintf(sizeof sql, sql, "PRAGMA %s = %u", name, value);
    return store_db_execute(db, sql);
}

static enum status apply_step(struct store_db *db, unsigned version)
{
    TRY(store_db_execute(db, "BEGIN IMMEDIATE"));
    enum status status = migrations[version](db);
    if (status == STATUS_OK && version == 0)
        status = set_pragma(db, "application_id", APPLICATION_ID);
    if (status == STATUS_OK)
        status = set_pragma(db, "user_version", version + 1);
    if (status == STATUS_OK)
        status = store_db_execute(db, "COMMIT");
    if (status != STATUS_OK && !store_db_transaction_is_gone(db)) {
        enum status rolled_back = store_db_execute(db, "ROLLBACK");
        (void)rolled_back; /* the first failure is the one to tell */
    }
    return status;
}

enum status store_migrations_apply(struct store_db *db)
{
    int64_t version;
    int64_t application;
    int64_t objects;
    TRY(pragma_value(db, "PRAGMA user_version", &version));
    TRY(pragma_value(db, "PRAGMA application_id", &application));
    TRY(pragma_value(db, "SELECT count(*) FROM sqlite_schema", &objects));
    if (version < 0 || application != (version == 0 ? 0 : APPLICATION_ID))
        return STATUS_CORRUPT;
    if (version == 0 && objects != 0)
        return STATUS_CORRUPT;
    if (version > (int64_t)VERSION_NEWEST)
        return STATUS_UNSUPPORTED;
    for (unsigned step = (unsigned)version; step < VERSION_NEWEST; step++)
        TRY(apply_step(db, step));
    return STATUS_OK;
}

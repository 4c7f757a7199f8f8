# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may ask what: every request, everybody, and the answer. test_access.py sends each and compares; a request of
protocol/wire/requests.h that is missing here fails it.

Whoever is not logged in, is suspended, or whose device was revoked is answered `unauthenticated`, but for what stands under
BEFORE_LOGIN. `invalid`, `conflict`, `wrong_epoch` and `exists` are answers to what was asked by somebody who may ask."""

# Requests about a channel, or a session in one. Of those outside, staff, facilitators and admins of the community who were
# never in it, and a member who was removed, get the same answer, but for what stands under FORMER. A channel that is private or confidential is not there for
# them: byte by byte what they get for an id that nobody has. `member` has no role in the channel, `host` is its facilitator.
# The message that is deleted is another's, the file the member's.
CHANNEL = """
                        outside                            member                      host
                        open         restricted  unlisted  open         elsewhere
key_packages_fetch      denied       denied      not_found ok           denied         ok
channel_show            ok           ok          not_found ok           ok             ok
channel_group           ok           denied      not_found ok           ok             ok
channel_commit          wrong_epoch  denied      not_found wrong_epoch  wrong_epoch    ok
channel_send            denied       denied      not_found ok           ok             ok
channel_page            denied       denied      not_found ok           ok             ok
channel_entry           denied       denied      not_found ok           ok             ok
channel_subscribe       denied       denied      not_found ok           ok             ok
channel_knock           ok           ok          not_found exists       exists         exists
channel_knocks          denied       denied      not_found ok           ok             ok
channel_knock_answer    denied       denied      not_found ok           denied         ok
channel_leave           denied       denied      not_found invalid      invalid        invalid
welcome_done            ok           ok          ok        ok           ok             ok
read_position           denied       denied      not_found ok           ok             ok
work_list               denied       denied      not_found ok           ok             ok
channel_report          denied       denied      not_found invalid      invalid        invalid
channel_continue        denied       denied      not_found invalid      invalid        invalid
channel_generation      ok           ok          not_found ok           ok             ok
session_create          denied       denied      not_found denied       denied         ok
session_show            denied       denied      not_found ok           ok             ok
session_stage           not_found    not_found   not_found denied       denied         conflict
channel_delete          denied       denied      not_found denied       denied         ok
history_ask             denied       denied      not_found ok           ok             ok
history_show            denied       denied      not_found ok           ok             ok
history_begin           denied       denied      not_found conflict     conflict       not_now
history_shared          denied       denied      not_found ok           ok             conflict
assisters_propose       denied       denied      not_found denied       denied         ok
assisters_invite        denied       denied      not_found denied       denied         ok
file_begin              denied       denied      not_found ok           ok             ok
file_put                denied       denied      not_found ok           ok             denied
file_done               denied       denied      not_found invalid      invalid        denied
file_get                denied       denied      not_found ok           ok             ok
file_drop               denied       denied      not_found ok           ok             denied
channel_keep            denied       denied      not_found denied       denied         ok
"""

# Whoever was removed may read the log up to there, and see who did it.
FORMER = ("channel_page", "channel_entry")

# About what is one person's own, the `owner`'s, or nobody's. `read` pulls what is kept for its own connection, where nothing is.
PERSON = """
                        staff        facilitator admin        owner
invite_show             ok           ok          ok           ok
redeem                  exists       exists      exists       exists
login                   conflict     conflict    conflict     conflict
ping                    ok           ok          ok           ok
read                    not_found    not_found   not_found    not_found
log_entries             ok           ok          ok           ok
pairing_open            denied       denied      ok           ok
pairing_step            ok           ok          ok           ok
pairing_show            not_found    not_found   not_found    ok
pairing_answer          not_found    not_found   not_found    ok
pairing_finish          not_found    not_found   not_found    ok
device_list             denied       denied      ok           ok
device_revoke           denied       denied      ok           conflict
person_get              ok           ok          ok           ok
people                  ok           ok          ok           ok
profile_set             ok           ok          ok           ok
groups                  ok           ok          ok           ok
read_positions          ok           ok          ok           ok
key_packages_publish    denied       denied      denied       ok
key_packages_count      ok           ok          ok           ok
channel_create          denied       denied      denied       ok
channel_list            ok           ok          ok           ok
welcomes                ok           ok          ok           ok
invitations             ok           ok          ok           ok
invitation_answer       not_found    not_found   not_found    ok
stats                   ok           ok          ok           ok
network                 ok           ok          ok           ok
suggestions             ok           ok          ok           ok
suggestion_answer       not_found    not_found   not_found    ok
suggestion_opened       not_found    not_found   not_found    ok
suggestion_met          not_found    not_found   not_found    ok
coffee                  denied       denied      denied       ok
log_restores            ok           ok          ok           ok
"""

# Not logged in: with an invite of somebody who has joined, and a login that was signed for another connection.
BEFORE_LOGIN = """
invite_show             ok
redeem                  exists
login                   unauthenticated
ping                    ok
pairing_step            ok
"""

# What the login of whoever was shut out is answered, though its signature is right.
SHUT_OUT = {"suspended": "unauthenticated", "revoked": "denied"}

OUTSIDE = ("staff", "facilitator", "admin", "former")
INSIDE = ("host", "member")  # in this order: the member drops the file
PEOPLE = ("staff", "facilitator", "admin", "owner")


def _rows(text):
    lines = [line.split() for line in text.splitlines() if line[:1].strip()]
    return {name: cells for name, *cells in lines}


def channel_answer(request, kind, caller):
    outside_open, outside_restricted, outside_unlisted, member_open, member_elsewhere, host = _rows(CHANNEL)[request]
    if caller == "host":
        return host
    if caller == "former" and request in FORMER:
        return "ok"
    if caller == "member":
        return member_open if kind == "open" else member_elsewhere
    return {"open": outside_open, "restricted": outside_restricted}.get(kind, outside_unlisted)


def person_answer(request, caller):
    return _rows(PERSON)[request][PEOPLE.index(caller)]


def answer_without_login(request):
    return _rows(BEFORE_LOGIN).get(request, ["unauthenticated"])[0]


CHANNEL_REQUESTS, PERSON_REQUESTS = tuple(_rows(CHANNEL)), tuple(_rows(PERSON))
REQUESTS_BEFORE_LOGIN = tuple(_rows(BEFORE_LOGIN))

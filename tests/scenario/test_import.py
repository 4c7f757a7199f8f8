# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bringing in the people and ties that an organisation already has: all of it or nothing, bad rows told
by line and column, figures that are right, and nobody named."""
import pytest

from weft_scenario import NOT_FOUND, OK, decode_link
from weft_wire import Account, Connection

PEOPLE = "person_id,name,group\nn1,Nia Vale,Ward 7\nn2,Ola Hurst,Ward 8\nn3,Pia Senn,Ward 8\n"
TIES = "person_a,person_b,weight\nn1,n2,1\nn2,n3,2.5\n"


def write(server, people=PEOPLE, ties=TIES):
    files = server.directory / "people.csv", server.directory / "ties.csv"
    for path, text in zip(files, (people, ties)):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return files


def test_an_import_counts_people_and_ties(server_scene):
    server = server_scene.server()
    server.admin("import", *write(server))
    listed = server.json("person", "list")
    assert sorted((person["external_id"], person["name"], person["group"], person["state"]) for person in listed) == [
        ("n1", "Nia Vale", "Ward 7", "imported"), ("n2", "Ola Hurst", "Ward 8", "imported"),
        ("n3", "Pia Senn", "Ward 8", "imported")]
    server.stop()


@pytest.mark.parametrize("people, ties, where", [
    (PEOPLE + "n4,,\n", TIES, "5:5"),
    (PEOPLE + "n1,Again,Ward 9\n", TIES, "5:1"),
    (PEOPLE + "n4,Only two\n", TIES, "5:"),
    (PEOPLE + "n4,Too,many,fields\n", TIES, "5:"),
    (PEOPLE + 'n4,"open quote,Ward 7\n', TIES, "5:"),
    (PEOPLE.encode() + b"n4,\xff\xfe,Ward 7\n", TIES, "5:4"),
    (PEOPLE + "n4,\x1b[31mRed,Ward 7\n", TIES, "5:4"),
    (PEOPLE + "n4,\u202egnol,Ward 7\n", TIES, "5:4"),
    ("person_id,name,group,salary\nn1,A,B,100\n", TIES, "1:"),
    ("person_id,name\nn1,A\n", TIES, "1:"),
    ("", TIES, ""),
    (PEOPLE, TIES + "n1,n9,1\n", "4:4"),
    (PEOPLE, TIES + "n1,n1,1\n", "4:"),
    (PEOPLE, TIES + "n1,n3,much\n", "4:7"),
    (PEOPLE, TIES + "n1,n3,-1\n", "4:7"),
    (PEOPLE, TIES + "n1,n3,1e300\n", "4:7"),
])
def test_a_bad_row_is_told_by_line_and_column_and_nothing_is_imported(server_scene, people, ties, where):
    server = server_scene.server()
    refused = server.admin("import", *write(server, people, ties), code=None)
    assert refused.code not in (OK, 2), str(refused)
    assert where in refused.error, str(refused)
    assert "\x1b" not in refused.error and "\u202e" not in refused.error
    assert server.json("person", "list") == []
    server.admin("import", *write(server))
    assert len(server.json("person", "list")) == 3
    server.stop()


def test_what_is_wrong_with_either_file_is_told_at_once(server_scene):
    server = server_scene.server()
    ties = TIES + "n1,n9,1\nn4,n1,much\n"
    refused = server.admin("import", *write(server, PEOPLE + "n4,,\nn5,Only two\n", ties), code=None).error
    told = [tuple(line.split("/")[-1].split(": ")[0].split(":")) for line in refused.splitlines() if ".csv" in line]
    # n4 is somebody, though her row is bad.
    assert [(name, line) for name, line, *_ in told] == [("people.csv", "5"), ("people.csv", "6"), ("ties.csv", "4"),
                                                         ("ties.csv", "5")], refused
    assert "no person has this id" in refused and "not a decimal number" in refused
    # Where nobody knows who is there, all but that is told.
    for people in ("person_id,name\nn1,A\n", PEOPLE + 'n4,"open quote,Ward 7\n'):
        refused = server.admin("import", *write(server, people, ties), code=None).error
        assert "ties.csv:5:7: the weight is not a decimal number" in refused, refused
        assert "no person has this id" not in refused and "ties.csv: whether somebody has its ids" in refused, refused
    assert server.json("person", "list") == []
    server.stop()


def test_an_import_that_is_killed_leaves_all_or_nothing(server_scene):
    server = server_scene.server()
    people = "person_id,name,group\n" + "".join(f"n{i},Person {i},Ward {i % 40}\n" for i in range(20000))
    ties = "person_a,person_b\n" + "".join(f"n{i},n{i + 1}\n" for i in range(19999))
    files = write(server, people, ties)
    importing = server_scene.stream([server_scene.weftd, "--state", server.state, "import", *files],
                                    server.directory / "import.log")
    server.kill()
    importing.end()
    server.start()
    assert len(server.json("person", "list")) in (0, 20000)
    server.stop()


def test_files_that_are_not_there_are_named(server_scene):
    server = server_scene.server()
    people, _ = write(server)
    refused = server.admin("import", people, server.directory / "nowhere.csv", code=NOT_FOUND)
    assert "nowhere.csv" in refused.error
    server.stop()


def edges(pairs):
    return "person_a,person_b\n" + "".join(f"{a},{b}\n" for a, b in pairs)


def clique(start):
    return [(a, b) for a in range(start, start + 5) for b in range(a + 1, start + 5)]


def community(groups):
    return "person_id,name,group\n" + "".join(f"{i},,{group}\n" for i, group in enumerate(groups))


KITE = [(0, 1), (0, 2), (0, 3), (0, 5), (1, 3), (1, 4), (1, 6), (2, 3), (2, 5), (3, 4), (3, 5), (3, 6), (4, 6), (5, 6),
        (5, 7), (6, 7), (7, 8), (8, 9)]
TWO = ["A"] * 5 + ["B"] * 5
MEASURES = ("density", "degree_centralisation", "betweenness_centralisation", "mean_path", "efficiency", "clustering",
            "2_step_reach", "e_i")
# The values that methods of network analysis agree on: star, chain, cliques, Krackhardt's kite. Where two or
# four people hold all ties between two groups, what is published does not count them: density and E-I stand as
# without them (.4667 and -.9048, .4889 and -.8182 are those of the network, which test_measures looks at).
KNOWN = {
    "a star of 10": (["A"] * 10, [(0, i) for i in range(1, 10)],
                     (.2, 1, 1, 1.8, .6, 0, 1, None)),
    "a chain of 10": (["A"] * 10, [(i, i + 1) for i in range(9)],
                      (.2, .0278, .2469, 3.6667, .4287, 0, .3778, None)),
    "two K5 apart": (TWO, clique(0) + clique(5), (.4444, 0, 0, None, .4444, 1, .4444, None)),
    "two K5 and a bridge": (TWO, clique(0) + clique(5) + [(4, 5)],
                            (.4444, .1111, .4938, 1.8889, .6741, .92, .6444, None)),
    "two K5 and two bridges": (TWO, clique(0) + clique(5) + [(4, 5), (3, 6)],
                               (.4444, .0833, .1481, 1.7111, .7111, .84, .8, None)),
    "Krackhardt's kite": (["A"] * 10, KITE, (.4, .3333, .2963, 1.9778, .6463, .52, .7333, None)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_figures_have_their_known_values(server_scene, name):
    groups, pairs, expected = KNOWN[name]
    server = server_scene.server()
    server.admin("import", *write(server, community(groups), edges(pairs)))
    stats = server.json("stats")[-1]
    for key, value in zip(MEASURES, expected):
        assert (stats[key] if value is None else round(stats[key], 4)) == value, (key, stats)
    server.stop()


def test_suggestions_count_pairs_of_groups_and_name_nobody(server_scene):
    server = server_scene.server()
    groups = [f"Trust {i // 12}" for i in range(60)]
    pairs = [(a, b) for start in range(0, 60, 12) for a in range(start, start + 12) for b in range(a + 1, start + 12)]
    pairs += [(start + 11, start + 12) for start in range(0, 48, 12)]
    people = "person_id,name,group\n" + "".join(f"s{i:02},Somebody {i:02},{group}\n" for i, group in enumerate(groups))
    server.admin("import", *write(server, people, edges([(f"s{a:02}", f"s{b:02}") for a, b in pairs])))
    for arguments in (["suggest"], ["suggest", "--json"], ["stats"], ["stats", "--json"]):
        text = server.admin(*arguments).text
        assert text.strip()
        assert "Somebody" not in text and "s05" not in text, text
    assert "Trust 0" in server.admin("suggest").text
    server.stop()


def test_an_invite_bound_to_an_imported_person_makes_that_person(server_scene):
    server = server_scene.server()
    server.admin("import", *write(server))
    server.admin("invite", "--person", "n9", code=NOT_FOUND)
    secret = decode_link(server.invite(person="n1"))[2]
    account = Account("Nia Vale")
    with Connection(server.port) as connection:
        assert account.redeem(connection, secret)[0] == "ok"
        assert account.log_in(connection)[0] == "ok"
    joined = [person for person in server.json("person", "list") if person["state"] == "joined"]
    assert [(person["external_id"], person["group"]) for person in joined] == [("n1", "Ward 7")]
    assert joined[0]["person"] == account.person.hex()
    server.admin("invite", "--person", "n1", code=None).expect(8, 9)
    server.stop()


def test_a_real_network_goes_in_whole(server_scene, shared):
    """email_eu_core: 1,005 people of 42 departments, 16,064 ties, 19 people without any."""
    server = server_scene.server()
    networks = shared / "networks"
    server.admin("import", networks / "email_eu_core.groups.tsv", networks / "email_eu_core.edges.tsv")
    stats = server.json("stats")[-1]
    assert (stats["people"], stats["ties"], stats["groups"]) == (1005, 16064, 42)
    assert stats["isolates"] == 19
    listed = server.json("person", "list")
    assert len(listed) == 1005 and {person["state"] for person in listed} == {"imported"}
    server.stop()

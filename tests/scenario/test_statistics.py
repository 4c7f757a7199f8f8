# SPDX-License-Identifier: AGPL-3.0-or-later
"""What everybody may know of the network: the same for members and admins, once a week, about nobody; as
text, JSON, pictures and tables, and what is said when one of them cannot be written."""
import csv
import json
import os
import random
import re
import sqlite3
import xml.etree.ElementTree as XML

import pytest

from weft_scenario import INTERNAL, NOT_FOUND, NOT_NOW, OK, USAGE, fill_disk

PICTURES = ["introductions.svg", "matrix.svg", "network.svg", "trend.svg"]
WEEK_MS = 7 * 24 * 3600 * 1000
GROUPS = ['Ward "7" & <Co>', "Ward 8", "Theatre", "Pharmacy"]


def community(server, people=80, seed=7):
    """People with names that must appear nowhere, mostly tied within their group."""
    drawn = random.Random(seed)
    group = [GROUPS[i % len(GROUPS)] for i in range(people)]
    ties = set()
    while len(ties) < 4 * people:
        a, b = sorted(drawn.sample(range(people), 2))
        if group[a] == group[b] or drawn.random() < .3:
            ties.add((a, b))
    files = server.directory / "people.csv", server.directory / "ties.csv"
    with open(files[0], "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["person_id", "name", "group"])
        rows.writerows([f"staff-{i:03}", f"Somebody {i:03}", group[i]] for i in range(people))
    files[1].write_text("person_a,person_b\n" + "".join(f"staff-{a:03},staff-{b:03}\n" for a, b in sorted(ties)))
    server.admin("import", *files)


def database(server):
    found = [path for path in server.state.iterdir()
             if path.is_file() and path.open("rb").read(15) == b"SQLite format 3"]
    assert len(found) == 1
    return found[0]


def pass_a_week(server):
    """While the server is stopped, what it published moves a week into the past."""
    with sqlite3.connect(database(server)) as store:
        row, document = store.execute("SELECT row, document FROM publications ORDER BY row DESC LIMIT 1").fetchone()
        published = json.loads(document)
        for holder in (published, *published["trend"]):
            holder["as_of"] -= WEEK_MS
        published["next"] -= WEEK_MS
        store.execute("UPDATE publications SET document = ? WHERE row = ?", (json.dumps(published).encode(), row))


def assert_names_nobody(text):
    assert text.strip()
    assert "Somebody" not in text and "staff-" not in text and "Nia" not in text, text


def test_members_and_admins_see_the_same_and_nobody(scene):
    server = scene.server()
    community(server)
    nia = scene.person("Nia", server.invite(group="Ward 8"))
    of_admin = server.admin("stats", "--json").text
    assert nia.run("stats", "--json").text == of_admin
    report = server.admin("stats").text
    assert nia.run("stats").text == report
    document = json.loads(of_admin)
    assert document["profile"]["letter"] in "ABCD" and "thresholds" in document["profile"]["caveat"]
    assert document["stage"]["text"] and 0 < document["coverage_set"]["share"] < 1
    assert set(document["explanations"]) <= set(document)
    assert len(document["group_ties"]) == 10 and len(document["trend"]) == 1
    assert document["introductions"] is None
    for text in (of_admin, report):
        assert_names_nobody(text)
    for who, run in (("admin", server.admin), ("member", nia.run)):
        run("stats", "--svg", server.directory / who)
        assert sorted(path.name for path in (server.directory / who).iterdir()) == PICTURES
    network = (server.directory / "admin" / "network.svg").read_text()
    strongest = re.findall(r"<path [^>]*(stroke-width[^>]*)/>", network)[-1]
    assert re.search(rf"<line [^>]*{re.escape(strongest)}/>", network), "the legend is of the lines that are drawn"
    for picture in PICTURES:
        drawn = (server.directory / "admin" / picture).read_bytes()
        assert drawn == (server.directory / "member" / picture).read_bytes()
        assert_names_nobody(drawn.decode())
        XML.fromstring(drawn)
    server.stop()


def test_a_publication_stands_until_its_week_is_over_and_over_a_restart(server_scene):
    server = server_scene.server()
    community(server)
    first = server.admin("stats", "--json").text
    for number in range(12):
        server.invite(group="Ward 8")
        server.admin("import", *more_people(server, number))
    assert server.admin("stats", "--json").text == first
    server.restart()
    assert server.admin("stats", "--json").text == first
    server.stop()
    assert server.admin("stats", "--json").text == first  # in place, without a server
    pass_a_week(server)
    server.start()
    second = server.json("stats")[-1]
    assert second["people"] == 90 and json.loads(first)["people"] == 80  # 92 are there: by whole tens
    assert [point["people"] for point in second["trend"]] == [80, 90]
    assert "Trend" in server.admin("stats").text
    server.stop()


def more_people(server, number):
    files = server.directory / "more.csv", server.directory / "none.csv"
    files[0].write_text(f"person_id,name,group\nmore-{number},Somebody New,Theatre\n")
    files[1].write_text("person_a,person_b\n")
    return files


def test_exports_hold_groups_and_no_person(server_scene):
    server = server_scene.server()
    community(server)
    document = server.json("stats")[-1]
    sizes = {row["group"]: row["people"] for row in document["group_sizes"]}
    ties = sum(row["ties"] or 0 for row in document["group_ties"] if row["a"] != row["b"])
    path = server.directory / "groups.graphml"
    server.admin("stats", "--export", "graphml", path)
    space = "{http://graphml.graphdrawing.org/xmlns}"
    graph = XML.parse(path).getroot()
    nodes = [{data.get("key"): data.text for data in node} for node in graph.iter(space + "node")]
    assert {node["label"]: int(node["people"]) for node in nodes} == sizes
    assert sum(int(edge[0].text) for edge in graph.iter(space + "edge")) == ties
    path = server.directory / "groups.gexf"
    server.admin("stats", "--export", "gexf", path)
    space = "{http://www.gexf.net/1.2draft}"
    graph = XML.parse(path).getroot()
    assert {node.get("label") for node in graph.iter(space + "node")} == set(sizes)
    assert sum(int(edge.get("weight")) for edge in graph.iter(space + "edge")) == ties
    server.admin("stats", "--export", "csv", server.directory / "groups.csv")
    with open(server.directory / "groups-nodes.csv", newline="", encoding="utf-8") as file:
        assert {row["Label"]: int(row["People"]) for row in csv.DictReader(file)} == sizes
    with open(server.directory / "groups-edges.csv", newline="", encoding="utf-8") as file:
        assert sum(int(row["Weight"]) for row in csv.DictReader(file)) == ties
    for file in server.directory.glob("groups*"):
        assert_names_nobody(file.read_text(encoding="utf-8"))
    server.stop()


def test_wrong_flags_and_places_are_explained(scene):
    server = scene.server()
    community(server)
    nia = scene.person("Nia", server.invite(group="Ward 8"))
    home = server.directory
    (home / "file").write_text("not a directory")
    for run in (server.admin, nia.run):
        for wrong in (["--svg"], ["--draw", "x"], ["--export", "xlsx", home / "x"], ["--export", "gexf"],
                      ["somewhere"], ["--svg", home / "s", "--export", "gexf", home / "g"]):
            assert run("stats", *wrong, code=USAGE).error, wrong
        for place in (home / "nowhere" / "deep", home / "file"):
            refused = run("stats", "--svg", place, code=NOT_FOUND)
            assert str(place) in refused.error and "director" in refused.error, str(refused)
        refused = run("stats", "--export", "gexf", home / "nowhere" / "g.gexf", code=NOT_FOUND)
        assert "g.gexf" in refused.error
        run("stats", "--export", "gexf", "/proc/none.gexf", code=None).expect(NOT_FOUND, NOT_NOW, INTERNAL)
    assert not (home / "s").exists() and not (home / "g").exists()
    server.stop()


def test_a_full_disk_leaves_the_old_picture(small_disk, server_scene):
    server = server_scene.server()
    community(server)
    server.admin("stats", "--svg", small_disk / "svg")
    before = {path.name: path.read_bytes() for path in (small_disk / "svg").iterdir()}
    filler = fill_disk(small_disk, 0)
    refused = server.admin("stats", "--svg", small_disk / "svg", code=None)
    assert refused.code != OK and "no space left" in refused.error, str(refused)
    assert {path.name: path.read_bytes() for path in (small_disk / "svg").iterdir()} == before
    filler.unlink()
    server.stop()


@pytest.mark.parametrize("people, groups, said", [
    (0, ["Ward 7"], "fewer than ten people"),
    (9, ["Ward 7"], "fewer than ten people"),
    (10, ["Ward 7", "Ward 8"], "only told together"),
    (12, ["Ward 7"], "one group"),
])
def test_small_communities_get_a_sentence_for_a_picture(server_scene, people, groups, said):
    server = server_scene.server()
    files = server.directory / "people.csv", server.directory / "ties.csv"
    files[0].write_text("person_id,name,group\n" + "".join(
        f"staff-{i},Somebody {i},{groups[i % len(groups)]}\n" for i in range(people)))
    files[1].write_text("person_a,person_b\n" + "".join(f"staff-{i},staff-{i + 1}\n" for i in range(people - 1)))
    if people:
        server.admin("import", *files)
    assert_names_nobody(server.admin("stats").text)
    server.admin("stats", "--svg", server.directory / "svg")
    assert said in (server.directory / "svg" / "network.svg").read_text()
    for form in ("graphml", "gexf"):
        server.admin("stats", "--export", form, server.directory / form)
        XML.parse(server.directory / form)
    assert os.listdir(server.directory / "svg")
    server.stop()

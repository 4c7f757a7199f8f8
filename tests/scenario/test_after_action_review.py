# SPDX-License-Identifier: AGPL-3.0-or-later
"""The after-action review, a second format that is data alone: everybody writes before anybody reads, the
answers open together, and the group approves the harvest before it is written."""
from weft_assist import last, session, stage
from weft_scenario import NOT_NOW, OK
from weft_talk import messages


def test_a_review_from_sealed_answers_to_an_approved_harvest(scene):
    server = scene.server()
    names = ["Conductor", "Bea", "Cy"]
    everybody = scene.people(names, lambda name: server.invite(group=f"Ward {names.index(name)}"))
    conductor, bea, cy = everybody
    channel = last(conductor, "review", "start", "The outage of last Tuesday", "--brief", "Screens were dark for an hour")
    channel = channel["channel"]
    assert "A facilitator begins it: weft stage start\n" in conductor.run("stage", "show", channel).text
    for person in (bea, cy):
        conductor.run("channel", "add", channel, person.id)
        person.run("sync")
    conductor.run("stage", "start", channel)
    assert stage(bea, channel) == "ground-rules"
    bea.run("say", channel, "me first", code=NOT_NOW)
    conductor.run("stage", "next", channel)

    # Written first, sealed: nobody else has the words, not even in their files' plain text.
    assert stage(bea, channel) == "expected"
    written = {person: f"What {person} expected: that the backup would start" for person in everybody}
    for person in everybody:
        person.run("review", "answer", channel, written[person])
    for person in everybody:
        person.run("sync")
        others = [text for writer, text in written.items() if writer is not person]
        shown = person.run("read", channel).text + person.run("review", "reveal", channel).text
        assert not any(text in shown for text in others), f"{person} reads what is sealed"
    sealed = messages(bea, channel, kind="sealed")
    assert len(sealed) == 3 and all("text" not in record for record in sealed)
    counts = session(bea, channel)["answers"]
    assert counts["open"] == 0 and counts["waiting"] == 3

    # The next stage opens them; somebody who does not come back is counted.
    conductor.run("stage", "next", channel)
    for person in (conductor, bea):
        person.run("sync")
    bea.run("sync")
    counts = session(bea, channel)["answers"]
    assert (counts["open"], counts["waiting"], counts["false"]) == (2, 1, 0)
    assert written[conductor] in bea.run("review", "reveal", channel).text
    assert written[cy] not in bea.run("review", "reveal", channel).text
    cy.run("sync")
    bea.run("sync")
    assert session(bea, channel)["answers"]["open"] == 3
    assert all(text in bea.run("review", "reveal", channel).text for text in written.values())

    # Lessons and actions; the harvest is the group's only when all have approved it.
    while stage(conductor, channel) != "learned":
        conductor.run("stage", "next", channel)
    bea.run("lesson", channel, "The backup needs a second pair of eyes")
    cy.run("action", channel, "Test the backup on Fridays", "--owner", "Cy", "--due", "2030-01-04")
    conductor.run("stage", "next", channel)
    assert stage(conductor, channel) == "approval"
    page = scene.directory / "harvest.md"
    refused = conductor.run("harvest", channel, "--out", page, code=None)
    assert refused.code not in (OK, 2) and not page.exists(), str(refused)
    assert "draft" in conductor.run("harvest", channel).text
    published = conductor.run("harvest", channel, "--publish").text
    assert "Given to the group, 2" in published and published.endswith("\n1 action\n"), published
    assert not last(conductor, "harvest", channel)["approved"]
    assert conductor.run("harvest", channel, "--out", page, code=None).code != OK and not page.exists()
    bea.run("sync")
    bea.run("review", "approve", channel, "--no")
    for person in (conductor, bea, cy):
        person.run("sync")
        person.run("review", "approve", channel)
    conductor.run("sync")
    harvest = last(conductor, "harvest", channel)
    assert harvest["approved"] and harvest["actions"] == 1
    conductor.run("harvest", channel, "--out", page)
    text = page.read_text()
    assert "second pair of eyes" in text and "Test the backup on Fridays" in text
    assert not any(answer in text for answer in written.values()), "answers are no part of it"
    for person in (bea, cy):
        person.run("sync")
        assert last(person, "harvest", channel)["markdown"] == harvest["markdown"]
    server.stop()
    assert server.occurrences("backup would start") == []

"""Two uploads that both believe they have a partition, results that others write, and chunks that come again."""
import os

import pytest

from peers import chunks, files
from peers.chunks import Capture, packets, send
from peers.uploads import assert_holds, delete_group, results_of, wait_committed, write_result
from peers.waiting import wait_for


def start_second(capbus):
    return capbus.start_upload("second", (f"upload.spool_dir={capbus.folder / 'spool-2'}",))


def has_open(upload, count):
    return lambda: upload.metric("capbus_upload_open_captures") == count


def counted(capbus, capture):
    """How many of its results counted: a rival's that came second is there too, and says nothing."""
    versions = [result["version"] for result in results_of(capbus, capture)]
    return sum(version > max(versions[:place], default=0) for place, version in enumerate(versions))


def test_paused_over_a_takeover(capbus):
    """It is paused with one capture open to the end, one that the second will finish, and one whose file waits for a
    store. When it wakes nothing is stored twice, nothing is lost, and both go on."""
    capbus.topics("--partitions", "1")
    first = capbus.start_upload()
    done, still = Capture("done", "a", [packets(3), packets(3, first=3)]), Capture("still", "b", [packets(2)])
    same = Capture("same", "c", [packets(5)])
    made = done.chunks()
    send(capbus, *made[:2], still.chunks()[0])
    wait_for("two open captures", has_open(first, 2))
    capbus.captures.chmod(0o500)
    send(capbus, *same.chunks())
    assert capbus.wait_result(same.capture_id)["stores"][0]["state"] == "waiting"
    first.pause()
    capbus.captures.chmod(0o700)
    second = start_second(capbus)
    stored = {same: capbus.wait_stored(same.capture_id)}        # the group has noticed, after 30 s
    send(capbus, made[2])
    stored[done] = capbus.wait_stored(done.capture_id)
    inodes = [os.stat(capbus.file_of(result)).st_ino for result in stored.values()]
    first.resume()
    last = send(capbus, still.chunks()[1])[-1]
    stored[still] = capbus.wait_stored(still.capture_id)
    wait_committed(capbus, last)
    for stage in (first, second):
        wait_for(f"{stage.name} to have nothing open", has_open(stage, 0))
    for capture, result in stored.items():
        assert_holds(capbus.file_of(result), capture.packets)
        assert files.sha256(capbus.file_of(result)) == result["sha256"]
    assert capbus.files() == sorted(map(capbus.file_of, stored.values()))
    assert [os.stat(capbus.file_of(stored[capture])).st_ino for capture in (same, done)] == inodes
    assert [counted(capbus, capture) for capture in (same, done, still)] == [2, 1, 1]
    assert not list((capbus.captures / ".incoming").iterdir())


def test_a_rival_that_was_first_is_right(capbus, upload):
    """Its result stands; what was gathered here gives way, and the capture is done."""
    capbus.captures.chmod(0o500)
    capture = Capture("rival", pieces=[packets(5)])
    sent = send(capbus, *capture.chunks())
    waiting = capbus.wait_result(capture.capture_id)
    theirs = [{"store": "folder", "state": "stored", "link": "/elsewhere/x", "name": "x", "size": 1}]
    write_result(capbus, waiting, stores=theirs, detail=None)
    wait_committed(capbus, sent[-1])
    capbus.captures.chmod(0o700)
    wait_for("nothing to be open", has_open(upload, 0))
    assert capbus.files() == [] and len(results_of(capbus, capture)) == 2


@pytest.mark.asan
def test_deleting_is_done_by_who_stored(capbus, upload):
    kept, gone, pinned = (Capture(name, pieces=[packets(2)]) for name in ("kept", "gone", "pinned"))
    for capture in (kept, gone, pinned):
        send(capbus, *capture.chunks())
    results = {capture: capbus.wait_stored(capture.capture_id) for capture in (kept, gone, pinned)}

    def deleting(capture, **changes):
        stores = [{**results[capture]["stores"][0], "state": "deleting", **changes.pop("store", {})}]
        return write_result(capbus, results[capture], stores=stores, **changes)
    deleting(pinned, pinned=True)
    deleting(kept, store={"name": results[gone]["stores"][0]["name"]})
    wrong = capbus.wait_result(kept.capture_id, lambda result: result["stores"][0]["state"] == "failed")
    assert "nothing was removed" in wrong["detail"] and wrong["version"] == 3
    assert len(capbus.files()) == 3
    deleting(gone)
    deleted = capbus.wait_result(gone.capture_id, lambda result: result["stores"][0]["state"] == "deleted")
    assert deleted["version"] == 3 and deleted["sha256"] == results[gone]["sha256"]
    assert capbus.files() == sorted(capbus.file_of(results[capture]) for capture in (kept, pinned))
    assert upload.metric("capbus_upload_deleted_total") == 1


def test_deleting_that_was_asked_while_nobody_ran(capbus, upload):
    capture = Capture("gone", pieces=[packets(2)])
    send(capbus, *capture.chunks())
    result = capbus.wait_stored(capture.capture_id)
    upload.stop()
    write_result(capbus, result, stores=[{**result["stores"][0], "state": "deleting"}])
    capbus.start_upload("again")
    capbus.wait_result(capture.capture_id, lambda newer: newer["stores"][0]["state"] == "deleted")
    assert capbus.files() == []


def test_everything_is_read_again_and_nothing_is_stored_again(capbus, upload):
    """The group's offsets are gone, and the chunks of a complete capture are there twice, once more in a topic that
    was made anew."""
    captures = [Capture(f"r{number}", f"t{number}", [packets(3), packets(2, first=3)]) for number in range(4)]
    for capture in captures:
        send(capbus, *capture.chunks())
    paths = [capbus.file_of(capbus.wait_stored(capture.capture_id)) for capture in captures]
    written = [(os.stat(path).st_ino, os.stat(path).st_mtime_ns) for path in paths]
    upload.stop()
    delete_group(capbus)
    again = capbus.start_upload("again")
    wait_for("all to be read again", lambda: again.metric("capbus_upload_chunks_total") == 12)
    last = send(capbus, *captures[0].chunks())[-1]
    wait_committed(capbus, last)
    again.stop()

    topic, admin = capbus.topic("chunks"), capbus.broker.admin()
    admin.delete_topics([topic])[topic].result(60)
    wait_for("the topic to be gone", lambda: topic not in capbus.broker.topics(capbus.prefix))
    wait_for("the topic made anew", lambda: capbus.run_capbus("topics", "--create", "--partitions",
                                                              "3").returncode == 0)
    third = capbus.start_upload("third")
    for capture in captures:
        for chunk in capture.chunks():          # in whatever partition: it is in its file already
            capbus.broker.produce(topic, chunks.encode(chunk), key=capture.capture_id, partition=1)
    new = Capture("new", "t9", [packets(3)])
    send(capbus, *new.chunks())
    assert_holds(capbus.file_of(capbus.wait_stored(new.capture_id)), new.packets)
    wait_for("all to be read", lambda: third.metric("capbus_upload_chunks_total") == 12 + 2)
    assert [(os.stat(path).st_ino, os.stat(path).st_mtime_ns) for path in paths] == written
    assert [len(results_of(capbus, capture)) for capture in captures] == [1] * 4
    assert capbus.broker.records(capbus.topic("dead-letters")) == []


def test_results_are_compacted_after_a_lost_proposal(capbus):
    """Compaction keeps a rival's record that never counted. Whoever starts then takes it for what stands: the link in
    it opens all the same, and what is open is stored as ever."""
    for topic in ("chunks", "dead-letters"):
        capbus.broker.create_topic(capbus.topic(topic))
    capbus.broker.create_topic(capbus.topic("results"), cleanup_policy="compact", segment_ms=1000,
                               min_cleanable_dirty_ratio="0.01", max_compaction_lag_ms=1000)
    upload = capbus.start_upload()
    capture = Capture("lost", pieces=[packets(4)])
    send(capbus, *capture.chunks())
    result = capbus.wait_stored(capture.capture_id)
    write_result(capbus, {**result, "version": result["version"] - 1})      # as new as what stands: ignored
    upload.stop()
    number = 0

    def compacted():
        """A segment is cleaned once it is not the last any more: something has to be written."""
        nonlocal number
        number += 1
        other = {**result, "capture_id": f"other{number}-here", "request_id": f"other{number}", "version": 0}
        write_result(capbus, other)
        return len(results_of(capbus, capture)) == 1
    wait_for("compaction", compacted)
    assert results_of(capbus, capture)[0]["writer"] == "a test"
    again = capbus.start_upload("again")
    open_one = Capture("open", "there", [packets(2)])
    send(capbus, *capture.chunks(), *open_one.chunks())
    assert_holds(capbus.file_of(capbus.wait_stored(open_one.capture_id)), open_one.packets)
    wait_for("nothing to be open", has_open(again, 0))
    assert_holds(capbus.file_of(results_of(capbus, capture)[0]), capture.packets)

"""upload's spool: bounded, never in the way of the reading, and what had no room is read again from Kafka."""
import pytest

from peers.chunks import Capture, packets, send
from peers.uploads import assert_holds, results_of, wait_committed
from peers.waiting import wait_for


def large(request, pieces=8, target="here"):
    """A capture of about `pieces` times 100 kB."""
    return Capture(request, target, [packets(100, first=100 * number, size=1000) for number in range(pieces)])


@pytest.mark.asan
def test_a_spool_smaller_than_two_open_captures_completes_both(capbus):
    capbus.topics("--partitions", "1")
    upload = capbus.start_upload(settings=("upload.spool_bytes_max=1M",))
    captures = [large("one"), large("two"), large("three")]
    last = None
    for turn in zip(*(capture.chunks() for capture in captures)):
        last = send(capbus, *turn)[-1]
    for capture in captures:
        result = capbus.wait_stored(capture.capture_id)
        assert (result["state"], result["packets"]) == ("complete", len(capture.packets))
        assert_holds(capbus.file_of(result), capture.packets)
    wait_committed(capbus, last)
    assert upload.metric("capbus_upload_spool_dropped_total") >= 1
    assert upload.metric("capbus_upload_spool_bytes") == 0
    assert [len(results_of(capbus, capture)) for capture in captures] == [1, 1, 1]


def test_a_capture_larger_than_the_spool_completes(capbus):
    capbus.topics("--partitions", "1")
    upload = capbus.start_upload(settings=("upload.spool_bytes_max=1M",))
    capture, beside = large("big", pieces=25), Capture("small", pieces=[packets(3), packets(3, first=3)])
    made, late = capture.chunks(), large("big", pieces=26).chunks()[25]
    first, *others = beside.chunks()
    send(capbus, first, *made, *others)
    result = capbus.wait_stored(capture.capture_id)
    assert_holds(capbus.file_of(result), capture.packets)
    assert_holds(capbus.file_of(capbus.wait_stored(beside.capture_id)), beside.packets)
    assert upload.metric("capbus_upload_spool_dropped_total") >= 1
    send(capbus, late)               # nothing of it remains but what results say
    assert capbus.wait_result(capture.capture_id, lambda newer: newer["late_packets"] == 100)["version"] == 2


def test_what_has_no_room_waits_for_a_store_that_is_away(capbus):
    """Files that wait for a store fill the spool; what comes then is dropped, and stored when the store is back."""
    capbus.topics("--partitions", "1")
    upload = capbus.start_upload(settings=("upload.spool_bytes_max=1M",))
    capbus.captures.chmod(0o500)
    captures = [large("one"), large("two", pieces=6)]
    for capture in captures:
        last = send(capbus, *capture.chunks())[-1]
    assert capbus.wait_result(captures[0].capture_id)["stores"][0]["state"] == "waiting"
    capbus.captures.chmod(0o700)
    for capture in captures:
        assert_holds(capbus.file_of(capbus.wait_stored(capture.capture_id)), capture.packets)
    wait_committed(capbus, last)
    assert upload.metric("capbus_upload_spool_dropped_total") >= 1


@pytest.mark.asan
def test_a_full_disk_under_the_spool_does_not_stop_the_reading(capbus, small_disk):
    capbus.topics()
    upload = capbus.start_upload(settings=(f"upload.spool_dir={small_disk}",))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(4 * 2**20 - 256 * 1024))
    capture, beside = large("big"), Capture("small", pieces=[packets(3)])
    send(capbus, *capture.chunks())
    upload.wait_log("No space left")
    send(capbus, *beside.chunks())
    assert_holds(capbus.file_of(capbus.wait_stored(beside.capture_id)), beside.packets)
    status, text = upload.get("/readyz")
    assert status == 503 and "No space left" in text
    assert results_of(capbus, capture) == []
    ballast.unlink()
    assert_holds(capbus.file_of(capbus.wait_stored(capture.capture_id)), capture.packets)
    upload.wait_ready()


def test_chunks_that_retention_took_are_told_in_numbers(capbus):
    """The stage was away for too long: the first chunks are gone, the rest is stored, and the result counts."""
    capbus.topics("--partitions", "1")
    capture = large("cut", pieces=5)
    sent = send(capbus, *capture.chunks())
    capbus.broker.delete_records(sent[2].topic, 0, sent[2].offset)
    capbus.start_upload()
    result = capbus.wait_stored(capture.capture_id)
    assert (result["state"], result["reason"], result["packets"], result["missing_packets"], result["missing_chunks"],
            result["first_offset"]) == ("partial", "packets_missing", 300, 200, 2, sent[2].offset)
    assert result["detail"] == "200 of 500 packets are missing: 2 chunks did not arrive whole"
    assert_holds(capbus.file_of(result), [packet for piece in capture.pieces[2:] for packet in piece])


def test_chunks_that_retention_took_before_they_were_read_again(capbus):
    """Its file was dropped, and by the time there was room for it some of its chunks are gone, then all."""
    capbus.topics("--partitions", "1")
    upload = capbus.start_upload(settings=("upload.spool_bytes_max=1M",))
    capbus.captures.chmod(0o500)
    first, cut, gone = large("first"), large("cut", pieces=5), large("gone", pieces=5)
    send(capbus, *first.chunks())
    capbus.wait_result(first.capture_id)
    sent_gone, sent = send(capbus, *gone.chunks()), send(capbus, *cut.chunks())
    assert sent_gone[-1].offset < sent[0].offset
    wait_for("both to have ended", lambda: upload.log.count("ended complete: 500 packets") == 2)
    capbus.broker.delete_records(sent[0].topic, 0, sent[3].offset)
    capbus.captures.chmod(0o700)
    result = capbus.wait_stored(cut.capture_id)
    assert (result["state"], result["packets"], result["missing_packets"]) == ("partial", 200, 300)
    assert_holds(capbus.file_of(result), cut.packets[300:])
    nothing = capbus.wait_result(gone.capture_id)
    assert (nothing["state"], nothing["reason"], nothing["packets"], nothing["missing_packets"], nothing["stores"]) == (
        "partial", "packets_missing", 0, 500, [])
    wait_committed(capbus, sent[-1])

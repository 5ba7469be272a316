"""upload alone with a real Kafka: chunks made by python3-avro in, files and results out, judged by Wireshark's tools
and python3-avro."""
import os
import time

import confluent_kafka
import pytest

from peers import chunks, files
from peers.chunks import Capture, packets, send, verdict
from peers.uploads import assert_holds, bury, group_offsets, results_of, time_ms, wait_committed
from peers.waiting import free_port, run, wait_for


def letters(capbus):
    return capbus.broker.records(capbus.topic("dead-letters"))


def wait_letter(capbus, record):
    """The dead letter of that record: its headers."""
    place = {"capbus-partition": str(record.partition).encode(), "capbus-offset": str(record.offset).encode()}
    found = capbus.broker.wait_record(capbus.topic("dead-letters"), f"{record.partition}/{record.offset}",
                                      lambda letter: place.items() <= letter.headers.items())
    assert found.headers["capbus-topic"] == capbus.topic("chunks").encode()
    assert found.headers["capbus-stage"] == b"upload"
    assert found.value is None, "packets are not to be in a dead letter"
    return found.headers


def dissected(path):
    """The file's own blocks, as Wireshark shows them."""
    return run("tshark", "-r", path, "-X", "read_format:MIME Files Format", "-V").stdout


@pytest.mark.asan
def test_one_capture(capbus, upload):
    capture = Capture("k7f3qa", "slx1", [packets(3), [], packets(2, first=3)], dropped_kernel=7)
    sent = send(capbus, *capture.chunks())
    result = capbus.wait_stored(capture.capture_id)
    path = capbus.file_of(result)
    assert path == capbus.captures.resolve() / capture.file_name()
    assert path.stat().st_mode & 0o777 == 0o640
    assert_holds(path, capture.packets)

    told = files.capinfos(path)
    assert (told["Number of packets"], told["File encapsulation"], told["SHA256"]) == ("5", "ether", result["sha256"])
    text = run("capinfos", path).stdout
    for wanted in ("capture k7f3qa-slx1", "request k7f3qa by noc@example via capbus", "filter: udp port 9000",
                   "target slx1 (local), interface eth7, captured by capture-0", "label ticket=CHG0012",
                   "timeout_s=30 count=20", "armed at 2026-11-23T14:02:11.123456789Z", "Capture application: capbus ",
                   "Name = eth7", "Filter string = udp port 9000", "Number of stat entries = 1"):
        assert wanted in text, f"{wanted}: not in\n{text}"
    blocks = dissected(path)
    for wanted in ("Comment = complete: 5 packets, dropped 7, stopped by timeout", "Number of Received Packets = 5",
                   "Number of Dropped Packets = 7", "Delivered to the User = 5"):
        assert wanted in blocks, f"{wanted}: not in\n{blocks}"
    assert blocks.count("Block: Name Resolution Block") == 1, "the empty chunk is a sign of life in the file"

    assert result == {**result, "state": "complete", "request_id": "k7f3qa", "target": "slx1", "packets": 5,
                      "bytes": 500, "filter": "udp port 9000", "requested_by": "noc@example", "timeout_s": 30,
                      "count": 20, "bytes_limit": 100_000_000, "snaplen": 262144, "worker": "capture-0",
                      "link_type": 1, "armed_at": chunks.ARMED_NS, "disarmed_at": chunks.ARMED_NS + 30 * 10**9,
                      "stopped_by": "timeout", "seen_total": 1000, "received_kernel": 5, "dropped_kernel": 7,
                      "dropped_mirror": None,
                      "missing_chunks": 0, "missing_packets": 0, "late_packets": 0, "reason": None, "detail": None,
                      "first_packet_at": capture.packets[0].time_ns, "last_packet_at": capture.packets[-1].time_ns,
                      "labels": {"ticket": "CHG0012"}, "pinned": False, "version": 1,
                      "chunks_partition": sent[0].partition, "first_offset": sent[0].offset,
                      "last_offset": sent[-1].offset, "sha256": files.sha256(path)}
    assert result["stores"] == [{"store": "folder", "state": "stored", "link": str(path), "name": capture.file_name(),
                                 "size": path.stat().st_size}]
    assert time_ms(result["ended_at"]) == sent[-1].timestamp_ms
    assert time_ms(result["packets_until"]) == sent[0].timestamp_ms + 24 * 3600 * 1000
    wait_committed(capbus, sent[-1])
    assert not list(capbus.spool.glob("*.pcapng")) and not list((capbus.captures / ".incoming").iterdir())


def test_interleaved_captures(capbus, upload):
    captures = [Capture(f"r{number}", f"t{number}", [packets(4, first=10 * number), packets(3, first=50 + number)])
                for number in range(8)]
    for turn in zip(*(capture.chunks() for capture in captures)):
        send(capbus, *turn)
    for capture in captures:
        result = capbus.wait_stored(capture.capture_id)
        assert result["state"] == "complete"
        assert_holds(capbus.file_of(result), capture.packets)
    assert len(capbus.files()) == len(captures)


def test_a_duplicate_is_written_once(capbus, upload):
    capture = Capture("dup", pieces=[packets(2), packets(2, first=2)])
    first, second, end = capture.chunks()
    send(capbus, first, first, second, first, end, second)
    result = capbus.wait_stored(capture.capture_id)
    assert (result["state"], result["packets"], result["late_packets"]) == ("complete", 4, 0)
    assert_holds(capbus.file_of(result), capture.packets)


def test_a_gap_makes_it_partial_and_is_told_in_numbers(capbus, upload):
    capture = Capture("gap", pieces=[packets(2), packets(3, first=2), packets(4, first=5)])
    first, _, third, end = capture.chunks()
    send(capbus, first, third, end)
    result = capbus.wait_stored(capture.capture_id)
    assert (result["state"], result["reason"], result["packets"], result["missing_chunks"],
            result["missing_packets"]) == ("partial", "packets_missing", 6, 1, 3)
    assert result["detail"] == "3 of 9 packets are missing: 1 chunk did not arrive whole"
    path = capbus.file_of(result)
    assert path == capbus.captures.resolve() / capture.file_name(partial=True)
    assert_holds(path, capture.pieces[0] + capture.pieces[2])


def test_a_corrupt_chunk_is_missing_and_a_dead_letter(capbus, upload):
    capture = Capture("bad", pieces=[packets(2), packets(3, first=2)])
    first, second, end = capture.chunks()
    second["data"] = second["data"][:-1] + b"\xff"
    sent = send(capbus, first, second, end)
    result = capbus.wait_stored(capture.capture_id)
    assert (result["state"], result["missing_packets"]) == ("partial", 3)
    assert_holds(capbus.file_of(result), capture.pieces[0])
    letter = wait_letter(capbus, sent[1])
    assert letter["capbus-reason"] == b"chunk_corrupt" and b"checksum" in letter["capbus-detail"]
    wait_committed(capbus, sent[-1])


def test_late_packets_are_counted_not_written(capbus, upload):
    capture = Capture("late", pieces=[packets(2), packets(3, first=2)])
    first, second, end = capture.chunks()
    sent = send(capbus, first, end)
    result = capbus.wait_stored(capture.capture_id)
    wait_committed(capbus, sent[-1])
    before = files.sha256(capbus.file_of(result))

    late = send(capbus, second)
    newer = capbus.wait_result(capture.capture_id, lambda newer: newer["late_packets"] == 3)
    assert newer["last_offset"] == late[0].offset and newer["version"] == result["version"] + 1
    same = set(newer) - {"late_packets", "last_offset", "version"}
    assert {key: newer[key] for key in same} == {key: result[key] for key in same}
    assert files.sha256(capbus.file_of(newer)) == before
    wait_committed(capbus, late[0])

    again = send(capbus, end)        # the end said again says nothing new
    wait_committed(capbus, again[0])
    assert len(results_of(capbus, capture)) == 2


def test_what_never_captured_has_a_result_and_no_file(capbus, upload):
    rejected = verdict("busy", outcome="rejected", reason="busy", detail="here is busy with k7f3qa")
    empty = Capture("none", pieces=[[], []], outcome="empty")
    cancelled = Capture("gone", pieces=[packets(5)], outcome="cancelled", reason="cancelled", stopped_by="cancel")
    for capture in (rejected, empty, cancelled):
        sent = send(capbus, *capture.chunks())
        result = capbus.wait_result(capture.capture_id)
        assert (result["state"], result["packets"], result["stores"], result["sha256"]) == (
            capture.outcome, 0, [], None)
        wait_committed(capbus, sent[-1])
    assert capbus.wait_result("busy-here")["detail"] == "here is busy with k7f3qa"
    assert capbus.files() == [] and not list(capbus.spool.glob("*.pcapng"))


@pytest.mark.asan
def test_garbage_goes_to_the_dead_letters_and_the_stage_goes_on(capbus, upload):
    topic, capture = capbus.topic("chunks"), Capture("good", pieces=[packets(2)])
    other_key = chunks.encode(capture.chunks()[0])
    bad = [capbus.broker.produce(topic, value, key=key, partition=0)
           for key, value in ((b"x", b"\x00\x01garbage"), (None, b""), (b"y", None), (b"z", other_key),
                              (b"good-here", other_key[:-5]), (b"w", os.urandom(1000)))]
    sent = send(capbus, *capture.chunks())
    assert_holds(capbus.file_of(capbus.wait_stored(capture.capture_id)), capture.packets)
    for record in bad:
        assert wait_letter(capbus, record)["capbus-reason"] in (b"record_invalid", b"schema_unknown")
    assert len(letters(capbus)) == len(bad)
    wait_committed(capbus, bad[-1])
    wait_committed(capbus, sent[-1])
    assert upload.metric("capbus_upload_rejected_total") == len(bad)


def test_killed_in_the_middle_it_makes_the_same_file(capbus, upload):
    capture = Capture("kill", pieces=[packets(50, first=50 * number) for number in range(6)])
    made = capture.chunks()
    send(capbus, *made[:3])
    wait_for("half a file", lambda: upload.metric("capbus_upload_packets_total") == 150)
    upload.kill()
    assert list(capbus.spool.glob("*.pcapng"))

    send(capbus, *made[3:])
    again = capbus.start_upload("again")
    result = capbus.wait_stored(capture.capture_id)
    path = capbus.file_of(result)
    assert result["state"] == "complete"
    assert_holds(path, capture.packets)
    assert [left.name for left in capbus.spool.glob("*.pcapng")] in ([], [f"{capture.capture_id}.pcapng"])
    again.stop()

    # The same chunks once more, read by a process that was never killed: the same bytes.
    sha256 = files.sha256(path)
    path.unlink()
    bury(capbus, result)
    capbus.start_upload("third")
    last = send(capbus, *made)[-1]
    result = capbus.wait_result(capture.capture_id, lambda newer: newer["last_offset"] == last.offset)
    assert capbus.file_of(result) == path and files.sha256(path) == result["sha256"] == sha256


def test_what_is_stored_is_not_stored_again_after_a_kill(capbus, upload):
    """An open capture holds the partition's offset back, so the chunks of a finished one are read again with it."""
    held, done = Capture("held", "h", [packets(1)]), Capture("done", "d", [packets(3)])
    topic = capbus.topic("chunks")
    for capture, part in ((held, held.chunks()[:1]), (done, done.chunks())):
        for chunk in part:
            capbus.broker.produce(topic, chunks.encode(chunk), key=capture.capture_id, partition=1)
    path = capbus.file_of(capbus.wait_stored(done.capture_id))
    upload.kill()
    path.unlink()
    again = capbus.start_upload("again")
    capbus.broker.produce(topic, chunks.encode(held.chunks()[1]), key=held.capture_id, partition=1)
    capbus.wait_stored(held.capture_id)
    assert again.metric("capbus_upload_chunks_total") == 4
    assert not path.exists() and len(results_of(capbus, done)) == 1


def test_a_folder_without_room_keeps_the_file_waiting(capbus, upload):
    os.chmod(capbus.captures, 0o500)
    capture = Capture("wait", pieces=[packets(3)])
    sent = send(capbus, *capture.chunks())
    waiting = capbus.wait_result(capture.capture_id)
    assert waiting["state"] == "complete" and waiting["stores"][0]["state"] == "waiting"
    assert "Permission denied" in waiting["detail"]
    assert upload.get("/readyz")[0] == 503 and "Permission denied" in upload.get("/readyz")[1]
    other = verdict("other")
    send(capbus, *other.chunks())
    capbus.wait_result(other.capture_id)
    assert group_offsets(capbus).get(sent[0].partition, 0) <= sent[0].offset

    os.chmod(capbus.captures, 0o700)
    stored = capbus.wait_stored(capture.capture_id)
    assert stored["version"] == waiting["version"] + 1 and stored["detail"] is None
    assert_holds(capbus.file_of(stored), capture.packets)
    wait_committed(capbus, sent[-1])
    upload.wait_ready()


def test_killed_while_the_store_is_away(capbus, upload):
    os.chmod(capbus.captures, 0o500)
    capture = Capture("away", pieces=[packets(3), packets(2, first=3)])
    send(capbus, *capture.chunks())
    capbus.wait_result(capture.capture_id)
    upload.kill()
    os.chmod(capbus.captures, 0o700)
    capbus.start_upload("again")
    assert_holds(capbus.file_of(capbus.wait_stored(capture.capture_id)), capture.packets)


def test_a_full_folder_keeps_the_file_waiting(capbus, small_disk):
    capbus.topics()
    upload = capbus.start_upload(settings=(f"folder.directory={small_disk}",))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(4 * 2**20 - 64 * 1024))
    capture = Capture("full", pieces=[packets(100, first=100 * number, size=1000) for number in range(3)])
    send(capbus, *capture.chunks())
    waiting = capbus.wait_result(capture.capture_id)
    assert waiting["stores"][0]["state"] == "waiting" and "No space left" in waiting["detail"]
    assert not list(small_disk.rglob("*.pcapng"))
    ballast.unlink()
    assert_holds(capbus.file_of(capbus.wait_stored(capture.capture_id)), capture.packets)
    upload.wait_ready()


def test_a_capture_that_falls_silent_is_closed(capbus):
    """Timestamps are the test's here, so two minutes pass at once: another capture goes on, this one does not."""
    for topic in ("chunks", "results", "dead-letters"):
        capbus.broker.create_topic(capbus.topic(topic))
    wait_for("the topics", lambda: len(capbus.broker.topics(capbus.prefix)) == 3)
    upload = capbus.start_upload()
    silent, other = Capture("silent", pieces=[packets(4), packets(2)]), Capture("other", pieces=[[]] * 9)
    nothing = Capture("nothing", pieces=[[]])

    begin_ms = int(time.time() * 1000) - 600_000

    def send_at(second, chunk):
        failed = []
        producer = confluent_kafka.Producer({"bootstrap.servers": capbus.broker.address})
        producer.produce(capbus.topic("chunks"), chunks.encode(chunk), key=chunk["capture_id"],
                         timestamp=begin_ms + second * 1000, on_delivery=lambda error, _: failed.append(error))
        producer.flush(60)
        assert failed == [None]
    send_at(0, silent.chunks()[0])
    send_at(0, nothing.chunks()[0])
    for number, chunk in enumerate(other.chunks()[:6]):
        send_at(20 * number, chunk)
    wait_for("all of it to be read", lambda: upload.metric("capbus_upload_chunks_total") == 8)
    assert capbus.records("results") == []
    send_at(120, other.chunks()[6])

    result = capbus.wait_stored(silent.capture_id)
    assert (result["state"], result["reason"], result["packets"], result["missing_packets"]) == (
        "partial", "end_missing", 4, None)
    assert time_ms(result["ended_at"]) == begin_ms
    assert_holds(capbus.file_of(result), silent.pieces[0])
    lost = capbus.wait_result(nothing.capture_id)
    assert (lost["state"], lost["reason"], lost["stores"]) == ("lost", "end_missing", [])
    send_at(121, silent.chunks()[1])
    assert capbus.wait_result(silent.capture_id, lambda newer: newer["late_packets"] == 2)["version"] == 2


def test_a_name_that_another_capture_has_is_refused(capbus, upload):
    """Request c on a_b, and request b_c on a: their files have one name."""
    one, two = Capture("c", "a_b", [packets(1)]), Capture("b_c", "a", [packets(2)])
    assert one.file_name() == two.file_name()
    send(capbus, *one.chunks())
    path = capbus.file_of(capbus.wait_stored(one.capture_id))
    sent = send(capbus, *two.chunks())
    result = capbus.wait_result(two.capture_id)
    assert result["stores"][0]["state"] == "failed" and "not of this capture" in result["detail"]
    assert_holds(path, one.packets)
    wait_committed(capbus, sent[-1])


def test_it_ends_as_asked_while_chunks_wait(capbus, upload):
    """More waits than it takes before it ends: what is left is another's, or its own later."""
    captures = [Capture(f"b{number}", pieces=[packets(80, first=80 * piece, size=1000) for piece in range(30)])
                for number in range(4)]
    upload.pause()
    for turn in zip(*(capture.chunks() for capture in captures)):
        send(capbus, *turn)
    upload.resume()
    upload.stop()
    capbus.start_upload("again")
    for capture in captures:
        assert_holds(capbus.file_of(capbus.wait_stored(capture.capture_id)), capture.packets)


def test_a_second_upload_shares_the_work(capbus, upload):
    second = capbus.start_upload("second", (f"upload.spool_dir={capbus.folder / 'spool-2'}",))
    captures = [Capture(f"s{number}", pieces=[packets(2), packets(2, first=2)]) for number in range(12)]
    for capture in captures:
        send(capbus, *capture.chunks()[:2])
    wait_for("all packets in files", lambda: sum(stage.metric("capbus_upload_open_captures") or 0
                                                 for stage in (upload, second)) == len(captures))
    second.stop()                       # its captures are gathered again by the first
    for capture in captures:
        send(capbus, capture.chunks()[2])
    for capture in captures:
        result = capbus.wait_stored(capture.capture_id)
        assert result["state"] == "complete"
        assert_holds(capbus.file_of(result), capture.packets)


def test_links_begin_with_the_url(capbus):
    capbus.topics()
    capbus.start_upload(settings=("folder.url=https://captures.example/files/",))
    capture = Capture("link", pieces=[packets(1)])
    send(capbus, *capture.chunks())
    store = capbus.wait_stored(capture.capture_id)["stores"][0]
    assert store["link"] == f"https://captures.example/files/{capture.file_name()}"
    assert (capbus.captures / store["name"]).exists()


def check(capbus, *settings):
    words = [word for setting in settings for word in ("--set", setting)]
    return capbus.run("capbus-upload", "--config", capbus.config, "--check", *words)


def test_check_says_what_is_wrong(capbus):
    missing = check(capbus)
    assert missing.returncode == 2 and "capbus topics --create" in missing.stderr
    capbus.topics()
    good = check(capbus)
    assert (good.returncode, good.stdout) == (0, "capbus-upload: ready to start\n"), good.stderr
    no_folder = check(capbus, "folder.directory=")
    assert no_folder.returncode == 2 and "folder" in no_folder.stderr
    other = check(capbus, "upload.store=s3", "s3.endpoint=https://s3.example", "s3.bucket=b", "s3.key_file=/k")
    assert other.returncode == 2 and "[upload] store = s3" in other.stderr, other.stderr
    nobody = check(capbus, f"kafka.bootstrap.servers=127.0.0.1:{free_port()}")
    assert nobody.returncode == 1
    os.chmod(capbus.captures, 0o500)
    closed = check(capbus)
    assert closed.returncode == 2 and "cannot be written to" in closed.stderr
    os.chmod(capbus.captures, 0o700)


def test_two_processes_do_not_share_a_spool(capbus, upload):
    second = check(capbus)
    assert second.returncode == 2 and "another process uses the spool folder" in second.stderr

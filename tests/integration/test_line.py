"""The line, once through: a request on Kafka becomes a file that an independent tcpdump, tshark and capinfos agree with.

Every test runs all three stages. What is in a file is judged by Wireshark's tools, what is on Kafka by kcat,
confluent_kafka and python3-avro."""
import json

import pytest

from peers import files
from peers.waiting import run, wait_for

PCAP_HEADER, RECORD_HEADER, FRAME = 24, 16, 100


@pytest.fixture
def line(capbus, lan):
    """All stages, with the target `here` on the test's own wire."""
    capbus.capture, capbus.upload, capbus.report = capbus.start_all(
        {"here": {"kind": "local", "interface": lan.interface, "parallel": 20}})
    return capbus


def ask(capbus, *words, code=0):
    """`capbus capture … --json`: the objects it printed; the last one is the summary's result."""
    done = capbus.run_capbus("capture", *words, "--json", timeout=300)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return capbus.json_lines(done)


def start_asking(capbus, *words):
    """The same while it runs; returns when the capture is armed."""
    process = capbus.spawn_capbus("capture", *words, "--json")
    seen = []

    def armed():
        line = process.stdout.readline()
        assert line, process.stderr.read()
        seen.append(json.loads(line))
        return seen[-1].get("kind") == "capturing"
    wait_for("the capture to be armed", armed)
    return process


def finish(process, code=0):
    output, errors = process.communicate(timeout=300)
    assert process.returncode == code, f"exit {process.returncode}\n{output}\n{errors}"
    return [json.loads(line) for line in output.splitlines()]


def only_result(capbus):
    """The one result in the catalog, as python3-avro reads it."""
    newest = {result["capture_id"]: result for result in capbus.records("results")}
    assert len(newest) == 1, newest
    return next(iter(newest.values()))


def within(packets, result):
    return [packet for packet in packets if result["armed_at"] <= packet.time_ns <= result["disarmed_at"]]


@pytest.mark.asan
def test_a_file_has_the_packets_of_an_independent_tcpdump(line, lan, tcpdump):
    witness = tcpdump(lan.interface, "udp port 9000")
    asking = start_asking(line, "udp port 9000", "--on", "here", "--count", "100", "--timeout", "60")
    lan.send(150, pace=500)
    witness.wait_size(PCAP_HEADER + 150 * (RECORD_HEADER + FRAME))
    finish(asking)
    result = line.wait_stored(only_result(line)["capture_id"])
    path = line.file_of(result)
    seen, taken = files.packets(witness.stop()), files.packets(path)
    assert len(taken) == 100
    assert taken == within(seen, result), "times, lengths and bytes, to the nanosecond"
    assert result["state"] == "complete" and result["stopped_by"] == "count" and result["packets"] == 100
    assert result["dropped_kernel"] == 0 and result["missing_chunks"] == 0
    assert result["sha256"] == files.sha256(path)


def test_wireshark_shows_the_evidence(line, lan):
    asking = start_asking(line, "udp port 9000", "--on", "here", "--count", "3", "--timeout", "60", "--snaplen", "64")
    lan.send(3)
    finish(asking)
    result = line.wait_stored(only_result(line)["capture_id"])
    told = files.capinfos(line.file_of(result))
    assert told["Number of packets"] == "3"
    assert told["File encapsulation"] == "ether"
    assert told["Capture application"].startswith("capbus ")
    assert result["capture_id"] in told["Capture comment"] or result["capture_id"] in json.dumps(told)
    evidence = run("tshark", "-X", "read_format:MIME Files Format", "-V", "-r", line.file_of(result)).stdout
    for said in ("Comment = filter: udp port 9000", "Comment = complete: 3 packets, dropped 0, stopped by count",
                 "Number of Dropped Packets = 0", "Snap Length: 64"):
        assert said in evidence, f"{said} is not in\n{evidence}"
    frames = files.fields(line.file_of(result), "frame.len", "frame.cap_len")
    assert frames == [("100", "64")] * 3


def test_one_packet(line, lan):
    asking = start_asking(line, "udp", "--on", "here", "--count", "1", "--timeout", "60")
    lan.send(1)
    finish(asking)
    result = line.wait_stored(only_result(line)["capture_id"])
    assert files.packet_count(line.file_of(result)) == result["packets"] == 1
    assert result["first_packet_at"] == result["last_packet_at"] == files.packets(line.file_of(result))[0].time_ns


def test_a_million_packets(line, lan, tcpdump):
    million = 1_000_000
    asking = start_asking(line, "udp port 9000", "--on", "here", "--count", str(million), "--timeout", "600",
                          "--bytes", "1G")
    assert lan.send(million + 1000, pace=40000) == million + 1000
    finish(asking)
    result = line.wait_stored(only_result(line)["capture_id"], seconds=300)
    path = line.file_of(result)
    assert result["dropped_kernel"] == 0 and result["state"] == "complete", result
    assert files.packet_count(path) == result["packets"] == million
    numbers = [int.from_bytes(packet.data[42:50], "big") for packet in files.packets(path)]
    assert numbers == list(range(million)), "each frame once, in order"


def test_the_timeout_ends_a_capture_that_matches_nothing(line, lan):
    asking = start_asking(line, "udp port 9001", "--on", "here", "--timeout", "3")
    lan.send(7)
    finish(asking)
    result = only_result(line)
    assert result["state"] == "empty" and result["stopped_by"] == "timeout"
    assert result["seen_total"] >= 7 and result["packets"] == 0 and result["stores"] == []
    assert line.files() == []


def test_blind_is_told_from_empty(line):
    done = line.run_capbus("capture", "udp", "--on", "here", "--timeout", "2")
    assert done.returncode == 1, done
    result = only_result(line)
    assert result["state"] == "blind" and result["seen_total"] == 0 and result["stores"] == []
    assert "blind" in done.stdout


def test_bytes_end_a_capture(line, lan):
    asking = start_asking(line, "udp", "--on", "here", "--bytes", "1050", "--timeout", "60", "--count", "none")
    lan.send(40)
    finish(asking)
    result = line.wait_stored(only_result(line)["capture_id"])
    assert (result["state"], result["stopped_by"], result["packets"], result["bytes"]) == ("complete", "bytes", 10, 1000)


@pytest.mark.asan
def test_twenty_captures_at_once(line, lan):
    asking = [start_asking(line, f"udp port {9000 + number}", "--on", "here", "--count", "50", "--timeout", "120")
              for number in range(20)]
    for number in range(20):
        lan.send(50, port=9000 + number, pace=2000)
    for process in asking:
        finish(process)
    results = {result["capture_id"]: result for result in line.records("results")}
    assert len(results) == 20
    for capture_id in results:
        result = line.wait_stored(capture_id)
        ports = {row[0] for row in files.fields(line.file_of(result), "udp.dstport")}
        assert files.packet_count(line.file_of(result)) == 50 and len(ports) == 1
        assert result["filter"] == f"udp port {ports.pop()}"


def test_two_captures_on_a_target_of_one_wait_their_turn(capbus, lan):
    capbus.start_all({"here": {"kind": "local", "interface": lan.interface, "parallel": 1}})
    first = start_asking(capbus, "udp", "--on", "here", "--count", "1", "--timeout", "60")
    capbus.request(key="here", target="here", filter="udp", count=1, timeout_s=60, request_id="second")
    capbus.request(key="here", target="here", filter="udp", if_busy="reject", request_id="third")
    rejected = capbus.wait_result("third-here")
    assert rejected["state"] == "rejected" and rejected["reason"] == "busy", rejected
    states = [event["kind"] for event in capbus.records("events") if event["request_id"] == "second"]
    assert states == ["queued"]
    lan.send(1)
    finish(first)
    capbus.broker.wait_record(capbus.topic("events"), "the second capture to be armed", lambda record: any(
        event["request_id"] == "second" and event["kind"] == "capturing" for event in capbus.records("events")))
    lan.send(1)
    assert capbus.wait_stored("second-here")["state"] == "complete"


@pytest.mark.parametrize("words, says", [
    (("prot 179", "--on", "here"), "did you mean `port`?"),
    (("udp", "--on", "her"), "Did you mean `here`?"),
    (("udp", "--on", "here", "--timeout", "7200"), "3600"),
    (("udp", "--on", "here", "--count", "0x10"), "0x10"),
    (("-w /tmp/x", "--on", "here"), "-"),
])
def test_what_is_wrong_is_refused_before_it_is_asked(line, words, says):
    done = line.run_capbus("capture", "--", *words) if words[0].startswith("-") else line.run_capbus("capture", *words)
    assert done.returncode in (2, 3), done
    assert says in done.stderr + done.stdout, done
    assert line.broker.records(line.topic("requests")) == []


def test_a_request_by_kcat_alone_with_and_without_a_key(line, lan):
    """Another system, without any code of ours; without a key it lands anywhere and is run all the same."""
    topic = line.topic("requests")
    line.broker.kcat("-P", "-t", topic, "-k", "here", input='{"target":"here","filter":"udp","count":2,"request_id":"keyed"}')
    partitions = len(line.broker.topics(line.prefix)[topic].partitions)
    for number in range(partitions):
        line.broker.kcat("-P", "-t", topic, "-p", str(number),
                         input='{"target":"here","filter":"udp","count":2,"request_id":"anywhere%d"}' % number)
    wanted = ["keyed"] + [f"anywhere{number}" for number in range(partitions)]

    def armed():
        return {event["request_id"] for event in line.records("events") if event["kind"] == "capturing"} == set(wanted)
    wait_for("all captures to be armed", armed)
    lan.send(2)
    for request_id in wanted:
        result = line.wait_stored(f"{request_id}-here")
        assert result["state"] == "complete" and result["packets"] == 2
        assert result["requested_via"] == "kafka"
    assert len(line.files()) == partitions + 1


def test_the_same_request_twice_is_one_capture(line, lan):
    for _ in range(3):
        line.request(key="here", target="here", filter="udp", count=1, request_id="once")
    line.broker.wait_record(line.topic("events"), "armed", lambda record: any(
        event["kind"] == "capturing" for event in line.records("events")))
    lan.send(1)
    line.wait_stored("once-here")
    assert len(line.files()) == 1
    assert [run["change"] for run in line.records("runs") if run["change"] in ("queued", "start")] == ["queued", "start"]


def test_wrong_requests_stop_nothing(line, lan):
    wrong = [b"", b"{", b"not json", b'{"target":"here","filter":"udp","timout_s":3}', b'{"filter":"udp"}',
             b"\xc3\x01garbage", b'{"target":"../../x","filter":""}', b"\x00\x00\x00\x00\x07abc"]
    for value in wrong:
        line.broker.produce(line.topic("requests"), value, key=b"here")
    line.request(key="here", target="here", filter="prot 179", request_id="wrongfilter")
    line.request(key="here", target="nowhere", filter="udp", request_id="wrongtarget")
    line.request(key="here", target="here", filter="udp", timeout_s=99999, request_id="wronglimit")
    line.request(key="here", target="here", filter="udp", count=1, request_id="right")
    for capture_id, reason in (("wrongfilter-here", "filter_invalid"), ("wrongtarget-nowhere", "target_unknown"),
                               ("wronglimit-here", "limit_exceeded")):
        result = line.wait_result(capture_id)
        assert (result["state"], result["reason"], result["stores"]) == ("rejected", reason, []), result
        assert result["detail"]
    line.broker.wait_record(line.topic("events"), "armed", lambda record: any(
        event["kind"] == "capturing" for event in line.records("events")))
    lan.send(1)
    assert line.wait_stored("right-here")["state"] == "complete"
    letters = line.broker.records(line.topic("dead-letters"))
    assert sorted(letter.value for letter in letters) == sorted(wrong)
    for letter in letters:
        assert letter.headers["capbus-reason"] and letter.headers["capbus-detail"]
        assert letter.headers["capbus-stage"] == b"capture"


def test_sigterm_keeps_what_a_running_capture_has(capbus, lan):
    line = capbus
    line.topics()
    capture = line.start_capture(inventory={"here": {"kind": "local", "interface": lan.interface}},
                                 settings=["capture.grace_s=1"])
    line.start_upload()
    asking = start_asking(line, "udp", "--on", "here", "--count", "none", "--timeout", "300")
    lan.send(5)
    line.broker.wait_record(line.topic("chunks"), "packets on Kafka", lambda record: any(
        chunk["packets"] for chunk in line.records("chunks")))
    capture.stop()
    finish(asking, code=1)
    result = line.wait_stored(only_result(line)["capture_id"])
    assert (result["state"], result["reason"], result["packets"]) == ("partial", "shutdown", 5), result
    assert files.packet_count(line.file_of(result)) == 5


def test_an_interface_that_vanishes_leaves_a_partial_file(line, lan):
    asking = start_asking(line, "udp", "--on", "here", "--count", "none", "--timeout", "300")
    lan.send(5)
    line.broker.wait_record(line.topic("chunks"), "packets on Kafka", lambda record: any(
        chunk["packets"] for chunk in line.records("chunks")))
    lan.remove()
    finish(asking, code=1)
    result = line.wait_stored(only_result(line)["capture_id"])
    assert result["state"] == "partial" and result["reason"] in ("interface_gone", "interface_down"), result
    assert files.packet_count(line.file_of(result)) == 5

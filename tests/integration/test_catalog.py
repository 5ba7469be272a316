"""The catalog: kept whole over compaction, freed of what was deleted long ago, and at its size, a hundred thousand
captures. What that takes is measured and printed; its memory is asserted, and not the time, which is the machine's."""
import datetime
import re
import time

import confluent_kafka

from peers import records
from peers.requester import ARMED_NS, REQUEST, Requester, told_all
from peers.waiting import PATIENCE_S

CAPTURES = 100_000
BYTES_MAX = 400
ENDED = datetime.datetime.fromtimestamp(ARMED_NS / 10**9, datetime.timezone.utc)


def results(count):
    """(key, value) of as many results, as upload writes them. Encoded once: ids of one length are put in."""
    known = "k7f3qa0000000-slx1"
    value = records.encode("results", {
        "capture_id": known, "request_id": known[:13], "target": "slx1", "version": 2, "writer": "upload",
        "state": "complete", "filter": "port 179", "requested_by": "alice", "requested_via": "slack",
        "timeout_s": 30, "count": 20, "bytes_limit": 100_000_000, "snaplen": 262144, "direction": "both",
        "ports": ["0/4", "0/40"], "link_type": 1, "worker": "capture-0", "armed_at": ARMED_NS,
        "disarmed_at": ARMED_NS + 11_200_000_000, "ended_at": ENDED, "packets": 20,
        "bytes": 1840, "stopped_by": "count", "seen_total": 48211, "received_kernel": 20, "dropped_kernel": 0,
        "dropped_mirror": 0, "first_packet_at": ARMED_NS, "last_packet_at": ARMED_NS + 10**9, "sha256": "5f" * 32,
        "stores": [{"store": "cloudshark", "state": "stored", "link": f"https://cloudshark.example/captures/{known}",
                    "name": "f27d1494400c", "size": 2400}],
        "chunks_partition": 3, "first_offset": 1000, "last_offset": 1012})
    for number in range(count):
        capture_id = f"r{number:012d}-slx1"
        assert len(capture_id) == len(known)
        yield capture_id.encode(), value.replace(known.encode(), capture_id.encode()).replace(
            known[:13].encode(), capture_id[:13].encode())


def fill(capbus, count):
    producer = confluent_kafka.Producer({"bootstrap.servers": capbus.broker.address, "linger.ms": 50,
                                         "partitioner": "murmur2_random"})
    size = 0
    for key, value in results(count):
        size = len(value)
        while True:
            try:
                producer.produce(capbus.topic("results"), value=value, key=key)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(PATIENCE_S) == 0
    return size


def start_measured(capbus):
    """A report: it, how long it took to be ready, and its memory in bytes."""
    since = time.monotonic()
    report = capbus.start_report()
    ready_s = time.monotonic() - since
    with open(f"/proc/{report.process.pid}/smaps_rollup", encoding="ascii") as maps:
        private = sum(int(kilobytes) for kilobytes in re.findall(r"^Private_\w+:\s+(\d+) kB", maps.read(), re.M))
    return report, ready_s, private * 1024


def test_a_hundred_thousand_captures(capbus):
    capbus.topics()
    empty, empty_ready_s, empty_bytes = start_measured(capbus)
    empty.stop()
    size = fill(capbus, CAPTURES)
    report, ready_s, whole_bytes = start_measured(capbus)
    each = (whole_bytes - empty_bytes) / CAPTURES
    print(f"{CAPTURES} captures of {size} bytes: ready in {ready_s:.1f} s (empty {empty_ready_s:.1f} s), "
          f"{whole_bytes / 2**20:.1f} MiB (empty {empty_bytes / 2**20:.1f}), {each:.0f} bytes each")
    assert report.metric("capbus_report_captures") == CAPTURES
    assert each <= BYTES_MAX


def test_a_late_loser_does_not_outlive_what_counts(capbus):
    """results is compacted: behind a record that did not count, what stands is written again, by one of two reporters,
    and only once."""
    capbus.topics("--partitions", "2")
    requester = Requester(capbus)
    requester.result("slx1", packets=20, version=2)
    requester.result("slx1", packets=7, version=1)
    requester.result("slx2", packets=5, version=1)
    capbus.start_report("first")
    again = capbus.wait_result(f"{REQUEST}-slx1", lambda result: result["version"] == 3)
    assert (again["packets"], again["stores"]) == (20, [requester.store("slx1")])
    capbus.start_report("second")
    requester.result("slx2", packets=99, version=1)
    again = capbus.wait_result(f"{REQUEST}-slx2", lambda result: result["version"] == 2)
    assert again["packets"] == 5
    requester.run("slx3")
    told_all(capbus)
    versions = [(record["target"], record["version"], record["packets"]) for record in capbus.records("results")]
    assert sorted(versions) == [("slx1", 1, 7), ("slx1", 2, 20), ("slx1", 3, 20), ("slx2", 1, 5), ("slx2", 1, 99),
                                ("slx2", 2, 5), ("slx3", 1, 20)]


def test_what_was_deleted_long_ago_is_forgotten(capbus):
    """A tombstone 30 days after the deletion, by the record's timestamp; nothing else is touched."""
    day_ms = 24 * 3600 * 1000
    capbus.broker.create_topic(capbus.topic("results"), 2, cleanup_policy="compact", min_compaction_lag_ms=7 * day_ms)
    capbus.topics("--partitions", "2", check=False)
    requester = Requester(capbus)
    now_ms = int(time.time() * 1000)
    for target, state, age_days in (("old", "deleted", 31), ("young", "deleted", 29), ("kept", "stored", 400)):
        requester.result(target, stores=[requester.store(target, state)], timestamp_ms=now_ms - age_days * day_ms)
    capbus.start_report()
    gone = capbus.broker.wait_record(capbus.topic("results"), "a tombstone", lambda record: record.value is None)
    assert gone.key == f"{REQUEST}-old".encode()
    assert gone.headers["capbus-version"] == b"2"
    requester.run("slx3")
    told_all(capbus)
    assert sum(record.value is None for record in capbus.broker.records(capbus.topic("results"))) == 1

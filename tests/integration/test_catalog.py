"""The catalog at its size: a hundred thousand captures. What it takes is measured and printed; what is asserted is its
memory, because time depends on the machine."""
import datetime
import re
import time

import confluent_kafka

from peers import records
from peers.requester import ARMED_NS
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

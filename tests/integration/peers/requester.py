"""Writes what the gateway, capture and upload stages write about one request, as python3-avro makes it, and waits until
report has told all of it."""
import confluent_kafka

from peers import records
from peers.waiting import PATIENCE_S, wait_for

REQUEST = "k7f3qa2m9x0z"
ARMED_NS = 1795442531 * 10**9


class Requester:
    """Writes what the capture and upload stages write about one request."""

    def __init__(self, capbus, request_id=REQUEST, **asked):
        self.capbus, self.request_id = capbus, request_id
        self.asked = {"filter": "port 179", "timeout_s": 30, "count": 20, "requested_by": "alice",
                      "requested_via": "capbus", "request_id": request_id, **asked}

    def write(self, topic, key, record, **place):
        return self.capbus.broker.produce(self.capbus.topic(topic), records.encode(topic, record), key=key, **place)

    def whole_request(self, target):
        fields = {field.name: field.default if field.has_default else None
                  for field in next(field.type.schemas[1] for field in records.schema("events").fields
                                    if field.name == "request").fields}
        return {**fields, **self.asked, "target": target}

    def opened(self, user="U111", channel="C1"):
        """As the gateway writes it, before the request: it vouches for who asks."""
        return self.write("threads", self.request_id, {
            "request_id": self.request_id, "version": 1, "change": "opened", "writer": "gateway", "via": "slack",
            "channel": channel, "user": user})

    def event(self, target, kind, version, number=0, **more):
        if kind in ("queued", "refused"):
            more["request"] = self.whole_request(target)
        return self.write("events", self.request_id, {
            "request_id": self.request_id, "capture_id": f"{self.request_id}-{target}", "target": target,
            "kind": kind, "version": version, "number": number, **more})

    def begin(self, target):
        """Queued, starting, capturing."""
        self.event(target, "queued", 1, position=1)
        self.event(target, "starting", 2)
        self.event(target, "capturing", 3, armed_at=ARMED_NS)

    def ended(self, target, packets=20, outcome="complete"):
        self.event(target, "ended", 4, outcome=outcome, packets=packets)

    def result(self, target, packets=20, version=1, timestamp_ms=None, **more):
        capture_id = f"{self.request_id}-{target}"
        return self.write("results", capture_id, {
            "capture_id": capture_id, "request_id": self.request_id, "target": target, "version": version,
            "writer": "a test", "state": "complete", "packets": packets, "filter": "port 179",
            "armed_at": ARMED_NS, "disarmed_at": ARMED_NS + 11_200_000_000, "count": 20, "stopped_by": "count",
            "dropped_kernel": 0, "stores": [self.store(target)], **more}, timestamp_ms=timestamp_ms)

    @staticmethod
    def store(target, state="stored"):
        return {"store": "folder", "state": state, "link": f"/captures/{target}.pcapng", "name": None, "size": None}

    def run(self, target, packets=20):
        self.begin(target)
        self.ended(target, packets)
        self.result(target, packets)


def complete_line(target, packets=20):
    return f"✅ {target}  {packets} packets in 11.2 s · dropped 0 · stopped at count=20\n"


def told_all(capbus):
    """Waits until the group's offsets have passed everything that events hold: then all of it was told."""
    topic = capbus.topic("events")
    group = confluent_kafka.Consumer({"bootstrap.servers": capbus.broker.address, "enable.auto.commit": False,
                                      "group.id": f"{capbus.prefix}report"})
    partitions = [confluent_kafka.TopicPartition(topic, number)
                  for number in group.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions]

    def passed():
        ends = [group.get_watermark_offsets(partition, timeout=PATIENCE_S)[1] for partition in partitions]
        stored = [partition.offset for partition in group.committed(partitions, timeout=PATIENCE_S)]
        return all(max(offset, 0) == end for offset, end in zip(stored, ends))
    wait_for("the group to pass all events", passed)
    group.close()

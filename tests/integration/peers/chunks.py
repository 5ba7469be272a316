"""Captures as somebody else's worker would write them: chunks made with python3-avro, packet for packet, so that what
upload makes of them is judged against what was put in."""
import collections
import hashlib
import struct

import avro.schema

from peers import records

ARMED_NS = 1_795_442_531_123_456_789          # 2026-11-23T14:02:11.123456789Z
NAME = "2026-11-23/20261123T140211Z_{target}_{request}{partial}.pcapng"

Packet = collections.namedtuple("Packet", "time_ns length data")


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC32C = crc32c_table()


def crc32c(data):
    """Castagnoli, as RFC 3720 has it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC32C[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def filled(schema, value):
    """A record's missing fields get their defaults, in the records within it too."""
    if isinstance(schema, avro.schema.UnionSchema):
        if value is None:
            return None
        return filled(next(branch for branch in schema.schemas if branch.type != "null"), value)
    if not isinstance(schema, avro.schema.RecordSchema):
        return value
    unknown = set(value) - {field.name for field in schema.fields}
    assert not unknown, f"{schema.name} has no fields {unknown}"
    return {field.name: filled(field.type, value.get(field.name, field.default if field.has_default else None))
            for field in schema.fields}


def udp_frame(number, size=100):
    """Frame `number`, which can be told from all others by 8 bytes behind its headers."""
    payload = number.to_bytes(8, "big") + bytes(size - 50)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 36 + size - 50, 0, 0, 64, 17, 0, bytes([10, 9, 1, 2]),
                     bytes([10, 9, 2, 2]))
    udp = struct.pack(">HHHH", 40000, 9000, 16 + size - 50, 0)
    return bytes(12) + b"\x08\x00" + ip + udp + payload


def packets(count, first=0, size=100):
    """`count` packets a millisecond apart, numbered from `first`."""
    return [Packet(ARMED_NS + (first + number) * 1_000_000 + 1, size, udp_frame(first + number, size))
            for number in range(count)]


class Capture:
    """One capture: chunks() are its records as dictionaries, one for each list of packets, and then the end."""

    def __init__(self, request, target="here", pieces=(), outcome="complete", **end):
        self.request, self.target, self.pieces = request, target, [list(piece) for piece in pieces]
        self.capture_id = f"{request}-{target}"
        self.begin = {
            "request": {"target": target, "filter": "udp port 9000", "request_id": request, "timeout_s": 30,
                        "count": 20, "snaplen": 262144, "bytes": 100_000_000, "requested_by": "noc@example",
                        "requested_via": "capbus", "labels": {"ticket": "CHG0012"}},
            "worker": "capture-0", "target_kind": "local", "interface": "eth7", "link_type": 1, "resolution": "nano",
            "snaplen": 262144, "armed_at": ARMED_NS}
        self.outcome, self.end = outcome, end

    @property
    def packets(self):
        return [packet for piece in self.pieces for packet in piece]

    @staticmethod
    def data(piece):
        return b"".join(struct.pack("<IIII", packet.time_ns // 10**9, packet.time_ns % 10**9, len(packet.data),
                                    packet.length) + packet.data for packet in piece)

    def chunk(self, seq, byte_offset, piece, **more):
        data = self.data(piece)
        return {"capture_id": self.capture_id, "request_id": self.request, "seq": seq, "byte_offset": byte_offset,
                "packets": len(piece), "first_packet_at": piece[0].time_ns if piece else None,
                "last_packet_at": piece[-1].time_ns if piece else None, "crc32c": crc32c(data), "data": data,
                "begin": self.begin, **more}

    def chunks(self):
        made, offset = [], 0
        for seq, piece in enumerate(self.pieces):
            made.append(self.chunk(seq, offset, piece))
            offset += len(made[-1]["data"])
        whole = b"".join(chunk["data"] for chunk in made)
        made.append(self.chunk(len(made), offset, [], end={
            "outcome": self.outcome, "stopped_by": "timeout", "chunks": len(made) + 1, "packets": len(self.packets),
            "bytes": sum(len(packet.data) for packet in self.packets), "received_kernel": len(self.packets),
            "dropped_kernel": 0, "seen_total": 1000, "disarmed_at": ARMED_NS + 30 * 10**9,
            "data_sha256": hashlib.sha256(whole).hexdigest(), **self.end}))
        return made

    def file_name(self, partial=False):
        return NAME.format(target=self.target, request=self.request, partial="_partial" if partial else "")


def verdict(request, target="here", outcome="rejected", **end):
    """Begin and end in one chunk: a capture that never captured."""
    capture = Capture(request, target, outcome=outcome, stopped_by=None, received_kernel=None, dropped_kernel=None,
                      seen_total=None, disarmed_at=None, **end)
    capture.begin.update(armed_at=None, link_type=None, interface=None)
    return capture


def encode(chunk):
    return records.encode("chunks", filled(records.schema("chunks"), chunk))


def send(capbus, *chunks):
    """Writes chunks to Kafka, in this order; returns the Records."""
    return [capbus.broker.produce(capbus.topic("chunks"), encode(chunk), key=chunk["capture_id"]) for chunk in chunks]

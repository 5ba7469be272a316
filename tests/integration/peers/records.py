"""Records as python3-avro reads and writes them, with the schemas of schemas/: a judge of our codec."""
import functools
import io
import json
import pathlib

import avro.io
import avro.schema

SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "schemas"
MARKER = b"\xc3\x01"

# The record of each topic, by the topic's short name.
SCHEMA_OF_TOPIC = {
    "requests": "capture_request", "runs": "capture_run", "chunks": "pcap_chunk", "events": "capture_event",
    "results": "capture_result", "targets": "capture_target", "cleanups": "cleanup_request", "audit": "audit_record",
    "threads": "request_thread",
}


def crc64_avro(data):
    """As the Avro specification gives it ("Schema Fingerprints")."""
    empty = 0xc15d213aa4d7a795
    crc = empty
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (empty if crc & 1 else 0)
    return crc


@functools.lru_cache(maxsize=None)
def schema(topic):
    return avro.schema.parse((SCHEMAS / f"{SCHEMA_OF_TOPIC[topic]}.avsc").read_text())


@functools.lru_cache(maxsize=None)
def fingerprint(topic):
    # python3-avro 1.11 leaves a logical type as {"type":"long"}; the specification (and Java) has "long" there.
    form = schema(topic).canonical_form.replace('{"type":"long"}', '"long"')
    return crc64_avro(form.encode()).to_bytes(8, "little")


def decode(topic, value):
    """A record's value as a dictionary, from the single-object encoding."""
    assert value[:2] == MARKER, f"{topic}: not the single-object encoding: {value[:10].hex()}"
    assert value[2:10] == fingerprint(topic), f"{topic}: written with another schema than schemas/"
    stream = io.BytesIO(value[10:])
    record = avro.io.DatumReader(schema(topic)).read(avro.io.BinaryDecoder(stream))
    assert not stream.read(), f"{topic}: bytes behind the record"
    return record


def encode(topic, record):
    """The reverse; fields that are left out have the schema's defaults."""
    whole = {field.name: record.get(field.name, field.default if field.has_default else None)
             for field in schema(topic).fields}
    unknown = set(record) - set(whole)
    assert not unknown, f"{topic} has no fields {unknown}"
    stream = io.BytesIO()
    avro.io.DatumWriter(schema(topic)).write(whole, avro.io.BinaryEncoder(stream))
    return MARKER + fingerprint(topic) + stream.getvalue()


def as_json(**fields):
    return json.dumps(fields).encode()

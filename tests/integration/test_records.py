"""Our codec against python3-avro: random values of every record both ways, schemas that change, fingerprints."""
import copy
import datetime
import io
import json
import os
import pathlib
import subprocess

import avro.io
import avro.schema
import pytest

from peers import records

TOPICS = sorted(records.SCHEMA_OF_TOPIC)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
NANOSECONDS = {"armed_at", "disarmed_at", "first_packet_at", "last_packet_at"}
ROUNDS = 15


class RecordPeer:
    """tests/integration/peers/record_peer.c on a pipe."""

    def __init__(self):
        program = pathlib.Path(os.environ["CAPBUS_BUILD"]) / "tests" / "record_peer"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *words):
        self.process.stdin.write("\t".join(words).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode()
        assert answer.endswith("\n"), f"record_peer ended at: {words[0]} {words[1]}"
        return answer[:-1].split("\t")

    def read(self, name, schema, body):
        answer = self.ask("read", name, json.dumps(schema), body.hex())
        assert answer[0] != "error", answer
        return json.loads(answer[0])

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0
        self.process.stdout.close()


@pytest.fixture(scope="module")
def peer():
    it = RecordPeer()
    yield it
    it.close()


def text_of_time(name, value):
    if value is None:
        return None
    if name in NANOSECONDS:
        seconds, rest, digits = value // 10**9, value % 10**9, 9
    else:
        milliseconds = (value - EPOCH) // datetime.timedelta(milliseconds=1)
        seconds, rest, digits = milliseconds // 1000, milliseconds % 1000, 3
    return (EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:0{digits}d}Z"


def as_json(value, name=None):
    """What python3-avro read, in the form that --json has: times as RFC 3339, no bytes, empty optional texts null."""
    if isinstance(value, datetime.datetime) or (name in NANOSECONDS and isinstance(value, int)):
        return text_of_time(name, value)
    if isinstance(value, dict) and name != "labels":
        return {key: as_json(item, key) for key, item in value.items() if not isinstance(item, bytes)}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value


def body_of(schema, record):
    stream = io.BytesIO()
    avro.io.DatumWriter(schema).write(record, avro.io.BinaryEncoder(stream))
    return stream.getvalue()


def plain_schema(topic):
    return json.loads((records.SCHEMAS / f"{records.SCHEMA_OF_TOPIC[topic]}.avsc").read_text())


@pytest.mark.parametrize("topic", TOPICS)
def test_random_records_both_ways(peer, topic):
    """Ours → python3-avro → the same values; python3-avro's bytes are ours, and ours reads them."""
    name = records.schema(topic).name
    for seed in range(ROUNDS):
        framed, line, data = peer.ask("random", name, str(seed))
        value = records.decode(topic, bytes.fromhex(framed))
        assert as_json(value) == json.loads(line)
        assert value.get("data", b"").hex() == data
        # A map has no order in Python: the bytes may differ where it has several entries.
        again = records.encode(topic, value)
        assert len(again) == len(framed) // 2
        assert peer.ask("decode", name, again.hex())[1] == data
        assert json.loads(peer.ask("decode", name, again.hex())[0]) == json.loads(line)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_printed_line_is_the_record(peer, topic):
    """What --json prints, given back as JSON, makes the same bytes."""
    name = records.schema(topic).name
    checked = 0
    for seed in range(ROUNDS):
        framed, line, data = peer.ask("random", name, str(seed))
        if data or len(line) > 60000:
            continue
        assert peer.ask("encode", name, line) == [framed]
        checked += 1
    assert checked > 0 or topic == "chunks"


@pytest.mark.parametrize("topic", TOPICS)
def test_fingerprints(peer, topic):
    text = json.dumps(plain_schema(topic))
    assert peer.ask("fingerprint", text) == [records.fingerprint(topic)[::-1].hex()]


def smallest(topic):
    """A record of which only what must be there is given."""
    given = {"requests": {"target": "slx1"}, "targets": {"target": "slx1"}, "cleanups": {"ask": "clean"},
             "chunks": {"capture_id": "k7-slx1", "begin": {"request": {"target": "slx1"}}},
             "results": {"capture_id": "k7-slx1", "target": "slx1"}, "runs": {"capture_id": "k7-slx1", "target": "slx1"}}
    return given.get(topic, {"request_id": "k7"})


@pytest.mark.parametrize("topic", TOPICS)
def test_defaults_are_the_schemas(peer, topic):
    """A record written by a release that knew almost no field is the same to us and to python3-avro."""
    whole = plain_schema(topic)
    given = smallest(topic)
    old = dict(whole, fields=[field for field in copy.deepcopy(whole["fields"]) if field["name"] in given])
    if topic == "chunks":
        begin = old["fields"][-1]["type"]
        begin["fields"] = [field for field in begin["fields"] if field["name"] == "request"]
        request = begin["fields"][0]["type"]
        request["fields"] = [field for field in request["fields"] if field["name"] == "target"]
    writer = avro.schema.parse(json.dumps(old))
    body = body_of(writer, given)
    reader = avro.io.DatumReader(writer, records.schema(topic))
    theirs = reader.read(avro.io.BinaryDecoder(io.BytesIO(body)))
    assert as_json(theirs) == peer.read(whole["name"], old, body)


def with_more(schema):
    """A later release's schema: fields of every shape before, between and behind ours."""
    shapes = ["null", "boolean", "int", "long", "float", "double", "bytes", "string",
              {"type": "fixed", "name": "F", "size": 5}, {"type": "enum", "name": "Later", "symbols": ["p", "q"]},
              {"type": "array", "items": {"type": "map", "values": ["null", "double"]}},
              {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": "long"},
                                                             {"name": "y", "type": {"type": "array", "items": "F"}}]},
              ["null", "Inner"]]
    values = [None, True, -3, 2**40, 1.5, 2.5, b"\x00\xff", "text", b"12345", "q",
              [{"a": None, "b": 1.0}, {}], {"x": 1, "y": [b"abcde"]}, {"x": 2, "y": []}]
    later = copy.deepcopy(schema)
    extra = {}
    for number, (shape, value) in enumerate(zip(shapes, values)):
        later["fields"].insert(number * 2, {"name": f"later_{number}", "type": shape})
        extra[f"later_{number}"] = value
    return later, extra


@pytest.mark.parametrize("topic", TOPICS)
def test_fields_that_come_later_are_read_over(peer, topic):
    schema = plain_schema(topic)
    later, extra = with_more(schema)
    writer = avro.schema.parse(json.dumps(later))
    for seed in range(10):
        framed, line, _ = peer.ask("random", schema["name"], str(seed))
        value = records.decode(topic, bytes.fromhex(framed))
        assert peer.read(schema["name"], later, body_of(writer, {**value, **extra})) == json.loads(line)


def named_types(schema, found):
    """Every record and enum that a schema writes out."""
    if isinstance(schema, list):
        for part in schema:
            named_types(part, found)
    elif isinstance(schema, dict):
        if "name" in schema and schema.get("type") in ("record", "enum"):
            found[schema["name"]] = schema
        for part in (schema.get("type"), schema.get("items"), schema.get("fields")):
            named_types(part, found)
    return found


def test_a_type_is_the_same_in_every_file():
    """Each file stands alone, so that some types are written out in several: they must not drift apart."""
    types = {}
    for topic in TOPICS:
        for name, schema in named_types(plain_schema(topic), {}).items():
            schema.pop("namespace", None)
            types.setdefault(name, []).append(resolved(schema, named_types(plain_schema(topic), {})))
    assert len(types["CaptureRequest"]) == 4 and len(types["ReplyTo"]) == 5
    for name, copies in types.items():
        assert all(copy_ == copies[0] for copy_ in copies), f"{name} differs between the files of schemas/"


def resolved(schema, types):
    """The schema with each name replaced by what it names."""
    if isinstance(schema, str):
        return resolved(types[schema], types) if schema in types else schema
    if isinstance(schema, list):
        return [resolved(part, types) for part in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {key: resolved(value, types) if key in ("type", "items", "values", "fields") else value
             for key, value in schema.items() if key != "namespace"}
    return whole

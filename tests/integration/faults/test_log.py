"""The log itself is not what it was: read again from its beginning, made anew, cut, or full of what is not ours."""
import os

import kafka.admin
import kafka.errors
import pytest

from faults.conftest import ask, settle
from peers.account import last_words
from peers.waiting import PATIENCE_S, wait_for

POISON = [b"", b"\x00", b"{", b"\xc3\x01garbage", b"\xc3\x01" + bytes(8) + b"\xff" * 40, os.urandom(3000), None]


def delete_group(capbus, stage):
    """As if the group had slept for longer than Kafka remembers offsets."""
    name, admin = capbus.topic(stage), kafka.admin.KafkaAdminClient(bootstrap_servers=capbus.broker.address)

    def deleted():
        (_, answer), = admin.delete_consumer_groups([name])
        assert answer in (kafka.errors.NoError, kafka.errors.NonEmptyGroupError), answer
        return answer is kafka.errors.NoError
    wait_for(f"the offsets of {stage} to be gone", deleted)
    admin.close()


def recreate(capbus, topic):
    admin, name = capbus.broker.admin(), capbus.topic(topic)
    admin.delete_topics([name])[name].result(PATIENCE_S)
    wait_for(f"{topic} to be gone", lambda: name not in capbus.broker.topics(capbus.prefix))
    wait_for(f"{topic} to be there again", lambda: capbus.run_capbus(
        "topics", "--create", "--partitions", "2").returncode == 0)


def run_two(capbus):
    capbus.stages_of_line = [capbus.start_capture("one", capbus.inventory), capbus.start_upload(),
                             capbus.start_report()]
    captures = [ask(capbus, "first"), ask(capbus, "second")]
    settle(capbus, captures, capbus.stages_of_line[2])
    return captures


def test_everything_is_read_again(line):
    """All groups start from 0: no capture runs again, no file is written again, nothing is told again."""
    captures = run_two(line)
    runs, files = len(line.records("runs")), line.files()
    for stage in line.stages_of_line:
        stage.stop()
    for group in ("capture", "upload", "report"):
        delete_group(line, group)
    line.start_capture("one", line.inventory)
    line.start_upload()
    report = line.start_report("report-again")
    captures.append(ask(line, "third"))
    settle(line, captures, [line.stages_of_line[2], report])
    assert line.files()[:len(files)] and len(line.files()) == len(files) + 1
    news = [run for run in line.records("runs") if run["capture_id"] not in captures[2:]]
    assert len(news) == runs, "nothing was written about what had ended"


def test_the_inbox_is_made_anew(line):
    """The topic of requests was deleted: offsets begin at 0 again, and the same ids are still the same captures."""
    captures = run_two(line)
    line.stages_of_line[0].stop()
    recreate(line, "requests")
    line.start_capture("one", line.inventory)
    ask(line, "first")
    captures.append(ask(line, "third"))
    settle(line, captures, line.stages_of_line[2])
    assert len(line.files()) == 3


@pytest.mark.parametrize("topic", ["requests", "runs", "chunks", "events", "results", "targets"])
def test_poison(line, topic):
    """Whatever lies in a topic, before, among and after what is ours: the stage goes on."""
    keys = [None, b"here", b"first-here", b"../../etc/passwd", b"\xff\xfe"]

    def poison():
        for value in POISON:
            for partition, key in enumerate(keys):
                line.broker.produce(line.topic(topic), value, key=key,
                                    partition=partition % len(line.broker.topics(line.prefix)[line.topic(topic)].partitions))
    if topic in ("results", "targets"):  # compacted: Kafka itself takes no record without a key there
        keys.remove(None)
    poison()
    line.start_upload()
    report = line.start_report()
    line.start_capture("one", line.inventory)
    ask(line, "first", count=60)
    line.broker.wait_record(line.topic("events"), "the capture", lambda record: record.key == b"first")
    poison()
    ask(line, "second")
    wait_for("both files", lambda: len(line.files()) == 2)
    for request_id in ("first", "second"):
        wait_for(f"the last word on {request_id}", lambda: last_words(report, f"{request_id}-here"))
        assert "1 of 1 complete" in last_words(report, f"{request_id}-here")[0]

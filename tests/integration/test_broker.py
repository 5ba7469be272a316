"""The harness itself: the broker serves, kcat writes and reads, records survive, and nobody gets another's topics."""
import pathlib
import re

import pytest

from peers.broker import RUN
from peers.waiting import run


def test_kcat_writes_and_reads(broker, prefix):
    topic = f"{prefix}words"
    broker.create_topic(topic, partitions=3)
    # A plain producer may swap two records that it sends again while a new partition has no leader yet.
    broker.kcat("-P", "-t", topic, "-K:", "-X", "enable.idempotence=true",
                input="slx1:one\nslx2:two\nslx1:three\n")
    read = broker.kcat("-C", "-t", topic, "-e", "-q", "-f", "%k %s\n").stdout.splitlines()
    assert sorted(read) == ["slx1 one", "slx1 three", "slx2 two"]
    assert read.index("slx1 one") < read.index("slx1 three")


def test_records_are_read_whole(broker, prefix):
    topic = f"{prefix}bytes"
    broker.create_topic(topic, partitions=2, message_timestamp_type="LogAppendTime")
    sent = [broker.produce(topic, bytes([number]) * 900_000, key=b"k", partition=number % 2,
                           headers={"number": str(number)}) for number in range(6)]
    read = broker.records(topic)
    assert [(record.partition, record.offset) for record in read] == sorted(
        (record.partition, record.offset) for record in sent)
    assert {record.headers["number"]: record.value for record in read} == {
        str(number).encode(): bytes([number]) * 900_000 for number in range(6)}
    assert all(record.timestamp_ms > 0 for record in read)


def test_wait_record_finds_what_is_there(broker, prefix):
    topic = f"{prefix}wait"
    broker.create_topic(topic)
    broker.produce(topic, b"no")
    broker.produce(topic, b"yes")
    assert broker.wait_record(topic, "yes", lambda record: record.value == b"yes").offset == 1
    with pytest.raises(AssertionError, match="waited 1 s in vain for: maybe"):
        broker.wait_record(topic, "maybe", lambda record: record.value == b"maybe", seconds=1)


def test_topics_are_never_made_by_misspelling(broker, prefix):
    done = broker.kcat("-P", "-t", f"{prefix}none", "-X", "topic.metadata.propagation.max.ms=500", input="x\n",
                       check=False)
    assert done.returncode != 0
    assert broker.topics(prefix) == {}


def test_own_broker_survives_kill_and_stop(own_broker):
    port = own_broker.port
    own_broker.create_topic("kept")
    own_broker.produce("kept", b"before the crash")
    own_broker.kill()
    own_broker.start(port)
    own_broker.produce("kept", b"after it")
    own_broker.restart()
    assert [record.value for record in own_broker.records("kept")] == [b"before the crash", b"after it"]
    assert own_broker.port == port


def test_run_refuses_what_it_cannot_do(broker, folder):
    taken = run(RUN, "start", folder / "second", broker.port, check=False)
    assert taken.returncode == 1 and f"port {broker.port} is in use" in taken.stderr
    again = run(RUN, "start", broker.folder, check=False)
    assert again.returncode == 1 and "runs already" in again.stderr
    assert run(RUN, "status", folder / "second", check=False).returncode == 1
    assert run(RUN, "stop", folder / "second").stdout == "kafka: not running\n"
    assert run(RUN, "dance", check=False).returncode == 2


def test_a_foreign_process_is_never_stopped(folder):
    """A pid file that somebody else's process has inherited the number of."""
    (folder / "pid").write_text("1\n")
    assert run(RUN, "stop", folder).stdout == "kafka: not running\n"
    assert pathlib.Path("/proc/1").is_dir()


def test_wrong_jars_are_refused(broker, folder):
    """SHA256SUMS decides: a jar that is not the one named there starts nothing."""
    version = re.search("<kafka.version>(.*)<", (RUN.parent / "pom.xml").read_text()).group(1)
    libs = folder / "capbus" / f"kafka-{version}" / "libs"
    libs.mkdir(parents=True)
    for line in (RUN.parent / "SHA256SUMS").read_text().splitlines():
        (libs / line.split()[1]).write_bytes(b"not a jar")
    done = run("env", f"XDG_CACHE_HOME={folder}", RUN, "start", folder / "kafka", check=False)
    assert done.returncode == 1 and "are not those of SHA256SUMS" in done.stderr
    assert not (folder / "kafka" / "pid").exists()

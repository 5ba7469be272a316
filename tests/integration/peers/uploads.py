"""What the tests of upload ask of Kafka and of files."""
import datetime

import confluent_kafka
import kafka.admin
import kafka.errors

from peers import files, records
from peers.waiting import wait_for


def group_offsets(capbus):
    """The committed offsets of upload's group, by partition."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": capbus.broker.address,
                                         "group.id": f"{capbus.prefix}upload"})
    committed = consumer.committed([confluent_kafka.TopicPartition(capbus.topic("chunks"), partition)
                                    for partition in range(3)], 30)
    consumer.close()
    return {at.partition: at.offset for at in committed if at.offset >= 0}


def wait_committed(capbus, record):
    """Until the record's offset passed: nobody needs it any more."""
    wait_for(f"the offset of {record.partition}/{record.offset} to pass",
             lambda: group_offsets(capbus).get(record.partition, 0) > record.offset)


def delete_group(capbus):
    """As if the group had slept for longer than Kafka remembers offsets. Its members must have left."""
    admin = kafka.admin.KafkaAdminClient(bootstrap_servers=capbus.broker.address)

    def deleted():
        (_, answer), = admin.delete_consumer_groups([f"{capbus.prefix}upload"])
        assert answer in (kafka.errors.NoError, kafka.errors.NonEmptyGroupError), answer
        return answer is kafka.errors.NoError
    wait_for("the group's offsets to be gone", deleted)
    admin.close()


def results_of(capbus, capture):
    return [result for result in capbus.records("results") if result["capture_id"] == capture.capture_id]


def write_result(capbus, result, **changes):
    """The next version of a result, as another writes it."""
    newer = {**result, "version": result["version"] + 1, "writer": "a test", **changes}
    capbus.broker.produce(capbus.topic("results"), records.encode("results", newer), key=result["capture_id"])
    return newer


def bury(capbus, result):
    """A tombstone that counts."""
    headers = {"capbus-version": str(result["version"] + 1), "capbus-incarnation": "a test", "capbus-nonce": "1"}
    capbus.broker.produce(capbus.topic("results"), None, key=result["capture_id"], headers=headers)


def assert_holds(path, wanted):
    assert [(packet.time_ns, packet.length, packet.data) for packet in files.packets(path)] == [
        (packet.time_ns, packet.length, packet.data) for packet in wanted]


def time_ms(moment):
    return round(moment.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)

"""A real Apache Kafka, started by deploy/trial/kafka/run, and how tests read and write it without our code: kcat and
Debian's confluent_kafka."""
import collections
import ctypes
import os
import pathlib
import signal

import confluent_kafka
import confluent_kafka.admin

from peers.waiting import PATIENCE_S, free_port, run, wait_for

RUN = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "trial" / "kafka" / "run"

Record = collections.namedtuple("Record", "topic partition offset key value headers timestamp_ms")


def record_of(message):
    headers = {name: value for name, value in message.headers() or []}
    return Record(message.topic(), message.partition(), message.offset(), message.key(), message.value(), headers,
                  message.timestamp()[1])


class Broker:
    """One node in a folder. The object only knows the folder, so several processes may hold one for the same node."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    # the process

    def start(self, port=None):
        """Formats, starts, and returns when it serves. A port keeps its clients over a restart."""
        controller = free_port()
        run(RUN, "start", self.folder, port or free_port(), controller, timeout=300)
        return self

    def restart(self):
        port = self.port
        self.stop()
        self.start(port)

    def stop(self):
        run(RUN, "stop", self.folder, timeout=120)

    def running(self):
        return run(RUN, "status", self.folder, check=False).returncode == 0

    @property
    def pid(self):
        return int((self.folder / "pid").read_text())

    def kill(self):
        """kill -9: what a crash leaves."""
        os.kill(self.pid, signal.SIGKILL)
        wait_for("the broker's death", lambda: not self.running())

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    @property
    def port(self):
        for line in (self.folder / "server.properties").read_text().splitlines():
            if line.startswith("listeners="):
                return int(line.split(",")[0].rpartition(":")[2])
        raise AssertionError("no listeners in server.properties")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    # its topics

    def create_topic(self, name, partitions=1, **config):
        """Keys of the topic's configuration with _ for the dots: retention_ms=1000."""
        topic = confluent_kafka.admin.NewTopic(name, partitions, 1, config={
            key.replace("_", "."): str(value) for key, value in config.items()})
        admin = self.admin()
        for future in admin.create_topics([topic]).values():
            future.result(PATIENCE_S)

    def admin(self):
        return confluent_kafka.admin.AdminClient({"bootstrap.servers": self.address})

    def topics(self, prefix=""):
        return {name: topic for name, topic in self.admin().list_topics(timeout=PATIENCE_S).topics.items()
                if name.startswith(prefix)}

    def delete_records(self, topic, partition, before_offset):
        """Everything before that offset is gone, as retention takes it. Debian's confluent_kafka cannot ask for it,
        but the library beneath it can."""
        kafka = ctypes.CDLL("librdkafka.so.1")
        for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_topic_partition_list_new",
                     "rd_kafka_DeleteRecords_new", "rd_kafka_queue_new", "rd_kafka_queue_poll"):
            getattr(kafka, name).restype = ctypes.c_void_p
        conf, text = ctypes.c_void_p(kafka.rd_kafka_conf_new()), ctypes.create_string_buffer(512)
        kafka.rd_kafka_conf_set(conf, b"bootstrap.servers", self.address.encode(), text, 512)
        client = ctypes.c_void_p(kafka.rd_kafka_new(0, conf, text, ctypes.c_size_t(512)))
        offsets = ctypes.c_void_p(kafka.rd_kafka_topic_partition_list_new(1))
        kafka.rd_kafka_topic_partition_list_add(offsets, topic.encode(), partition)
        kafka.rd_kafka_topic_partition_list_set_offset(offsets, topic.encode(), partition,
                                                       ctypes.c_int64(before_offset))
        wish = ctypes.c_void_p(kafka.rd_kafka_DeleteRecords_new(offsets))
        queue = ctypes.c_void_p(kafka.rd_kafka_queue_new(client))
        kafka.rd_kafka_DeleteRecords(client, ctypes.byref(wish), ctypes.c_size_t(1), None, queue)
        answer = ctypes.c_void_p(kafka.rd_kafka_queue_poll(queue, PATIENCE_S * 1000))
        assert answer and kafka.rd_kafka_event_error(answer) == 0, f"{topic}: records could not be deleted"
        kafka.rd_kafka_event_destroy(answer)
        kafka.rd_kafka_DeleteRecords_destroy(wish)
        kafka.rd_kafka_topic_partition_list_destroy(offsets)
        kafka.rd_kafka_queue_destroy(queue)
        kafka.rd_kafka_destroy(client)

    # records

    def kcat(self, *arguments, **options):
        return run("kcat", "-b", self.address, *arguments, **options)

    def produce(self, topic, value, key=None, partition=None, headers=None, timestamp_ms=None):
        """Durably, and returns the Record as the broker has it (partition, offset)."""
        answers = []
        producer = confluent_kafka.Producer({"bootstrap.servers": self.address, "acks": "all", "linger.ms": 0,
                                             "partitioner": "murmur2_random"})
        place = {} if partition is None else {"partition": partition}
        if timestamp_ms is not None:
            place["timestamp"] = timestamp_ms
        producer.produce(topic, value=value, key=key, headers=headers, **place,
                         on_delivery=lambda error, message: answers.append((error, message)))
        producer.flush(PATIENCE_S)
        assert answers, f"{topic}: the broker did not answer"
        error, message = answers[0]
        assert error is None, f"{topic}: {error}"
        return record_of(message)

    def records(self, topic):
        """All records of a topic now, in the order of their offsets, partition after partition."""
        with Reader(self, topic) as reader:
            return sorted(reader.until_end(), key=lambda record: (record.partition, record.offset))

    def wait_record(self, topic, what, condition, seconds=PATIENCE_S):
        """The first record, from the topic's beginning, of which the condition is true."""
        with Reader(self, topic) as reader:
            return reader.wait(what, condition, seconds)


class Reader:
    """Reads every partition of a topic from its beginning, outside any group."""

    def __init__(self, broker, topic):
        self.topic = topic
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": broker.address, "group.id": "reader", "enable.auto.commit": False,
            "enable.partition.eof": True, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 50})
        partitions = self.consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
        assert partitions, f"there is no topic {topic}"
        self.reading = set(partitions)
        self.consumer.assign([confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING)
                              for partition in partitions])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.consumer.close()

    def take(self, seconds):
        """A Record, or None: nothing came, or a partition's end did."""
        message = self.consumer.poll(seconds)
        if message is None:
            return None
        if message.error():
            assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
            self.reading.discard(message.partition())
            return None
        return record_of(message)

    def until_end(self):
        found = []

        def all_read():
            record = self.take(0.1)
            if record:
                found.append(record)
            return not self.reading
        wait_for(f"the end of {self.topic}", all_read)
        return found

    def wait(self, what, condition, seconds=PATIENCE_S):
        def wanted():
            record = self.take(0.1)
            return record if record and condition(record) else None
        return wait_for(f"{what} on {self.topic}", wanted, seconds)

"""Kafka dies, is away, and comes back: what was confirmed stays, captures go on, and nobody is declared dead."""
import time

import pytest

from faults.conftest import ask, settle
from peers.stages import Installation


@pytest.fixture
def alone(folder, own_broker, lan):
    """An installation with a broker of its own."""
    (folder / "capbus").mkdir()
    capbus = Installation(folder / "capbus", own_broker, "capbus.")
    capbus.topics("--partitions", "2")
    capbus.inventory = {"here": {"kind": "local", "interface": lan.interface, "worker": "one", "parallel": 4}}
    sender = lan.start_sending(count=10_000_000, pace=20)
    yield capbus
    sender.close()
    capbus.close()


def away(broker, seconds):
    """An outage of that length is what is tested: nothing could be waited for."""
    port = broker.port
    broker.kill()
    time.sleep(seconds)
    broker.start(port)


@pytest.mark.parametrize("seconds", [5, 22])
def test_a_short_outage_costs_nothing(alone, seconds):
    alone.start_upload()
    report = alone.start_report()
    alone.start_capture("one", alone.inventory)
    alone.start_capture("two")
    capture_id = ask(alone, "through", count=0, timeout_s=60)
    alone.broker.wait_record(alone.topic("chunks"), "packets", lambda _: any(
        chunk["packets"] for chunk in alone.records("chunks")))
    away(alone.broker, seconds)
    result = settle(alone, [capture_id], report)[capture_id]
    assert (result["state"], result["stopped_by"]) == ("complete", "timeout"), result
    assert result["packets"] > 20 * 40 and result["dropped_kernel"] == 0, result


def test_minutes_away_are_told_as_what_they_are(alone):
    """The worker stops its capture itself when its lease is over, keeps what it has, and sends it: no false lost."""
    alone.start_upload()
    report = alone.start_report()
    alone.start_capture("one", alone.inventory)
    alone.start_capture("two")
    capture_id = ask(alone, "through", count=0, timeout_s=600)
    alone.broker.wait_record(alone.topic("chunks"), "packets", lambda _: any(
        chunk["packets"] for chunk in alone.records("chunks")))
    away(alone.broker, 150)
    result = settle(alone, [capture_id], report)[capture_id]
    assert (result["state"], result["reason"]) == ("partial", "kafka_lost"), result
    assert result["packets"] > 20 * 20, "what it captured while Kafka was away is there"
    next_id = ask(alone, "next")
    assert settle(alone, [capture_id, next_id], report)[next_id]["state"] == "complete"


def test_a_capture_that_ends_while_kafka_is_away(alone):
    """Its packets and its end wait in the worker."""
    alone.start_upload()
    report = alone.start_report()
    alone.start_capture("one", alone.inventory)
    capture_id = ask(alone, "through", count=0, timeout_s=10)
    alone.broker.wait_record(alone.topic("chunks"), "packets", lambda _: any(
        chunk["packets"] for chunk in alone.records("chunks")))
    away(alone.broker, 20)
    result = settle(alone, [capture_id], report)[capture_id]
    assert (result["state"], result["stopped_by"]) == ("complete", "timeout"), result

"""Fault tests: real processes that die, stop or are cut off between any two of their steps. They wait for leases and
sessions of Kafka to run out, so many run side by side (./run-tests faults); none asserts how long anything took."""
import pytest

from peers.account import account, last_words
from peers.waiting import wait_for

# A lost worker is seen after 60 s, its partitions move after Kafka's 45 s at the latest; then there is work to do.
PATIENCE_S = 240


@pytest.fixture
def line(capbus, lan):
    """An installation on a wire of its own, on which a frame comes by every 50 ms."""
    capbus.topics("--partitions", "2")
    capbus.lan = lan
    capbus.inventory = {"here": {"kind": "local", "interface": lan.interface, "worker": "one"}}
    sender = lan.start_sending(count=10_000_000, pace=20)
    yield capbus
    sender.close()


def ask(capbus, request_id, **more):
    """A request as another system writes it; returns the capture's id."""
    capbus.request(key="here", **{"target": "here", "filter": "udp", "count": 20, "timeout_s": 60,
                                  "request_id": request_id, **more})
    return f"{request_id}-here"


def settle(capbus, capture_ids, report=None, seconds=PATIENCE_S):
    """Waits for a result of each, stored where it has packets, and accounts for all."""
    for capture_id in capture_ids:
        capbus.wait_result(capture_id, lambda result: all(
            store["state"] == "stored" for store in result["stores"]), seconds)
    for capture_id in capture_ids if report else ():
        wait_for(f"the last word on {capture_id}", lambda: last_words(report, capture_id), seconds)
    return account(capbus, capture_ids, report)

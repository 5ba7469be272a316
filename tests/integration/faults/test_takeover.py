"""A worker that died, or was paused for longer than its lease, and the one that takes its captures over; the latter may
die at each step of that, and the former wakes up again."""
import pytest

from faults.conftest import PATIENCE_S, ask, settle
from peers.waiting import wait_for

RUNS = "topic=runs where=capbus-change="

TAKEOVER_STEPS = {
    "proposing-reclaim": f"call=produce {RUNS}reclaim",
    "proposed-reclaim": f"call=produce {RUNS}reclaim when=after",
    "reading-reclaim-back": f"call=consume {RUNS}reclaim",
    "sending-the-end": "call=produce topic=chunks",
    "sent-the-end": "call=produce topic=chunks when=after",
    "proposing-end": f"call=produce {RUNS}end",
    "proposed-end": f"call=produce {RUNS}end when=after",
    "reading-end-back": f"call=consume {RUNS}end",
}

PAUSES = {
    "before-start-is-read-back": f"call=consume {RUNS}start",
    "before-the-first-chunk": "call=produce topic=chunks",
    "before-armed-is-proposed": f"call=produce {RUNS}armed",
    "before-armed-is-read-back": f"call=consume {RUNS}armed",
    "while-packets-are-queued": "call=produce topic=chunks nth=2 when=after",
    "before-the-end-is-sent": "call=produce topic=chunks nth=3",
    "after-the-capture-before-ended": f"call=produce {RUNS}end",
    "before-ended-is-read-back": f"call=consume {RUNS}end",
}


def start_long(capbus, request_id="long"):
    """A capture that has packets in Kafka and would go on for long."""
    capture_id = ask(capbus, request_id, count=0, timeout_s=600)
    capbus.broker.wait_record(capbus.topic("chunks"), "packets", lambda record: record.key == capture_id.encode() and any(
        chunk["packets"] for chunk in capbus.records("chunks") if chunk["capture_id"] == capture_id))
    return capture_id


@pytest.mark.parametrize("step", TAKEOVER_STEPS)
def test_kill_of_who_takes_over(line, step):
    """Runner and owner die, then the next owner does as well."""
    line.start_upload()
    report = line.start_report()
    runner = line.start_capture("one", line.inventory)
    capture_id = start_long(line)
    runner.kill()
    second = line.start_capture("two", fault=f"do=kill {TAKEOVER_STEPS[step]}")
    second.wait_killed(PATIENCE_S)
    line.start_capture("two")
    result = settle(line, [capture_id], report)[capture_id]
    # Whoever needs two minutes for two takeovers is overtaken by upload, to which the capture fell silent.
    assert result["state"] == "partial" and result["reason"] in ("worker_lost", "end_missing"), result
    assert result["packets"] > 0


@pytest.mark.parametrize("step", PAUSES)
def test_a_pause_longer_than_the_lease(line, step):
    """The runner stands still at a step until another worker has taken its capture over; then it wakes."""
    line.start_upload()
    report = line.start_report()
    runner = line.start_capture("one", line.inventory, fault=f"do=stop {PAUSES[step]}")
    line.start_capture("two")
    capture_id = ask(line, "paused", count=40)
    wait_for("the pause", runner.is_stopped)
    # What it had written before it was paused counts, and is the end.
    by = b"one" if step == "before-ended-is-read-back" else b"two"
    line.broker.wait_record(line.topic("runs"), f"its end by {by}", lambda record: (
        record.key == capture_id.encode() and record.headers["capbus-change"] == b"end"
        and record.headers["capbus-writer"] == by), PATIENCE_S)
    runner.resume()
    next_id = ask(line, "next")
    results = settle(line, [capture_id, next_id], report)
    assert results[capture_id]["state"] in ("partial", "lost", "complete"), results[capture_id]
    assert results[next_id]["state"] == "complete" and results[next_id]["packets"] == 20, results[next_id]


def test_a_capture_outlives_its_partitions_move(line):
    """Workers come and go while captures run: each goes on where it began, and ends as asked."""
    line.inventory["here"]["parallel"] = 4
    line.start_upload()
    report = line.start_report()
    line.start_capture("one", line.inventory)
    captures = [ask(line, f"{number}before", count=0, timeout_s=25) for number in range(2)]
    line.broker.wait_record(line.topic("events"), "both", lambda _: sum(
        event["kind"] == "capturing" for event in line.records("events")) == 2)
    second = line.start_capture("two")
    captures.append(ask(line, "during", count=0, timeout_s=15))
    third = line.start_capture("three")
    second.stop()
    captures.append(ask(line, "later", count=0, timeout_s=5))
    third.kill()
    results = settle(line, captures, report)
    for capture_id in captures:
        assert results[capture_id]["state"] == "complete" and results[capture_id]["stopped_by"] == "timeout", results

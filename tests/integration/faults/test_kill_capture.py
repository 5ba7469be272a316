"""kill -9 of the capture worker at each of its steps, then a restart under the same name. Whatever the step: each
request ends once, runs at most once, and the file holds what reached Kafka."""
import pytest

from faults.conftest import ask, settle

RUNS = "topic=runs where=capbus-change="

STEPS = {
    "taking-the-request": "call=consume topic=requests",
    "proposing-queued": f"call=produce {RUNS}queued",
    "proposed-queued": f"call=produce {RUNS}queued when=after",
    "reading-queued-back": f"call=consume {RUNS}queued",
    "telling-queued": "call=produce topic=events",
    "proposing-start": f"call=produce {RUNS}start",
    "proposed-start": f"call=produce {RUNS}start when=after",
    "reading-start-back": f"call=consume {RUNS}start",
    "sending-the-first-chunk": "call=produce topic=chunks",
    "proposing-armed": f"call=produce {RUNS}armed",
    "reading-armed-back": f"call=consume {RUNS}armed",
    "sending-packets": "call=produce topic=chunks nth=2",
    "sent-packets": "call=produce topic=chunks nth=2 when=after",
    "proposing-end": f"call=produce {RUNS}end",
    "proposed-end": f"call=produce {RUNS}end when=after",
    "reading-end-back": f"call=consume {RUNS}end",
}
# Killed no later than here, nothing was touched: after the restart the capture runs as if nothing had been.
HARMLESS = ("taking-the-request", "proposing-queued", "proposed-queued", "reading-queued-back", "telling-queued",
            "proposing-start")


@pytest.mark.parametrize("step", STEPS)
def test_kill_capture(line, step):
    line.start_upload()
    report = line.start_report()
    worker = line.start_capture("one", line.inventory, fault=f"do=kill {STEPS[step]}")
    capture_id = ask(line, "first")
    worker.wait_killed()
    line.start_capture("one", line.inventory)
    result = settle(line, [capture_id], report)[capture_id]
    if step in HARMLESS:
        assert result["state"] == "complete" and result["packets"] == 20, result
    next_id = ask(line, "next")
    assert settle(line, [capture_id, next_id], report)[next_id]["state"] == "complete", "the target is free again"

"""kill -9 of upload and report at each of their steps, then a restart: one file, one result, told once."""
import pytest

from faults.conftest import ask, settle

UPLOAD_STEPS = {
    "taking-the-first-chunk": "call=consume topic=chunks",
    "taking-packets": "call=consume topic=chunks nth=2",
    "making-the-file-safe": "call=fsync",
    "giving-it-its-name": "call=rename path=.pcapng",
    "gave-it-its-name": "call=rename path=.pcapng when=after",
    "writing-the-result": "call=produce topic=results",
    "wrote-the-result": "call=produce topic=results when=after",
    "reading-the-result-back": "call=consume topic=results",
    "dropping-the-spool": "call=unlink path=.pcapng",
}

REPORT_STEPS = {
    "taking-queued": "call=consume topic=events",
    "taking-the-end": "call=consume topic=events nth=4",
    "taking-the-result": "call=consume topic=results",
}


@pytest.mark.parametrize("step", UPLOAD_STEPS)
def test_kill_upload(line, step):
    upload = line.start_upload(fault=f"do=kill {UPLOAD_STEPS[step]}")
    report = line.start_report()
    line.start_capture("one", line.inventory)
    capture_id = ask(line, "first")
    upload.wait_killed()
    line.start_upload()
    next_id = ask(line, "next")
    for result in settle(line, [capture_id, next_id], report).values():
        assert result["state"] == "complete" and result["packets"] == 20, result
    assert not list(line.spool.rglob("*.pcapng")), "the spool is empty again"


@pytest.mark.parametrize("step", REPORT_STEPS)
def test_kill_report(line, step):
    line.start_upload()
    report = line.start_report(fault=f"do=kill {REPORT_STEPS[step]}")
    line.start_capture("one", line.inventory)
    capture_id = ask(line, "first")
    report.wait_killed()
    again = line.start_report("report-again")
    next_id = ask(line, "next")
    settle(line, [capture_id, next_id], [report, again])

"""report against a writer that is not ours: events and results as python3-avro makes them, and what is told on
standard output, also over restarts."""
import pytest

from peers.requester import ARMED_NS, REQUEST, Requester, complete_line, told_all
from peers.waiting import wait_for


@pytest.fixture
def requester(capbus):
    capbus.topics("--partitions", "3")
    return Requester(capbus)


@pytest.mark.asan
def test_a_request_from_queued_to_its_files(capbus, requester):
    report = capbus.start_report()
    requester.opened()
    requester.event("slx1", "queued", 1, position=1)
    report.wait_output("⏳ k7f3qa  `port 179` on slx1 · at most 30 s or 20 packets · alice\n… slx1  queued\n\n")
    requester.event("slx2", "queued", 1, position=1, holder="m2c8xd111111-slx2", holder_by="bob",
                    holder_filter="icmp")
    report.wait_output("⏳ k7f3qa  `port 179` on slx1, slx2 · at most 30 s or 20 packets each · alice\n"
                       "… slx1  queued\n… slx2  waiting, 1st in line: busy with m2c8xd (bob, `icmp`)\n\n")
    requester.event("slx1", "capturing", 3, armed_at=ARMED_NS, ports=["0/4", "0/40"], direction="both")
    report.wait_output("▶ slx1  0 of 20 packets · ports 0/4, 0/40 both ways\n")
    requester.ended("slx1")
    report.wait_output("… slx1  ended, complete: 20 packets; the file is being stored\n")
    requester.result("slx1")
    report.wait_output(complete_line("slx1") + "   slx1 - 20 packets: /captures/slx1.pcapng\n")
    assert "complete, 40 packets" not in report.output
    requester.begin("slx2")
    requester.ended("slx2")
    requester.result("slx2")
    report.wait_output("✅ k7f3qa  `port 179` on slx1, slx2 · 2 of 2 complete · alice\n"
                       + complete_line("slx1") + "   slx1 - 20 packets: /captures/slx1.pcapng\n"
                       + complete_line("slx2") + "   slx2 - 20 packets: /captures/slx2.pcapng\n\n"
                       "k7f3qa (alice): 2 of 2 complete, 40 packets.\n\n")
    assert report.output.count("2 of 2 complete, 40 packets") == 1
    assert report.metric("capbus_report_open_requests") == 0


def test_each_step_in_line_is_told(capbus, requester):
    report = capbus.start_report()
    for number, (position, words) in enumerate(((3, "3rd"), (2, "2nd"), (1, "1st"), (2, "2nd"))):
        before = len(report.output)
        requester.event("slx1", "queued", 1, number, position=position, holder="m2c8xd111111-slx1")
        wait_for(f"{words} in line", lambda: f"… slx1  waiting, {words} in line" in report.output[before:])
    told_all(capbus)
    assert report.output.count("waiting, ") == 4


def test_many_progress_events_make_few_blocks(capbus, requester):
    report = capbus.start_report()
    requester.begin("slx1")
    report.wait_output("▶ slx1")
    for number in range(1, 31):
        requester.event("slx1", "progress", 3, number, packets=number, armed_at=ARMED_NS)
    requester.ended("slx1")
    requester.result("slx1")
    told_all(capbus)
    assert report.output.count("▶ slx1") <= 3


def test_a_restart_tells_nothing_twice(capbus, requester):
    report = capbus.start_report()
    requester.run("slx1")
    open_one = Requester(capbus, "m2c8xd000000")
    open_one.begin("slx1")
    open_one.begin("slx2")
    open_one.ended("slx1")
    open_one.result("slx1")
    told_all(capbus)
    first = report.output
    assert first.count("k7f3qa (alice, not verified): 1 of 1 complete, 20 packets.") == 1
    assert complete_line("slx1") + "   slx1 - 20 packets: /captures/slx1.pcapng\n▶ slx2" in first
    report.stop()
    # What happens while nobody tells: the open one goes on, another comes and goes.
    open_one.ended("slx2")
    open_one.result("slx2")
    Requester(capbus, "p4q5r6000000").run("slx3", 7)
    again = capbus.start_report()
    told_all(capbus)
    assert again.output.startswith(first)
    second = again.output[len(first):]
    assert "k7f3qa" not in second
    for shown, last_word in (("m2c8xd", "2 of 2 complete, 40 packets."), ("p4q5r6", "1 of 1 complete, 7 packets.")):
        assert second.count(f"✅ {shown}") == 1, second
        assert second.count(f"{shown} (alice, not verified): {last_word}") == 1, second
    again.stop()
    third = capbus.start_report()
    # A worker that took over tells again what was told.
    open_one.begin("slx1")
    open_one.ended("slx1")
    open_one.ended("slx2")
    Requester(capbus, "x9y8z7000000").run("slx4")
    told_all(capbus)
    rest = third.output[len(first) + len(second):]
    assert "x9y8z7 (alice, not verified): 1 of 1 complete" in rest
    assert all("x9y8z7" in block for block in rest.split("\n\n") if block), rest


def test_a_result_that_is_missing_at_a_restart(capbus, requester):
    """Its capture ended before the restart and the result comes while nobody tells: told once, with the last word."""
    report = capbus.start_report()
    requester.begin("slx1")
    requester.ended("slx1")
    report.wait_output("the file is being stored")
    before = report.output
    report.stop()
    requester.result("slx1")
    again = capbus.start_report()
    told_all(capbus)
    new = again.output[len(before):]
    assert new.startswith("✅ k7f3qa") and new.count("✅ k7f3qa") == 1, new
    assert new.count("1 of 1 complete, 20 packets.") == 1


def test_kill_9_tells_the_rest(capbus, requester):
    report = capbus.start_report()
    requester.begin("slx1")
    report.wait_output("▶ slx1")
    report.kill()
    requester.ended("slx1")
    requester.result("slx1")
    again = capbus.start_report()
    told_all(capbus)
    assert again.output.count("1 of 1 complete, 20 packets.") == 1


def test_a_result_before_its_events(capbus, requester):
    report = capbus.start_report()
    requester.result("slx1")
    requester.run("slx1")
    told_all(capbus)
    assert report.output.count("1 of 1 complete, 20 packets.") == 1


def test_a_result_of_a_request_that_nobody_knows_is_not_told(capbus, requester):
    report = capbus.start_report()
    Requester(capbus, "unknown00000").result("slx1")
    requester.run("slx1")
    told_all(capbus)
    assert "unknown" not in report.output


def test_a_link_that_comes_later(capbus, requester):
    report = capbus.start_report()
    requester.begin("slx1")
    requester.ended("slx1")
    requester.result("slx1", stores=[requester.store("slx1", "waiting")])
    told_all(capbus)
    assert "store folder: waiting" in report.output
    requester.result("slx1", version=2)
    report.wait_output("   slx1 - 20 packets: /captures/slx1.pcapng\n")
    assert report.output.count("1 of 1 complete, 20 packets.") == 1


def test_what_other_systems_asked(capbus, requester):
    report = capbus.start_report()
    other = Requester(capbus, "ticket0000001", requested_by="ci\x1b[2J", requested_via=None)
    other.event("slx1", "queued", 1, position=1)
    report.wait_output("· ci\\x1b[2J via Kafka, not verified\n… slx1  queued\n")


def test_a_refusal_is_told_with_its_reason(capbus, requester):
    report = capbus.start_report()
    requester.event("slx1", "refused", 1, reason="record_invalid", detail="ask=check is not answered by this release")
    report.wait_output("⛔ slx1  refused: ask=check is not answered by this release. Nothing was captured.\n")


@pytest.mark.asan
def test_garbage_becomes_a_dead_letter_and_the_rest_goes_on(capbus, requester):
    report = capbus.start_report()
    bad = capbus.broker.produce(capbus.topic("events"), b"\x00garbage", key=REQUEST)
    capbus.broker.produce(capbus.topic("results"), b"garbage", key=f"{REQUEST}-slx1")
    capbus.broker.produce(capbus.topic("threads"), b"garbage", key=REQUEST)
    requester.run("slx1")
    told_all(capbus)
    letter = capbus.broker.wait_record(capbus.topic("dead-letters"), "the garbage",
                                       lambda record: record.value == b"\x00garbage")
    assert letter.headers["capbus-stage"] == b"report"
    assert letter.headers["capbus-topic"] == capbus.topic("events").encode()
    assert letter.headers["capbus-offset"] == str(bad.offset).encode()
    assert letter.headers["capbus-reason"] == b"schema_unknown"
    assert report.metric("capbus_report_unreadable_total") == 3
    report.stop()
    capbus.start_report()
    Requester(capbus, "x9y8z7000000").run("slx1")
    told_all(capbus)
    from_topics = sorted(record.headers["capbus-topic"].decode()
                         for record in capbus.broker.records(capbus.topic("dead-letters")))
    assert from_topics == sorted(map(capbus.topic, ("events", "results", "threads")))


def test_readiness_and_check(capbus, requester):
    report = capbus.start_report()
    status, body = report.get("/readyz")
    assert status == 200, body
    assert report.get("/healthz")[0] == 200
    checked = capbus.run("capbus-report", "--config", capbus.config, "--check")
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout == "capbus-report: ready to start\n"


def test_without_topics_nothing_starts(capbus):
    done = capbus.run("capbus-report", "--config", capbus.config, "--check")
    assert done.returncode == 2
    assert f"topic {capbus.topic('events')} does not exist" in done.stderr

"""Told once: report is killed and paused at every step, and what it told is counted. A killed member's partitions are
free after session.timeout.ms, and what it left in doubt is looked up 45 s later, so these tests wait side by side."""
import concurrent.futures
import hashlib
import pathlib
import time

import pytest

from peers.requester import Requester, told_all
from peers.stages import Installation
from peers.waiting import wait_for

NOTE = "Perhaps told before"
QUICK = ("kafka.session.timeout.ms=30000",)
LONG_S = 150


def last_word(request_id, targets=1):
    return f"{request_id[:6]} (alice, not verified): {targets} of {targets} complete, {20 * targets} packets."


def threads_of(capbus, request_id):
    """The records of one request in threads, oldest first."""
    return [record for record in capbus.records("threads") if record["request_id"] == request_id]


def changes_of(capbus, request_id):
    return [record["change"] for record in threads_of(capbus, request_id)]


def blocks(text):
    return [block for block in text.split("\n\n") if block.strip()]


def repeated(text):
    """Blocks that stand there more than once."""
    seen = blocks(text)
    return sorted({block for block in seen if seen.count(block) > 1})


@pytest.fixture
def installations(folder, broker):
    """installations(count): so many, each with its own topics and folder, for tests that wait side by side."""
    made = []

    def make(count):
        for number in range(count):
            own = folder / f"own{number}"
            own.mkdir()
            made.append(Installation(own, broker, f"{folder.name[-40:].replace('-', '.').lstrip('.')}.{number}."))
            made[-1].topics("--partitions", "1")
        return made[-count:]
    yield make
    for installation in made:
        installation.close()


def side_by_side(work, items):
    with concurrent.futures.ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


def kill_when(report, condition):
    """kill -9 as soon as the condition is true."""
    wait_for("the moment to kill", condition)
    report.kill()


# Each is a moment in the telling of the block "capturing": given the installation and its report, kills.
def at_the_claim(capbus, report, requester):
    kill_when(report, lambda: changes_of(capbus, requester.request_id)[-1:] == ["claimed"]
              or "▶ slx1" in report.output)


def at_the_text(_capbus, report, _requester):
    kill_when(report, lambda: "▶ slx1" in report.output)


def at_the_settling(capbus, report, requester):
    kill_when(report, lambda: changes_of(capbus, requester.request_id)[-1:] == ["said"])


def after(seconds):
    def at(_capbus, report, _requester):
        time.sleep(seconds)  # not to wait for anything: the moment is the test
        report.kill()
    return at


def test_kill_9_at_each_step(installations):
    moments = [at_the_claim, at_the_text, at_the_settling] + [after(ms / 1000) for ms in (0, 4, 8, 12, 20)]

    def one(job):
        capbus, kill = job
        report = capbus.start_report(settings=QUICK)
        requester = Requester(capbus, "k7f3qa000000")
        requester.event("slx1", "queued", 1, position=1)
        report.wait_output("queued")
        requester.event("slx1", "capturing", 3)
        kill(capbus, report, requester)
        again = capbus.start_report(settings=QUICK)
        requester.ended("slx1")
        requester.result("slx1")
        wait_for("the last word", lambda: last_word(requester.request_id) in again.output, LONG_S)
        told_all(capbus)
        wait_for("the last settling", lambda: changes_of(capbus, requester.request_id)[-1] == "done")
        return again.output
    jobs = list(zip(installations(len(moments)), moments))
    outputs = side_by_side(one, jobs)
    words = sum(output.count("1 of 1 complete, 20 packets.") for output in outputs)
    print(f"killed {len(moments)} times: {len(outputs)} requests, {words} last words, "
          f"{sum(len(repeated(output)) for output in outputs)} blocks twice, "
          f"{sum(output.count(NOTE) for output in outputs)} in doubt")
    for output in outputs:
        assert output.count("1 of 1 complete, 20 packets.") == 1, output
        assert not repeated(output), output
        assert NOTE not in output, output


def leave_claim(capbus, requester, text, output_path, is_told):
    """What a reporter leaves that is killed between its claim and its settling: before or after it told."""
    before = output_path.stat()
    place = f"{before.st_dev:x}:{before.st_ino:x}:{before.st_size:x}:{len(text.encode()):x}"
    requester.write("threads", requester.request_id, {
        "request_id": requester.request_id, "version": 1, "change": "claimed", "writer": "report",
        "incarnation": "dead", "nonce": 1, "via": "console", "message_ts": place,
        "said_sha256": hashlib.sha256(text.encode()).hexdigest(), "said": ["slx1 queued - - 1 0 1.0.0 0"]})
    if is_told:
        with open(output_path, "a") as output:
            output.write(text)


def test_a_claim_that_was_left_is_looked_up(capbus):
    """Told: it is settled, not told again. Not told: told. In another file: told, with a note."""
    capbus.topics("--partitions", "1")
    output = pathlib.Path(capbus.folder) / "report.out"
    output.touch()
    other = pathlib.Path(capbus.folder) / "other.out"
    other.touch()
    told, untold, unknown = (Requester(capbus, request_id) for request_id in
                             ("told00000000", "untold000000", "unknown00000"))
    leave_claim(capbus, told, "what was told, word for word\n\n", output, True)
    leave_claim(capbus, untold, "what was not\n\n", output, False)
    leave_claim(capbus, unknown, "who knows\n\n", other, True)
    for requester in (told, untold, unknown):
        requester.event("slx1", "queued", 1, position=1)
    report = capbus.start_report()
    for requester in (told, untold, unknown):
        wait_for("a settling", lambda one=requester: changes_of(capbus, one.request_id)[-1] == "posted", LONG_S)
    text = report.output
    assert text.count("what was told, word for word") == 1 and "⏳ told00" not in text, text
    assert text.count("⏳ untold") == 1, text
    assert text.count("⏳ unknow") == 1, text
    assert text.count(NOTE) == 1 and NOTE in text[text.index("⏳ unknow"):].split("\n\n")[0], text
    assert changes_of(capbus, told.request_id) == ["claimed", "posted"]


def test_one_of_two_is_paused_for_70_s_and_wakes(capbus):
    capbus.topics("--partitions", "2")
    first = capbus.start_report("first", QUICK)
    requesters = [Requester(capbus, f"{number}aaaaa000000") for number in range(6)]
    for requester in requesters:
        requester.begin("slx1")
    wait_for("six running", lambda: first.output.count("▶ slx1") >= 6)
    second = capbus.start_report("second", QUICK)
    for requester in requesters[:3]:
        requester.ended("slx1")
    first.pause()
    slept_until = time.monotonic() + 70
    for requester in requesters:
        requester.ended("slx1")
        requester.result("slx1")
    wait_for("70 s", lambda: time.monotonic() > slept_until, 80)
    first.resume()
    for requester in requesters:
        requester.result("slx1", version=2, late_packets=3)

    def settled():
        return all(threads_of(capbus, requester.request_id)[-1]["said"][0].split()[5] == "3"
                   for requester in requesters)
    wait_for("all to be settled", settled, LONG_S)
    told_all(capbus)
    text = first.output + second.output
    words = [text.count(last_word(requester.request_id)) for requester in requesters]
    print(f"{len(requesters)} requests, {sum(words)} last words, {len(repeated(text))} blocks twice, "
          f"{text.count(NOTE)} in doubt")
    # What the first had claimed when it was stopped stands in doubt, because the other has another file.
    assert not repeated(text), text
    assert sum(words) <= len(requesters) + text.count(NOTE), text
    assert all(words), text


def test_capture_and_report_restart_together(capbus):
    """The worker that comes back tells again what is unfinished or has just ended: nobody hears it twice."""
    capbus.topics("--partitions", "1")
    report = capbus.start_report(settings=QUICK)
    done, running = Requester(capbus, "k7f3qa000000"), Requester(capbus, "m2c8xd000000")
    done.run("slx1")
    running.begin("slx1")
    told_all(capbus)
    before = report.output
    report.kill()
    for _ in range(2):
        done.event("slx1", "ended", 4, outcome="complete", packets=20)
        running.event("slx1", "capturing", 3)
    again = capbus.start_report(settings=QUICK)
    told_all(capbus)
    assert again.output == before
    running.ended("slx1")
    running.result("slx1")
    again.wait_output(last_word(running.request_id))
    told_all(capbus)
    assert again.output.count("1 of 1 complete, 20 packets.") == 2 and not repeated(again.output)

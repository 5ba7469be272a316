"""What must add up, whatever died on the way: packets in Kafka = packets in the file, captures = files,
requests = endings told. Read without our code."""
import collections
import re

from peers import files

ENDED = ("complete", "partial", "empty", "blind", "cancelled", "failed", "rejected", "expired", "lost")


def chunks_of(capbus):
    """Chunks by capture, in the log's order, up to the first end; and how many packets came after that."""
    kept, late, ended = collections.defaultdict(list), collections.Counter(), set()
    for chunk in capbus.records("chunks"):
        capture_id = chunk["capture_id"]
        if capture_id in ended:
            late[capture_id] += chunk["packets"]
        else:
            kept[capture_id].append(chunk)
            if chunk["end"] is not None:
                ended.add(capture_id)
    return kept, late


def packets_in(chunks):
    """A chunk that was delivered twice counts once."""
    return sum({(chunk["begin"]["worker"], chunk["seq"]): chunk["packets"] for chunk in chunks
                if chunk["seq"] is not None}.values())


def newest_results(capbus):
    return {result["capture_id"]: result for result in capbus.records("results")}


def assert_ran_once(capture_id, chunks):
    """One session armed at most once: nothing else explains two starts of a capture."""
    armed = {(chunk["begin"]["worker"], chunk["begin"]["armed_at"]) for chunk in chunks if chunk["packets"]}
    assert len(armed) <= 1, f"{capture_id} ran more than once: {armed}"


def account(capbus, capture_ids, report=None):
    """Asserts all of it for these captures and prints the sums."""
    kept, late = chunks_of(capbus)
    results = newest_results(capbus)
    in_kafka = in_files = 0
    with_packets = set()
    for capture_id in capture_ids:
        result, chunks = results[capture_id], kept[capture_id]
        assert result["state"] in ENDED, result
        assert_ran_once(capture_id, chunks)
        assert result["late_packets"] in (None, late[capture_id]) or late[capture_id] == 0, result
        count = packets_in(chunks)
        assert result["packets"] == count, f"{capture_id}: {count} packets in Kafka, {result}"
        if count and result["state"] != "cancelled":
            with_packets.add(capture_id)
            path = capbus.file_of(result)
            assert files.packet_count(path) == count, path
            assert result["sha256"] == files.sha256(path)
            in_files += files.packet_count(path)
            in_kafka += count
        else:
            assert result["stores"] == [], result
    stored = capbus.files()
    assert len(stored) == len(with_packets), f"{len(stored)} files of {len(with_packets)} captures: {stored}"
    told = assert_told_once(report, capture_ids) if report else "-"
    print(f"packets in Kafka {in_kafka} = in files {in_files}; captures {len(with_packets)} = files {len(stored)}; "
          f"requests {len(capture_ids)} = told {told}")
    return results


def last_words(report, capture_id):
    """What was said when the capture's request was over. `report` may be several runs of it, one after the other."""
    output = "".join(one.output for one in (report if isinstance(report, (list, tuple)) else [report]))
    request_id = capture_id.rpartition("-")[0]
    said = re.findall(r"^(\S+)(?: \([^)]*\))?: \d+ of \d+ .*$", output, re.MULTILINE)
    lines = re.findall(r"^\S+(?: \([^)]*\))?: \d+ of \d+ .*$", output, re.MULTILINE)
    # People are shown the first six characters where those are enough.
    return [line for shown, line in zip(said, lines) if shown == request_id or (
        len(shown) >= 6 and request_id.startswith(shown))]


def assert_told_once(report, capture_ids):
    for capture_id in capture_ids:
        said = last_words(report, capture_id)
        assert len(said) == 1, f"{capture_id} was told {len(said)} times: {said}"
    return len({capture_id.rpartition("-")[0] for capture_id in capture_ids})

"""The harness itself: frames that are sent arrive, can be told apart, and two witnesses see the same."""
import struct
import subprocess

from peers import files

PCAP_HEADER, RECORD_HEADER, FRAME = 24, 16, 100


def numbers(packets, tags=0):
    return [int.from_bytes(packet.data[42 + 4 * tags:50 + 4 * tags], "big") for packet in packets]


def test_each_frame_arrives_once(lan, tcpdump):
    witness = tcpdump(lan.interface)
    assert lan.send(1000, pace=20000) == 1000
    witness.wait_size(PCAP_HEADER + 1000 * (RECORD_HEADER + FRAME))
    seen = files.packets(witness.stop())
    assert numbers(seen) == list(range(1000))
    assert all(packet.length == FRAME for packet in seen)


def test_wireshark_finds_nothing_wrong_with_the_frames(lan, tcpdump):
    witness = tcpdump(lan.interface)
    lan.send(3, port=179, size=1400)
    witness.wait_size(PCAP_HEADER + 3 * (RECORD_HEADER + 1400))
    read = files.fields(witness.stop(), "frame.len", "ip.checksum.status", "udp.dstport", "udp.length")
    assert [(row[0], row[2], row[3]) for row in read] == [("1400", "179", "1366")] * 3
    assert not files.fields(witness.path, "frame.number", where="_ws.malformed || ip.checksum.status == Bad")


def test_nothing_else_is_on_the_wire(lan, tcpdump):
    witness = tcpdump(lan.interface)
    lan.send(1)
    witness.wait_size(PCAP_HEADER + RECORD_HEADER + FRAME)
    assert len(files.packets(witness.stop())) == 1


def test_two_witnesses_agree_to_the_nanosecond(lan, tcpdump):
    first, second = tcpdump(lan.interface), tcpdump(lan.interface, "udp port 9000")
    lan.send(200, pace=5000)
    for witness in (first, second):
        witness.wait_size(PCAP_HEADER + 200 * (RECORD_HEADER + FRAME))
    assert files.packets(first.stop()) == files.packets(second.stop())


def test_vlan_tags_and_replay(lan, tcpdump, folder):
    witness = tcpdump(lan.interface)
    lan.send(2, vlans=(7, 8))
    witness.wait_size(PCAP_HEADER + 2 * (RECORD_HEADER + FRAME + 8))
    tagged = files.packets(witness.stop())
    assert numbers(tagged, tags=2) == [0, 1]
    replayed = tcpdump(lan.interface)
    assert lan.send(pcap=witness.path) == 2
    replayed.wait_size(PCAP_HEADER + 2 * (RECORD_HEADER + FRAME + 8))
    assert [packet.data for packet in files.packets(replayed.stop())] == [packet.data for packet in tagged]


def test_capinfos_is_read_by_its_titles(lan, tcpdump):
    witness = tcpdump(lan.interface)
    lan.send(5)
    witness.wait_size(PCAP_HEADER + 5 * (RECORD_HEADER + FRAME))
    told = files.capinfos(witness.stop())
    assert (told["Number of packets"], told["File encapsulation"], told["SHA256"]) == (
        "5", "ether", files.sha256(witness.path))
    assert files.packet_count(witness.path) == 5


def test_a_removed_interface_leaves_nothing_behind(lan):
    lan.remove()
    left = subprocess.run(["ip", "link", "show", lan.interface], capture_output=True, text=True)
    assert left.returncode != 0


def test_file_times_are_the_kernels(lan, tcpdump):
    """files.packets loses no digit of tcpdump's own nanoseconds."""
    witness = tcpdump(lan.interface)
    lan.send(10)
    witness.wait_size(PCAP_HEADER + 10 * (RECORD_HEADER + FRAME))
    raw = witness.stop().read_bytes()
    headers = [struct.unpack_from("<II", raw, PCAP_HEADER + number * (RECORD_HEADER + FRAME)) for number in range(10)]
    assert [packet.time_ns for packet in files.packets(witness.path)] == [
        seconds * 10**9 + nanoseconds for seconds, nanoseconds in headers]

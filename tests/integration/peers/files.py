"""What a capture file holds, as Wireshark's tools read it: never our own reader."""
import collections
import csv
import hashlib
import io
import struct

from peers.waiting import run

Packet = collections.namedtuple("Packet", "time_ns length data")


def capinfos(path):
    """Every column of `capinfos -T -M -A`, by its title: "Number of packets", "SHA256", "Capture comment" …"""
    text = run("capinfos", "-T", "-M", "-A", "-m", "-Q", path).stdout
    titles, values = csv.reader(io.StringIO(text), quotechar='"')
    return dict(zip(titles, values))


def packet_count(path):
    return int(capinfos(path)["Number of packets"])


def fields(path, *names, where=""):
    """A list of tuples, one a packet: what `tshark -T fields` says of each name."""
    wanted = [word for name in names for word in ("-e", name)]
    selected = ["-Y", where] if where else []
    text = run("tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t", *selected, *wanted).stdout
    return [tuple(line.split("\t")) for line in text.splitlines()]


def packets(path, where=""):
    """Every packet's time in nanoseconds, original length and bytes: Wireshark reads the file, whatever its format,
    and writes the plain nanosecond form that is walked here."""
    selected = ["-Y", where] if where else []
    raw = run("tshark", "-n", "-r", path, *selected, "-F", "nsecpcap", "-w", "-", text=False).stdout
    assert struct.unpack_from("<I", raw)[0] == 0xa1b23c4d
    found, at = [], 24
    while at < len(raw):
        seconds, nanoseconds, captured, original = struct.unpack_from("<IIII", raw, at)
        found.append(Packet(seconds * 10**9 + nanoseconds, original, raw[at + 16:at + 16 + captured]))
        at += 16 + captured
    return found


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()

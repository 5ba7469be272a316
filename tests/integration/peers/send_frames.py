#!/usr/bin/python3
"""Sends frames on an interface through a packet socket: N that can be told apart, or those of a pcap file.

Frame number n is UDP to PORT whose payload begins with n as 8 bytes, big-endian, so that what arrived can be compared
one by one. Prints "sent N" when all are handed to the kernel."""
import argparse
import itertools
import socket
import struct
import time

ADDRESSES = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2")
ETHERNET = bytes.fromhex("020000000002" "020000000001")


def checksum(header):
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp_frames(port, size, vlans):
    """An endless series; a frame is `size` bytes long, without its VLAN tags."""
    tags = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in vlans)
    payload = size - 14 - 20 - 8
    padding = bytes(payload - 8)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, size - 14, 0, 0x4000, 64, 17, 0) + ADDRESSES
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    head = ETHERNET + tags + struct.pack(">H", 0x0800) + ip + struct.pack(">HHHH", 40000, port, payload + 8, 0)
    for number in itertools.count():
        yield head + number.to_bytes(8, "big") + padding


def pcap_frames(path):
    with open(path, "rb") as file:
        raw = file.read()
    order = "<" if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at < len(raw):
        captured = struct.unpack_from(f"{order}IIII", raw, at)[2]
        yield raw[at + 16:at + 16 + captured]
        at += 16 + captured


def send(link, frames, pace):
    """`pace` frames a second; 0: as fast as they go. In bursts of 10 ms: a sleep a frame would be too slow."""
    burst = max(1, int(pace / 100)) if pace else 0
    began, sent = time.monotonic(), 0
    for frame in frames:
        link.send(frame)
        sent += 1
        if burst and sent % burst == 0:
            time.sleep(max(0.0, began + sent / pace - time.monotonic()))
    return sent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("interface")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--pace", type=float, default=0)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--vlan", type=int, action="append", default=[])
    parser.add_argument("--pcap")
    wanted = parser.parse_args()
    if wanted.pcap:
        frames = pcap_frames(wanted.pcap)
    else:
        frames = itertools.islice(udp_frames(wanted.port, wanted.size, wanted.vlan), wanted.count)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind((wanted.interface, 0))
        print("sent", send(link, frames, wanted.pace), flush=True)


if __name__ == "__main__":
    main()

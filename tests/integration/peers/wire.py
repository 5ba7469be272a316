"""A wire of the test's own, a sender at its far end, and an independent tcpdump that watches it."""
import itertools
import os
import pathlib
import re
import subprocess
import sys

from peers.waiting import PATIENCE_S, end, run, wait_for

SENDER = pathlib.Path(__file__).with_name("send_frames.py")
numbers = itertools.count()


class Lan:
    """A veth pair: `interface` is here, where captures are made; its other end is in a network namespace, from which
    frames are sent. No addresses and no IPv6, so that nothing is on it but what a test sends."""

    def __init__(self):
        tag = f"{os.getpid():x}-{next(numbers)}"
        self.namespace = f"capbus-{tag}"
        self.interface = f"cb{tag}"
        self.far = "far"

    def __enter__(self):
        run("ip", "netns", "add", self.namespace)
        try:
            run("ip", "link", "add", self.interface, "type", "veth",
                "peer", "name", self.far, "netns", self.namespace)
            self._quiet(self.interface)
            self._quiet(self.far, "ip", "netns", "exec", self.namespace)
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        run("ip", "link", "del", self.interface, check=False)
        run("ip", "netns", "del", self.namespace)

    @staticmethod
    def _quiet(interface, *inside):
        switch = f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6"
        run(*inside, "sh", "-c", f"[ ! -e {switch} ] || echo 1 >{switch}")
        run(*inside, "ip", "link", "set", interface, "up")

    def down(self):
        run("ip", "link", "set", self.interface, "down")

    def remove(self):
        """The interface vanishes, as when a container ends."""
        run("ip", "link", "del", self.interface)

    def start_sending(self, count=1, pace=0, size=100, port=9000, vlans=(), pcap=None):
        """A Sender that has begun; `pace` in frames a second, 0: as fast as they go."""
        what = ["--pcap", pcap] if pcap else ["--count", count, "--size", size, "--port", port]
        tags = [word for vlan in vlans for word in ("--vlan", vlan)]
        return Sender(["ip", "netns", "exec", self.namespace, sys.executable, SENDER, self.far, "--pace", pace,
                       *what, *tags])

    def send(self, *arguments, **options):
        """The same, and returns when all are sent."""
        return self.start_sending(*arguments, **options).wait()


class Sender:
    def __init__(self, command):
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)

    def wait(self, seconds=600):
        """How many frames were sent."""
        output = self.process.communicate(timeout=seconds)[0]
        assert self.process.returncode == 0, output
        return int(output.split()[-1])

    def close(self):
        self.process.kill()
        self.process.communicate()


class Tcpdump:
    """Debian's tcpdump on an interface, into a file, from `listening on` until stop()."""

    def __init__(self, interface, path, expression="", buffer_kib=65536, snaplen=262144):
        self.path = pathlib.Path(path)
        self.log = self.path.with_suffix(".log")
        command = ["tcpdump", "-i", interface, "-n", "-U", "-B", str(buffer_kib), "-s", str(snaplen),
                   "--time-stamp-precision=nano", "-w", "-", "--", expression]
        with open(self.path, "wb") as packets, open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=packets, stderr=log, stdin=subprocess.DEVNULL)
        wait_for("tcpdump to listen", self._listens)

    def _listens(self):
        said = self.log.read_text()
        assert self.process.poll() is None, said
        return "listening on" in said

    def size(self):
        return self.path.stat().st_size

    def wait_size(self, minimum, seconds=PATIENCE_S):
        """Until the file has that many bytes: what waits in the kernel when tcpdump ends is not written."""
        wait_for(f"{minimum} bytes from tcpdump", lambda: self.size() >= minimum, seconds)

    def stop(self):
        """The file; what the kernel dropped makes it worthless as a judge, and fails."""
        end(self.process)
        dropped = re.search(r"(\d+) packets? dropped by kernel", self.log.read_text())
        assert dropped and dropped.group(1) == "0", self.log.read_text()
        return self.path

    def close(self):
        if self.process.poll() is None:
            end(self.process)

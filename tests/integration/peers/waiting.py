"""Waiting for the thing itself, with an end; and what a test's processes need from the machine."""
import contextlib
import socket
import subprocess
import time

PATIENCE_S = 60


def wait_for(what, condition, seconds=PATIENCE_S):
    """Asks `condition` until it answers something true, and returns that; AssertionError names what never came."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for: {what}"
        time.sleep(0.02)


def free_port():
    """A port on loopback that nobody has just now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, check=True, **options):
    """A command's CompletedProcess, output as text; its whole output is in the failure's message."""
    options = {"capture_output": True, "text": True, "timeout": 600, "stdin": subprocess.DEVNULL, **options}
    if "input" in options:
        del options["stdin"]
    done = subprocess.run([str(word) for word in command], **options)
    assert not check or done.returncode == 0, (
        f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def end(process, seconds=PATIENCE_S):
    """SIGTERM, and the exit code; whoever does not end is killed and reported."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"{process.args} did not end within {seconds} s after SIGTERM") from None

"""Integration tests: the installed programs (CAPBUS_BIN) with a real Kafka, real interfaces and a real tcpdump.

One broker a run, shared by the xdist workers; a topic prefix and a folder per test. Everything a run makes lies in
build/integration; the folder of a test that passed is removed, the others are kept with all logs."""
import fcntl
import os
import pathlib
import re
import shutil
import tempfile

import pytest

from peers.broker import Broker
from peers.stages import Installation, missing_programs
from peers.waiting import run
from peers.wire import Lan, Tcpdump

TOP = pathlib.Path(__file__).resolve().parents[2]
RUN_FOLDER = "CAPBUS_TEST_RUN"


def is_worker(config):
    return hasattr(config, "workerinput")


def pytest_configure(config):
    if is_worker(config) or config.option.collectonly:
        return
    programs = os.environ.get("CAPBUS_BIN")
    if not programs or missing_programs(programs):
        raise pytest.UsageError(
            "CAPBUS_BIN must name the folder of the installed programs; ./run-tests integration sets it. "
            + (f"In {programs} there is no {', '.join(missing_programs(programs))}" if programs else "It is not set"))
    os.environ["CAPBUS_BIN"] = str(pathlib.Path(programs).resolve())
    made = TOP / "build" / "integration"
    made.mkdir(parents=True, exist_ok=True)
    os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="run-", dir=made)


def pytest_sessionfinish(session):
    """The controller ends the broker, after the last worker."""
    folder = pathlib.Path(os.environ.get(RUN_FOLDER, "/nonexistent"))
    if is_worker(session.config) or not folder.is_dir():
        return
    Broker(folder / "kafka").stop()
    if session.testsfailed == 0:
        shutil.rmtree(folder)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Remembers whether a test passed, for the fixtures that clean up after it."""
    report = (yield).get_result()
    item.failed_somewhere = getattr(item, "failed_somewhere", False) or report.failed


@pytest.fixture(scope="session")
def broker():
    """The run's Apache Kafka. Whichever worker needs it first starts it; a lock makes the others wait."""
    run = pathlib.Path(os.environ[RUN_FOLDER])
    shared = Broker(run / "kafka")
    with open(run / "kafka.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.running():
            shared.start()
    return shared


@pytest.fixture
def own_broker(folder):
    """A broker that the test may kill."""
    own = Broker(folder / "kafka").start()
    yield own
    own.stop()


@pytest.fixture
def folder(request):
    """The test's own folder; kept when it fails."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name)[:80]
    made = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=os.environ[RUN_FOLDER]))
    yield made
    if getattr(request.node, "failed_somewhere", False):
        print(f"kept: {made}")
    else:
        shutil.rmtree(made)


@pytest.fixture
def prefix(folder):
    """The test's own topic prefix."""
    return f"{folder.name.replace('-', '.')}."[-64:].lstrip(".")


@pytest.fixture
def capbus(folder, broker, prefix):
    """An installation without stages; those that the test starts are ended after it, by pid."""
    installation = Installation(folder, broker, prefix)
    yield installation
    installation.close()


@pytest.fixture
def upload(capbus):
    """The topics, and the upload stage, ready."""
    capbus.topics("--partitions", "3")
    return capbus.start_upload()


@pytest.fixture
def small_disk(folder):
    """A file system of 4 MiB (needs root)."""
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a file system")
    at = folder / "small"
    at.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "none", at)
    yield at
    run("umount", "-l", at)


@pytest.fixture
def lan():
    """A wire of the test's own (needs root)."""
    if os.geteuid() != 0:
        pytest.skip("needs root: makes a network namespace")
    with Lan() as made:
        yield made


@pytest.fixture
def tcpdump(folder):
    """tcpdump(interface, expression): an independent witness that listens already."""
    if os.geteuid() != 0:
        pytest.skip("needs root: captures packets")
    started = []

    def start(interface, expression="", **options):
        started.append(Tcpdump(interface, folder / f"witness-{len(started)}.pcap", expression, **options))
        return started[-1]
    yield start
    for witness in started:
        witness.close()

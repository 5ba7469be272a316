"""An installation of capbus: its configuration, its programs as processes, and what it left behind."""
import json
import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

from peers import records
from peers.waiting import end, free_port, run, wait_for

PROGRAMS = ("capbus", "capbus-capture", "capbus-upload", "capbus-report")


def missing_programs(folder):
    return [name for name in PROGRAMS if not os.access(pathlib.Path(folder) / name, os.X_OK)]


def ini(sections):
    """{"section": {"key": value}} as text."""
    return "".join(f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
                   for section, keys in sections.items())


def environment():
    """Nothing of the caller's configuration, and a time zone that shows where a program forgets UTC."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAPBUS_")}
    return {**kept, "TZ": "Asia/Kolkata", "LC_ALL": "C.UTF-8"}


def preload(fault):
    """The environment in which tests/integration/faults/fault.c obeys these rules."""
    if not fault:
        return {}
    shim = pathlib.Path(os.environ["CAPBUS_BUILD"]) / "tests" / "libfault.so"
    assert shim.exists(), f"there is no {shim}"
    return {"LD_PRELOAD": str(shim), "FAULT": fault}


class Stage:
    """One running stage. Its log is a file; it must end with exit code 0 unless the test ended it otherwise."""

    def __init__(self, name, command, folder, port, fault=None):
        self.name, self.port = name, port
        self.log_path = folder / f"{name}.log"
        self.output_path = folder / f"{name}.out"
        with open(self.log_path, "ab") as log, open(self.output_path, "ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**environment(), **preload(fault)}, cwd=folder,
                                            start_new_session=True)
        self.expected = (0,)

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    @property
    def output(self):
        return self.output_path.read_text(errors="replace")

    def get(self, path):
        """Status and body of a page of the status port; (0, "") while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self):
        assert self.process.poll() is None, f"{self.name} ended, exit {self.process.returncode}:\n{self.log}"
        return self.get("/readyz")[0] == 200

    def wait_ready(self):
        wait_for(f"{self.name} to be ready", self.is_ready)
        return self

    def metric(self, name):
        """The sum over all labels of a metric, or None."""
        found = [float(line.rpartition(" ")[2]) for line in self.get("/metrics")[1].splitlines()
                 if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(found) if found else None

    def wait_log(self, text):
        wait_for(f"`{text}` in the log of {self.name}", lambda: text in self.log)

    def wait_output(self, text):
        wait_for(f"`{text}` in the output of {self.name}", lambda: text in self.output)

    def wait_exit(self, code, seconds=60):
        self.expected = (code,)
        assert self.process.wait(seconds) == code, self.log

    def stop(self):
        """SIGTERM, and it ends as asked."""
        code = end(self.process)
        assert code in self.expected, f"{self.name}: exit {code}\n{self.log[-8000:]}"

    def wait_killed(self, seconds=120):
        """Until its fault killed it."""
        self.expected = (-signal.SIGKILL,)
        assert self.process.wait(seconds) == -signal.SIGKILL, self.log

    def is_stopped(self):
        """By SIGSTOP: its fault's, or the test's."""
        return pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def kill(self):
        """kill -9: what a crash leaves."""
        self.expected = (-signal.SIGKILL,)
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)


class Installation:
    """The programs of CAPBUS_BIN with one configuration, one topic prefix, one folder."""

    def __init__(self, folder, broker, prefix, sections=None):
        self.bin = pathlib.Path(os.environ["CAPBUS_BIN"])
        self.folder, self.broker, self.prefix = pathlib.Path(folder), broker, prefix
        self.captures, self.spool = self.folder / "captures", self.folder / "spool"
        self.config = self.folder / "capbus.ini"
        self.stages = []
        for made in (self.captures, self.spool):
            made.mkdir()
        self.configure(sections or {})

    def configure(self, sections):
        """Writes the configuration: what every test needs, with the given sections on top."""
        whole = {
            "kafka": {"bootstrap.servers": self.broker.address},
            "capbus": {"topic_prefix": self.prefix},
            "upload": {"store": "folder", "spool_dir": self.spool},
            "folder": {"directory": self.captures},
        }
        for section, keys in sections.items():
            whole[section] = {**whole.get(section, {}), **keys}
        self.config.write_text(ini(whole))

    # programs

    def run(self, program, *arguments, check=False, **options):
        return run(self.bin / program, *arguments, check=check, env=environment(), cwd=self.folder, **options)

    def run_capbus(self, command, *arguments, check=False, **options):
        """`capbus COMMAND …` to its end: a CompletedProcess."""
        return self.run("capbus", command, "--config", self.config, *arguments, check=check, **options)

    def spawn_capbus(self, command, *arguments, **options):
        """`capbus COMMAND …` as a Popen, output in pipes, for a test that talks to it while it runs."""
        words = [self.bin / "capbus", command, "--config", self.config, *arguments]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True,
                   **options}
        return subprocess.Popen([str(word) for word in words], env=environment(), cwd=self.folder, **options)

    def topics(self, *arguments, check=True):
        return self.run_capbus("topics", "--create", *arguments, check=check)

    def start(self, kind, name=None, settings=(), fault=None):
        """A stage, ready (or dead of its fault). `settings` are SECTION.KEY=VALUE."""
        port = free_port()
        words = [self.bin / f"capbus-{kind}", "--config", self.config, "--set",
                 f"capbus.status_listen=127.0.0.1:{port}"]
        for setting in settings:
            words += ["--set", setting]
        stage = Stage(name or kind, [str(word) for word in words], self.folder, port, fault)
        self.stages.append(stage)
        return stage if fault else stage.wait_ready()

    def start_capture(self, name="capture", inventory=None, settings=(), fault=None):
        """A worker of that name; `inventory` is {"target": {"key": value}} or text. Its local targets are its own
        unless they name another worker."""
        path = self.folder / f"inventory-{name}.ini"
        if not isinstance(inventory, str):
            inventory = ini({target: {"worker": name, **keys} if keys.get("kind") == "local" else keys
                             for target, keys in (inventory or {}).items()})
        path.write_text(inventory)
        return self.start("capture", name, (f"capture.name={name}", f"capbus.inventory={path}", "capture.kinds=local",
                                            *settings), fault)

    def start_upload(self, name="upload", settings=(), fault=None):
        return self.start("upload", name, settings, fault)

    def start_report(self, name="report", settings=(), fault=None):
        return self.start("report", name, settings, fault)

    def start_all(self, inventory):
        """One of each, ready: what most tests need. Returns (capture, upload, report)."""
        self.topics()
        return self.start_capture(inventory=inventory), self.start_upload(), self.start_report()

    # what came of it, read without our code

    def topic(self, short):
        return f"{self.prefix}{short}"

    def records(self, short):
        """All records of a topic, decoded; each a dictionary."""
        return [records.decode(short, record.value) for record in self.broker.records(self.topic(short))
                if record.value is not None]

    def request(self, key=None, **fields):
        """A request as another system writes it: JSON, straight into the topic."""
        return self.broker.produce(self.topic("requests"), records.as_json(**fields), key=key)

    def wait_result(self, capture_id, condition=lambda result: True, seconds=60):
        """The capture's first result of which the condition is true, as python3-avro reads it."""
        found = self.broker.wait_record(
            self.topic("results"), f"a result of {capture_id}",
            lambda record: record.key == capture_id.encode() and record.value is not None
            and condition(records.decode("results", record.value)), seconds)
        return records.decode("results", found.value)

    def wait_stored(self, capture_id, seconds=60):
        """The capture's result once every store has the file."""
        return self.wait_result(capture_id, lambda result: result["stores"] and all(
            store["state"] == "stored" for store in result["stores"]), seconds)

    def files(self):
        """The stored captures."""
        return sorted(self.captures.rglob("*.pcapng"))

    def file_of(self, result):
        """The one file that a result tells of, in the folder store."""
        links = [store["link"] for store in result["stores"] if store["store"] == "folder"]
        assert len(links) == 1, result
        return pathlib.Path(links[0])

    def json_lines(self, done):
        """The objects that `--json` printed."""
        return [json.loads(line) for line in done.stdout.splitlines()]

    def close(self):
        """Ends every stage, all of them, then reports the first that did not end as it should."""
        wrong = []
        for stage in self.stages:
            try:
                if stage.process.poll() is None:
                    stage.resume()
                stage.stop()
            except AssertionError as error:
                wrong.append(error)
        if wrong:
            raise wrong[0]

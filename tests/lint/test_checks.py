"""The check scripts find what they are for: each fault is seeded into a small tree that is right without it."""
import pathlib
import shutil
import subprocess

import pytest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"

TABLE = """\
layer core
layer packets core
layer workers/capture core packets
layer workers/upload core packets
door pcap.h workers/capture/target/local.c
door uthash.h *.c
ceiling 3
"""

RIGHT = {
    "scripts/layers": TABLE,
    "libcommon/core/error.c": '#include "core/error.h"\n#include <stdio.h>\n',
    "libcommon/core/error.h": "",
    "libcommon/core/error_test.c": '#include "core/error.h"\n#include <pcap.h>\n',
    "libcommon/core/error_fuzz.c": "",
    "libcommon/core/bus_testing.c": "",
    "libcommon/core/testing.h": "",
    "libcommon/core/log.h": "",
    "libcommon/core/text.h": "",
    "libcommon/core/CMakeLists.txt": "capbus_library(core\n  MODULES error\n  TESTS error # all\n  FUZZ error)\n",
    "libcommon/packets/cut.h": '#include "core/error.h"\n',
    "workers/capture/main.c": '#include "session.h"\n#include "target/local.h"\n#include "packets/cut.h"\n',
    "workers/capture/session.h": "",
    "workers/capture/target/local.c": '#include "target/local.h"\n#include "session.h"\n#include <pcap.h>\n',
    "workers/capture/target/local.h": "",
    "workers/upload/spool.h": "",
    "tests/corpus/error/empty": "",
    "README.md": "[the way](ARCHITECTURE.md#way), `libcommon/core/error.c`, `core/error.h`\n",
    "docs/a.md": "not ours: `build/asan`, `/etc/x`, `slx1/x`\n",
    "ARCHITECTURE.md": "see <https://example.org/>, [there](https://example.org/x)\n",
    "CONTRIBUTING.md": "",
    "schemas/README.md": "[up](../README.md)\n",
}


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run(check, root):
    return subprocess.run([SCRIPTS / check, root], capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path):
    write(tmp_path, RIGHT)
    return tmp_path


@pytest.mark.parametrize("check", ["check-layers", "check-tests", "check-docs"])
def test_right(tree, check):
    result = run(check, tree)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("check, faults, complaint", [
    ("check-layers", {"libcommon/core/error.h": '#include "packets/cut.h"\n'}, "core may not include from packets"),
    ("check-layers", {"libcommon/core/error.h": "#include <packets/cut.h>\n"}, "core may not include from packets"),
    ("check-layers", {"libcommon/core/error_test.c": ' # include "packets/cut.h"\n'}, "core may not include"),
    ("check-layers", {"libcommon/core/error.h": '#include "session.h"\n'}, "neither in libcommon nor in its own"),
    ("check-layers", {"workers/upload/main.c": '#include "session.h"\n'}, "neither in libcommon nor in its own"),
    ("check-layers", {"workers/upload/main.c": '#include "../capture/session.h"\n'}, "never ../"),
    ("check-layers", {"workers/capture/main.c": '#include "target/local.c"\n'}, "a .c file"),
    ("check-layers", {"workers/capture/session.h": "#include <pcap.h>\n"}, "only door is workers/capture"),
    ("check-layers", {"libcommon/core/error.h": "#include <uthash.h>\n"}, "only door is *.c"),
    ("check-layers", {"scripts/layers": TABLE.replace("layer core", "layer core packets")},
     "does not stand above it"),
    ("check-layers", {"scripts/layers": TABLE + "dor x y\n"}, "not a line of this table"),
    ("check-layers", {"libcommon/new/new.c": ""}, "its folder is not in scripts/layers"),
    ("check-layers", {"libcommon/core/clock.c": ""}, "4 modules, 3 is the ceiling"),
    ("check-tests", {"libcommon/core/late_test.c": "", "libcommon/core/late.c": ""}, "no CMakeLists.txt names it"),
    ("check-tests", {"libcommon/core/CMakeLists.txt": "capbus_library(core MODULES error TESTS error)\n"},
     "error_fuzz.c: no CMakeLists.txt names it"),
    ("check-tests", {"libcommon/core/CMakeLists.txt": "capbus_library(core # TESTS error\n FUZZ error)\n"},
     "error_test.c: no CMakeLists.txt names it"),
    ("check-tests", {"libcommon/core/odd_test.c": "", "libcommon/core/CMakeLists.txt":
                     "capbus_library(core TESTS error odd FUZZ error)\n"}, "there is no odd.c beside it"),
    ("check-tests", {"tests/corpus/nothing/file": ""}, "no nothing_fuzz.c reads it"),
    ("check-docs", {"README.md": "[x](docs/none.md)\n"}, "docs/none.md leads nowhere"),
    ("check-docs", {"schemas/README.md": "[x](README2.md)\n"}, "README2.md leads nowhere"),
    ("check-docs", {"CONTRIBUTING.md": "see `libcommon/core/gone.c`.\n"}, "`libcommon/core/gone.c` does not exist"),
    ("check-docs", {"docs/a.md": "see `core/gone.h`\n"}, "`core/gone.h` does not exist"),
])
def test_fault_is_found(tree, check, faults, complaint):
    write(tree, faults)
    result = run(check, tree)
    assert result.returncode == 1, result.stderr
    assert len(result.stdout.splitlines()) == 1
    assert complaint in result.stdout


def test_corpus_missing(tree):
    shutil.rmtree(tree / "tests")
    result = run("check-tests", tree)
    assert result.returncode == 1 and "tests/corpus/error holds no file" in result.stdout


def test_document_missing(tree):
    (tree / "CONTRIBUTING.md").unlink()
    result = run("check-docs", tree)
    assert result.returncode == 1 and "CONTRIBUTING.md: missing" in result.stdout


@pytest.mark.parametrize("check", ["check-layers", "check-tests"])
def test_empty_tree_is_not_right(tmp_path, check):
    write(tmp_path, {"scripts/layers": TABLE})
    assert run(check, tmp_path).returncode == 1

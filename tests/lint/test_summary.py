"""scripts/summary: one closing line, and an exit code that a failure, an empty run or a skip in CI cannot pass."""
import os
import pathlib
import subprocess

import pytest

SUMMARY = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "summary"

CTEST = """<?xml version="1.0"?>
<testsuite name="Linux" tests="2"><testcase name="core.text" status="run"><system-out>ok</system-out></testcase>
<testcase name="core.file" status="{status}">{child}</testcase></testsuite>"""
PYTEST = """<testsuites><testsuite name="pytest"><testcase classname="test_a" name="one"/>
<testcase classname="test_a" name="two">{child}</testcase></testsuite></testsuites>"""


def run(tmp_path, *texts, ci=""):
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_text(text)
    result = subprocess.run([SUMMARY, *files], capture_output=True, text=True, env={**os.environ, "CI": ci})
    return result.returncode, result.stdout.splitlines()


def test_all_passed(tmp_path):
    code, lines = run(tmp_path, CTEST.format(status="run", child=""), PYTEST.format(child=""), ci="true")
    assert (code, lines) == (0, ["4 passed, 0 failed, 0 skipped"])


@pytest.mark.parametrize("text, name", [
    (CTEST.format(status="fail", child='<failure message="Failed"/>'), "core.file"),
    (CTEST.format(status="notrun", child='<skipped message="Unable to find executable"/>'), "core.file"),
    (PYTEST.format(child='<failure message="assert"/>'), "test_a two"),
    (PYTEST.format(child='<error message="in a fixture"/>'), "test_a two"),
])
def test_failed(tmp_path, text, name):
    code, lines = run(tmp_path, text)
    assert (code, lines) == (1, [f"failed: {name}", "1 passed, 1 failed, 0 skipped"])


@pytest.mark.parametrize("text, name", [
    (CTEST.format(status="notrun", child='<skipped message="SKIP_RETURN_CODE=77"/>'), "core.file"),
    (PYTEST.format(child='<skipped message="no peer"/>'), "test_a two"),
])
def test_skipped(tmp_path, text, name):
    code, lines = run(tmp_path, text)
    assert (code, lines) == (0, [f"skipped: {name}", "1 passed, 0 failed, 1 skipped"])
    code, lines = run(tmp_path, text, ci="true")
    assert code == 1 and lines[-1] == "1 passed, 0 failed, 1 skipped"


def test_nothing_ran(tmp_path):
    assert run(tmp_path, "<testsuites/>") == (1, ["no test ran", "0 passed, 0 failed, 0 skipped"])


def test_torn_file(tmp_path):
    code, lines = run(tmp_path, PYTEST.format(child=""), "<testsuites>")
    assert code == 1 and lines[-1] == "2 passed, 1 failed, 0 skipped"

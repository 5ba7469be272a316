"""This tree keeps its own rules: the check scripts and shellcheck have nothing to say about it."""
import pathlib
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("check", ["check-layers", "check-tests", "check-docs"])
def test_check(check):
    result = subprocess.run([TOP / "scripts" / check], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def shell_scripts():
    """Every script of the tree whose first line names a shell."""
    skipped = {".git", ".trial", "build"}
    for path in sorted(TOP.rglob("*")):
        if path.is_file() and not skipped & set(path.relative_to(TOP).parts[:1]):
            with open(path, "rb") as file:
                first = file.readline(64)
            if first.startswith(b"#!") and first.rstrip().endswith(b"sh"):
                yield path


def test_shell_scripts():
    scripts = list(shell_scripts())
    assert TOP / "quickstart" in scripts and TOP / "run-tests" in scripts
    assert shutil.which("shellcheck"), "shellcheck is missing; run: deploy/trial/setup test"
    result = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_shell_scripts_stop_at_an_error():
    lacking = [str(path) for path in shell_scripts() if "\nset -eu" not in path.read_text()]
    assert not lacking

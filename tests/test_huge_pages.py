"""The training command asks for huge pages once, and only where it is the process's own program."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from harness.hardware import huge_pages

MADVISE = "always [madvise] never\n"
ARGV = ["/usr/bin/harness", "train", "--recipe", "tiny"]
STARTED = ["/usr/bin/python", *ARGV]


def test_the_training_command_restarts_itself_and_others_do_not():
    assert huge_pages.wanted(ARGV, STARTED, {}, MADVISE)
    assert huge_pages.wanted(ARGV, ["python", "-m", "harness.cli.main", *ARGV[1:]], {}, MADVISE)
    assert not huge_pages.wanted(["harness", "tasks"], ["python", "harness", "tasks"], {}, MADVISE)
    assert not huge_pages.wanted(["harness"], ["python", "harness"], {}, MADVISE)


def test_a_program_that_calls_the_command_is_not_restarted():
    assert not huge_pages.wanted(ARGV, ["python", "-m", "pytest"], {}, MADVISE)


def test_nothing_is_restarted_where_it_would_change_nothing():
    told = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}
    assert not huge_pages.wanted(ARGV, STARTED, told, MADVISE)
    for kernel in ("[always] madvise never", "always madvise [never]", ""):
        assert not huge_pages.wanted(ARGV, STARTED, {}, kernel)


def test_other_tunables_stay():
    assert huge_pages.with_setting("") == "glibc.malloc.hugetlb=1"
    assert huge_pages.with_setting("glibc.malloc.arena_max=1") == "glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1"


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_the_restarted_process_has_the_setting_and_the_same_arguments():
    program = (
        "import os, sys\n"
        "from harness.hardware import huge_pages\n"
        "huge_pages._kernel_setting = lambda: 'always [madvise] never'\n"
        "huge_pages.restart_with_huge_pages()\n"
        "print(os.environ['GLIBC_TUNABLES'], os.getpid(), sys.argv[1:])\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != huge_pages.VARIABLE}
    process = subprocess.Popen(
        [sys.executable, "-c", program, "train", "a b"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.communicate()[0] == f"glibc.malloc.hugetlb=1 {process.pid} ['train', 'a b']\n"

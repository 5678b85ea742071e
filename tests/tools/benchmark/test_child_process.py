import sys

import pytest

from tools.benchmark import child_process

BUSY = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\n"


def test_the_processors_time_counts_the_program_and_what_it_starts():
    inner = BUSY.format(0.2)
    outer = (
        BUSY.format(0.1)
        + f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}])"
    )
    ended = child_process.run([sys.executable, "-c", outer])
    assert 0.3 <= ended.cpu_seconds < 1.5


def test_waiting_is_no_processors_time():
    ended = child_process.run([sys.executable, "-c", "import time; time.sleep(0.5); print('x')"])
    assert ended.seconds >= 0.5
    assert ended.cpu_seconds < 0.4
    assert ended.output == "x\n"


def test_variables_are_added_to_the_environment():
    program = "import os; print(os.environ['PATH'] != '', os.environ['OURS'])"
    ended = child_process.run([sys.executable, "-c", program], {"OURS": "1"})
    assert ended.output == "True 1\n"


def test_another_exit_code_is_an_error_with_what_the_program_said():
    failing = [sys.executable, "-c", "import sys; sys.exit('it broke')"]
    assert child_process.run(failing, code=1).output == ""
    with pytest.raises(RuntimeError, match=r"expected exit code 0, received 1: it broke"):
        child_process.run(failing)

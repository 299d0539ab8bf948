"""Code: whether it parses, the conventions it keeps, and its tests, which run only on request and shut in."""

import os
import time
from contextlib import suppress

import pytest

from engine import registry
from engine.metrics import _sandbox, tests_passed
from engine.metrics._code import source
from engine.metrics.code_conventions import kept
from engine.schema import Example, Message, Output

ADD = "def add(a, b):\n    return a + b\n"
ASSERTS = "Write add.\nYour code should pass these tests:\nassert add(1, 2) == 3\nassert add('a',\n    'b') == 'ab'"


def item(completion=ADD, *, prompt=ASSERTS, **fields):
    return Example(id="x", prompt=(Message("user", prompt),), completion=completion, **fields)


def score(name, answer, example=None):
    return registry.metrics()[name].score(Output(answer, tokens=1), example or item())


@pytest.fixture
def sandbox(monkeypatch):
    """Running is allowed, on a machine that can shut programs in."""
    if not _sandbox.ready():
        pytest.skip("this machine does not let a process shut itself in")
    monkeypatch.setenv(_sandbox.ALLOWED, "1")
    return lambda code, tests="", **limits: _sandbox.run(code, tests, **limits)


@pytest.mark.parametrize(
    ("answer", "parses"),
    [
        (ADD, 1),
        (f"Of course:\n```python\n{ADD}```\nIt adds.", 1),
        (f"もちろんです。\n```\n{ADD}```\n以上です。", 1),
        ("```python\n" + ADD, 1),
        ("    return a + b", 1),
        ("return a + b", 1),
        ("def 足す(a, b):\n    return a + b", 1),
        ("def add(a, b:\n    return", 0),
        ("I would add the two numbers.", 0),
        ("足し算をします。", 0),
        ("", 0),
        ("x = 1\0", 0),
        ("(" * 5000, 0),
        ("-" * 20_000 + "1", 0),
        ("x = 1\n" * 20_000, 0),
    ],
)
def test_code_parses_in_a_fence_by_itself_or_as_a_function_s_body(answer, parses):
    assert score("code_parses", answer) == parses


def test_code_that_goes_on_from_the_prompt_is_read_with_it():
    example = item("    return a + b\n", prompt='Complete:\ndef add(a, b):\n    """Sum."""\n')
    assert score("code_parses", "    return b + a", example) == 1
    assert source("    return b + a", example).startswith("def add(a, b):")
    assert source("return b + a", example).endswith('"""Sum."""\n    return b + a')


@pytest.mark.parametrize("reference", ["Hours: nine", "return policy", "No", "fee", "30日以内です。", "", "item(s)"])
def test_prose_that_happens_to_parse_is_no_code(reference):
    for name in ("code_parses", "code_conventions", "tests_passed"):
        assert score(name, ADD, item(reference)) is None


GOOD = '''
LIMIT = 3
Names = list[str]

class Shelf:
    """Books."""

    def __init__(self, width: int = 3) -> None:
        """An empty one."""
        self._width = width

def first_word(text: str, *, default: str = "") -> str:
    """The first word, or the default."""
    try:
        return text.split()[0]
    except IndexError:
        return default

def _own(x, y=None): return x
'''


def test_code_that_keeps_all_conventions_scores_one():
    assert kept(GOOD) == dict.fromkeys(kept(GOOD), True) and len(kept(GOOD)) == 6
    assert score("code_conventions", f"```python{GOOD}```") == 1


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ("first_word", "firstWord", "naming"),
        ("class Shelf", "class book_shelf", "naming"),
        ("LIMIT = 3", "myLimit = 3", "naming"),
        ('    """The first word, or the default."""\n', "", "docstrings"),
        ("text: str", "text", "type_hints"),
        (") -> str", ")", "type_hints"),
        ("except IndexError", "except", "no_bare_except"),
        ("y=None", "y=[]", "no_mutable_defaults"),
        ("y=None", "y=dict()", "no_mutable_defaults"),
        ("        return default", "        print(default)", "no_print"),
    ],
)
def test_one_broken_convention_is_named_and_counted(old, new, broken):
    code = GOOD.replace(old, new)
    assert [name for name, result in kept(code).items() if not result] == [broken]
    assert score("code_conventions", code) == pytest.approx(5 / 6)


def test_a_rule_without_occasion_is_not_counted_and_code_that_does_not_parse_keeps_none():
    assert kept("limit = 3") == {"naming": True, "no_print": True}
    assert kept("変数 = 3") == {"naming": True, "no_print": True}
    assert score("code_conventions", "def add(a, b:") == 0  # not left out: both arms have the same items


def test_no_code_is_run_unless_a_person_asked_for_it(monkeypatch):
    monkeypatch.setattr(_sandbox, "run", lambda *_, **__: pytest.fail("code was run"))
    for value in (None, "", "0", "true"):
        monkeypatch.delenv(_sandbox.ALLOWED, raising=False)
        if value is not None:
            monkeypatch.setenv(_sandbox.ALLOWED, value)
        assert score("tests_passed", ADD) is None


def test_where_a_machine_cannot_shut_programs_in_nothing_is_measured(monkeypatch):
    monkeypatch.setenv(_sandbox.ALLOWED, "1")
    monkeypatch.setattr(_sandbox, "ready", lambda: False)
    monkeypatch.setattr(_sandbox, "run", lambda *_, **__: pytest.fail("code was run"))
    assert score("tests_passed", ADD) is None


def test_tests_come_from_the_prompt_and_from_the_reference():
    found = tests_passed.tests_of(item(f"{ADD}\nassert add(0, 0) == 0\nassert add(1, 2) == 3\n"))
    assert found.splitlines() == ["assert add(1, 2) == 3", "assert add('a', 'b') == 'ab'", "assert add(0, 0) == 0"]
    shown = tests_passed.tests_of(item(prompt="Write add.\n>>> add(1, 2)\n3\n"))
    assert ">>> add(1, 2)" in shown
    assert tests_passed.tests_of(item(prompt="Write add.")) == ""


@pytest.mark.parametrize(
    ("answer", "passed"),
    [
        (ADD, 1),
        ("def add(a, b):\n    return a - b", 0),
        ("def plus(a, b):\n    return a + b", 0),
        ("import sys\n" + ADD + "sys.exit(0)", 0),
        ("I do not know.", 0),
    ],
)
def test_an_answer_passes_where_all_its_tests_do(sandbox, answer, passed):
    assert score("tests_passed", answer) == passed


def test_doctests_pass_or_fail_like_asserts(sandbox):
    example = item(prompt="Write add.\n>>> add(1, 2)\n3\n>>> [add(x, 1)\n...  for x in (1, 2)]\n[2, 3]\n")
    assert score("tests_passed", ADD, example) == 1
    assert score("tests_passed", "def add(a, b):\n    return 3", example) == 0
    unfinished = "def add(a, b):\n    '''Sum.\n\n    >>> add(1, 2)\n    3\n    '''\n"
    assert score("tests_passed", "    return b + a", item("    return a + b", prompt=unfinished)) == 1
    assert score("tests_passed", "    return b", item("    return a + b", prompt=unfinished)) == 0


def test_tests_that_the_reference_fails_measure_nothing(sandbox):
    assert score("tests_passed", ADD, item(prompt="Write add.\nassert add(1, 2) == 4")) is None
    assert score("tests_passed", ADD, item(prompt="Write add.")) is None


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "raise SystemExit",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os; os.write(3, b'x' * 40)",
        "import os; os.close(3)",
    ],
)
def test_ending_early_is_no_pass(sandbox, code):
    assert sandbox(code) is False


def test_an_endless_loop_and_an_endless_sleep_end(sandbox):
    start = time.monotonic()
    assert sandbox("while True: pass", cpu_seconds=1) is False
    assert sandbox("import time; time.sleep(60)", seconds=2) is False
    assert time.monotonic() - start < 50


def running(mark):
    """Whether any process on the machine has the mark in its command line."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            found.append(mark.encode() in file.read())
    return any(found)


def test_processes_are_limited_and_none_stays_behind(sandbox):
    bomb = "import os, time\nmade = 0\ntry:\n    while True:\n        if os.fork() == 0:\n            time.sleep(60)\n"
    bomb += "        made += 1\nexcept OSError:\n    pass\n"
    assert sandbox(bomb, "assert 0 < made < 32") is True
    mark = "left-behind-by-a-test"
    away = "import os, sys, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    away += f"        os.execv(sys.executable, [sys.executable, '-S', '-c', 'import time; time.sleep(60)', '{mark}'])\n"
    away += "    os._exit(0)\ntime.sleep(0.5)\n"
    assert sandbox(away) is True
    until = time.monotonic() + 30
    while running(mark) and time.monotonic() < until:
        time.sleep(0.05)
    assert not running(mark)


def test_nothing_is_written_outside_the_room(sandbox, tmp_path):
    tmp_path.chmod(0o777)
    places = [str(tmp_path), os.path.dirname(_sandbox.__file__), "/", "/etc", "/dev/shm", "/var/tmp"]
    code = f"""
written = []
for place in {places!r}:
    try:
        open(place + "/escaped", "w").close()
        written.append(place)
    except OSError:
        pass
open("inside", "w").write("ok")
"""
    assert sandbox(code, "assert written == [] and open('inside').read() == 'ok'") is True
    assert not any(os.path.exists(f"{place}/escaped") for place in places)
    assert sandbox("open('inside', 'x')") is True  # the room of one program is not that of the next


def test_there_is_no_network(sandbox):
    code = """
import socket
reached = []
for family, address in ((socket.AF_INET, ("127.0.0.1", 9)), (socket.AF_INET, ("192.0.2.1", 80))):
    try:
        socket.socket(family).connect(address)
        reached.append(address)
    except ConnectionRefusedError:
        reached.append(address)
    except OSError:
        pass
"""
    assert sandbox(code, "assert reached == [] and [name for _, name in socket.if_nameindex()] == ['lo']") is True


def test_environment_and_other_processes_are_not_seen(sandbox, monkeypatch):
    monkeypatch.setenv("A_SECRET_OF_THE_USER", "hush")
    code = "import os, glob\nseen = dict(os.environ)\nothers = glob.glob('/proc/[0-9]*')\nparent = os.getppid()\n"
    assert sandbox(code, "assert 'hush' not in seen.values() and others == [] and parent == 1") is True
    look = f"import os\nseen = []\ntry: seen = os.listdir({os.path.expanduser('~')!r})\nexcept OSError: pass"
    assert sandbox(look, "assert seen == []") is True


@pytest.mark.parametrize(
    "code",
    ["while True: print('x' * 1_000_000)", "import os\nwhile True: os.write(3, b'x' * 100_000)"],
    ids=["printed", "said as proof"],
)
def test_huge_output_is_thrown_away(sandbox, code):
    assert sandbox(code, cpu_seconds=1) is False
    assert sandbox("print('x' * 10_000_000)") is True


def test_memory_and_files_are_limited(sandbox):
    assert sandbox("x = bytearray(2 << 30)") is False
    assert sandbox("open('big', 'wb').write(b'x' * (32 << 20))") is False


def test_being_root_again_is_not_to_be_had(sandbox):
    code = "import os, ctypes\ntry:\n    os.setuid(0); root = True\nexcept OSError:\n    root = False\n"
    code += "libc = ctypes.CDLL(None)\nlibc.unshare(0x10020000)\n"
    code += "opened = libc.mount(None, b'/', None, 32 | 4096, None) == 0\n"  # the whole machine writable again
    code += "try:\n    open('/var/tmp/escaped', 'w')\n    opened = True\nexcept OSError:\n    opened = False\n"
    assert sandbox(code, "assert not root and not opened") is True

"""Attacks on the wall, each on a real one: nothing gained, nothing lost, and honest code does not notice."""

import os
import socket
import struct
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from autograder import processes, seccomp, wall, wire
from autograder.sandbox import Limits, Sandbox, SandboxError, WallUnavailable, find_wall
from autograder.stripping import build_packages
from autograder.wire import Call, Rng, Strided, Unsupported

MIB = 2**20
REPOSITORY = Path(__file__).resolve().parents[2]
QUICK = Limits(
    call_seconds=1, submission_seconds=10, memory=256 * MIB, processes=16, written=MIB, output=10_000
)


@pytest.fixture(scope="module", autouse=True)
def _wall():
    try:
        find_wall()
    except WallUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    return build_packages((), tmp_path_factory.mktemp("packages"))


@pytest.fixture
def sandbox(packages):
    with Sandbox(packages, QUICK) as sandbox:
        sandbox.run("honest", "def honest(x): return x + 1")
        yield sandbox
        # Whatever the test has done to it: the submission's other functions still answer.
        assert sandbox.call(Call("honest", (1,))).value == 2


def outcome(sandbox, body, *args, **changes):
    """Define f with this body and call it."""
    lines = "\n    ".join(body.strip().splitlines())
    error = sandbox.run("f", f"import os, sys, time, ctypes\ndef f(*args, **kwargs):\n    {lines}")
    assert error is None
    return sandbox.call(Call("f", args, **changes))


# Honest code


def test_values_and_arguments_of_every_kind_pass(sandbox):
    args = (np.ones((2, 3), np.float32), {"W1": [np.zeros(2)]}, Strided(np.eye(2)), Rng(3), 0.5)
    types = [np.ndarray, dict, np.ndarray, np.random.Generator, float]
    body = f"return [type(a).__name__ for a in args] == {[kind.__name__ for kind in types]}, args[0]"
    same, array = outcome(sandbox, body, *args).value
    assert same is True
    assert array.dtype == np.float32


def test_the_sandbox_and_the_notebook_agree(sandbox):
    from autograder.worker import call_function

    source = "def g(Z, p): Z[0] = 1; p['x'] = 2; return Z.T, np.float32(1), 'text', {1: 2}"
    namespace = {}
    exec(f"import numpy as np\n{source}", namespace)
    sandbox.run("g", f"import numpy as np\n{source}")
    args = np.zeros((2, 2)), {}
    inside = sandbox.call(Call("g", args, names=("Z", "p")))
    outside = call_function(namespace["g"], args, {}, ("Z", "p"))
    assert inside.changed == outside.changed == ("Z", "p")
    assert repr(inside.value) == repr(outside.value)


def test_prints_and_warnings_cost_nothing_and_are_kept(sandbox):
    body = "import warnings; print('to stdout'); warnings.warn('to stderr'); os.write(1, b'raw'); return 1"
    assert outcome(sandbox, body).value == 1
    assert all(text in sandbox.output for text in ("to stdout", "to stderr", "raw"))


def test_helpers_display_and_several_cells_share_one_namespace(sandbox):
    assert sandbox.run("helper", "display('shown')\ndef helper(x): return 2 * x") is None
    assert outcome(sandbox, "return helper(21)").value == 42


def test_bnkit_and_a_mute_check_can_be_imported(sandbox):
    source = "import bnkit\nfrom autograder import check\ncheck(print)\nmu = bnkit.batch_mean"
    assert sandbox.run("set-up", source) is None


def test_a_missing_function_is_told(sandbox):
    sandbox.run("number", "number = 3")
    assert sandbox.call(Call("nothing")).error.kind == "missing"
    assert sandbox.call(Call("number")).error.message == "number is not a function"


def test_a_large_array_goes_both_ways(sandbox):
    Z = np.random.default_rng(0).normal(size=(1000, 1000))
    np.testing.assert_array_equal(outcome(sandbox, "return args[0]", Z).value, Z)


def test_a_syntax_error_is_told_by_scan_and_run(sandbox):
    assert sandbox.scan("def f(:").error.line == 1
    assert sandbox.run("f", "def f(:").kind == "SyntaxError"
    assert sandbox.scan("def f(): pass").names == {"f"}


def test_set_iteration_is_the_same_in_every_run(packages):
    seen = []
    for _ in range(2):
        with Sandbox(packages, QUICK) as sandbox:
            seen.append(outcome(sandbox, "return [hash(w) for w in ('W1', 'gamma1')]").value)
    assert seen[0] == seen[1]


def test_unsafe_runs_the_same_worker_without_a_wall(packages):
    with Sandbox(packages, QUICK, unsafe=True) as sandbox:
        assert outcome(sandbox, "return args[0] + 1", np.ones(2)).value.tolist() == [2, 2]
        assert outcome(sandbox, "time.sleep(60)").error.kind == "timeout"
        assert outcome(sandbox, "return 1").value == 1


# Ending, hanging, overrunning

# A signal to everyone spares its sender, and a recursion may take its time.
ENDINGS = ("crashed", "timeout", "RecursionError", "MemoryError", "ProcessLookupError")


@pytest.mark.parametrize(
    "body",
    [
        "os._exit(0)",
        "os.kill(os.getpid(), 9)",
        "os.kill(-1, 9)",
        "os.kill(os.getpid(), 15)",
        "ctypes.string_at(0)",
        "os.closerange(0, 4096); return 1",
        "os.execv(sys.executable, [sys.executable, '-c', ''])",
        "sys.setrecursionlimit(10**9)\ndef g(n): return g(n + 1) + 1\nreturn g(0)",
    ],
)
def test_ending_the_process_costs_one_call(sandbox, body):
    result = outcome(sandbox, body)
    assert result.error.kind in ENDINGS
    assert result.value is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("sys.exit(0)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("os.kill(os.getpid(), 2); time.sleep(1)", "KeyboardInterrupt"),
        ("raise BaseException('\\ud800' * 10**6)", "BaseException"),
        ("raise type('timeout', (Exception,), {})", "Exception"),
        ("raise type('\\x1b[31m', (Exception,), {})", "Exception"),
        ("def g(): return g()\nreturn g()", "RecursionError"),
        ("return bytearray(2**40)", "MemoryError"),
    ],
)
def test_raising_anything_is_an_ordinary_error(sandbox, body, kind):
    result = outcome(sandbox, body)
    assert result.error.kind == kind
    assert sandbox.alive
    result.error.message.encode()


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "time.sleep(3600)",
        "import signal\nsignal.signal(15, signal.SIG_IGN)\nsignal.signal(2, signal.SIG_IGN)\nwhile 1: pass",
        "os.kill(os.getpid(), 19)",
    ],
)
def test_an_endless_call_ends_at_its_deadline(sandbox, body):
    start = time.monotonic()
    assert outcome(sandbox, body).error.kind == "timeout"
    assert time.monotonic() - start < 5
    assert sandbox.exceeded == ("call_seconds",)


def test_an_endless_loop_in_a_cell_costs_that_cell(sandbox):
    assert sandbox.run("loop", "before = 1\nwhile True: pass").kind == "timeout"
    assert not sandbox.alive
    assert sandbox.call(Call("honest", (1,))).value == 2


def test_a_submission_has_so_much_time_and_no_more_over_all_restarts(packages):
    limits = Limits(call_seconds=0.4, submission_seconds=1)
    with Sandbox(packages, limits) as sandbox:
        sandbox.run("f", "def f():\n    while True: pass")
        start = time.monotonic()
        kinds = {sandbox.call(Call("f")).error.kind for _ in range(50)}
        assert kinds == {"timeout"}
        assert time.monotonic() - start < 5
        assert sandbox.exceeded == ("call_seconds", "submission_seconds")
        assert "1 s" in sandbox.call(Call("f")).error.message


def test_a_cell_that_ends_the_process_when_run_again_is_left_out(packages):
    with Sandbox(packages, QUICK) as sandbox:
        sandbox.run("honest", "def honest(x): return x + 1")
        sandbox.run(
            "sly",
            "import time, os\nsly = 1\nif time.time() - START > 0.5: os._exit(1)".replace(
                "START", str(time.time())
            ),
        )
        time.sleep(0.6)
        sandbox.run("end", "os._exit(1)")
        assert sandbox.call(Call("honest", (1,))).value == 2


def test_nothing_is_printed_twice_by_a_restart(sandbox):
    sandbox.run("print", "print('once')")
    sandbox.run("end", "import os; os._exit(1)")
    sandbox.run("again", "pass")
    assert sandbox.output.count("once") == 1


# Taking too much


@pytest.mark.parametrize(
    "body",
    [
        "hoard = []\nwhile True: hoard.append(bytearray(10**7))",
        "import numpy as np\nreturn np.ones((10**5, 10**5)).sum()",
        "os.fork(), os.fork()\nhoard = b'x' * (100 * 2**20)\ntime.sleep(60)",
        "fds = [os.memfd_create('x') for _ in range(99)]\nwhile 1: [os.write(fd, bytes(9999)) for fd in fds]",
    ],
)
def test_a_memory_bomb_is_stopped_by_no_more_than_its_limit(packages, body):
    limits = Limits(call_seconds=5, memory=150 * MIB, written=10 * MIB)
    with Sandbox(packages, limits) as sandbox:
        assert outcome(sandbox, body).error.kind in ("MemoryError", "crashed")
        assert sandbox.exceeded == ("memory",)
        assert outcome(sandbox, "return 1").value == 1


@pytest.mark.skipif(not seccomp.program(), reason="no filter of system calls for this machine")
def test_memory_that_belongs_to_no_process_is_not_given(sandbox):
    body = "libc = ctypes.CDLL(None, use_errno=True)\nreturn libc.shmget(0, 4096, 0o1600), ctypes.get_errno()"
    assert outcome(sandbox, body).value == (-1, 1)


def test_forked_processes_that_share_their_memory_count_it_once(packages):
    limits = Limits(call_seconds=5, memory=200 * MIB)
    with Sandbox(packages, limits) as sandbox:
        body = "hoard = b'x' * 10**8\nif os.fork() and os.fork(): time.sleep(0.3); return 1\ntime.sleep(60)"
        assert outcome(sandbox, body).value == 1
        assert sandbox.exceeded == ()


@pytest.mark.parametrize(
    "body",
    [
        "for _ in range(7): os.fork()\ntime.sleep(60)",
        "import threading\nfor _ in range(200): threading.Thread(target=time.sleep, args=(60,)).start()",
    ],
)
def test_a_bomb_of_processes_or_threads_is_stopped(sandbox, body):
    # By the watch, or by the kernel where it binds the grader's user; by neither, the call would time out.
    # These bombs have an end: a wall that is broken costs a test, not the machine that tests it.
    assert outcome(sandbox, body).error.kind in ("crashed", "RuntimeError", "BlockingIOError")


def test_the_disk_cannot_be_filled(sandbox):
    body = """
wrote = {}
for folder in '/tmp /dev/shm /dev / /proc /packages /worker /usr /dev/pts'.split() + [sys.prefix]:
    wrote[folder] = 0
    for i in range(5):
        try:
            with open(f'{folder}/file{i}', 'wb', buffering=0) as file:
                for _ in range(20): wrote[folder] += file.write(bytes(10**5))
        except OSError: pass
return wrote
"""
    wrote = outcome(sandbox, body).value
    assert wrote.pop("/tmp") <= QUICK.written
    assert set(wrote.values()) == {0}


@pytest.mark.parametrize(
    "body",
    [
        "os.write(1, b'x' * 200_000_000); return 1",
        "print('x' * 50_000_000); return 1",
        "for i in range(100_000): print(i, file=sys.stderr)\nreturn 1",
    ],
)
def test_endless_output_is_drained_and_cut(packages, body):
    limits = Limits(call_seconds=10, output=1000)
    with Sandbox(packages, limits) as sandbox:
        assert outcome(sandbox, body).value == 1
        assert len(sandbox.output) == 1000
        assert sandbox.exceeded == ("output",)


def test_not_reading_requests_does_not_hold_the_grader(sandbox):
    outcome(sandbox, "import threading; threading.Timer(0.05, os.kill, (os.getpid(), 19)).start()")
    time.sleep(0.2)
    start = time.monotonic()
    assert sandbox.call(Call("f", (np.ones(4_000_000),))).error.kind == "timeout"
    assert time.monotonic() - start < 5


# Looking and reaching out


def test_nothing_of_the_machine_can_be_read(sandbox, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    paths = [
        secret,
        REPOSITORY / "pyproject.toml",
        "/etc/passwd",
        "/etc/shadow",
        "/var",
        "/home",
        "/run",
        "/sys",
        "/mnt",
    ]
    paths += [
        Path.home() / ".bashrc",
        Path.home() / ".ssh",
        REPOSITORY / "notebooks",
        REPOSITORY / "autograder",
    ]
    for path in map(str, paths):
        result = outcome(
            sandbox, f"return len(os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}).read())"
        )
        assert result.value in (None, 0), path


def test_the_environment_holds_nothing_of_ours(sandbox, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "secret")
    sandbox.run("end", "import os; os._exit(1)")
    body = """
found = ''.join(f'{k}={v}' for k, v in os.environ.items())
for pid in filter(str.isdigit, os.listdir('/proc')):
    try: found += open(f'/proc/{pid}/environ').read()
    except OSError: pass
return 'secret' in found.lower(), int(os.environ['OPENBLAS_NUM_THREADS'])
"""
    assert outcome(sandbox, body).value == (False, 1)


def test_only_its_own_processes_are_to_be_seen(sandbox):
    assert outcome(sandbox, "return len([p for p in os.listdir('/proc') if p.isdigit()])").value <= 3


def test_the_kernels_settings_cannot_be_changed_even_where_the_grader_is_root(sandbox):
    # It would write what it has read, so that a broken wall does no harm either.
    body = """
wrote = 0
for root, _, files in os.walk('/proc/sys/kernel'):
    for name in files:
        try:
            text = open(f'{root}/{name}').read()
            with open(f'{root}/{name}', 'r+') as file: wrote += 1
        except (OSError, ValueError): pass
return wrote
"""
    assert outcome(sandbox, body).value == 0


def test_no_capabilities_and_no_further_namespaces(sandbox):
    body = """
status = open('/proc/self/status').read()
capabilities = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith('Cap')]
libc = ctypes.CDLL(None)
return capabilities, libc.unshare(0x10000000), libc.unshare(0x00020000), int('NoNewPrivs:\\t1' in status)
"""
    assert outcome(sandbox, body).value == ([0] * 5, -1, -1, 1)


def test_no_network_is_in_reach(sandbox):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0workbook-test")
        abstract.listen()
        body = f"""
import socket
reached = 0
loopback = socket.AF_INET, ('127.0.0.1', {server.getsockname()[1]})
for family, address in (loopback, (socket.AF_UNIX, '\\0workbook-test')):
    try:
        socket.socket(family).connect(address)
        reached += 1
    except OSError: pass
try:
    socket.getaddrinfo('example.org', 80)
    reached += 1
except OSError: pass
return reached
"""
        assert outcome(sandbox, body).value == 0


def test_another_sandbox_cannot_be_reached(packages):
    listen = """
import socket
open('/tmp/left', 'w').write('x')
server = socket.socket(socket.AF_UNIX)
server.bind('\\0left')
server.listen()
"""
    look = """
import socket
try: socket.socket(socket.AF_UNIX).connect('\\0left')
except ConnectionRefusedError: return 'left' not in os.listdir('/tmp')
"""
    with Sandbox(packages, QUICK) as first, Sandbox(packages, QUICK) as second:
        assert first.run("listen", listen) is None
        assert outcome(second, look).value is True


def test_no_descriptor_of_the_grader_is_inherited(packages, tmp_path):
    body = """
open_files = []
for number in range(256):
    try: open_files.append(os.readlink(f'/proc/self/fd/{number}'))
    except OSError: pass
return len(open_files), any('gradebook' in name for name in open_files)
"""
    with open(tmp_path / "gradebook", "w") as file:
        os.set_inheritable(file.fileno(), True)
        with Sandbox(packages, QUICK) as sandbox:
            # Nothing to read, two for what is printed, and the two that frames use.
            assert outcome(sandbox, body).value == (5, False)


# Answering falsely

FAKE = f"""
import struct, json, os
def fake(nonce, value='1', size=None):
    text = '{{"nonce": "%s", "head": {{"error": null, "changed": []}}, "value": %s}}' % (nonce, value)
    text = text.encode()
    return struct.pack('<4sIQ', {wire.MAGIC!r}, size or len(text), 0) + text
def everywhere(data):
    for fd in range(3, 256):
        try: os.write(fd, data)
        except OSError: pass
"""


@pytest.mark.parametrize(
    "data",
    [
        "fake('wrong')",
        "fake('')",
        "b'garbage' * 1000",
        "fake('', size=2**32 - 1)",
        "struct.pack('<4sIQ', b'BNW1', 10, 2**62)",
        "b'x'",
        "b'{\"passed\": true}\\n'",
    ],
)
def test_a_fake_frame_on_every_descriptor_is_refused(sandbox, data):
    sandbox.run("fake", FAKE)
    result = outcome(sandbox, f"everywhere({data}); return 1")
    assert result.error.kind == "protocol"
    assert result.value is None


def test_an_answer_before_the_question_is_refused(sandbox):
    sandbox.run("fake", FAKE)
    body = "import threading; threading.Timer(0.1, lambda: everywhere(fake('guess', 2))).start(); return 1"
    assert outcome(sandbox, body).value == 1
    time.sleep(0.3)
    assert sandbox.call(Call("f")).error.kind == "protocol"


def test_a_stolen_nonce_only_lets_one_claim_numbers(sandbox):
    sandbox.run("fake", FAKE)
    body = """
frame = sys._getframe()
while 'message' not in frame.f_locals: frame = frame.f_back
everywhere(fake(frame.f_locals['message'].nonce, '{"array": ["float64", [1000000000000000000], 0, 8]}'))
os._exit(0)
"""
    assert outcome(sandbox, body).error.kind == "protocol"


def test_a_forked_child_does_not_answer_for_its_parent(sandbox):
    assert outcome(sandbox, "os.fork(), os.fork(); return os.getpid()").value == 2
    assert sandbox.call(Call("honest", (1,))).value == 2


def test_objects_that_please_every_comparison_are_not_numbers(sandbox):
    body = """
class Pleasing:
    __eq__ = __ge__ = __le__ = lambda *_: True
    __float__ = lambda self: 1.0
    __array__ = lambda self, *a, **k: np.ones(3)
    __array_ufunc__ = lambda *a, **k: True
    __class__ = property(lambda self: np.ndarray)
class Sub(np.ndarray): pass
return Pleasing(), np.ones(2).view(Sub), np.ma.ones(2), np.array([Pleasing()], dtype=object)
"""
    value = outcome(sandbox, f"import numpy as np\n{body}").value
    assert [type(item) for item in value] == [Unsupported] * 4


def test_patching_numpy_and_builtins_inside_changes_nothing_outside(sandbox):
    body = """
import builtins, numpy as np
np.allclose = np.array_equal = np.testing.assert_allclose = lambda *a, **k: True
builtins.isinstance = lambda *a: True
sys.modules['numpy'] = sys.modules['bnkit'] = None
return 1.5
"""
    assert outcome(sandbox, body).value in (1.5, None)
    assert not np.allclose(1, 2)
    sandbox.run("end", "import os; os._exit(1)")


# What is left behind


@pytest.mark.parametrize(
    "body",
    [
        "if os.fork() == 0: os.setsid(); time.sleep(600)\nreturn 1",
        "if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(600)\n  os._exit(0)\nreturn 1",
        "import signal\nif os.fork() == 0:\n  signal.signal(15, signal.SIG_IGN)\n  while 1: pass\nreturn 1",
        "import threading; threading.Thread(target=time.sleep, args=(600,)).start(); return 1",
    ],
)
def test_nothing_survives_the_sandbox(packages, body):
    with Sandbox(packages, QUICK) as sandbox:
        assert outcome(sandbox, body).value == 1
        pids = processes.tree(sandbox._worker._process.pid, 99)
        assert len(pids) >= 3
    assert not any(processes.is_running(pid) for pid in pids)


def test_a_killed_grader_leaves_nothing_behind(packages):
    import subprocess

    program = f"""
import time
from pathlib import Path
from autograder.sandbox import Sandbox
sandbox = Sandbox(Path({str(packages)!r})).__enter__()
print(sandbox._worker._process.pid, flush=True)
sandbox.run("loop", "while True: pass")
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as grader:
        pids = processes.tree(int(grader.stdout.readline()), 99)
        assert len(pids) == 3
        time.sleep(0.2)  # until it is in the loop, where it no longer reads that we hung up
        grader.kill()
    deadline = time.monotonic() + 5
    while any(map(processes.is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(processes.is_running, pids))


# No wall, or a broken one


def test_the_filter_of_system_calls_jumps_to_its_last_step(monkeypatch):
    for machine in seccomp.MACHINES:
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        steps = list(struct.iter_unpack("<HBBI", seccomp.program()))
        for place, (code, yes, no, _) in enumerate(steps):
            if code in (seccomp.EQUAL, seccomp.AT_LEAST):
                assert place + 1 + max(yes, no) == len(steps) - 1
        assert [step[3] for step in steps[-2:]] == [seccomp.ALLOW, seccomp.REFUSE]


def test_without_a_wall_the_reason_and_the_remedy_are_told(monkeypatch):
    monkeypatch.setattr(wall, "_candidates", lambda path: [Path("/bin/false")])
    wall._search.cache_clear()
    with pytest.raises(WallUnavailable, match=r"/bin/false does not work here .*apt install bubblewrap"):
        find_wall()
    wall._search.cache_clear()


def test_a_worker_that_does_not_start_is_the_graders_trouble(packages):
    with (
        pytest.raises(SandboxError, match="did not start"),
        Sandbox(packages, wall=wall.Wall(Path("/bin/false"))),
    ):
        pass


def test_an_environment_below_tmp_or_home_is_seen_inside(packages, monkeypatch, tmp_path):
    # tmp_path lies below /tmp, which is an empty folder inside until the environment is bound into it.
    (tmp_path / "marker").write_text("here")
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))
    with Sandbox(packages, QUICK) as sandbox:
        result = outcome(sandbox, f"return len(open('{tmp_path}/marker').read())")
        assert result.value == 4
        assert outcome(sandbox, f"open('{tmp_path}/marker', 'w')").error.kind == "OSError"


def test_an_installed_copy_of_our_packages_is_hidden(packages, monkeypatch, tmp_path):
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder" / "answers.py").write_text("answer = 1")
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    with Sandbox(packages, QUICK) as sandbox:
        assert outcome(sandbox, f"return len(os.listdir('{tmp_path}/autograder'))").value == 0


def test_threads_can_each_have_a_sandbox(packages):
    answers = []

    def work(number):
        with Sandbox(packages, QUICK) as sandbox:
            answers.append(outcome(sandbox, "return args[0]", number).value)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0, 1, 2, 3]


def test_ipythons_own_interface_is_mute(sandbox):
    source = "get_ipython().run_line_magic('matplotlib', 'inline')\nassert 'colab' not in str(get_ipython())"
    assert sandbox.run("magic", source) is None


def test_an_added_cell_s_time_is_not_the_functions_time(packages):
    limits = Limits(call_seconds=1, submission_seconds=4)
    with Sandbox(packages, limits) as sandbox:
        for number in range(4):
            sandbox.run(
                f"own {number}", f"def g{number}(): return 1\nimport time; time.sleep(0.9)", helper=True
            )
        assert sandbox.cut
        assert sandbox.exceeded == ()
        assert sandbox.run("f", "import time\ndef f():\n    time.sleep(0.5)\n    return g0() + g3()") is None
        assert sandbox.call(Call("f")).value == 2


def test_what_an_added_cell_defines_is_there_though_it_does_not_end(packages):
    with Sandbox(packages, QUICK) as sandbox:
        error = sandbox.run("own", "def f(): return 1\nwhile True: pass", helper=True)
        assert (error.kind, sandbox.cut, sandbox.exceeded) == ("timeout", ("own",), ())
        assert sandbox.call(Call("f")).value == 1
        assert sandbox.run("solution", "def g(): return 1\nwhile True: pass").kind == "timeout"
        assert sandbox.call(Call("g")).error.kind == "missing"
        assert sandbox.exceeded == ("call_seconds",)


def test_the_wall_s_own_command_tells_no_paths(sandbox):
    body = "return [ord(c) for c in open('/proc/1/cmdline').read()]"
    command = "".join(map(chr, outcome(sandbox, body).value))
    assert str(sandbox._packages) not in command
    assert "--ro-bind" not in command


@pytest.fixture
def prefix(monkeypatch, tmp_path):
    """A folder that poses as the one that this Python is installed in."""
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))
    return tmp_path


def seen(packages, path, hidden=None):
    with Sandbox(packages, QUICK, hidden=hidden) as sandbox:
        result = outcome(sandbox, f"return os.listdir({str(path)!r}) != []")
        return result.value if result.error is None else result.error.kind


def test_of_a_virtual_environment_only_its_own_folders_are_seen(packages, prefix):
    (prefix / "lib").mkdir()
    (prefix / "submitted" / "ada").mkdir(parents=True)
    assert seen(packages, prefix / "submitted") is True
    (prefix / "pyvenv.cfg").touch()
    assert seen(packages, prefix / "submitted") == "FileNotFoundError"


def test_a_course_inside_an_installation_is_hidden(packages, prefix):
    course = prefix / "share" / "course"
    (course / "submitted" / "ada").mkdir(parents=True)
    assert seen(packages, course) is True
    assert seen(packages, course, hidden=course) is False
    assert seen(packages, course / "submitted", hidden=course) == "FileNotFoundError"


def test_an_environment_inside_a_course_inside_an_installation_is_seen(packages, prefix, monkeypatch):
    course = prefix / "course"
    environment = course / ".venv"
    (environment / "lib" / "module").mkdir(parents=True)
    (environment / "pyvenv.cfg").touch()
    (course / "submitted").mkdir()
    monkeypatch.setattr(sys, "base_exec_prefix", str(environment))
    assert seen(packages, environment / "lib", hidden=course) is True
    assert seen(packages, course / "submitted", hidden=course) == "FileNotFoundError"


def test_a_course_that_is_the_installation_is_refused(packages, prefix):
    with pytest.raises(WallUnavailable, match="move the course"):
        seen(packages, prefix, hidden=prefix)


def test_an_installed_copy_is_hidden_under_every_name_of_its_folder(tmp_path, monkeypatch):
    site = tmp_path / "lib" / "site-packages"
    (site / "autograder" / "notebooks").mkdir(parents=True)
    (tmp_path / "lib64").symlink_to("lib")
    monkeypatch.syspath_prepend(str(site))
    hidden = wall._installed_copies([tmp_path / "lib", tmp_path / "lib64"])
    assert hidden == [tmp_path / name / "site-packages" / "autograder" for name in ("lib", "lib64")]

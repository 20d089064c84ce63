"""Ctrl-C at any moment ends a program that uses the blocking client, without noise."""

import importlib.util

import pytest

from beeper_async.testing import Simulator

from .interrupted import interrupt, problem_in
from .programs import needs_signals, run_client, run_script


@needs_signals
def test_a_program_that_is_interrupted_at_random_moments() -> None:
    """The session `interrupts` tries more of them."""
    assert interrupt(12, seed=7) == []


IMPORT = """\
Exception ignored in: <_io.FileIO name='/a b/chats.cpython-311.pyc' mode='rb' closefd=True>
Traceback (most recent call last):
  File "<frozen importlib._bootstrap_external>", line 1130, in get_data
ResourceWarning: unclosed file <_io.BufferedReader name='/a b/chats.cpython-311.pyc'>
"""
CTRL_C = 'Traceback (most recent call last):\n  File "<string>", line 46\nKeyboardInterrupt\n'


def test_only_files_of_the_interpreter_are_excused() -> None:
    """Ctrl-C while a module is read leaves a file of the import system unclosed."""
    assert problem_in(IMPORT + CTRL_C) is None
    for ours in (IMPORT.replace(".pyc", ".db"), IMPORT.replace("importlib", "beeper_sync")):
        assert problem_in(ours + CTRL_C) == ours + CTRL_C


@needs_signals
def test_a_storm_of_ctrl_c_leaves_no_thread(sim: Simulator) -> None:
    """Each of 60 clients is interrupted at another moment of its life."""
    code = """
        import gc, random, signal, threading, time
        from beeper_sync import BeeperDesktop

        chance = random.Random(11)
        BeeperDesktop().chats.list(limit=1)  # what is imported on first use
        for number in range(60):
            signal.signal(signal.SIGALRM, signal.default_int_handler)
            try:
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.0005, 0.02))
                while True:
                    with BeeperDesktop() as client:
                        client.chats.list(limit=1)
                    BeeperDesktop().chats.list(limit=1)  # left to the garbage collector
            except KeyboardInterrupt:
                pass
        client = None
        gc.collect()  # a client and its resources refer to each other
        deadline = time.monotonic() + 30
        while threading.active_count() > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        print(*[thread.name for thread in threading.enumerate()])
        """
    assert run_client(sim, code) == (0, "MainThread\n", "")


@needs_signals
def test_ctrl_c_at_each_line() -> None:
    """What a release interrupted anywhere leaves to be done is done by the loop thread."""
    assert run_script("""
        import linecache, time

        def use():
            lease = Lease(cleanup=cleanup)
            opened.append(True)
            lease.call(echo, 1)
            lease.release()

        async def cleanup():
            cleaned.append(True)

        def strike(number):
            \"\"\"Raise KeyboardInterrupt at a line; return whether there were so many.\"\"\"
            def trace_line(frame, event, arg):
                nonlocal number
                line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
                # To leave a block that holds a lock is one step for Ctrl-C, but not for tracing.
                if event == "line" and not line.startswith("with "):
                    number -= 1
                    if number == 0:
                        sys.settrace(None)
                        raise KeyboardInterrupt
                return trace_line

            def trace(frame, event, arg):
                return trace_line if "beeper_sync" in frame.f_code.co_filename else None

            sys.settrace(trace)
            try:
                use()
            except KeyboardInterrupt:
                pass
            finally:
                sys.settrace(None)
            return number <= 0

        opened, cleaned = [], []
        lines = 1
        while strike(lines):
            lines += 3  # all of them take half a minute
        deadline = time.monotonic() + 30
        while threading.active_count() > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        say(lines > 50, len(cleaned) - len(opened) >= 0, threading.active_count())
    """) == ["True True 1"]


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="needs gevent")
@pytest.mark.parametrize("patched", ["before", "after"])
def test_gevent_is_refused_by_name(sim: Simulator, patched: str) -> None:
    """Its greenlets would wait for each other in the one thread that they share."""
    patch = "from gevent import monkey; monkey.patch_all()"
    code = f"""
        {patch if patched == "before" else ""}
        from beeper_sync import BeeperDesktop, ClientUseError
        {patch if patched == "after" else ""}
        try:
            BeeperDesktop()
        except ClientUseError as error:
            print("gevent" in str(error))
        """
    # gevent itself warns of several things.
    assert run_client(sim, code, "-W", "ignore") == (0, "True\n", "")

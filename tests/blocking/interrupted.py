"""A program that uses the blocking client in all its ways, and is interrupted at a random moment.

python -m tests.blocking.interrupted --moments 60

It must end soon after Ctrl-C, with the KeyboardInterrupt as its only traceback.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import subprocess
import sys
import time

from beeper_async.testing import Simulator

from .programs import start_client

# What the interpreter says when Ctrl-C strikes while it reads a module: the file is its own.
INTERRUPTED_IMPORT = re.compile(
    r"Exception ignored in: <_io\.FileIO name='[^']*\.pyc?' [^\n]*\n"
    r"Traceback \(most recent call last\):\n"
    r'  File "<frozen importlib\._bootstrap_external>"[^\n]*\n'
    r"ResourceWarning: unclosed file <_io\.BufferedReader name='[^']*\.pyc?'>\n"
)
DEADLINE = 30  # seconds after Ctrl-C within which the program must have ended

PROGRAM = """
import itertools, os, tempfile
from beeper_sync import BeeperDesktop, merge

def call():
    BeeperDesktop().chats.list(limit=2)  # never closed
    with BeeperDesktop() as client:
        client.chats.list(limit=2)

def listing():
    with BeeperDesktop() as client, client.chats.list(limit=2).prefetch() as chats:
        list(itertools.islice(chats, 5))

def merging():
    with BeeperDesktop() as client:
        pages = ((number, client.chats.list(limit=10)) for number in itertools.count())
        with merge(pages, in_flight=2) as chats:
            list(itertools.islice(chats, 50))

def events():
    with BeeperDesktop() as client, client.events(timeout=0.01) as stream:
        list(stream)
    with BeeperDesktop() as client:
        for event in client.events(timeout=0.01):
            break

def download():
    with BeeperDesktop() as client, tempfile.TemporaryDirectory() as folder:
        upload = client.assets.upload(file=b"x" * 1_000_000)
        chat = client.chats.list(limit=1).items[0]
        sent = client.messages.send(chat.id, attachment={"upload_id": upload.upload_id})
        message = client.messages.retrieve(sent.pending_message_id, chat_id=chat.id)
        url = message.attachments[0].id
        client.assets.serve(url=url).write_to(folder + "/file")
        list(client.assets.serve(url=url).iter_bytes())
        for chunk in client.assets.serve(url=url).iter_bytes():
            break

kept = BeeperDesktop()  # never closed
os.write(1, b"begins\\n")
for step in (call, listing, merging, events, download):
    step()
kept.chats.list(limit=2)
os.write(1, b"ends\\n")
"""


def moments(sim: Simulator, count: int, seed: int) -> list[float]:
    """Return delays after which to interrupt the program, from its beginning to past its end."""
    begin = time.monotonic()
    if problem := outcome(start_client(sim, PROGRAM), None):
        raise AssertionError(f"without Ctrl-C: {problem}")
    duration = time.monotonic() - begin
    chance = random.Random(seed)
    # Half of them in the first milliseconds, while the loop thread starts for the first time.
    return [chance.uniform(0, duration if n % 2 else 0.05) for n in range(count)]


def outcome(program: subprocess.Popen[str], delay: float | None) -> str | None:
    """Interrupt a program after a delay from its beginning; return what is wrong, or None."""
    assert program.stdout is not None
    program.stdout.readline()
    if delay is not None:
        time.sleep(delay)  # the moment is random; nothing depends on what is reached by then
        program.send_signal(signal.SIGINT)
    try:
        _, errors = program.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        program.send_signal(signal.SIGABRT)  # in dev mode, this prints the stacks
        _, errors = program.communicate()
        return f"it hangs\n{errors}"
    return problem_in(errors)


def problem_in(errors: str) -> str | None:
    """Return the complaints of a program, unless they are its KeyboardInterrupt alone."""
    errors = INTERRUPTED_IMPORT.sub("", errors)
    if not errors:
        return None
    is_one = errors.startswith("Traceback (most recent call last):")
    # From 3.12 on, one that strikes while a class is made has a note that says which.
    lines = [
        line for line in errors.splitlines() if not line.startswith("Error calling __set_name__")
    ]
    heads = [line for line in lines if not line.startswith(" ")]
    *_, last = heads
    foreign = [line for line in heads if re.match("Exception ignored|Task|sys:|<|Fatal", line)]
    return None if is_one and last.startswith("KeyboardInterrupt") and not foreign else errors


def interrupt(count: int, seed: int) -> list[str]:
    """Interrupt the program at so many moments; return what went wrong."""
    with Simulator() as sim:
        delays = moments(sim, count, seed)
        outcomes = [(delay, outcome(start_client(sim, PROGRAM), delay)) for delay in delays]
    return [f"after {delay:.4f} s: {problem}" for delay, problem in outcomes if problem]


def main() -> None:
    """Run the program of the nox session."""
    parser = argparse.ArgumentParser(description="Interrupt a program at random moments.")
    parser.add_argument("--moments", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"{options.moments} moments with --seed {options.seed}")
    problems = interrupt(options.moments, options.seed)
    print(*problems, f"{len(problems)} of {options.moments} went wrong", sep="\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()

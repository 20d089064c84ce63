"""Ctrl-C and other signals during a call."""

from .programs import needs_signals, run_script


@needs_signals
def test_ctrl_c_cancels_the_call_for_good() -> None:
    assert run_script("""
        async def send():
            os.kill(os.getpid(), signal.SIGINT)
            try:
                await asyncio.sleep(0.2)
                say("sent")
            finally:
                await asyncio.sleep(0.1)
                say("ended")

        lease = Lease(cleanup=say_cleanup)
        try:
            lease.call(send)
        except KeyboardInterrupt:
            say("interrupted")
        lease.call(asyncio.sleep, 0.3)
        say(lease.call(echo, "works"))
    """) == ["ended", "interrupted", "works", "cleanup"]


@needs_signals
def test_a_second_ctrl_c_interrupts_the_wait_for_a_stubborn_call() -> None:
    assert run_script("""
        loop_thread.GRACE = 3600

        async def resist():
            os.kill(os.getpid(), signal.SIGINT)
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                os.kill(os.getpid(), signal.SIGINT)
                while not interrupted:
                    await asyncio.sleep(0.01)
                say("ended")

        interrupted = []
        lease = Lease(cleanup=say_cleanup)
        try:
            lease.call(resist)
        except KeyboardInterrupt as error:
            say("interrupted", type(error.__context__).__name__)
            interrupted.append(True)
    """) == ["interrupted KeyboardInterrupt", "cleanup"]


@needs_signals
def test_the_wait_for_a_stubborn_call_is_bounded() -> None:
    assert run_script("""
        loop_thread.GRACE = 0.05

        async def resist():
            os.kill(os.getpid(), signal.SIGINT)
            while not interrupted:
                try:
                    await asyncio.sleep(0.01)
                except asyncio.CancelledError:
                    pass

        interrupted = []
        lease = Lease()
        try:
            lease.call(resist)
        except KeyboardInterrupt as error:
            say(*error.__notes__)
            interrupted.append(True)
    """) == ["the cancelled call was still running after 0.05 s"]


@needs_signals
def test_a_signal_handler_may_release() -> None:
    assert run_script("""
        async def forever():
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()

        lease = Lease(cleanup=say_cleanup)
        signal.signal(signal.SIGTERM, lambda *_: lease.release())
        try:
            lease.call(forever)
        except portal.ReleasedError:
            say("released")
    """) == ["cleanup", "released"]

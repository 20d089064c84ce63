"""The end of the process, with leases that nobody released."""

from .programs import run_script


def test_exit_without_release_closes_an_aiohttp_session() -> None:
    assert run_script("""
        import aiohttp

        class Inner:
            async def open(self):
                self.session = aiohttp.ClientSession()
            async def close(self):
                await self.session.close()
                say("cleanup")

        inner = Inner()
        lease = Lease(cleanup=inner.close)
        lease.call(inner.open)
        say("end")
    """) == ["end", "cleanup"]


def test_exit_handlers_registered_after_the_import_can_still_call() -> None:
    assert run_script("""
        import atexit
        atexit.register(lambda: say(lease.call(echo, "farewell")))
        lease = Lease(cleanup=say_cleanup)
    """) == ["farewell", "cleanup"]


def test_exit_handlers_registered_before_the_import_are_refused() -> None:
    assert run_script(
        """
        from beeper_async import ClientUseError

        def late():
            for blocking in (Lease, lambda: lease.call(echo, 1)):
                try:
                    say(blocking())
                except ClientUseError as error:
                    say(error)

        lease = Lease(cleanup=say_cleanup)
        """,
        before="import atexit; atexit.register(lambda: late())",
    ) == [
        "cleanup",
        "The process is exiting: the event loop thread has ended. Register your exit handler after "
        "importing beeper_sync, for the last registered runs first.",
        "The client is closed. Make a new one, or close it later.",
    ]


def test_exit_handlers_that_drop_the_lease() -> None:
    assert run_script("""
        import atexit

        class Owner:
            lease = Lease(cleanup=say_cleanup)

        atexit.register(lambda: delattr(Owner, "lease"))
    """) == ["cleanup"]


def test_exit_after_failing_cleanups() -> None:
    assert sorted(
        run_script("""
        async def fail():
            say("cleanup")
            raise OSError

        import logging

        logging.getLogger("asyncio").addFilter(lambda record: say(*record.exc_info[:1]))
        leases = [Lease(cleanup=fail) for _ in range(3)]
    """)
    ) == [*3 * ["<class 'OSError'>"], "cleanup", "cleanup", "cleanup"]


def test_exit_after_an_error_in_main_thread_cleans_up() -> None:
    assert run_script("""
        lease = Lease(cleanup=say_cleanup)
        try:
            lease.call(echo, 1, 2)
        except TypeError:
            sys.exit(0)
    """) == ["cleanup"]


def test_exit_with_calls_in_daemon_threads() -> None:
    """One thread is inside a call when the process exits, another keeps calling."""
    assert run_script("""
        started = threading.Event()

        async def forever():
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                say("cancelled")

        def poll():
            while True:
                lease.call(asyncio.sleep, 0)

        lease = Lease(cleanup=say_cleanup)
        threading.Thread(target=lease.call, args=(forever,), daemon=True).start()
        threading.Thread(target=poll, daemon=True).start()
        started.wait()
    """) == ["cancelled", "cleanup"]


def test_exit_waits_for_threads_that_call() -> None:
    assert run_script("""
        def work():
            threading.main_thread().join()
            say(lease.call(echo, "late"))

        lease = Lease(cleanup=say_cleanup)
        threading.Thread(target=work).start()
    """) == ["late", "cleanup"]

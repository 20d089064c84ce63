"""Leases in a forked child."""

import pytest

from .programs import needs_fork, run_forking_script

FORK_PREAMBLE = """
    class Inner:
        def __init__(self):
            self.name = "parent"
        async def after_fork(self):
            await asyncio.sleep(0.1)
            self.name = "child"
            say("renewed")
        async def use(self):
            return self.name, asyncio.get_running_loop() is not old_loop
        async def close(self):
            say("cleanup", self.name)

    async def get_loop():
        return asyncio.get_running_loop()

    def wait_for(pid):
        say("child ended with", os.waitpid(pid, 0)[1])

    inner = Inner()
    lease = Lease(cleanup=inner.close, on_fork=inner.after_fork)
    old_loop = lease.call(get_loop)
"""


@needs_fork
def test_fork_renews_the_lease_in_the_child_only() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    if pid := os.fork():
        wait_for(pid)
        say(*lease.call(inner.use))
    else:
        say(*lease.call(inner.use))
        say(*lease.call(inner.use))
    """) == [
        *("renewed", "child True", "child True", "cleanup child", "child ended with 0"),
        *("parent False", "cleanup parent"),
    ]


@needs_fork
def test_fork_renews_once_for_many_threads() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    if pid := os.fork():
        wait_for(pid)
    else:
        threads = [
            threading.Thread(target=lambda: say(*lease.call(inner.use))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
    """) == [
        *("renewed", "child True", "child True", "child True", "cleanup child"),
        *("child ended with 0", "cleanup parent"),
    ]


@needs_fork
def test_fork_while_other_threads_call_and_renew() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    running = threading.Event()

    async def forever():
        running.set()
        await asyncio.Event().wait()

    threading.Thread(target=lease.call, args=(forever,), daemon=True).start()
    running.wait()
    loop_thread._lock.acquire()
    if pid := os.fork():
        loop_thread._lock.release()
        wait_for(pid)
    else:
        thread = threading.Thread(target=lambda: say(*lease.call(inner.use)))
        thread.start()
        thread.join()
    """) == ["renewed", "child True", "cleanup child", "child ended with 0", "cleanup parent"]


@needs_fork
@pytest.mark.parametrize("ending", ["pass", "lease.release()", "del lease"])
def test_a_child_that_never_calls_ends_in_order(ending: str) -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    if pid := os.fork():
        wait_for(pid)
        say(*lease.call(inner.use))
    else:
        {ending}
    """) == [
        *("renewed", "cleanup child", "child ended with 0"),
        *("parent False", "cleanup parent"),
    ]


@needs_fork
def test_a_child_that_never_calls_does_not_wait_for_a_call_of_the_parent() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    loop_thread.GRACE = 3600
    running = threading.Event()

    async def forever():
        running.set()
        await asyncio.Event().wait()

    threading.Thread(target=lease.call, args=(forever,), daemon=True).start()
    running.wait()
    if pid := os.fork():
        wait_for(pid)
    """) == ["renewed", "cleanup child", "child ended with 0", "cleanup parent"]


@needs_fork
def test_a_child_releases_inside_a_running_loop() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    async def main():
        lease.release()

    if pid := os.fork():
        wait_for(pid)
    else:
        asyncio.run(main())
    """) == ["renewed", "cleanup child", "child ended with 0", "cleanup parent"]


@needs_fork
def test_a_released_lease_stays_released_in_a_child() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    lease.release()
    if pid := os.fork():
        wait_for(pid)
    else:
        try:
            lease.call(inner.use)
        except portal.ReleasedError:
            say(*[thread.name for thread in threading.enumerate()])
    """) == ["cleanup parent", "MainThread", "child ended with 0"]


@needs_fork
def test_a_failing_fork_hook_is_tried_again() -> None:
    assert run_forking_script("""
        async def after_fork():
            tries.append(True)
            if len(tries) == 1:
                raise OSError("x")

        tries = []
        lease = Lease(on_fork=after_fork)
        if pid := os.fork():
            sys.exit(os.waitpid(pid, 0)[1])
        try:
            lease.call(echo, 1)
        except OSError as error:
            say(error)
        say(lease.call(echo, "works"), len(tries))
        lease.release()
        say(*[t.name for t in threading.enumerate()])
    """) == ["x", "works 2", "MainThread"]


@needs_fork
def test_closing_inherited_sockets_in_the_child_spares_the_parent() -> None:
    assert run_forking_script("""
        import socket

        class Connection:
            async def open(self, sock):
                self.reader, self.writer = await asyncio.open_connection(sock=sock)
            async def read(self):
                return await self.reader.readline()
            async def close(self):
                self.writer.transport.abort()

        near, far = socket.socketpair()
        connection = Connection()
        lease = Lease(cleanup=connection.close, on_fork=connection.close)
        lease.call(connection.open, near)
        if pid := os.fork():
            say("child ended with", os.waitpid(pid, 0)[1])
            far.send(b"still there\\n")
            say(lease.call(connection.read).decode().strip())
            far.close()
        else:
            lease.call(echo, 1)
            os._exit(0)
    """) == ["child ended with 0", "still there"]


@needs_fork
@pytest.mark.parametrize("use", ["pass", "lease.call(echo, 1)"])
def test_fork_with_an_aiohttp_connection_in_use(use: str) -> None:
    """The child closes the session it inherits; the parent's connection is used again."""
    assert run_forking_script(f"""
        import aiohttp
        from aiohttp import web

        class Inner:
            async def open(self):
                app = web.Application()
                app.router.add_get("/", self.answer)
                self.runner = web.AppRunner(app)
                await self.runner.setup()
                await web.TCPSite(self.runner, "127.0.0.1", 0).start()
                host, port = self.runner.addresses[0]
                self.url = f"http://{{host}}:{{port}}/"
                self.session = aiohttp.ClientSession()
            async def answer(self, request):
                return web.Response(text=str(request.transport.get_extra_info("peername")[1]))
            async def get(self):
                async with self.session.get(self.url) as response:
                    return await response.text()
            async def after_fork(self):
                await self.session.close()
                self.session = aiohttp.ClientSession()
            async def close(self):
                await self.session.close()
                if os.getpid() == parent:
                    await self.runner.cleanup()

        parent = os.getpid()
        inner = Inner()
        lease = Lease(cleanup=inner.close, on_fork=inner.after_fork)
        lease.call(inner.open)
        port = lease.call(inner.get)
        if pid := os.fork():
            say("child ended with", os.waitpid(pid, 0)[1])
            say("same connection", lease.call(inner.get) == port)
        else:
            {use}
    """) == ["child ended with 0", "same connection True"]


@needs_fork
@pytest.mark.parametrize("ending", ["", "lease.call(echo, 1)", "lease.release()"])
def test_a_child_drops_copies_of_tasks_that_wait_in_the_parent(ending: str) -> None:
    """No thread runs them in the child, so there they neither end nor say that they were lost."""
    assert run_forking_script(f"""
        class Inner:
            async def start(self):
                self.task = asyncio.create_task(self.wait())
                await asyncio.sleep(0)
            async def wait(self):
                try:
                    await asyncio.Event().wait()
                finally:
                    await asyncio.sleep(0)
            async def stop(self):
                if self.task.get_loop() is asyncio.get_running_loop():
                    self.task.cancel()
                    await asyncio.wait([self.task])
                    say("stopped")

        inner = Inner()
        lease = Lease(cleanup=inner.stop)
        lease.call(inner.start)
        if pid := os.fork():
            say("child ended with", os.waitpid(pid, 0)[1])
        else:
            {ending}
            pass
    """) == ["child ended with 0", "stopped"]

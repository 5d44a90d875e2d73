"""The client for asyncio: operations run on the library's loop, whose descriptor asyncio's loop polls. No threads."""
from __future__ import annotations

import asyncio
import contextlib
import contextvars
import warnings
from typing import Any, Callable, Iterable, List, Mapping, Unpack, overload

from k7sandbox._call import CallArgs, CallSettings, CallState, DryRequest, running
from k7sandbox._client import _spec, keep_results
from k7sandbox._errors import K7Error, check, made, new_err
from k7sandbox._native import FREE_USER, callback, ffi, lib, text, text_or_null, user_of, user_pointer
from k7sandbox._open import Batch, DeleteOptions, Item, Opened, Query
from k7sandbox._sandbox import Ending, Results, Sandbox
from k7sandbox._spec import Spec


_OPERATIONS = {getattr(lib, f"k7_sandbox_{name}_start"): name
               for name in ("create", "list", "get", "delete", "delete_all", "create_many", "get_many", "delete_many")}


class _Pump:
    """The library's loop on an event loop: its descriptor is watched, its timeout is a timer."""

    def __init__(self, events: asyncio.AbstractEventLoop, context: contextvars.Context) -> None:
        self.events, self.context = events, context
        self.pointer = made("k7_loop", lib.k7_loop_new, lib.k7_loop_free)
        self.timer: asyncio.TimerHandle | None = None
        self.ops: set[Any] = set()  # those that somebody waits for
        self.tasks: dict[asyncio.Task[Any], Any] = {}  # those that answer, each with its request; None: it was cancelled
        self.calls = 0
        self.idle = asyncio.Event()
        self.broken = self.closing = self.finished = False
        self.raised: BaseException | None = None  # what ends the event loop: a signal handler raised inside _on_done(), or a function that the library calls did
        context.copy().run(events.add_reader, lib.k7_loop_get_fd(self.pointer), self.run)

    def run(self) -> None:
        err = new_err()
        with running(self):
            failed = lib.k7_loop_process(self.pointer, err) != 0
        if failed:  # its operations have ended with that error; new ones get another loop
            lib.k7_error_unref(err[0])
            self.broken = self.closing = True
            self.stop()
        else:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None
            wait = lib.k7_loop_get_timeout_ms(self.pointer)
            if wait >= 0:
                self.timer = self.events.call_later(wait / 1000, self.run, context=self.context)
        if self.raised is not None:
            raised, self.raised = self.raised, None
            raise raised

    def failed(self, _name: str, error: BaseException) -> None:
        self.raised = self.raised or error

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if not self.events.is_closed():
            self.events.remove_reader(lib.k7_loop_get_fd(self.pointer))

    def follow(self, request: Any, coroutine: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = self.events.create_task(coroutine)
        self.tasks[task] = request
        task.add_done_callback(self.tasks.pop)
        return task

    def drop_tasks(self) -> None:
        """Cancels those whose call has ended without them."""
        for task, request in tuple(self.tasks.items()):
            if request is not None and request.cancelled:
                self.tasks[task] = None
                task.cancel()

    def call_ended(self) -> None:
        self.calls -= 1
        if self.calls == 0:
            self.idle.set()
            if self.closing:
                self.finish()

    def finish(self) -> None:
        if not self.finished:
            self.finished = True
            self.stop()
            ffi.release(self.pointer)

    def cancel(self) -> None:
        for op in tuple(self.ops):
            lib.k7_op_cancel(op)

    async def close(self) -> None:
        """Whatever happens to this, the library's loop runs until the last call has ended."""
        self.closing = True
        self.cancel()
        try:
            while self.calls > 0:
                self.idle.clear()
                await self.idle.wait()
        except asyncio.CancelledError:
            self.cancel()
            raise
        self.finish()


class _End:
    """That an operation has ended, for the task that waits."""

    def __init__(self, pump: _Pump) -> None:
        self.pump = pump
        self.future: asyncio.Future[None] = pump.events.create_future()

    def tell(self) -> None:
        if not self.future.done() and not self.pump.events.is_closed():
            self.future.set_result(None)

    def failed(self, error: BaseException) -> None:
        self.pump.failed("end", error)
        self.tell()


def _end_failed(_kind: Any, error: BaseException, traceback: Any) -> None:
    user_of(traceback).failed(error)


# Runs inside k7_loop_process(), or k7_loop_free() when the client was forgotten: then the event loop may be closed, and nobody waits. Before its first line Python runs
# signal handlers: what they raise is raised from the pump.
@callback("k7_op_set_on_done", on_error=_end_failed)
def _on_done(user: Any, op: Any) -> None:
    ffi.from_handle(user).tell()


class AsyncClient(Opened):
    """Client, for asyncio. It belongs to the event loop in which it is used. Cancelling a task cancels its operation and waits until what that made has been taken back;
    then the task is cancelled. A task that is cancelled again meanwhile abandons that."""

    _pump: _Pump | None = None

    async def aclose(self) -> None:
        """Cancels what is running, waits until it is taken back, and closes the client. Cancelled meanwhile, it abandons that, and does not wait."""
        self._belongs_to(asyncio.get_running_loop())
        pump, self._pump, self._pointer = self._pump, None, None
        if pump is not None and not pump.events.is_closed():
            await pump.close()

    def __del__(self) -> None:
        pump = self._pump
        if pump is not None and not pump.events.is_closed():
            # From whichever thread, and not while the library calls.
            with contextlib.suppress(RuntimeError):
                pump.events.call_soon_threadsafe(pump.finish)
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)

    async def __aenter__(self) -> AsyncClient:
        self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _pumped(self) -> _Pump:
        events = asyncio.get_running_loop()
        if self._pump is None or self._pump.broken or self._pump.events.is_closed():
            self._pump = _Pump(events, self._context)
        self._belongs_to(events)
        return self._pump

    def _belongs_to(self, events: asyncio.AbstractEventLoop) -> None:
        if self._pump is not None and self._pump.events is not events and not self._pump.events.is_closed():
            raise RuntimeError("the client is in use in another event loop")

    async def _call(self, start: Any, arguments: tuple[Any, ...], settings: Mapping[str, Any], kind: str | None = None) -> Any:
        """Starts an operation and waits for it; gives its result, and raises its error, or what a callback of it raised."""
        client = self._open()
        try:
            pump = self._pumped()
        except K7Error as error:
            error.operation = _OPERATIONS[start]
            raise
        pump.calls += 1
        provider, call = self._provider, object()
        if provider is not None:
            provider.begin(call)
        try:
            return await self._run(client, pump, start, arguments, settings, kind)
        finally:
            pump.call_ended()
            if provider is not None:
                provider.end(call)
            del client, pump, arguments, settings  # what was raised refers to this frame, and is not to keep a client open that is closed

    async def _run(self, client: Any, pump: _Pump, start: Any, arguments: tuple[Any, ...], settings: Mapping[str, Any], kind: str | None) -> Any:
        state = CallState(settings)
        state.context = contextvars.copy_context()
        started = ffi.new("k7_op **")
        error: K7Error | None = None
        raised: BaseException | None = None
        result: Any = None
        try:
            try:
                state.prepare()
                check(start, client, *arguments, state.pointer, pump.pointer, started)
                op = started[0]
                state.release()
                end = _End(pump)
                check(lib.k7_op_set_on_done, op, _on_done, user_pointer(end), FREE_USER)
                pump.ops.add(op)
                while not end.future.done():
                    try:
                        await asyncio.wait((end.future,))
                    except asyncio.CancelledError as cancelled:
                        raised = cancelled
                        lib.k7_op_cancel(op)
                ending = Ending(kind)
                ending.take(op)
                error = None if ending.error is None else self._explained(ending.error)
                ending.error = None
                result = self._explained_results(ending.value())
            finally:
                pump.ops.discard(started[0])
                lib.k7_op_free(started[0])
                if result is None or isinstance(result, Results):  # else it was answered
                    pump.drop_tasks()
                state.unfollow()
                state.release()
            raised = raised or state.raised
            if raised is None:
                if error is not None:
                    raise error
                return result
            if error is None and result is not None and start == lib.k7_sandbox_create_start:
                await self._undo(client, pump, result, raised)
            elif isinstance(result, Results):
                keep_results(raised, result)
            if error is not None and raised.__cause__ is None:
                raised.__cause__ = error
            raise raised
        finally:
            # What is raised refers to this frame. It is not to refer back.
            state.raised = None
            del error, raised, client, pump, state, arguments, settings

    async def _undo(self, client: Any, pump: _Pump, sandbox: Sandbox, raised: BaseException) -> None:
        """Deletes what was created by an operation that ended well although it was to be cancelled."""
        options = DeleteOptions(sandbox.uid, True, True)
        where = (sandbox.namespace.encode(), sandbox.name.encode(), options.pointer)
        try:
            await self._run(client, pump, lib.k7_sandbox_delete_start, where, {}, None)
        except (K7Error, asyncio.CancelledError) as error:
            raised.add_note(f"left over: sandbox {sandbox.namespace}/{sandbox.name}: {error}")

    @overload
    async def create(self, spec: Spec, *, dry_run: Callable[[DryRequest], object], **call: Unpack[CallSettings]) -> None: ...
    @overload
    async def create(self, spec: Spec, *, dry_run: None = None, **call: Unpack[CallSettings]) -> Sandbox: ...
    async def create(self, spec: Spec, **call: Any) -> Sandbox | None:
        """Creates a sandbox. Whatever fails, what was made is taken back, or is in the error's leftovers."""
        created: Sandbox | None = await self._call(lib.k7_sandbox_create_start, (_spec(spec),), call, "k7_sandbox")
        return created

    @overload
    async def get(self, name: str, *, namespace: str | None = None, dry_run: Callable[[DryRequest], object],
                  **call: Unpack[CallSettings]) -> None: ...
    @overload
    async def get(self, name: str, *, namespace: str | None = None, dry_run: None = None, **call: Unpack[CallSettings]) -> Sandbox: ...
    async def get(self, name: str, *, namespace: str | None = None, **call: Any) -> Sandbox | None:
        """One sandbox by name; NotFoundError."""
        where = (text_or_null(namespace, "namespace"), text(name, "name"))
        found: Sandbox | None = await self._call(lib.k7_sandbox_get_start, where, call, "k7_sandbox")
        return found

    async def list(self, *, namespace: str | None = None, all_namespaces: bool = False, **call: Unpack[CallArgs]) -> List[Sandbox]:
        """A failure to list is never an empty list; a dry run's is."""
        query = Query(namespace, all_namespaces)
        found: List[Sandbox] = await self._call(lib.k7_sandbox_list_start, (query.pointer,), call, "k7_sandboxes")
        return found

    async def delete(self, name: str, *, namespace: str | None = None, uid: str | None = None, missing_ok: bool = True, wait: bool = True,
                     **call: Unpack[CallArgs]) -> None:
        """uid: only the sandbox that has it (ConflictError). missing_ok False: NotFoundError. wait False: return once it is accepted."""
        options = DeleteOptions(uid, missing_ok, wait)
        await self._call(lib.k7_sandbox_delete_start, (text_or_null(namespace, "namespace"), text(name, "name"), options.pointer), call)

    async def delete_all(self, *, namespace: str | None = None, **call: Unpack[CallArgs]) -> Results:
        """Deletes every sandbox of one namespace. Once the set is known, what became of each is told, also after a failure, a cancel or the deadline."""
        found: Results = await self._call(lib.k7_sandbox_delete_all_start, (text_or_null(namespace, "namespace"),), call, "k7_results")
        return found

    async def create_many(self, specs: Iterable[Spec], *, at_once: int | None = None, starts_per_second: int | None = None,
                          **call: Unpack[CallArgs]) -> Results:
        """Creates many, 8 at once unless at_once says otherwise; timeout is for all. What became of each is told in the order given, also after a cancel."""
        batch = Batch(specs, at_once, starts_per_second)
        found: Results = await self._call(lib.k7_sandbox_create_many_start, (batch.pointer,), call, "k7_results")
        return found

    async def get_many(self, items: Iterable[Item], *, at_once: int | None = None, starts_per_second: int | None = None,
                       **call: Unpack[CallArgs]) -> Results:
        """items: names, pairs of namespace and name, or specs."""
        batch = Batch(items, at_once, starts_per_second)
        found: Results = await self._call(lib.k7_sandbox_get_many_start, (batch.pointer,), call, "k7_results")
        return found

    async def delete_many(self, items: Iterable[Item], *, missing_ok: bool = True, wait: bool = True, at_once: int | None = None,
                          starts_per_second: int | None = None, **call: Unpack[CallArgs]) -> Results:
        """items: names, pairs of namespace and name, or specs."""
        batch, options = Batch(items, at_once, starts_per_second), DeleteOptions(None, missing_ok, wait)
        found: Results = await self._call(lib.k7_sandbox_delete_many_start, (batch.pointer, options.pointer), call, "k7_results")
        return found

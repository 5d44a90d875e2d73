"""The client whose calls block."""
from __future__ import annotations

from typing import Any, Callable, Iterable, List, Mapping, Unpack, overload

from k7sandbox._call import CallArgs, CallSettings, CallState, DryRequest
from k7sandbox._errors import failure, new_err
from k7sandbox._native import NULL, lib, text, text_or_null
from k7sandbox._open import Batch, DeleteOptions, Item, Opened, Query
from k7sandbox._sandbox import Ending, Results, Sandbox
from k7sandbox._spec import Spec
from k7sandbox._wait import Waiter, waiter_for


class Client(Opened):
    """One endpoint with its settings; any number of threads may use it at any time. Its calls let other threads run, and end at once with what a signal handler raises
    (KeyboardInterrupt), after what they made has been taken back; a second Ctrl-C abandons that."""

    _waiter: Waiter | None = None

    def close(self) -> None:
        """Calls that are running in other threads go on; new ones are a ValueError."""
        self._pointer = self._waiter = None

    def __enter__(self) -> Client:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, function: Any, arguments: tuple[Any, ...], settings: Mapping[str, Any], kind: str | None = None) -> Any:
        """Calls an operation; gives its result, and raises its error, or what a callback of it or a signal handler raised."""
        pointer, ending = self._open(), Ending(kind)
        waiter, state, provider = waiter_for(self._waiter), CallState(settings), self._provider
        try:
            if provider is not None:
                provider.begin(state)
            try:
                state.begin()
                if waiter is None:
                    _call_library(pointer, function, arguments, state, ending)
                else:
                    self._waiter = waiter
                    waiter.run(pointer, function, arguments, state, ending)
                if state.raised is not None:
                    raise state.raised
            finally:
                state.end()
            if ending.error is not None:
                raise self._explained(ending.error)
            result = self._explained_results(ending.value())
            if provider is not None:
                provider.end(state)
            return result
        except BaseException as raised:
            try:
                try:
                    state.end()  # a signal handler may have raised in it
                finally:
                    state.end()  # and another
                if raised is not ending.error:
                    _annotate(raised, pointer, function, ending)
            finally:
                ending.own()  # another still
                if provider is not None:
                    provider.end(state)
            raise
        finally:
            # What was raised refers to this frame. It is not to refer back, nor to keep a client open that is closed.
            ending.error = state.raised = None
            del pointer, ending, waiter, state, arguments, settings

    @overload
    def create(self, spec: Spec, *, dry_run: Callable[[DryRequest], object], **call: Unpack[CallSettings]) -> None: ...
    @overload
    def create(self, spec: Spec, *, dry_run: None = None, **call: Unpack[CallSettings]) -> Sandbox: ...
    def create(self, spec: Spec, **call: Any) -> Sandbox | None:
        """Creates a sandbox. Whatever fails, what was made is taken back, or is in the error's leftovers."""
        created: Sandbox | None = self._call(lib.k7_sandbox_create, (_spec(spec),), call, "k7_sandbox")
        return created

    @overload
    def get(self, name: str, *, namespace: str | None = None, dry_run: Callable[[DryRequest], object], **call: Unpack[CallSettings]) -> None: ...
    @overload
    def get(self, name: str, *, namespace: str | None = None, dry_run: None = None, **call: Unpack[CallSettings]) -> Sandbox: ...
    def get(self, name: str, *, namespace: str | None = None, **call: Any) -> Sandbox | None:
        """One sandbox by name; NotFoundError."""
        where = (text_or_null(namespace, "namespace"), text(name, "name"))
        found: Sandbox | None = self._call(lib.k7_sandbox_get, where, call, "k7_sandbox")
        return found

    def list(self, *, namespace: str | None = None, all_namespaces: bool = False, **call: Unpack[CallArgs]) -> List[Sandbox]:
        """A failure to list is never an empty list; a dry run's is."""
        query = Query(namespace, all_namespaces)
        found: List[Sandbox] = self._call(lib.k7_sandbox_list, (query.pointer,), call, "k7_sandboxes")
        return found

    def delete(self, name: str, *, namespace: str | None = None, uid: str | None = None, missing_ok: bool = True, wait: bool = True,
               **call: Unpack[CallArgs]) -> None:
        """uid: only the sandbox that has it (ConflictError). missing_ok False: NotFoundError. wait False: return once it is accepted."""
        options = DeleteOptions(uid, missing_ok, wait)
        self._call(lib.k7_sandbox_delete, (text_or_null(namespace, "namespace"), text(name, "name"), options.pointer), call)

    def delete_all(self, *, namespace: str | None = None, **call: Unpack[CallArgs]) -> Results:
        """Deletes every sandbox of one namespace. Once the set is known, what became of each is told, also after a failure, a cancel or the deadline."""
        found: Results = self._call(lib.k7_sandbox_delete_all, (text_or_null(namespace, "namespace"),), call, "k7_results")
        return found

    def create_many(self, specs: Iterable[Spec], *, at_once: int | None = None, starts_per_second: int | None = None,
                    **call: Unpack[CallArgs]) -> Results:
        """Creates many, 8 at once unless at_once says otherwise; timeout is for all. What became of each is told in the order given, also after a cancel."""
        batch = Batch(specs, at_once, starts_per_second)
        found: Results = self._call(lib.k7_sandbox_create_many, (batch.pointer,), call, "k7_results")
        return found

    def get_many(self, items: Iterable[Item], *, at_once: int | None = None, starts_per_second: int | None = None,
                 **call: Unpack[CallArgs]) -> Results:
        """items: names, pairs of namespace and name, or specs."""
        batch = Batch(items, at_once, starts_per_second)
        found: Results = self._call(lib.k7_sandbox_get_many, (batch.pointer,), call, "k7_results")
        return found

    def delete_many(self, items: Iterable[Item], *, missing_ok: bool = True, wait: bool = True, at_once: int | None = None,
                    starts_per_second: int | None = None, **call: Unpack[CallArgs]) -> Results:
        """items: names, pairs of namespace and name, or specs."""
        batch, options = Batch(items, at_once, starts_per_second), DeleteOptions(None, missing_ok, wait)
        found: Results = self._call(lib.k7_sandbox_delete_many, (batch.pointer, options.pointer), call, "k7_results")
        return found


def _call_library(client: Any, function: Any, arguments: tuple[Any, ...], state: CallState, ending: Ending) -> None:
    """By the library's own wait, for threads in which Python runs no signal handlers."""
    err = new_err()
    try:
        function(client, *arguments, state.pointer, *ending.result, err)
    except BaseException as raised:  # a signal came too late for the call, and its handler raised
        state.raised = state.raised or raised
    if err[0] != NULL:
        ending.error = failure(err)


def keep_results(raised: BaseException, results: Results) -> None:
    """What became of each is told also by what ended a call over many."""
    setattr(raised, "results", results)
    raised.add_note(f"what became of each is in its attribute results: {results!r}")


def _annotate(raised: BaseException, client: Any, function: Any, ending: Ending) -> None:
    """What ended a call that was not its own end. What the library says of that is the cause. A sandbox that it created all the same is deleted; what is left is a note."""
    if ending.error is not None and raised.__cause__ is None:
        raised.__cause__ = ending.error
    if not ending.gave():
        return
    result = ending.value()
    if isinstance(result, Results):
        keep_results(raised, result)
    elif function == lib.k7_sandbox_create:
        options = DeleteOptions(result.uid, True, True)
        err = new_err()
        if lib.k7_sandbox_delete(client, result.namespace.encode(), result.name.encode(), options.pointer, NULL, err) != 0:
            raised.add_note(f"left over: sandbox {result.namespace}/{result.name}: {failure(err)}")


def _spec(spec: object) -> Any:
    if not isinstance(spec, Spec):
        raise TypeError(f"spec: a Spec expected, not {type(spec).__name__}")
    return spec._pointer

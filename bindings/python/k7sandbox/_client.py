"""The client whose calls block."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Mapping, overload

from k7sandbox._call import CallArgs, CallSettings, CallState, DryRequest
from k7sandbox._errors import K7Error, failure, new_err
from k7sandbox._native import NULL, ffi, lib, text, text_or_null
from k7sandbox._open import Batch, DeleteOptions, Item, Opened, Query
from k7sandbox._sandbox import Results, Sandbox, results_of, sandbox_of, sandboxes_of
from k7sandbox._spec import Spec
from k7sandbox._wait import Waiter, waiter_for

if TYPE_CHECKING:
    from typing_extensions import Unpack


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
        """Calls an operation; gives its result, and raises its error, or what a callback of it raised."""
        pointer = self._open()
        waiter = waiter_for(self._waiter)
        with CallState(settings) as state:
            if waiter is None:
                result, error = _called(pointer, function, arguments, state, kind)
            else:
                self._waiter = waiter
                result, error = waiter.run(pointer, function, arguments, state, kind)
            if error is not None:
                error = self._explained(error)
            if state.raised is not None:
                raise _annotated(state.raised, error, lambda raised: _undo(pointer, function, kind, result, raised))
        if error is not None:
            raise error
        return None if kind is None else result

    @overload
    def create(self, spec: Spec, *, dry_run: Callable[[DryRequest], object], **call: Unpack[CallSettings]) -> None: ...
    @overload
    def create(self, spec: Spec, *, dry_run: None = None, **call: Unpack[CallSettings]) -> Sandbox: ...
    def create(self, spec: Spec, **call: Any) -> Sandbox | None:
        """Creates a sandbox. Whatever fails, what was made is taken back, or is in the error's leftovers."""
        return sandbox_of(self._call(lib.k7_sandbox_create, (_spec(spec),), call, "k7_sandbox"))

    @overload
    def get(self, name: str, *, namespace: str | None = None, dry_run: Callable[[DryRequest], object], **call: Unpack[CallSettings]) -> None: ...
    @overload
    def get(self, name: str, *, namespace: str | None = None, dry_run: None = None, **call: Unpack[CallSettings]) -> Sandbox: ...
    def get(self, name: str, *, namespace: str | None = None, **call: Any) -> Sandbox | None:
        """One sandbox by name; NotFoundError."""
        where = (text_or_null(namespace, "namespace"), text(name, "name"))
        return sandbox_of(self._call(lib.k7_sandbox_get, where, call, "k7_sandbox"))

    def list(self, *, namespace: str | None = None, all_namespaces: bool = False, **call: Unpack[CallArgs]) -> List[Sandbox]:
        """A failure to list is never an empty list; a dry run's is."""
        query = Query(namespace, all_namespaces)
        return sandboxes_of(self._call(lib.k7_sandbox_list, (query.pointer,), call, "k7_sandboxes"))

    def delete(self, name: str, *, namespace: str | None = None, uid: str | None = None, missing_ok: bool = True, wait: bool = True,
               **call: Unpack[CallArgs]) -> None:
        """uid: only the sandbox that has it (ConflictError). missing_ok False: NotFoundError. wait False: return once it is accepted."""
        options = DeleteOptions(uid, missing_ok, wait)
        self._call(lib.k7_sandbox_delete, (text_or_null(namespace, "namespace"), text(name, "name"), options.pointer), call)

    def delete_all(self, *, namespace: str | None = None, **call: Unpack[CallArgs]) -> Results:
        """Deletes every sandbox of one namespace. Once the set is known, what became of each is told, also after a failure, a cancel or the deadline."""
        return results_of(self._call(lib.k7_sandbox_delete_all, (text_or_null(namespace, "namespace"),), call, "k7_results"))

    def create_many(self, specs: Iterable[Spec], *, at_once: int | None = None, starts_per_second: int | None = None,
                    **call: Unpack[CallArgs]) -> Results:
        """Creates many, 8 at once unless at_once says otherwise; timeout is for all. What became of each is told in the order given, also after a cancel."""
        batch = Batch(specs, at_once, starts_per_second)
        return results_of(self._call(lib.k7_sandbox_create_many, (batch.pointer,), call, "k7_results"))

    def get_many(self, items: Iterable[Item], *, at_once: int | None = None, starts_per_second: int | None = None,
                 **call: Unpack[CallArgs]) -> Results:
        """items: names, pairs of namespace and name, or specs."""
        batch = Batch(items, at_once, starts_per_second)
        return results_of(self._call(lib.k7_sandbox_get_many, (batch.pointer,), call, "k7_results"))

    def delete_many(self, items: Iterable[Item], *, missing_ok: bool = True, wait: bool = True, at_once: int | None = None,
                    starts_per_second: int | None = None, **call: Unpack[CallArgs]) -> Results:
        """items: names, pairs of namespace and name, or specs."""
        batch, options = Batch(items, at_once, starts_per_second), DeleteOptions(None, missing_ok, wait)
        return results_of(self._call(lib.k7_sandbox_delete_many, (batch.pointer, options.pointer), call, "k7_results"))


def _called(client: Any, function: Any, arguments: tuple[Any, ...], state: CallState, kind: str | None) -> tuple[Any, K7Error | None]:
    """What an operation gave, and its error: by the library's own wait, for threads in which Python runs no signal handlers."""
    result = [] if kind is None else [ffi.new(kind + " **")]
    err = new_err()
    try:
        function(client, *arguments, state.pointer, *result, err)
    except BaseException as raised:  # a signal came too late for the call, and its handler raised
        state.raised = state.raised or raised
    return result[0][0] if result else NULL, None if err[0] == NULL else failure(err)


def keep_results(raised: BaseException, results: Results) -> None:
    """What became of each is told also by what ended a call over many."""
    setattr(raised, "results", results)
    raised.add_note(f"what became of each is in its attribute results: {results!r}")


def _undo(client: Any, function: Any, kind: str | None, result: Any, raised: BaseException) -> str | None:
    """Drops the result of a call that ended well although it was to be cancelled; a sandbox that it created is deleted. What is left."""
    if result == NULL:
        return None
    if kind == "k7_sandboxes":
        lib.k7_sandboxes_unref(result)
    elif kind == "k7_results":
        keep_results(raised, results_of(result))
    else:
        sandbox = sandbox_of(result)
        if function == lib.k7_sandbox_create and sandbox is not None:
            options = DeleteOptions(sandbox.uid, True, True)
            err = new_err()
            if lib.k7_sandbox_delete(client, sandbox.namespace.encode(), sandbox.name.encode(), options.pointer, NULL, err) != 0:
                return f"left over: sandbox {sandbox.namespace}/{sandbox.name}: {failure(err)}"
    return None


def _annotated(raised: BaseException, error: K7Error | None, undo: Callable[[BaseException], str | None]) -> BaseException:
    """What a callback raised; what the library says of the call's end is its cause, what is left a note."""
    left = undo(raised)
    if left is not None:
        raised.add_note(left)
    if error is not None and raised.__cause__ is None and raised is not error:
        raised.__cause__ = error
    return raised


def _spec(spec: object) -> Any:
    if not isinstance(spec, Spec):
        raise TypeError(f"spec: a Spec expected, not {type(spec).__name__}")
    return spec._pointer

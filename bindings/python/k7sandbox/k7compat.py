"""The Python client of K7 itself, k7-sdk 0.5.0, on libk7sandbox: its class and method names, parameters, results and exceptions. A program switches with one import:

    from k7sandbox.k7compat import AsyncClient, Client

What the library cannot do yet raises NotImplementedError. Of k7-sdk's exceptions those of requests and httpx are raised where these are installed; without them
HTTPError, ConnectionError, Timeout and RequestException here, which are OSErrors, stand for them. README.md tells what differs.
"""
from __future__ import annotations

import contextlib
import inspect
import json
import math
from typing import Any, Callable, Dict, Iterator, List, NoReturn
from urllib.parse import quote

from k7sandbox import _async, _client
from k7sandbox._errors import K7Error
from k7sandbox._k7_errors import AsyncFamily, Family, Response, refused, translated
from k7sandbox._sandbox import ItemOutcome, Result, Results, Sandbox
from k7sandbox._spec import Spec

HTTPError = Family.status
ConnectionError = Family.connection
Timeout = Family.timeout
RequestException = Family.other
TokenProvider = Callable[[], str]
_SANDBOXES = "/api/v1/sandboxes"

__all__ = ["AsyncClient", "Client", "ConnectionError", "HTTPError", "RequestException", "Response", "SandboxProxy", "Timeout"]


def _missing(what: str) -> NoReturn:
    raise NotImplementedError(f"{what}: libk7sandbox cannot do this yet")


class SandboxProxy:
    """A sandbox by name, with the client that reaches it."""

    def __init__(self, name: str, namespace: str, client: Client) -> None:
        self.name = name
        self.namespace = namespace
        self._client = client

    def exec(self, code: str) -> Dict[str, Any]:
        return self._client.exec(self.name, code, self.namespace)

    def delete(self) -> Dict[str, Any]:
        return self._client.delete(self.name, self.namespace)

    def pause(self, snapshot: str | None = None) -> Dict[str, Any]:
        return self._client.pause(self.name, namespace=self.namespace, snapshot=snapshot)

    def resume(self) -> Dict[str, Any]:
        return self._client.resume(self.name, namespace=self.namespace)

    def fork(self, new_name: str, snapshot: str | None = None) -> SandboxProxy:
        return self._client.fork(self.name, new_name, namespace=self.namespace, snapshot=snapshot)

    def snapshot(self, snapshot_name: str) -> Dict[str, Any]:
        return self._client.create_snapshot(self.name, snapshot_name, namespace=self.namespace)

    def logs(self, tail: int = 200, container: str = "sandbox", since: int = 0) -> str:
        return self._client.logs(self.name, namespace=self.namespace, container=container, tail=tail, since=since)


def _settings(endpoint: str, api_key: str | None, verify_ssl: bool | str, token_provider: TokenProvider | None) -> Dict[str, Any]:
    """How the library's client is opened."""
    if (api_key is None) == (token_provider is None):
        raise ValueError("pass exactly one of api_key or token_provider")
    if endpoint.lower().startswith("https://") and not verify_ssl:
        raise ValueError("verify_ssl=False is not allowed for https:// endpoints")
    settings: Dict[str, Any] = {"endpoint": endpoint, "namespace": "default"}
    if inspect.iscoroutinefunction(token_provider):
        raise TypeError("token_provider: a function expected, not a coroutine function")
    if not endpoint.lower().startswith(("https://", "http://")):
        return settings  # none of K7's servers: the other transports take no key
    if endpoint.lower().startswith("http://"):
        settings["config"] = {"rest.allow_plaintext": True}  # as k7-sdk: http:// has to be written
    if isinstance(verify_ssl, str):
        settings["ca_file"] = verify_ssl
    if token_provider is None:
        settings["api_key"] = api_key
    else:
        provider = token_provider
        settings["token_provider"] = lambda: provider().strip()
    return settings


def _opened(kind: Callable[..., Any], settings: Dict[str, Any]) -> Any:
    try:
        return kind(**settings)
    except K7Error as error:
        raise ValueError(str(error)) from error


class _Wire:
    """One call as k7-sdk would send it, for what is told of a failure; and its results."""

    def __init__(self, family: Family, base_url: str) -> None:
        self.family, self.base_url = family, base_url

    def url(self, name: str | None = None, namespace: str | None = None) -> str:
        path = _SANDBOXES if name is None else f"{_SANDBOXES}/{quote(str(name), safe='')}"
        return self.base_url + path + (f"?namespace={quote(str(namespace), safe='')}" if namespace else "")

    @contextlib.contextmanager
    def failing(self, method: str, url: str, unread: bool = False) -> Iterator[None]:
        try:
            yield
        except K7Error as error:
            raised = translated(error, self.family, method, url, unread)
            try:
                if raised is error:
                    raise
                raise raised from raised.__cause__
            finally:
                del raised  # it refers to this frame

    def spec(self, sandbox_config: Dict[str, Any]) -> Spec:
        with self.failing("POST", self.url(), unread=True):
            return Spec.from_json(json.dumps(sandbox_config, allow_nan=False))

    def deleted(self, results: Results, namespace: str) -> Dict[str, Any]:
        """A partial failure is K7's 400, with the results that K7 loses."""
        rows = [{"name": item.name, "success": item.outcome == ItemOutcome.DONE, "error": _error_text(item)} for item in results]
        failed = sum(not row["success"] for row in rows)
        if failed == 0:
            return {"message": f"Deleted {len(rows)} sandboxes", "results": rows}
        message = f"Failed to delete {failed} sandboxes"
        body = {"error": {"code": "BadRequest", "message": message, "reason": "PartialFailure"}, "data": {"results": rows}}
        raise refused(self.family, message, "DELETE", self.url(namespace=namespace), 400, body, {})


def _error_text(item: Result) -> str | None:
    if item.outcome == ItemOutcome.DONE:
        return None
    return str(item.error) if item.error is not None else "not started"


def _entry(sandbox: Sandbox) -> Dict[str, Any]:
    """An item of the API's list."""
    entry: Dict[str, Any] = json.loads(sandbox.to_json())
    return entry


def _where(namespace: str | None) -> Dict[str, Any]:
    """What is listed: without a namespace all, as K7's server does it."""
    return {"namespace": namespace} if namespace else {"all_namespaces": True}


def _gone(name: str) -> Dict[str, Any]:
    return {"message": f"Sandbox {name} deleted successfully"}


class Client:
    """k7_sdk.Client."""

    def __init__(self, endpoint: str, api_key: str | None = None, verify_ssl: bool | str = True, token_provider: TokenProvider | None = None) -> None:
        self.base_url = endpoint.rstrip("/")
        self.api_key = api_key
        self._wire = _Wire(Family(), self.base_url)
        self._client: _client.Client = _opened(_client.Client, _settings(self.base_url, api_key, verify_ssl, token_provider))

    def create(self, sandbox_config: Dict[str, Any]) -> SandboxProxy:
        spec = self._wire.spec(sandbox_config)
        with self._wire.failing("POST", self._wire.url()):
            made = self._client.create(spec)
        return SandboxProxy(made.name, made.namespace, self)

    def list(self, namespace: str | None = None) -> List[Dict[str, Any]]:
        with self._wire.failing("GET", self._wire.url(namespace=namespace)):
            return [_entry(sandbox) for sandbox in self._client.list(**_where(namespace))]

    def delete(self, name: str, namespace: str = "default") -> Dict[str, Any]:
        with self._wire.failing("DELETE", self._wire.url(name, namespace)):
            self._client.delete(name, namespace=namespace, wait=False)
        return _gone(name)

    def delete_all(self, namespace: str = "default") -> Dict[str, Any]:
        with self._wire.failing("DELETE", self._wire.url(namespace=namespace)):
            results = self._client.delete_all(namespace=namespace)
        return self._wire.deleted(results, namespace)

    def exec(self, name: str, command: str, namespace: str = "default") -> Dict[str, Any]:
        _missing("exec")

    def logs(self, name: str, namespace: str = "default", container: str = "sandbox", tail: int = 200, since: int = 0) -> str:
        _missing("logs")

    def get_metrics(self, namespace: str | None = None) -> Dict[str, Any]:
        _missing("get_metrics")

    def nodes_storage(self) -> Dict[str, Any]:
        _missing("nodes_storage")

    def pause(self, name: str, namespace: str = "default", snapshot: str | None = None) -> Dict[str, Any]:
        _missing("pause")

    def resume(self, name: str, namespace: str = "default") -> Dict[str, Any]:
        _missing("resume")

    def fork(self, source: str, new_name: str, namespace: str = "default", snapshot: str | None = None) -> SandboxProxy:
        _missing("fork")

    def list_snapshots(self, namespace: str = "default", all_namespaces: bool = False, sandbox: str | None = None,
                       kind: str | None = None) -> List[Dict[str, Any]]:
        _missing("list_snapshots")

    def get_snapshot(self, name: str, namespace: str = "default") -> Dict[str, Any] | None:
        _missing("get_snapshot")

    def create_snapshot(self, sandbox: str, snapshot_name: str, namespace: str = "default") -> Dict[str, Any]:
        _missing("create_snapshot")

    def delete_snapshot(self, name: str, namespace: str = "default") -> Dict[str, Any]:
        _missing("delete_snapshot")

    def gc_snapshots(self, namespace: str = "default", all_namespaces: bool = False, keep_fork_for: str = "10m", dry_run: bool = False) -> Dict[str, Any]:
        _missing("gc_snapshots")

    def restore(self, snapshot_name: str, new_sandbox_name: str, namespace: str = "default", overrides: Dict[str, Any] | None = None,
                keep_snapshot: bool = True) -> SandboxProxy:
        _missing("restore")

    def install(self, nodes: List[str]) -> Dict[str, Any]:
        _missing("install")

    def install_status(self, operation: str) -> Dict[str, Any]:
        _missing("install_status")

    def whoami(self) -> Dict[str, Any]:
        _missing("whoami")

    def usage(self, start: float, end: float, tenant: str | None = None, group_by: str | None = None) -> Dict[str, Any]:
        _missing("usage")

    def create_api_key(self, name: str, *, role: str, expires_days: int, tenant: str | None = None, namespaces: List[str] | None = None,
                       nodes: List[str] | None = None) -> Dict[str, Any]:
        _missing("create_api_key")

    def list_api_keys(self) -> List[Dict[str, Any]]:
        _missing("list_api_keys")

    def revoke_api_key(self, name: str) -> Dict[str, Any]:
        _missing("revoke_api_key")

    def dedicate_node(self, node: str, tenant: str) -> Dict[str, Any]:
        _missing("dedicate_node")

    def undedicate_node(self, node: str) -> Dict[str, Any]:
        _missing("undedicate_node")

    def get_role_bindings(self) -> Dict[str, Any]:
        _missing("get_role_bindings")

    def put_role_bindings(self, bindings: List[Dict[str, Any]], deny_subjects: List[str]) -> Dict[str, Any]:
        _missing("put_role_bindings")


class AsyncClient:
    """k7_sdk.AsyncClient, without httpx. timeout is for the whole call; None: no limit."""

    def __init__(self, endpoint: str, api_key: str | None = None, verify_ssl: bool | str = True, timeout: float = 30.0,
                 token_provider: TokenProvider | None = None) -> None:
        self.base_url = endpoint.rstrip("/")
        self._wire = _Wire(AsyncFamily(), self.base_url)
        settings = _settings(self.base_url, api_key, verify_ssl, token_provider)
        self._client: _async.AsyncClient = _opened(_async.AsyncClient, {**settings, "timeout": math.inf if timeout is None else timeout})

    async def create(self, sandbox_config: Dict[str, Any]) -> Dict[str, Any]:
        spec = self._wire.spec(sandbox_config)
        with self._wire.failing("POST", self._wire.url()):
            made = await self._client.create(spec)
        data: Dict[str, Any] = {"name": made.name, "namespace": made.namespace, "image": made.image}
        if made.endpoints:
            data["endpoints"] = [{"port": item.port, "node_port": item.node_port, "url": item.url} for item in made.endpoints]
        return {"data": data}

    async def list(self, namespace: str | None = None) -> List[Dict[str, Any]]:
        with self._wire.failing("GET", self._wire.url(namespace=namespace)):
            return [_entry(sandbox) for sandbox in await self._client.list(**_where(namespace))]

    async def delete(self, name: str, namespace: str = "default") -> Dict[str, Any]:
        with self._wire.failing("DELETE", self._wire.url(name, namespace)):
            await self._client.delete(name, namespace=namespace, wait=False)
        return _gone(name)

    async def delete_all(self, namespace: str = "default") -> Dict[str, Any]:
        with self._wire.failing("DELETE", self._wire.url(namespace=namespace)):
            results = await self._client.delete_all(namespace=namespace)
        return self._wire.deleted(results, namespace)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def exec(self, name: str, command: str, namespace: str = "default") -> Dict[str, Any]:
        _missing("exec")

    async def logs(self, name: str, namespace: str = "default", container: str = "sandbox", tail: int = 200, since: int = 0) -> str:
        _missing("logs")

    async def get_metrics(self, namespace: str | None = None) -> Dict[str, Any]:
        _missing("get_metrics")

    async def nodes_storage(self) -> Dict[str, Any]:
        _missing("nodes_storage")

    async def pause(self, name: str, namespace: str = "default", snapshot: str | None = None) -> Dict[str, Any]:
        _missing("pause")

    async def resume(self, name: str, namespace: str = "default") -> Dict[str, Any]:
        _missing("resume")

    async def fork(self, source: str, new_name: str, namespace: str = "default", snapshot: str | None = None) -> Dict[str, Any]:
        _missing("fork")

    async def list_snapshots(self, namespace: str = "default", all_namespaces: bool = False, sandbox: str | None = None,
                             kind: str | None = None) -> List[Dict[str, Any]]:
        _missing("list_snapshots")

    async def get_snapshot(self, name: str, namespace: str = "default") -> Dict[str, Any] | None:
        _missing("get_snapshot")

    async def create_snapshot(self, sandbox: str, snapshot_name: str, namespace: str = "default") -> Dict[str, Any]:
        _missing("create_snapshot")

    async def delete_snapshot(self, name: str, namespace: str = "default") -> Dict[str, Any]:
        _missing("delete_snapshot")

    async def gc_snapshots(self, namespace: str = "default", all_namespaces: bool = False, keep_fork_for: str = "10m",
                           dry_run: bool = False) -> Dict[str, Any]:
        _missing("gc_snapshots")

    async def restore(self, snapshot_name: str, new_sandbox_name: str, namespace: str = "default", overrides: Dict[str, Any] | None = None,
                      keep_snapshot: bool = True) -> Dict[str, Any]:
        _missing("restore")

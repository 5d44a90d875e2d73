"""What k7compat raises: the exceptions of requests and of httpx where they are installed, as k7-sdk does; else classes of the same names here."""
from __future__ import annotations

import http
import importlib
import json
import math
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, NoReturn

from k7sandbox._errors import (ConflictError, InvalidError, K7Error, NetworkError, NotFoundError, ProtocolError, QuotaError, SandboxError,
                               ServerError, UnsupportedError)
from k7sandbox._native import lib


class Headers(Mapping[str, str]):
    """Names in whatever case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._items = {name.lower(): (name, value) for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True)
class Asked:
    """The `request` of a failure."""

    method: str
    url: str


@dataclass(frozen=True)
class Response:
    """The `response` of a refusal: what requests' and httpx's have of these names."""

    status_code: int
    url: str
    content: bytes
    headers: Headers
    request: Any  # as of `error.request`
    message: str

    encoding = "utf-8"
    ok = is_success = is_redirect = False
    is_error = True

    def __bool__(self) -> bool:
        return False

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def reason(self) -> str:
        return _phrase(self.status_code)

    reason_phrase = reason

    @property
    def is_client_error(self) -> bool:
        return self.status_code < 500

    @property
    def is_server_error(self) -> bool:
        return not self.is_client_error

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> NoReturn:
        raise Family().refusal(self.message, self)


class AsyncResponse(Response):
    """As httpx's: there is one, whatever it says."""

    def __bool__(self) -> bool:
        return True

    def raise_for_status(self) -> NoReturn:
        raise AsyncFamily().refusal(self.message, self)


class OwnRequestError(OSError):
    """Stands for requests.RequestException and httpx.HTTPError."""

    def __init__(self, message: str, *, response: Response | None = None, request: Any = None) -> None:
        super().__init__(message)
        self.response = response
        self.request = request if response is None else response.request


class OwnStatusError(OwnRequestError):
    """Stands for requests.HTTPError and httpx.HTTPStatusError."""


class OwnConnectionError(OwnRequestError):
    """Stands for requests.ConnectionError and httpx.TransportError."""


class OwnTimeout(OwnRequestError):
    """Stands for requests.Timeout and httpx.TimeoutException."""


def _installed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except Exception:  # one that is there and broken is as good as none
        return None


_requests, _httpx = _installed("requests"), _installed("httpx")


class Family:
    """The exceptions of the blocking client."""

    status: Any = _requests.HTTPError if _requests else OwnStatusError
    connection: Any = _requests.ConnectionError if _requests else OwnConnectionError
    timeout: Any = _requests.ReadTimeout if _requests else OwnTimeout
    other: Any = _requests.RequestException if _requests else OwnRequestError

    response: type[Response] = Response

    def request(self, method: str, url: str) -> Any:
        return Asked(method, url)

    def refusal(self, message: str, response: Response) -> Exception:
        made: Exception = self.status(message, response=response)
        return made


class AsyncFamily(Family):
    """Those of AsyncClient; without httpx the same as the blocking client's."""

    response = AsyncResponse
    if _httpx:
        status = _httpx.HTTPStatusError
        connection = _httpx.ConnectError
        timeout = _httpx.ReadTimeout
        other = _httpx.RequestError

    def request(self, method: str, url: str) -> Any:
        return _httpx.Request(method, url) if _httpx else super().request(method, url)

    def refusal(self, message: str, response: Response) -> Exception:
        if not _httpx:
            return super().refusal(message, response)
        made: Exception = self.status(message, request=response.request, response=response)
        return made


# What was refused here, before it was sent, is told with the status that a server would answer.
_STATUSES: tuple[tuple[type[K7Error], int], ...] = (
    (InvalidError, 400), (UnsupportedError, 400), (NotFoundError, 404), (ConflictError, 400), (QuotaError, 403), (SandboxError, 400), (ServerError, 500),
)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _status(error: K7Error, unread: bool) -> int | None:
    """unread: the body of a create could not be read."""
    if error.http_status is not None and error.http_status >= 400:
        return error.http_status
    if unread:
        return 413 if error.code == lib.K7_ERR_LIMIT else 422
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), None)


def refused(family: Family, message: str, method: str, url: str, status: int, body: dict[str, Any] | str, headers: dict[str, str]) -> Exception:
    """The exception of an answer that was none of success."""
    whose = "Client" if status < 500 else "Server"
    told = f"{status} {whose} Error: {_phrase(status)} for url: {url}: {message}"
    content = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
    return family.refusal(told, family.response(status, url, content, Headers(headers), family.request(method, url), told))


def translated(error: K7Error, family: Family, method: str, url: str, unread: bool = False) -> BaseException:
    """What k7-sdk would raise. The library's own account of the failure is its __cause__; what k7-sdk has no exception for stays what it is."""
    if error.code == lib.K7_ERR_CREDENTIAL and error.__cause__ is not None:
        return error.__cause__  # what the token provider raised
    if error.code == lib.K7_ERR_UNSUPPORTED_OPERATION and error.http_status is None:
        return NotImplementedError(str(error))
    status = _status(error, unread)
    made: BaseException
    if status is not None:
        # The server's own words, where it is a K7 server that spoke.
        said = error.server_text if error.http_status is not None and url.lower().startswith("http") else None
        own = {"error": {"code": _phrase(status).replace(" ", ""), "message": error.message, "reason": error.reason}}
        headers = {} if error.retry_after is None else {"Retry-After": str(math.ceil(error.retry_after))}
        made = refused(family, error.message, method, url, status, said or own, headers)
    elif isinstance(error, TimeoutError):
        made = family.timeout(str(error), request=family.request(method, url))
    elif isinstance(error, NetworkError):
        made = family.connection(str(error), request=family.request(method, url))
    elif isinstance(error, ProtocolError):
        made = family.other(str(error), request=family.request(method, url))
    else:
        return error
    made.__cause__ = error
    return made

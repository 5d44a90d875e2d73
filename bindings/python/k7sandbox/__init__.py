"""Sandboxes on a K7 server, a Kubernetes cluster, a container engine, or in memory for tests: libk7sandbox for Python.

    with Client("memory:") as client:
        sandbox = client.create(Spec("demo", "alpine:latest", limits={"memory": "512Mi"}))
        client.delete(sandbox.name)
"""
from k7sandbox._async import AsyncClient
from k7sandbox._call import CallArgs, CallSettings, Cancel, DryRequest, Progress, Trace, log_trace
from k7sandbox._client import Client
from k7sandbox._errors import (AuthError, CallCancelledError, CallTimeoutError, ConflictError, ErrorCode, InvalidError, K7Error, NetworkError,
                               NotFoundError, Outcome, ProtocolError, QuotaError, ResourceError, SandboxError, ServerError, UnsupportedError,
                               error_codes)
from k7sandbox._open import ConfigKey, config_keys, default_config, has_feature, operations, transport_supports, transports, version
from k7sandbox._sandbox import Endpoint, ItemOutcome, Result, Results, Sandbox
from k7sandbox._spec import UNSET, Spec, Unset
from k7sandbox._transport import Request, Transport

__version__ = version()
__all__ = [
    "UNSET", "AsyncClient", "AuthError", "CallArgs", "CallCancelledError", "CallSettings", "CallTimeoutError", "Cancel", "Client", "ConfigKey",
    "ConflictError", "DryRequest", "Endpoint", "ErrorCode", "InvalidError", "ItemOutcome", "K7Error", "NetworkError", "NotFoundError", "Outcome",
    "Progress", "ProtocolError", "QuotaError", "Request", "ResourceError", "Result", "Results", "Sandbox", "SandboxError", "ServerError", "Spec", "Trace",
    "Transport", "Unset", "UnsupportedError", "config_keys", "default_config", "error_codes", "has_feature", "log_trace", "operations", "transport_supports",
    "transports", "version",
]

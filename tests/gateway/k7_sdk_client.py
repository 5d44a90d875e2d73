#!/usr/bin/env python3
"""K7's published Python client, unchanged, against a gateway: k7_sdk_client.py URL KEY [CA]. Runs in a virtual environment that has k7-sdk."""

import os
import sys

import requests
from k7_sdk import Client

IMAGE = os.environ.get("K7_TEST_IMAGE", "alpine:latest")  # one that is there, where that matters


def status_of(call, *arguments):
    try:
        call(*arguments)
    except requests.HTTPError as error:
        return error.response.status_code
    raise AssertionError(f"{call.__name__}{arguments} succeeded")


def without_age(item):
    """It grows from one call to the next."""
    return {key: value for key, value in item.items() if key != "age"}


def main(url, key, ca=True):
    client = Client(url, key, verify_ssl=ca)
    config = {"name": "sdk", "image": IMAGE, "limits": {"cpu": "500m", "memory": "512Mi"}, "egress_whitelist": [],
              "container_non_root": True, "cap_add": ["CHOWN"]}
    sandbox = client.create(config)
    assert (sandbox.name, sandbox.namespace) == ("sdk", "default"), sandbox
    [entry] = client.list("default")
    assert (entry["name"], entry["status"], entry["ready"], entry["restarts"]) == ("sdk", "Running", "True", 0), entry
    # this client has no get; its list without a namespace is "default" here, as the API's document says
    assert [without_age(item) for item in client.list()] == [without_age(entry)], client.list()
    assert status_of(client.create, config) == 400
    assert client.delete("sdk") == {"message": "Sandbox sdk deleted successfully"}
    assert client.delete("sdk", "default")["message"], "deleting is idempotent"
    assert client.list("default") == []
    for name in ("a", "b"):
        client.create({"name": name, "image": IMAGE, "namespace": "team"})
    client.create({"name": "c", "image": IMAGE}).delete()
    kept = client.create({"name": "kept", "image": IMAGE})
    # what deletes a whole namespace of K7's own server (its client sends an empty name as a trailing slash) deletes nothing here
    for name in ("", ".", "#", "a?namespace=team", "../sandboxes?namespace=team"):
        try:
            client.delete(name)
        except requests.HTTPError as error:
            assert error.response.status_code in (400, 404), error
        names = [item["name"] for item in client.list("default")]
        assert names == ["kept"], (name, names)
        assert len(client.list("team")) == 2, name
    result = client.delete_all("team")
    assert result["message"] == "Deleted 2 sandboxes", result
    assert sorted((item["name"], item["success"], item["error"]) for item in result["results"]) == [
        ("a", True, None), ("b", True, None)], result
    assert client.list("team") == []
    kept.delete()
    assert status_of(Client(url, "wrong", verify_ssl=ca).list) == 401
    # its error for a refused body must be the answer, not a broken connection
    assert status_of(Client(url, "wrong", verify_ssl=ca).create, {**config, "before_script": "x" * 300000}) == 401
    assert status_of(client.create, {**config, "before_script": "x" * 1100000}) == 413
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])

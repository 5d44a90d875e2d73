#!/usr/bin/python3
"""The command line: what it sends, prints, asks, and says by its exit status. usage: k7ctl_test.py K7CTL [GATEWAY]"""
import json
import os
import signal
import sys
import threading

from harness import Gateway, Program, Server, Terminal, certificate, created, finish, run_tests

MEMORY = ("--endpoint", "memory:")


def expect(result, status, *texts):
    assert result.status == status, result
    for text in texts:
        assert text in result.out + result.err, (text, result)
    return result


# --- wrong usage, help --------------------------------------------------------------------------------------------------------------


def test_wrong_usage_is_2_and_says_what_is_wrong(k7ctl):
    for arguments, text in (
        ([], "COMMAND is missing"),
        (["frobnicate"], '"frobnicate" is not a command'),
        (["list", "--frobnicate"], "--frobnicate"),
        (["list", "extra"], "1 argument too many"),
        (["get"], "NAME is missing"),
        (["get", "a", "b"], "1 argument too many"),
        (["create"], "NAME is missing"),
        (["create", "demo"], "IMAGE is missing"),
        (["create", "demo", "alpine", "--name", "other"], "NAME is given twice"),
        (["list", "--cpu", "1"], "--cpu does not go with this command"),
        (["list", "-y"], "--yes does not go with this command"),
        (["list", "-A", "-n", "default"], "exclude each other"),
        (["list", "-o", "xml"], '"xml" is neither table nor json'),
        (["list", "--timeout", "0"], '"0" is not a number of seconds'),
        (["list", "--timeout", "1x"], '"1x" is not a number of seconds'),
        (["list", "--timeout", "-1"], '"-1" is not a number of seconds'),
        (["list", "--set", "nothing"], '"nothing" has no "="'),
        (["list", "--set", "no.such.key=1"], "no.such.key"),
        (["list", "--set", "timeout_ms=abc"], "timeout_ms"),
        (["create", "demo", "alpine", "--egress-open", "--egress", "10.0.0.0/8"], "exclude each other"),
        (["create", "demo", "alpine", "--ingress-port", "http"], '"http" is not a TCP port'),
        (["create", "demo", "alpine", "--ingress-port", "65536"], '"65536" is not a TCP port'),
        (["create", "demo", "alpine", "--env", "NAME"], '"NAME" is not KEY=VALUE'),
        (["create", "demo", "alpine", "--docker-disk", "1Gi"], "--docker-disk requires --docker"),
    ):
        expect(k7ctl.run(*MEMORY, *arguments), 2, text)
    expect(k7ctl.run("config"), 2, "keys is missing")
    expect(k7ctl.run("config", "values"), 2, "there is: config keys")
    expect(k7ctl.run("errors", *MEMORY), 2, "--endpoint does not go with this command")


def test_values_are_refused_before_anything_is_sent(k7ctl):
    with Server(created) as server:
        for arguments, text in (
            (["create", "Demo", "alpine"], "Demo"),
            (["create", "demo", "alpine", "--cpu", "much"], "much"),
            (["create", "demo", "alpine", "--egress", "10.0.0.0/33"], "10.0.0.0/33"),
            (["create", "demo", "alpine", "--expose-port", "80"], "80"),
            (["get", "../metrics"], "../metrics"),
            (["delete", ""], "name"),
            (["delete", "a/b"], "a/b"),
        ):
            expect(k7ctl.run("--endpoint", server.url, *arguments), 2, text)
        assert server.requests == []


def test_secrets_on_the_command_line_are_refused_and_not_repeated(k7ctl):
    for arguments in (["--api-key", "s3cret", "list"], ["--set", "rest.api_key=s3cret", "list"]):
        result = expect(k7ctl.run("--endpoint", "http://127.0.0.1:9", *arguments), 2, "every user of this machine")
        assert "s3cret" not in result.out + result.err, result


def test_help_and_version(k7ctl):
    for command in ("create", "list", "get", "delete", "delete-all", "config", "errors"):
        for arguments in ([command, "--help"], ["-h", command]):
            result = expect(k7ctl.run(*arguments), 0, f"usage: k7ctl {command}")
            assert result.err == ""
    expect(k7ctl.run("create", "--help"), 0, "--egress-open", "egress is blocked", "--no-pod-non-root")
    expect(k7ctl.run("--help"), 0, "delete-all", "exit status")
    assert k7ctl.run("--version").out.startswith("k7ctl 0.")


def test_catalogues(k7ctl):
    keys = json.loads(expect(k7ctl.run("config", "keys", "-o", "json"), 0).out)
    by_name = {key["name"]: key for key in keys}
    assert by_name["rest.api_key"]["secret"] and by_name["namespace"]["default"] == "default"
    assert len(k7ctl.run("config", "keys").out.splitlines()) == len(keys) + 1
    errors = json.loads(expect(k7ctl.run("errors", "-o", "json"), 0).out)
    assert {"K7_ERR_TIMEOUT", "K7_ERR_NOT_FOUND"} <= {error["name"] for error in errors}
    assert [error["number"] for error in errors] == [-1 - i for i in range(len(errors))]
    expect(k7ctl.run("errors"), 0, "K7_ERR_TIMEOUT", "timeout")


# --- create: what is sent -----------------------------------------------------------------------------------------------------------


def sent(k7ctl, *arguments, stdin=None, options=()):
    with Server(created) as server:
        expect(k7ctl.run(*options, "create", "--endpoint", server.url, *arguments, stdin=stdin), 0)
        return server.body()


def test_without_a_file_egress_is_blocked_unless_asked_for(k7ctl):
    assert sent(k7ctl, "demo", "alpine")["egress_whitelist"] == []
    assert sent(k7ctl, "demo", "alpine", "--egress", "10.0.0.0/8", "--egress", "1.1.1.1/32")["egress_whitelist"] == ["10.0.0.0/8", "1.1.1.1/32"]
    assert sent(k7ctl, "demo", "alpine", "--egress-open").get("egress_whitelist") is None


def test_every_flag_becomes_its_field(k7ctl):
    body = sent(
        k7ctl, "demo", "alpine:3.20", "--cpu", "500m", "--memory", "512Mi", "--storage", "2Gi", "--env-file", "/etc/k7/demo.env",
        "--ingress-port", "8000", "--ingress-port", "8001", "--ingress-from", "sandbox:peer", "--expose-port", "8000",
        "--before-script", "echo hello", "--pod-non-root", "--container-non-root", "--cap-add", "CHOWN", "--cap-drop", "ALL",
        "-b", "kql", "--runtime-class", "kata", "--entrypoint", "/bin/sh", "--cmd", "-c", "--cmd", "sleep 1", "--root-disk-size", "20Gi",
        "--docker", "--docker-disk", "30Gi", "--node", "node-1", "-n", "team")
    for field, value in {
        "name": "demo", "image": "alpine:3.20", "namespace": "team", "env_file": "/etc/k7/demo.env",
        "limits": {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "2Gi"}, "ingress_ports": [8000, 8001],
        "ingress_from": ["sandbox:peer"], "expose_ports": [8000], "before_script": "echo hello", "pod_non_root": True,
        "container_non_root": True, "cap_add": ["CHOWN"], "cap_drop": ["ALL"], "backend": "kql", "runtime_class_name": "kata",
        "entrypoint": ["/bin/sh"], "cmd": ["-c", "sleep 1"], "root_disk_size": "20Gi", "docker": True, "docker_disk": "30Gi",
        "node_name": "node-1", "egress_whitelist": [],
    }.items():
        assert body.get(field) == value, (field, body)


def test_options_may_stand_anywhere_and_names_of_k7_work(k7ctl):
    with Server(created) as server:
        expect(k7ctl.run("--cpu", "1", "-n", "team", "create", "--api-url", server.url, "--image", "alpine", "--name", "demo"), 0)
        body = server.body()
    assert (body["name"], body["namespace"], body["limits"]) == ("demo", "team", {"cpu": "1"})
    assert sent(k7ctl, "demo", "alpine", "--sidecar", "docker")["docker"] is True


YAML = """name: demo
image: alpine:3.20
namespace: team
limits: {cpu: "1", memory: "1Gi"}
ingress_ports: [8000, 8001]
pod_non_root: true
"""


def test_a_file_is_read_and_flags_override_it(k7ctl):
    path = k7ctl.write("k7.yaml", YAML)
    body = sent(k7ctl, "-f", path)
    assert (body["name"], body["image"], body["namespace"], body["ingress_ports"]) == ("demo", "alpine:3.20", "team", [8000, 8001])
    assert body.get("egress_whitelist") is None, body
    body = sent(k7ctl, "-f", path, "other", "-n", "default", "--memory", "2Gi", "--ingress-port", "9000", "--no-pod-non-root", "--egress-none")
    assert (body["name"], body["namespace"], body["limits"]) == ("other", "default", {"cpu": "1", "memory": "2Gi"})
    assert body["ingress_ports"] == [9000] and body["egress_whitelist"] == [] and body["pod_non_root"] is False, body


def test_standard_input_and_json(k7ctl):
    assert sent(k7ctl, "-f", "-", stdin=YAML)["name"] == "demo"
    text = json.dumps({"name": "demo", "image": "alpine"})
    assert sent(k7ctl, "-f", "-", stdin=text)["image"] == "alpine"
    assert sent(k7ctl, "-f", k7ctl.write("demo.json", text))["image"] == "alpine"


def test_no_file_is_read_that_was_not_named(k7ctl):
    k7ctl.write("k7.yaml", YAML)
    assert sent(k7ctl, "demo", "alpine")["egress_whitelist"] == []


def test_bad_files_say_where(k7ctl):
    path = k7ctl.write("k7.yaml", "name: demo\nimage: alpine\nimages: 1\n")
    expect(k7ctl.run(*MEMORY, "create", "-f", path), 1, "images", "3")
    expect(k7ctl.run(*MEMORY, "create", "-f", os.path.join(k7ctl.folder, "absent.yaml")), 1, "absent.yaml: No such file")


def test_variables_for_servers_that_know_them(k7ctl):
    path = k7ctl.write("local.env", "A=1\nB=two words\n")
    expect(k7ctl.run(*MEMORY, "create", "demo", "alpine", "--env", "C=3=4", "--env-local", path), 0)
    with Server(created) as server:
        result = k7ctl.run("--endpoint", server.url, "create", "demo", "alpine", "--env", "C=3")
        assert result.status in (1, 2) and not [r for r in server.requests if r[0] == "POST"], result


def test_warnings_about_rules_that_protect_less_than_they_seem(k7ctl):
    arguments = [*MEMORY, "create", "demo", "alpine", "--ingress-port", "80", "--expose-port", "80"]
    expect(k7ctl.run(*arguments), 0, "warning: the exposed ports are open to everyone")
    expect(k7ctl.run(*arguments, "--ingress-from", "cidr:10.0.0.0/8"), 0, "warning: a cidr: source")


# --- what is printed ----------------------------------------------------------------------------------------------------------------

SANDBOX = {"name": "demo", "namespace": "default", "status": "Running", "ready": "True", "restarts": 0, "age": "0:05:42.123456",
           "image": "alpine:latest", "error_message": ""}


def test_table_has_the_columns_of_k7(k7ctl):
    full = dict(SANDBOX, name="full", backend="k7d", node="node-1", node_ports=[31000, 31001], error_message="bad luck")
    with Server(lambda *_: (200, {"data": [SANDBOX, full]})) as server:
        lines = expect(k7ctl.run("--endpoint", server.url, "list"), 0).out.splitlines()
    assert lines[0].split() == ["NAME", "NAMESPACE", "STATUS", "READY", "RESTARTS", "AGE", "IMAGE", "BACKEND", "NODE", "NODE", "PORTS", "ERROR"], lines
    assert lines[1].split() == ["demo", "default", "Running", "True", "0", "0:05:42", "alpine:latest", "-", "-", "-", "-"], lines
    assert lines[2].split() == ["full", "default", "Running", "True", "0", "0:05:42", "alpine:latest", "k7d", "node-1", "31000,31001", "bad", "luck"]
    assert lines[1].index("Running") == lines[0].index("STATUS")


def test_columns_that_nobody_fills_are_left_out(k7ctl):
    with Server(lambda *_: (200, {"data": [SANDBOX]})) as server:
        lines = expect(k7ctl.run("--endpoint", server.url, "list"), 0).out.splitlines()
    assert lines[0].split() == ["NAME", "NAMESPACE", "STATUS", "READY", "RESTARTS", "AGE", "IMAGE"], lines


def test_json_is_the_object_of_the_api_with_what_is_unknown(k7ctl):
    sandbox = dict(SANDBOX, future={"deep": [1, None]})
    with Server(lambda method, path, body: (200, {"data": sandbox if "/demo" in path else [sandbox, sandbox]})) as server:
        got = json.loads(expect(k7ctl.run("--endpoint", server.url, "get", "demo", "-o", "json"), 0).out)
        listed = json.loads(expect(k7ctl.run("--endpoint", server.url, "list", "-o", "json"), 0).out)
    assert got == sandbox, got
    assert listed == [sandbox, sandbox]


def test_an_empty_list_is_an_empty_list(k7ctl):
    assert json.loads(expect(k7ctl.run(*MEMORY, "list", "-o", "json"), 0).out) == []
    assert expect(k7ctl.run(*MEMORY, "list"), 0).out.split()[0] == "NAME"


def test_a_server_cannot_write_on_the_terminal(k7ctl):
    nasty = "a\x1b]0;title\x07\x9b31mb\u202ec\u200bd\nnext\U000e0041"
    sandbox = dict(SANDBOX, status=nasty, error_message=nasty)
    with Server(lambda *_: (200, {"data": [sandbox]})) as server:
        table = expect(k7ctl.run("--endpoint", server.url, "list"), 0)
        assert "a\\x1b]0;title\\x07\\x9b31mb\\u202ec\\u200bd\\nnext\\ue0041" in table.out, table
        text = expect(k7ctl.run("--endpoint", server.url, "list", "-o", "json"), 0)
    assert json.loads(text.out)[0]["status"] == nasty
    for result in (table, text):
        for character in "\x1b\x07\x9b\u202e\u200b\U000e0041":
            assert character not in result.out, (character, result)
    with Server(lambda *_: (400, {"error": {"code": "BadRequest", "message": nasty}})) as server:
        result = expect(k7ctl.run("--endpoint", server.url, "list"), 1)
        assert "\x1b" not in result.err and "\u202e" not in result.err, result


def test_create_prints_what_was_made(k7ctl):
    expect(k7ctl.run(*MEMORY, "create", "demo", "alpine"), 0, "created demo in namespace default")
    made = json.loads(expect(k7ctl.run(*MEMORY, "create", "demo", "alpine", "-o", "json"), 0).out)
    assert (made["name"], made["namespace"], made["image"]) == ("demo", "default", "alpine"), made
    endpoints = [{"port": 80, "node_port": 31000, "url": "http://10.0.0.1:31000"}]
    with Server(lambda *_: (201, {"data": {"name": "demo", "namespace": "default", "image": "alpine", "endpoints": endpoints}})) as server:
        expect(k7ctl.run("--endpoint", server.url, "create", "demo", "alpine", "--ingress-port", "80", "--expose-port", "80"), 0,
               "port 80: http://10.0.0.1:31000")


def test_output_that_cannot_be_written_is_a_failure(k7ctl):
    with open("/dev/full", "wb") as full:
        expect(k7ctl.run(*MEMORY, "list", stdout=full), 1, "No space left")


# --- failures -----------------------------------------------------------------------------------------------------------------------


def test_failures_are_1_with_hints(k7ctl):
    quota = {"error": {"code": "QuotaExceeded", "message": "exceeded quota"}}
    with Server(lambda *_: (429, quota, {"Retry-After": "120"})) as server:
        expect(k7ctl.run("--endpoint", server.url, "--timeout", "5", "create", "demo", "alpine"), 1, "reason: QuotaExceeded", "retry after: 120.000 s")
    expect(k7ctl.run("--endpoint", "memory:?fail=create:lost", "create", "demo", "alpine", "--set", "cleanup_timeout_ms=0"), 1)
    expect(k7ctl.run(*MEMORY, "get", "absent"), 1, "absent")
    expect(k7ctl.run("--endpoint", "memory:?fail=list:hang", "list", "--timeout", "0.05"), 1)
    expect(k7ctl.run("--endpoint", "nothing:", "list"), 2, "nothing")
    expect(k7ctl.run("list"), 2, "endpoint")


def test_trace_shows_each_request(k7ctl):
    with Server(created) as server:
        expect(k7ctl.run("--endpoint", server.url, "create", "demo", "alpine", "--trace"), 0, f"k7ctl: POST {server.url}/api/v1/sandboxes -> 201 (")


def test_dry_run_prints_requests_and_sends_none(k7ctl):
    path = k7ctl.write("key", "k7_s3cret\n")
    with Server(created) as server:
        result = expect(k7ctl.run("--endpoint", server.url, "--api-key-file", path, "create", "demo", "alpine", "--egress-none", "--dry-run"), 0)
        assert server.requests == [], server.requests
        first, body = result.out.splitlines()
        assert first == f"POST {server.url}/api/v1/sandboxes", first
        assert json.loads(body)["name"] == "demo", body
        assert "s3cret" not in result.out + result.err
    expect(k7ctl.run("--endpoint", server.url, "create", "demo", "alpine", "--env", "KEY=hidden", "--dry-run"), 0, "GET ", '"KEY":"{value}"')
    expect(k7ctl.run(*MEMORY, "create", "demo", "alpine", "--dry-run"), 1, "dry run")
    expect(k7ctl.run(*MEMORY, "list", "--dry-run"), 2, "dry-run")


def test_keys_travel_in_the_header_and_are_never_shown(k7ctl):
    path = k7ctl.write("key", "k7_s3cret\n")
    with Server(lambda *_: (401, {"error": {"code": "Unauthorized", "message": "invalid key"}})) as server:
        result = expect(k7ctl.run("--endpoint", server.url, "--api-key-file", path, "--trace", "list"), 1)
        assert [r[2].get("X-API-Key") for r in server.requests] == ["k7_s3cret"], server.requests
        assert "s3cret" not in result.out + result.err
        expect(k7ctl.run("list", environment={"K7_API_URL": server.url, "K7_API_KEY": "k7_other"}), 1)
        assert server.requests[-1][2].get("X-API-Key") == "k7_other"


def test_a_configuration_of_k7_does_not_disturb_other_endpoints(k7ctl):
    os.makedirs(os.path.join(k7ctl.folder, ".config/k7"))
    k7ctl.write(".config/k7/config.toml", "this is not toml\n")
    expect(k7ctl.run(*MEMORY, "list", environment={"K7_API_KEY": "k7_x"}), 0)


def test_the_cluster_of_kubectl_is_found_and_what_is_weak_is_said(k7ctl):
    keys = json.loads(k7ctl.run("config", "keys", "-o", "json").out)
    if "kubernetes.context" not in (key["name"] for key in keys):
        return  # not in this build
    os.makedirs(os.path.join(k7ctl.folder, ".kube"))
    k7ctl.write(".kube/config", "{current-context: x, contexts: [{name: x, context: {cluster: c}}],"
                                " clusters: [{name: c, cluster: {server: 'https://127.0.0.1:9', insecure-skip-tls-verify: true}}]}")
    result = expect(k7ctl.run("--set", "retry_attempts=1", "list"), 1, "127.0.0.1:9")
    assert "k7ctl: warning: insecure-skip-tls-verify is set in the kubeconfig" in result.err, result
    expect(k7ctl.run(*MEMORY, "list"), 0)


# --- deleting -----------------------------------------------------------------------------------------------------------------------


def test_delete(k7ctl):
    expect(k7ctl.run(*MEMORY, "delete", "absent"), 0, "deleted absent")
    assert json.loads(expect(k7ctl.run(*MEMORY, "delete", "absent", "-o", "json"), 0).out) == {"message": "Sandbox absent deleted successfully"}
    expect(k7ctl.run(*MEMORY, "delete", "absent", "--must-exist"), 1, "absent")


def deleting(deleted, refused=()):
    """A K7 server with two sandboxes."""

    def answer(method, path, body):
        if method == "DELETE":
            name = path.split("?")[0].rsplit("/", 1)[1]
            if name in refused:
                return 403, {"error": {"code": "Forbidden", "message": "not this one"}}
            deleted.append(name)
            return 200, {"data": {"message": f"Sandbox {name} deleted successfully"}}
        names = [name for name in ("one", "two") if name not in deleted]
        if path.startswith("/api/v1/sandboxes/"):
            return 404, {"error": {"code": "NotFound", "message": "gone"}}
        return 200, {"data": [dict(SANDBOX, name=name) for name in names]}

    return answer


def test_delete_all_refuses_without_a_terminal(k7ctl):
    deleted = []
    with Server(deleting(deleted)) as server:
        expect(k7ctl.run("--endpoint", server.url, "delete-all"), 2, "-y")
        expect(k7ctl.run("--endpoint", server.url, "delete-all", stdin="y\n"), 2, "-y")
        assert server.requests == [] and deleted == []


def test_delete_all_with_y_tells_of_each(k7ctl):
    with Server(deleting([])) as server:
        expect(k7ctl.run("--endpoint", server.url, "delete-all", "-y"), 0, "deleted one\n", "deleted two\n")
    with Server(deleting([])) as server:
        answer = json.loads(expect(k7ctl.run("--endpoint", server.url, "delete-all", "-y", "-o", "json"), 0).out)
    assert answer["message"] == "Deleted 2 sandboxes"
    assert sorted(answer["results"], key=lambda result: result["name"]) == [
        {"name": "one", "success": True, "error": None}, {"name": "two", "success": True, "error": None}]
    expect(k7ctl.run(*MEMORY, "delete-all", "--yes"), 0, "nothing to delete")


def test_delete_all_fails_when_one_fails(k7ctl):
    with Server(deleting([], refused=("two",))) as server:
        expect(k7ctl.run("--endpoint", server.url, "delete-all", "-y"), 1, "deleted one\n", "not deleted two: ", "not this one")
    with Server(deleting([], refused=("two",))) as server:
        answer = json.loads(expect(k7ctl.run("--endpoint", server.url, "delete-all", "-y", "-o", "json"), 1).out)
    assert answer["message"] == "Failed to delete 1 sandboxes"
    assert [r["success"] for r in sorted(answer["results"], key=lambda r: r["name"])] == [True, False]


def test_delete_all_asks_on_a_terminal(k7ctl):
    for typed, status, expected in (("y\n", 0, ["one", "two"]), ("n\n", 1, []), ("\n", 1, []), ("yellow\n", 1, []), ("\x04", 1, []), ("\x03", 130, [])):
        deleted = []
        with Server(deleting(deleted)) as server:
            terminal = Terminal(k7ctl, "--endpoint", server.url, "-n", "team", "delete-all")
            terminal.expect(f"delete every sandbox of namespace team at {server.url}? [y/N] ")
            terminal.type(typed)
            expect(terminal.finish(), status)
            assert sorted(deleted) == expected, (typed, deleted)


# --- people and signals -------------------------------------------------------------------------------------------------------------


def test_progress_is_shown_on_a_terminal_only(k7ctl):
    slow = ("--endpoint", "memory:?latency_ms=300")
    assert expect(k7ctl.run(*slow, "create", "demo", "alpine"), 0).err == ""
    terminal = Terminal(k7ctl, *slow, "create", "demo", "alpine")
    terminal.expect("creating demo")
    result = expect(terminal.finish(), 0)
    assert result.err.endswith("\r\x1b[K"), result
    assert result.out == "created demo in namespace default\n"
    terminal = Terminal(k7ctl, *slow, "create", "demo", "alpine", environment={"TERM": "dumb"})
    assert expect(terminal.finish(), 0).err == ""


def test_the_spinner_does_not_disturb_a_request(k7ctl):
    hold = threading.Event()

    def answer(*request):
        hold.wait()
        return created(*request)

    with Server(answer) as server:
        terminal = Terminal(k7ctl, "--endpoint", server.url, "create", "demo", "alpine")
        for turn in "/-\\|/":
            terminal.expect(f"{turn} creating demo: create")
        hold.set()
        expect(terminal.finish(), 0, "created demo in namespace default")
        assert len(server.requests) == 1, server.requests


def test_progress_fits_the_terminal_and_cannot_write_on_it(k7ctl):
    terminal = Terminal(k7ctl, "--endpoint", "memory:?latency_ms=300", "create", "demo-" + "x" * 50, "alpine", columns=40)
    result = expect(terminal.finish(), 0)
    lines = [line for line in result.err.replace("\x1b[K", "").split("\r") if line]
    assert lines and all(len(line) <= 39 for line in lines), lines


def test_ctrl_c_while_a_file_is_read_ends_at_once(k7ctl):
    terminal = Terminal(k7ctl, "--endpoint", "memory:", "create", "-f", "-")
    terminal.type("name: demo\n")
    terminal.expect("name: demo")
    terminal.type("\x03")
    expect(terminal.finish(), -signal.SIGINT)


def test_ctrl_c_cancels(k7ctl):
    terminal = Terminal(k7ctl, "--endpoint", "memory:?latency_ms=600000", "create", "demo", "alpine")
    terminal.expect("creating demo")
    terminal.type("\x03")
    expect(terminal.finish(), 130, "cancelled")


def silent(hold):
    """A server that does not answer until told to."""

    def answer(*_):
        hold.wait()
        return 503, {}

    return answer


def test_signals_cancel_without_a_terminal(k7ctl):
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        hold = threading.Event()
        with Server(silent(hold)) as server:
            process = k7ctl.start("--endpoint", server.url, "list")
            assert server.arrived.wait(60)
            process.send_signal(number)
            expect(finish(process), status, "cancelled")
            hold.set()


def test_what_a_cancelled_create_may_have_left_is_said(k7ctl):
    hold = threading.Event()
    with Server(silent(hold)) as server:
        process = k7ctl.start("--endpoint", server.url, "create", "demo", "alpine")
        assert server.arrived.wait(60)
        process.send_signal(signal.SIGINT)
        expect(finish(process), 130, "effect: unknown", "left behind: ", "demo")
        hold.set()


def test_a_cancelled_create_is_undone_and_a_second_ctrl_c_abandons_that(k7ctl):
    terminal = Terminal(k7ctl, "--endpoint", "memory:?start_ms=600000", "create", "demo", "alpine")
    terminal.expect("creating demo: ready")
    terminal.type("\x03")
    result = expect(terminal.finish(), 130, "creating demo: undo store", "cancelled")
    assert "left behind" not in result.err, result
    stuck = ("--endpoint", "memory:?start_ms=600000&fail=delete:hang", "--set", "cleanup_timeout_ms=600000")
    terminal = Terminal(k7ctl, *stuck, "create", "demo", "alpine")
    terminal.expect("creating demo: ready")
    terminal.type("\x03")
    terminal.expect("creating demo: undo store")
    terminal.type("\x03")
    expect(terminal.finish(), 130, "cancelled", "left behind: ", "demo")


# --- with the gateway ---------------------------------------------------------------------------------------------------------------


def gateway_test_five_commands(k7ctl, gateway):
    def run(*arguments):
        return k7ctl.run(*gateway.arguments(), *arguments)

    expect(run("create", "one", "alpine:latest", "--memory", "256Mi"), 0, "created one in namespace default")
    expect(run("create", "two", "alpine:latest", "-n", "team"), 0, "created two in namespace team")
    expect(run("create", "one", "alpine:latest"), 1, "one")
    assert [s["name"] for s in json.loads(run("list", "-o", "json").out)] == ["one"]
    assert sorted(s["name"] for s in json.loads(run("list", "-A", "-o", "json").out)) == ["one", "two"]
    assert [s["name"] for s in json.loads(run("list", "-n", "team", "-o", "json").out)] == ["two"]
    assert json.loads(run("list", "-A", "--name", "two", "-o", "json").out)[0]["namespace"] == "team"
    got = json.loads(expect(run("get", "one", "-o", "json"), 0).out)
    assert (got["status"], got["ready"], got["image"]) == ("Running", "True", "alpine:latest"), got
    expect(run("get", "two"), 1)
    expect(run("delete", "one"), 0, "deleted one")
    expect(run("get", "one"), 1)
    expect(run("delete-all", "-y", "-n", "team"), 0, "deleted two")
    assert json.loads(run("list", "-A", "-o", "json").out) == []


def gateway_test_certificates(k7ctl, gateway):
    cert, key = certificate(k7ctl.folder, "own")
    stranger, _ = certificate(k7ctl.folder, "stranger")
    folder = os.path.join(k7ctl.folder, "encrypted")  # keys of its own
    os.mkdir(folder)
    with Gateway(gateway.path, folder, "--tls-cert", cert, "--tls-key", key) as encrypted:
        arguments = encrypted.arguments()
        assert encrypted.url.startswith("https://"), encrypted.url
        expect(k7ctl.run(*arguments, "--ca", cert, "list", "-o", "json"), 0, "[]")
        expect(k7ctl.run(*arguments, "list", environment={"K7_API_CA": cert}), 0)
        expect(k7ctl.run(*arguments, "--ca", stranger, "list", environment={"K7_API_CA": cert}), 1, "certificate")
        expect(k7ctl.run(*arguments, "list"), 1, "certificate")
        expect(k7ctl.run(*arguments, "--ca", os.path.join(k7ctl.folder, "absent.pem"), "list"), 1, "absent.pem")


def gateway_test_variables(k7ctl, gateway):
    expect(k7ctl.run(*gateway.arguments(), "create", "one", "alpine:latest", "--env", "A=1"), 0)


def main():
    path, gateway = os.path.abspath(sys.argv[1]), sys.argv[2:]
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    if gateway:
        def over_gateway(test):
            def run(k7ctl):
                with Gateway(os.path.abspath(gateway[0]), k7ctl.folder) as running:
                    test(k7ctl, running)
            return run

        tests += [(name, over_gateway(test)) for name, test in globals().items() if name.startswith("gateway_test_")]
    return run_tests(tests, lambda folder: [Program(path, folder)])


if __name__ == "__main__":
    sys.exit(main())

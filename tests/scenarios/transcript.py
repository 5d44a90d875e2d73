"""transcript.py: what the two Python programs share: words, specs, and how results are written. See README.md."""
import resource
import sys

import k7sandbox as k7

full = False  # everything is shown, not only what is the same over every transport
OUTCOMES = {k7.Outcome.NOT_SENT: "not sent", k7.Outcome.REJECTED: "rejected", k7.Outcome.UNKNOWN: "unknown"}
ITEM_OUTCOMES = {k7.ItemOutcome.DONE: "done", k7.ItemOutcome.FAILED: "failed", k7.ItemOutcome.NOT_STARTED: "not started",
                 k7.ItemOutcome.UNKNOWN: "unknown"}
ANSWERS = {None: "-", False: "no", True: "yes"}
LISTS = ("egress_whitelist", "cap_drop", "cap_add", "entrypoint", "cmd", "ingress_from", "ingress_ports", "expose_ports")
YES_NO = ("pod_non_root", "container_non_root", "docker", "before_script_under_lock")
MAPPINGS = ("limits", "env")


def text(name, value):
    """One value: its line breaks as "\\n"; "-" for nothing."""
    value = "-" if value is None or value == "" else str(value)
    return f" {name}=" + value.replace("\n", "\\n")


def milliseconds(seconds):
    return None if seconds is None else round(seconds * 1000)


def error(e):
    line = f"{e.name}:" + text("class", e.error_class) + text("outcome", OUTCOMES[e.outcome]) + text("retryable", ANSWERS[e.retryable])
    line += text("operation", e.operation) + f" leftovers={len(e.leftovers)}"
    if full:
        line += text("http", e.http_status) + text("retry_after_ms", milliseconds(e.retry_after)) + text("reason", e.reason)
        line += text("step", e.step) + text("message", e.message) + text("server_text", e.server_text)
        line += "".join(text("leftover", leftover) for leftover in e.leftovers)
    return line + "\n"


def everything(s):
    line = text("node", s.node) + text("backend", s.backend) + text("uid", s.uid) + text("age", s.age_text)
    line += text("created", None if s.created is None else int(s.created.timestamp()))
    line += "".join(text("node_port", port) for port in s.node_ports)
    line += "".join(text("port", e.port) + text("at", e.node_port) + text("url", e.url) for e in s.endpoints)
    return line + text("json", s.to_json())


def sandbox(s, made=False):
    """made: create's answer, of which some servers tell only the name, the namespace and the image."""
    line = f"{s.name}:" + text("namespace", s.namespace) + text("image", s.image)
    if not made or full:
        line += text("status", s.status) + text("ready", ANSWERS[s.ready]) + text("restarts", s.restarts)
        line += text("reason", s.reason) + text("error_message", s.error_message)
    return line + (everything(s) if full else "") + "\n"


def sandboxes(found):
    return f"{len(found)} sandboxes\n" + "".join("* " + sandbox(s) for s in found)


def results(rows, ordered=True):
    lines = f"{len(rows)} results, {rows.count_of(k7.ItemOutcome.DONE)} done\n"
    for row in rows:
        lines += f"{'-' if ordered else '*'} {row.name} {ITEM_OUTCOMES[row.outcome]}\n"
        lines += "" if row.sandbox is None else "  " + sandbox(row.sandbox, made=True)
        lines += "" if row.error is None else "  " + error(row.error)
    return lines


def client(c):
    line = "client:" + text("endpoint", c.endpoint) + text("transport", c.transport) + text("namespace", c.namespace) + text("warning", c.warning)
    return line + "".join(text(name, ANSWERS[c.supports(name)]) for name in k7.operations()) + "\n"


def progress(p):
    if p.total is not None:
        return f"progress: {p.operation}: {p.step}: {p.text}: {p.done} of {p.total}\n"
    return f"progress: {p.operation}: {p.step}\n"


def trace(t):
    return f"trace: {t.operation}: {t.step}: {t.method} {t.url} attempt={t.attempt} http={t.http_status or 0} error={t.error_code or 0}\n"


def dry_request(r):
    body = None if r.body is None else r.body.decode()
    return f"would: {r.operation}: {r.step}: {r.method} {r.url}" + text("type", r.content_type) + text("body", body) + "\n"


def fields(spec):
    """Each field that is set, as its attribute tells it."""
    lines = ""
    for field in spec.fields():
        if not spec.is_set(field):
            continue
        value = getattr(spec, field)
        if field in LISTS:
            lines += f"field {field}: {len(value or [])}" + "".join(text("item", item) for item in value or [])
        elif field in MAPPINGS:
            lines += "field" + "".join(text(key, item) for key, item in value.items())
        else:
            lines += "field" + text(field, ANSWERS[value] if field in YES_NO else value)
        if field == "egress_whitelist":
            lines += text("mode", "open" if value is None else "list" if value else "blocked")
        lines += "\n"
    return lines


class Words:
    """A command: its words, and what follows its first and its second; "\\n" in it is a line break."""

    def __init__(self, line):
        line = line.replace("\\n", "\n")
        self.words = line.split(" ")
        self.words = [word for word in self.words if word]
        self.rest = line.partition(" ")[2]
        self.value = self.rest.partition(" ")[2]

    def __getitem__(self, i):
        return self.words[i]

    def find(self, key, nothing=None):
        """The value of KEY=VALUE, "" of a mere KEY."""
        for word in self.words:
            name, _, value = word.partition("=")
            if name == key:
                return value
        return nothing

    def keys(self):
        return dict(word.partition("=")[::2] for word in self.words if "=" in word)


class Scenarios:
    """What every scenario begins with, and the commands that ask no server. Those that do, and the client, are the programs' own."""

    def __init__(self, client_class, image, slow, keys):
        self.client_class, self.image, self.slow, self.keys = client_class, image, slow, keys
        self.client = self.token = None
        self.begun = []
        self.forget()

    def forget(self):
        global full
        full = False
        self.settings = Words("call")
        self.spec = None
        self.items, self.pace = [], {}
        self.uid = None

    @staticmethod
    def show(lines):
        print(lines, end="", flush=True)

    def do_open(self, words):
        """open: the endpoint that is tested; open slow: where a sandbox is not ready soon; open KEY=VALUE…: any other."""
        keys = words.keys() or {**self.keys, **({"endpoint": self.slow} if words[1:] else {})}
        self.client = self.client_class(config=keys)

    def do_client(self, words):
        self.show(client(self.client))

    def do_full(self, words):
        global full
        full = True

    def do_new(self, words):
        self.spec = k7.Spec(words[1], self.image)

    def do_set(self, words):
        """set FIELD VALUE; of a list: one more item."""
        field, value = words[1], words.value
        if field in LISTS:
            before = getattr(self.spec, field) if self.spec.is_set(field) else None
            value = [*(before or []), int(value) if field.endswith("_ports") else value]
        setattr(self.spec, field, value == "yes" if field in YES_NO else value)

    def do_limit(self, words):
        limits = {**(self.spec.limits or {}), words[1]: words.value}
        self.spec.limits = {key: value for key, value in limits.items() if value}

    def do_env(self, words):
        self.spec.env = {**(self.spec.env or {}), words[1]: words.value}

    def do_env_text(self, words):
        self.spec.add_env_text(words.rest)

    def do_egress(self, words):
        self.spec.egress_whitelist = None if words.rest == "open" else []

    def do_keep_capabilities(self, words):
        self.spec.cap_drop = []

    def do_unset(self, words):
        self.spec.unset(words[1])

    def do_fields(self, words):
        self.show(fields(self.spec))

    def do_validate(self, words):
        self.spec.validate()
        self.show("valid\n")

    def written_and_read(self, name, write, read):
        """Writes the spec, and reads what it wrote."""
        written = write(self.spec)
        self.show("spec:" + text(name, written) + (" equal" if write(read(written)) == written else " different") + "\n")

    def do_json(self, words):
        self.written_and_read("json", k7.Spec.to_json, k7.Spec.from_json)

    def do_yaml(self, words):
        self.written_and_read("yaml", k7.Spec.to_yaml, k7.Spec.from_yaml)

    def do_from_json(self, words):
        self.spec = k7.Spec.from_json(words.rest)

    def do_from_yaml(self, words):
        self.spec = k7.Spec.from_yaml(words.rest)

    def do_call(self, words):
        """call SETTING…: how the operations that follow are called."""
        self.settings = words
        if words.find("token") is not None:
            self.token = k7.Cancel()

    def do_batch(self, words):
        self.items, self.pace = [], {key: int(value) for key, value in words.keys().items()}

    def do_spec(self, words):
        """spec NAME…: each to be created from the spec; name NAME…: to be got or deleted."""
        for name in words[1:]:
            copy = self.spec.copy()
            copy.name = name
            self.items.append(copy)

    def do_name(self, words):
        self.items += words[1:]

    def do_advance(self, words):
        self.client.advance(int(words[1]) / 1000)

    def do_descriptors(self, words):
        """descriptors none: none can be opened; descriptors: they can again."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if words[1:]:
            self.descriptors = soft
        resource.setrlimit(resource.RLIMIT_NOFILE, (0 if words[1:] else self.descriptors, hard))

    def call(self, tell):
        """The keyword arguments that the last "call" describes."""
        call, last = {}, [None]

        def show_progress(p):
            if self.settings.find("abandon") is not None and p.step.startswith("undo"):
                self.abandon()
            if self.settings.find("progress") is not None and (p.total is not None or p.step != last[0]):
                tell(progress(p))
            last[0] = p.step

        for name, key in (("timeout", "timeout"), ("cleanup", "cleanup_timeout")):
            if self.settings.find(name) is not None:
                call[key] = int(self.settings.find(name)) / 1000
        if self.settings.find("traceparent") is not None:
            call["traceparent"] = self.settings.find("traceparent")
        if self.settings.find("progress") is not None or self.settings.find("abandon") is not None:
            call["progress"] = show_progress
        if self.settings.find("trace") is not None:
            call["trace"] = lambda t: tell(trace(t))
        if self.settings.find("dry") is not None:
            call["dry_run"] = lambda r: tell(dry_request(r))
        if self.settings.find("token") is not None:
            call["cancel"] = self.token
        return call

    def operation(self, words, call):
        """The client's method that a command asks for, its arguments, and how its result is written."""
        name, where = words[0], {"namespace": words.find("namespace")}
        missing = {"missing_ok": words.find("missing") is None, "wait": words.find("no_wait") is None}
        dry = "dry_run" in call

        def read(s):
            self.uid = s.uid
            return sandbox(s)

        uid = words.find("uid")
        arguments, named, show = {
            "create": ((self.spec,), {}, lambda s: sandbox(s, made=True)),
            "get": (words[1:2], where, read),
            "list": ((), {**where, "all_namespaces": words.find("all") is not None}, sandboxes),
            "delete": (words[1:2], {**where, **missing, "uid": self.uid if uid == "" else uid}, None),
            "delete_all": ((), where, lambda rows: results(rows, ordered=False)),
            "create_many": ((self.items,), self.pace, results),
            "get_many": ((self.items,), self.pace, results),
            "delete_many": ((self.items,), {**missing, **self.pace}, results),
        }[name]
        return getattr(self.client, name), arguments, {**named, **call}, lambda value: "done\n" if show is None or dry else show(value)


OPERATIONS = ("create", "get", "list", "delete", "delete_all", "create_many", "get_many", "delete_many")


def scenarios():
    """The command line: FILE IMAGE SLOW-ENDPOINT KEY=VALUE… [NUMBER…]; and the lines of the scenarios that are wanted."""
    path, image, slow, *words = sys.argv[1:]
    numbers = {int(word) for word in words if "=" not in word}
    keys = dict(word.partition("=")[::2] for word in words if "=" in word)
    lines, wanted = [], False
    with open(path, encoding="utf-8") as file:
        for line in file.read().split("\n"):
            if line.startswith("== "):
                wanted = not numbers or int(line.split()[1]) in numbers
            if wanted and line and not line.startswith("#"):
                lines.append(line)
    return image, slow, keys, lines

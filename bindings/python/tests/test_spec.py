"""Spec: every field there and back, the difference of unset and empty, what is refused."""
import copy
import dataclasses
import inspect
import json
import pickle
import tempfile
import typing
import unittest
import unittest.mock

from k7sandbox import (UNSET, AsyncClient, Cancel, Client, InvalidError, ItemOutcome, K7Error, Request, Results, Sandbox, Spec, Transport, log_trace)

EVERYTHING = {
    "name": "demo", "image": "alpine:latest", "namespace": "team", "env_file": "/srv/env", "egress_whitelist": ["10.0.0.0/8"],
    "limits": {"cpu": "500m", "memory": "512Mi"}, "before_script": "true", "pod_non_root": True, "container_non_root": False,
    "cap_drop": ["ALL"], "cap_add": ["CHOWN"], "runtime_class_name": "kata", "root_disk_size": "5Gi", "backend": "kql", "entrypoint": ["sh"],
    "cmd": ["-c", "true"], "sidecar": "docker", "node_name": "n1", "docker": True, "docker_disk": "1Gi", "ingress_ports": [80, 443],
    "expose_ports": [80], "ingress_from": ["namespace:other"], "env": {"A": "1", "B": ""}, "before_script_under_lock": True,
}


class SpecTest(unittest.TestCase):
    def test_every_field_there_and_back(self):
        self.assertEqual(sorted(EVERYTHING), sorted(Spec.fields()))
        spec = Spec(**EVERYTHING)
        for field, value in EVERYTHING.items():
            self.assertEqual(getattr(spec, field), value, field)
            self.assertTrue(spec.is_set(field), field)
        self.assertEqual(json.loads(spec.to_json()), EVERYTHING)
        self.assertEqual(Spec.from_json(spec.to_json()), spec)
        self.assertEqual(Spec.from_yaml(spec.to_yaml()), spec)
        self.assertNotEqual(spec, Spec("demo", "alpine:latest"))

    def test_unset_empty_and_given(self):
        spec = Spec("demo", "a")
        for field in Spec.fields()[2:]:
            self.assertFalse(spec.is_set(field), field)
            if field not in ("egress_whitelist", "limits", "env"):
                self.assertIsNone(getattr(spec, field), field)
        self.assertIs(spec.egress_whitelist, UNSET)
        spec.egress_whitelist = None
        self.assertIsNone(spec.egress_whitelist)
        self.assertIn('"egress_whitelist":null', spec.to_json())
        spec.egress_whitelist = []
        self.assertEqual(spec.egress_whitelist, [])
        spec.egress_whitelist = UNSET
        self.assertFalse(spec.is_set("egress_whitelist"))
        spec.cap_drop = []
        self.assertEqual(spec.cap_drop, [])
        spec.cap_drop = None
        self.assertIsNone(spec.cap_drop)
        for field, value in EVERYTHING.items():
            setattr(spec, field, value)
            spec.unset(field)
            self.assertFalse(spec.is_set(field), field)

    def test_what_is_wrong_changes_nothing(self):
        spec = Spec("demo", "a", ingress_ports=[1], limits={"cpu": "1"}, egress_whitelist=["10.0.0.1"])
        before = spec.to_json()
        for field, value, error in (("ingress_ports", [2, "x"], TypeError), ("ingress_ports", 5, TypeError), ("limits", {"cpu": 1}, TypeError),
                                    ("limits", ["cpu"], TypeError), ("limits", {"cpu": "1\n"}, InvalidError), ("name", 7, TypeError), ("name", "a\0b", ValueError),
                                    ("egress_whitelist", "10.0.0.1", TypeError), ("egress_whitelist", ["10.0.0.2", "a\n"], InvalidError),
                                    ("docker", 1, TypeError), ("name", "a\nb", InvalidError), ("env", {"=": "x"}, InvalidError)):
            with self.assertRaises(error, msg=field):
                setattr(spec, field, value)
            self.assertEqual(spec.to_json(), before, field)
        with self.assertRaises(AttributeError):
            spec.is_set("nothing")
        with self.assertRaises(InvalidError):
            spec.unset("nothing")

    def test_what_other_tools_ask(self):
        for field in Spec.fields():
            self.assertEqual(getattr(Spec, field).name, field)
        unittest.mock.create_autospec(Spec)
        spec = Spec("demo", "a")
        self.assertEqual(spec, unittest.mock.ANY)
        self.assertNotEqual(spec, "demo")

        class Everything:
            def __eq__(self, other):
                return True

        self.assertTrue(spec == Everything())
        for thing in (Client, AsyncClient, Spec, Sandbox, Results, Transport, Request, Cancel):
            for name, method in inspect.getmembers(thing, inspect.isfunction):
                with self.subTest(method=f"{thing.__name__}.{name}"):
                    typing.get_type_hints(method)
        typing.get_type_hints(log_trace)
        with Client("memory:") as client:
            [result] = client.create_many([spec])
        self.assertIs(copy.deepcopy(result.sandbox), result.sandbox)
        self.assertIs(copy.copy(result.sandbox), result.sandbox)
        self.assertEqual(dataclasses.asdict(result), {"name": "demo", "outcome": ItemOutcome.DONE, "error": None, "sandbox": result.sandbox})

    def test_reading_and_checking(self):
        with self.assertRaises(InvalidError) as caught:
            Spec.from_json('{"nam": 1}')
        self.assertEqual(caught.exception.name, "K7_ERR_PARSE")
        with self.assertRaises(K7Error):
            Spec.from_yaml("name: [")
        Spec("demo", "alpine").validate()
        with self.assertRaisesRegex(InvalidError, "name"):
            Spec("Demo!", "alpine").validate()

    def test_environment(self):
        spec = Spec("demo", "a")
        spec.add_env_text("A=1\nB=two\n")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("C=3\n")
            file.flush()
            spec.add_env_local_file(file.name)
        self.assertEqual(spec.env, {"A": "1", "B": "two", "C": "3"})
        self.assertNotIn("two", repr(spec))
        with self.assertRaises(InvalidError) as caught:
            spec.add_env_local_file("/nowhere/at/all")
        self.assertEqual(caught.exception.name, "K7_ERR_IO")

    def test_copies(self):
        spec = Spec("demo", "a")
        for other in (spec.copy(), copy.copy(spec), copy.deepcopy(spec)):
            other.name = "other"
            self.assertEqual(spec.name, "demo")
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with self.assertRaises(TypeError):
                pickle.dumps(spec, protocol)


if __name__ == "__main__":
    unittest.main()

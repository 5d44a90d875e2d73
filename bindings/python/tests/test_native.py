"""The package against its declarations: what it calls, the tables that it repeats, the mode in which it loads the library."""
import fnmatch
import os
import re
import unittest

import k7sandbox
from k7sandbox import _cdef, _native, _spec
from k7sandbox._errors import CLASSES

HERE = os.path.dirname(os.path.abspath(__file__))


def declared():
    return set(re.findall(r"\b(k7_\w+)\(", _cdef.CDEF))


def called():
    names = set()
    folder = os.path.dirname(k7sandbox.__file__)
    for file in os.listdir(folder):
        if file.endswith(".py") and file != "_cdef.py":
            with open(os.path.join(folder, file), encoding="utf-8") as source:
                names.update(re.findall(r"\b(?:lib|library|abi)\.(k7_\w+)", source.read()))
    for name, field in vars(k7sandbox.Spec).items():  # their functions are named after them
        if isinstance(field, (_spec._Text, _spec._YesNo)):
            names.update((f"k7_spec_get_{name}", f"k7_spec_set_{name}"))
        elif isinstance(field, (_spec._Texts, _spec._Ports)):
            one = name[:-1] if isinstance(field, _spec._Ports) else name
            names.update((f"k7_spec_add_{one}", f"k7_spec_{one}_count", f"k7_spec_{one}_at"))
    return names


class Calls(unittest.TestCase):
    def test_every_function_is_called_or_excluded_with_a_reason(self):
        excluded, patterns = set(), []
        with open(os.path.join(HERE, "not_wrapped"), encoding="utf-8") as listed:
            for line in listed:
                if not line.startswith("#"):
                    pattern, reason = line.split(None, 1)
                    fits = {name for name in declared() if fnmatch.fnmatchcase(name, pattern)}
                    self.assertTrue(fits, f"{pattern}: fits no function")
                    self.assertTrue(reason.strip(), pattern)
                    excluded |= fits
        self.assertEqual(sorted(declared() - called() - excluded), [], "neither wrapped nor excluded")
        self.assertEqual(sorted(called() & excluded), [], "excluded, but called")
        self.assertEqual(sorted(called() - declared()), [], "called, but not declared")

    def test_the_mode_is_the_one_that_is_expected(self):
        self.assertEqual(_native.MODE, os.environ.get("K7SANDBOX_EXPECTED_MODE", "api"))


class Tables(unittest.TestCase):
    def test_every_error_has_an_exception_of_its_class(self):
        codes = k7sandbox.error_codes()
        self.assertGreater(len(codes), 30)
        for code in codes:
            self.assertIsNot(code.exception, k7sandbox.K7Error, code.name)
        self.assertEqual(len(set(CLASSES.values())), 13)
        names = {code.error_class: code.exception.__name__ for code in codes}
        self.assertEqual(names["not found"], "NotFoundError")
        self.assertEqual(names["timeout"], "CallTimeoutError")

    def test_what_the_library_says_of_itself(self):
        self.assertRegex(k7sandbox.version(), r"^\d+\.\d+\.\d+$")
        self.assertEqual(k7sandbox.operations(), ["create", "list", "get", "delete", "delete_all"])
        self.assertIn("memory", k7sandbox.transports())
        self.assertTrue(k7sandbox.has_feature("rest") and not k7sandbox.has_feature("nothing"))
        self.assertTrue(k7sandbox.transport_supports("memory", "create"))
        with self.assertRaises(ValueError):
            k7sandbox.transport_supports("memory", "explode")
        keys = {key.name: key for key in k7sandbox.config_keys()}
        self.assertTrue(keys["rest.api_key"].secret and not keys["endpoint"].secret)
        os.environ["K7_API_URL"] = "memory:"
        try:
            self.assertEqual(k7sandbox.default_config()["endpoint"], "memory:")
        finally:
            del os.environ["K7_API_URL"]

    def test_every_field_of_the_api_is_a_property(self):
        for field in k7sandbox.Spec.fields():
            self.assertTrue(hasattr(k7sandbox.Spec("a", "b"), field), field)


if __name__ == "__main__":
    unittest.main()

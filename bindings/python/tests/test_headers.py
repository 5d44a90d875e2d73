"""What the package declares, against the headers, as a compiler sees them."""
import os
import re
import subprocess
import sys
import unittest

from k7sandbox import _cdef, _native

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")


class Headers(unittest.TestCase):
    def test_the_recorded_declarations_are_the_headers(self):
        script = os.path.join(ROOT, "bindings", "python", "derive_cdef.py")
        self.assertEqual(subprocess.run([sys.executable, script, "--check"]).returncode, 0)

    def test_the_declarations_are_what_a_compiler_sees(self):
        seen = subprocess.run(["gcc", "-E", "-P", "-I", os.path.join(ROOT, "include"), "-x", "c", "-"], input="#include <k7sandbox/k7sandbox.h>\n",
                              check=True, stdout=subprocess.PIPE, text=True).stdout
        seen = re.sub(r"__attribute__\(\(visibility\(\"default\"\)\)\)", "", seen)
        plain = lambda text: sorted("".join(item.split()) for item in text.split(";") if re.search(r"\bk7_\w+ *\(", item))
        functions = "\n".join(line for line in _cdef.CDEF.splitlines() if not line.startswith("#"))
        self.assertGreater(len(plain(functions)), 150)
        self.assertEqual(plain(functions), plain(seen))

    def test_every_number_is_there(self):
        seen = subprocess.run(["gcc", "-dM", "-E", "-I", os.path.join(ROOT, "include"), "-x", "c", "-"], input="#include <k7sandbox/k7sandbox.h>\n",
                              check=True, stdout=subprocess.PIPE, text=True).stdout
        numbers = dict(re.findall(r"^#define (K7_\w+) +\(?(-?\d+)\)?$", seen, flags=re.MULTILINE))
        self.assertGreater(len(numbers), 50)
        for name, value in numbers.items():
            self.assertEqual(getattr(_native.lib, name), int(value), name)


if __name__ == "__main__":
    unittest.main()

"""Every Python program that README.md here and the project's print runs, in the library's own simulation."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Readme(unittest.TestCase):
    def run_programs(self, page):
        with open(page, encoding="utf-8") as file:
            programs = re.findall(r"^```python\n(.*?)^```", file.read(), flags=re.DOTALL | re.MULTILINE)
        self.assertTrue(programs, page)
        with tempfile.TemporaryDirectory() as home:
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "K7_API_URL": "memory:", "HOME": home, "XDG_CONFIG_HOME": home}
            for program in programs:
                done = subprocess.run([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                      cwd=home, timeout=60)
                self.assertEqual(done.returncode, 0, program + done.stdout)
                for line in re.findall(r"# prints: (.*)", program):
                    self.assertIn(line, done.stdout.splitlines(), program)

    def test_this_page(self):
        self.run_programs(os.path.join(HERE, "..", "README.md"))

    def test_the_page_for_those_who_come_from_k7_sdk(self):
        self.run_programs(os.path.join(HERE, "..", "..", "..", "docs", "MIGRATION.md"))

    def test_the_projects_page(self):
        self.run_programs(os.path.join(HERE, "..", "..", "..", "README.md"))


if __name__ == "__main__":
    unittest.main()

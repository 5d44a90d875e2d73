"""k7compat beside the published k7-sdk, each against a real gateway: the same names and parameters, the same results and exceptions, and k7-sdk's own example, with only the
import changed. K7SANDBOX_K7_SDK: for each version the folder of packages in which it is installed, with httpx."""
import difflib
import inspect
import json
import os
import re
import socket
import subprocess
import sys
import unittest

import test_gateway

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDERS = os.environ["K7SANDBOX_K7_SDK"].split(":")
COMPAT = "k7sandbox.k7compat"

# Prints each class with its methods and their parameters.
SIGNATURES = """
import inspect, importlib, json, sys
module = importlib.import_module(sys.argv[1])
found = {}
for name in ("Client", "AsyncClient", "SandboxProxy"):
    for method, function in vars(getattr(module, name)).items():
        if inspect.isfunction(function) and (method == "__init__" or not method.startswith("_")):
            parameters = [[p.name, str(p.kind), repr(p.default)] for p in inspect.signature(function).parameters.values()]
            found[f"{name}.{method}"] = [inspect.iscoroutinefunction(function), parameters]
print(json.dumps(found))
"""


class Compare(unittest.TestCase):
    start = test_gateway.Gateway.start
    maxDiff = None

    def run_python(self, folder, *arguments):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join([folder, *sys.path])}
        environment.update((name, os.environ[name]) for name in ("K7SANDBOX_CFFI", "K7SANDBOX_LIBRARY") if name in os.environ)
        done = subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def test_names_and_parameters(self):
        ours = json.loads(self.run_python(FOLDERS[-1], "-c", SIGNATURES, COMPAT))
        newest = json.loads(self.run_python(FOLDERS[-1], "-c", SIGNATURES, "k7_sdk"))
        self.assertEqual(ours, newest)
        for folder in FOLDERS[:-1]:
            for name, (is_async, parameters) in json.loads(self.run_python(folder, "-c", SIGNATURES, "k7_sdk")).items():
                if name == "Client.install":
                    continue  # takes other parameters since 0.5
                known = {parameter[0]: parameter for parameter in ours[name][1]}
                self.assertEqual((is_async, [parameter[0] for parameter in parameters]), (ours[name][0], list(known)[:len(parameters)]), name)
                for parameter in parameters:  # one that had to be given may have a default now
                    self.assertIn(parameter[2], (known[parameter[0]][2], repr(inspect.Parameter.empty)), name)

    def test_results_and_exceptions(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            for folder in FOLDERS:
                lines = []
                for module in ("k7_sdk", COMPAT):
                    url = self.start("memory:")
                    silent_url = f"http://127.0.0.1:{silent.getsockname()[1]}"
                    seen = self.run_python(folder, os.path.join(HERE, "k7_scenario.py"), module, url, self.key, silent_url)
                    lines.append(seen.replace(url, "URL").replace(self.key, "KEY").splitlines())
                self.assertGreater(len(lines[0]), 40)
                self.assertEqual("\n".join(difflib.unified_diff(*lines, lineterm="", n=0)), "", folder)

    def test_the_script_of_the_gateways_tests(self):
        with open(os.path.join(HERE, "../../../tests/gateway/k7_sdk_client.py"), encoding="utf-8") as file:
            script, changed = re.subn(r"^from k7_sdk import", f"from {COMPAT} import", file.read(), flags=re.MULTILINE)
        self.assertEqual(changed, 1)
        for folder in FOLDERS:
            url = self.start("memory:")
            self.assertEqual(self.run_python(folder, "-c", script, url, self.key), "done\n")

    def test_its_published_examples(self):
        for folder in FOLDERS:
            [page] = [os.path.join(folder, name, "METADATA") for name in os.listdir(folder) if name.startswith("k7_sdk-") and name.endswith(".dist-info")]
            with open(page, encoding="utf-8") as file:
                programs = re.findall(r"^```python\n(.*?)^```", file.read(), flags=re.DOTALL | re.MULTILINE)
            self.assertEqual(len(programs), 2, page)
            for program in programs:
                url = self.start("memory:")
                seen = []
                for module in ("k7_sdk", COMPAT):
                    seen.append(self.run_python(folder, "-c", self.example(program, module, url)))
                self.assertEqual(seen[0], seen[1], program)
                self.assertTrue(seen[1])

    def example(self, program, module, url):
        """The program with its placeholders filled in. Of what the library cannot do, NotImplementedError has to be raised: no statement is dropped silently."""
        program, changed = re.subn(r"^from k7_sdk import", f"from {module} import", program, flags=re.MULTILINE)
        program, ends = re.subn(r"'https://<your-endpoint>'", repr(url), program)
        program, keys = re.subn(r"'your-key'", repr(self.key), program)
        self.assertEqual((changed, ends, keys), (1, 1, 1))
        program = re.sub(r",\s*verify_ssl='./k7-ca.crt'", "", program)  # the gateway here has no TLS
        if "async def" in program:
            return program
        paragraphs = []
        for paragraph in program.split("\n\n"):
            if re.search(r"\.(exec|fork)\(", paragraph):
                self.assertTrue(module != COMPAT or paragraph.count("\n") < 4)
                paragraph = "" if module != COMPAT else f"""try:
    exec({paragraph!r})
except NotImplementedError as error:
    assert "exec: " in str(error) or "fork: " in str(error), error
else:
    raise AssertionError("it can be done now: let the comparison see it")
"""
            paragraphs.append(paragraph)
        return "\n\n".join(paragraphs) + "\nprint([item['name'] for item in sandboxes], k7.list())\n"


if __name__ == "__main__":
    unittest.main()

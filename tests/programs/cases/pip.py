# SPDX-License-Identifier: Apache-2.0
import zipfile


class Pip(Case):
    needs = ("python3",)
    argv = ("/bin/bash", "{job}/job.sh")
    presets = "python"
    env = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1", "PYTHONDONTWRITEBYTECODE": "1", "PIP_NO_COLOR": "1",
           "PIP_PROGRESS_BAR": "off", "PIP_ROOT_USER_ACTION": "ignore", "PIP_CONFIG_FILE": "/dev/null",
           "PATH": "{work}/none"}  # pip asks lsb_release and uname who we are: here nobody answers
    script = ("job.sh", """
cd {work}
/usr/bin/python3 -m venv v && v/bin/python -m pip install --no-index --no-compile hello-1.0-py3-none-any.whl && v/bin/python -c 'import hello; hello.greet()'
v/bin/python -m pip list --format=freeze | (while read -r l; do case $l in hello*) echo "$l" ;; esac; done)
v/bin/python - <<'P'
import json, sqlite3, subprocess, tempfile, ssl, ctypes, zlib, multiprocessing, os
with tempfile.NamedTemporaryFile() as f: f.write(b'x'); print('temporary')
print(subprocess.run(['/bin/echo', 'child'], capture_output=True).stdout); print(json.dumps({'a': 1}), sqlite3.connect(':memory:').execute('select 6 * 7').fetchone())
P
echo "{mark}"
v/bin/python - <<'P'
import os, subprocess, socket
def attempt(what, f):
    try: f(); print('did', what)
    except OSError as e: print('no', what, e.strerror)
attempt('read', lambda: open('{out}/secret').read())
attempt('write', lambda: open('{out}/new', 'w'))
attempt('list', lambda: os.listdir('{out}'))
attempt('remove', lambda: os.remove('{out}/victim'))
attempt('exec', lambda: subprocess.run(['/usr/bin/id'], stdout=subprocess.DEVNULL))
P
v/bin/python -m pip install --no-index --no-compile {out}/hello-1.0-py3-none-any.whl >/dev/null 2>&1 || echo no wheel
exit 0
""")
    grant = {"read_file": {"path": {"any": [{"subpath": "{work}"}, {"exact": "{python}"}]}}, "list_directory": {"path": {"subpath": "{work}"}},
             "write_file": {"path": {"subpath": "{work}"}}, "delete_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"one_of": ["{python}", "/usr/bin/echo", "/bin/echo"]}},
             "listen": {"ip": "::1"}}  # how pip finds out whether there is IPv6
    denied = [("read", "{out}/secret"), ("create", "{out}/new"), ("list", "{out}"), ("delete", "{out}/victim"), ("exec", "id"),
              ("list", "/etc"),  # pip, for the distribution's name
              ("read", "{out}/hello-1.0-py3-none-any.whl")]
    tight_output = ["no read Permission denied", "no write Permission denied", "no list Permission denied", "no remove Permission denied",
                    "no exec Permission denied", "no wheel"]
    modes = ("native", "wide", "tight", "audit")
    ignore_files = (r"work/v/",)

    def wheel(self, path):
        with zipfile.ZipFile(path, "w") as z:
            def add(name, text):
                z.writestr(zipfile.ZipInfo(name), text)  # without the time
            add("hello.py", "def greet():\n    print('hello from a wheel')\n")
            info = "hello-1.0.dist-info/"
            add(info + "METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n")
            add(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            add(info + "RECORD", "hello.py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n")

    def prepare(self, t):
        import os
        t.names["python"] = os.path.realpath("/usr/bin/python3")
        for where in (t.work, t.out):
            self.wheel(where / "hello-1.0-py3-none-any.whl")

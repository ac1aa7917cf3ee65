# SPDX-License-Identifier: Apache-2.0
import gzip
import io
import json
import tarfile


class Npm(Case):
    needs = ("npm", "node")
    argv = ("/bin/bash", "{job}/job.sh")
    presets = "npm"
    env = {"npm_config_update_notifier": "false", "npm_config_audit": "false", "npm_config_fund": "false", "NO_COLOR": "1",
           "npm_config_globalconfig": "/dev/null"}
    script = ("job.sh", """
cd {work}/app
npm install --offline --no-progress ../pkg.tgz 2>&1 && cat() { local l; while IFS= read -r l; do echo "$l"; done; } && cat <node_modules/pkg/built && cat <package.json
node -e 'console.log(require("pkg").answer)'
npm ls 2>&1
echo "{mark}"
npm install --offline --no-progress {out}/evil.tgz >/dev/null 2>&1 || echo no evil
exit 0
""")
    grant = {"read_file": {"path": {"any": [{"subpath": "{work}"}, {"subpath": "{npm}"}]}},
             "list_directory": {"path": {"any": [{"subpath": "{work}"}, {"subpath": "{npm}"}]}},
             "write_file": {"path": {"subpath": "{work}"}}, "delete_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"one_of": ["{node}", "{sh}", "/usr/bin/env", "{npm_cli}"]}}}
    denied = [("read", "{out}/evil.tgz")]
    tight_output = ["no evil"]
    ignore = (r"in \d+m?s", r"(?m)^npm (notice|warn).*$")
    ignore_files = (r"\.package-lock\.json$",)

    def tarball(self, path, script):
        files = {"package.json": json.dumps({"name": "pkg", "version": "1.0.0", "main": "index.js", "scripts": {"postinstall": script}}),
                 "index.js": "exports.answer = 42;\n", "build.js": "require('fs').writeFileSync('built', 'built by postinstall\\n');\n"}
        with gzip.GzipFile(path, "w", mtime=0) as z, tarfile.open(fileobj=z, mode="w") as tar:
            for name, text in files.items():
                info = tarfile.TarInfo("package/" + name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))

    def prepare(self, t):
        import os
        import shutil
        t.names["sh"] = os.path.realpath("/bin/sh")
        t.names["node"] = os.path.realpath(shutil.which("node", path="/usr/bin:/usr/local/bin"))
        cli = os.path.realpath(shutil.which("npm", path="/usr/bin:/usr/local/bin"))
        t.names["npm_cli"] = cli
        t.names["npm"] = os.path.dirname(os.path.dirname(cli))
        self.tarball(t.work / "pkg.tgz", "node build.js")
        self.tarball(t.out / "evil.tgz", "true")
        (t.work / "app").mkdir()
        for d in ("_cacache", "_logs"):  # what the preset opens is there once npm has run once
            (t.home / ".npm" / d).mkdir(parents=True)
        (t.work / "app/package.json").write_text('{"name": "app", "version": "1.0.0"}\n')

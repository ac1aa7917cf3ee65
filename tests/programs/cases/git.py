# SPDX-License-Identifier: Apache-2.0
import subprocess


class Git(Case):
    needs = ("git",)
    argv = ("/bin/bash", "{job}/job.sh")
    presets = "git"
    env = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z", "GIT_CEILING_DIRECTORIES": "{work}",
           "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
           "GIT_PAGER": "cat"}
    script = ("job.sh", """
cd {work}
git clone -q origin.git copy 2>&1 && cd copy && git log --oneline && git status --short --branch
echo more >>README && echo new >file && git add -A && git status --short && git commit -q -m second && git log --format='%h %s'
git diff --stat HEAD~1 && git branch side && git checkout -q side && git mv file moved && git commit -q -am third
git checkout -q main && git merge -q side 2>&1 && git push -q origin main 2>&1 && git -C ../origin.git log --format='%h %s' main
git tag v1 && git describe && git stash list && git gc -q && git fsck 2>/dev/null && git grep -n more && git config user.name Z && git config user.name
echo "{mark}"
git hash-object {out}/secret 2>/dev/null || echo no hash-object
git archive -o {out}/stolen.tar HEAD 2>/dev/null || echo no archive
exit 0
""")
    grant = {"read_file": {"path": {"subpath": "{work}"}}, "list_directory": {"path": {"subpath": "{work}"}},
             "write_file": {"path": {"subpath": "{work}"}}, "delete_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"one_of": ["/usr/bin/git", "{sh}"]}}}
    denied = [("read", "{out}/secret"), ("create", "{out}/stolen.tar")]
    tight_output = ["no hash-object", "no archive"]
    ignore_files = (r"/\.git/(index|logs|objects)", r"origin\.git/objects")

    def prepare(self, t):
        import os
        t.names["sh"] = os.path.realpath("/bin/sh")
        env = {**t.shim.env(), **t.fill(self.env), "GIT_CONFIG_NOSYSTEM": "1"}
        def git(*a, cwd=t.work):
            subprocess.run(["git", "-c", "init.defaultBranch=main", *a], cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)
        where = t.work / "seed"
        git("init", "-q", where)
        (where / "README").write_text("hello\n")
        git("add", "README", cwd=where)
        git("commit", "-q", "-m", "first", cwd=where)
        git("clone", "-q", "--bare", "seed", "origin.git")

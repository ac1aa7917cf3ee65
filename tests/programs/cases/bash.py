# SPDX-License-Identifier: Apache-2.0
class Bash(Case):
    # /usr/bin may be read: bash looks into a program that it could not start
    needs = ("bash",)
    argv = ("/bin/bash", "{job}/job.sh")
    script = ("job.sh", """
cd {work}
words=(alpha beta gamma); printf '%s\\n' "${words[@]}" >words; mapfile -t back <words; echo "${#back[@]} ${back[2]^^}"
cat() { local line; while IFS= read -r line || [ -n "$line" ]; do printf '%s\\n' "$line"; done; }
cat <<EOT
here $((6 * 7)) $(echo substituted)
EOT
cat < <(printf 'from a process\\n'); for f in w*; do echo "file $f"; done
( cd / && echo "$PWD" ); (exit 3); echo "status $?"; { sleep 0; echo background; } & wait
printf 'sourced=yes\\n' >lib.sh; . ./lib.sh; echo "$sourced"; declare -A m=([k]=v); echo "${m[k]}"
trap 'echo trapped' USR1; kill -USR1 $$; [[ -r words && ! -e none ]] && echo tests
exec 5>fd5; echo five >&5; exec 5>&-; cat <fd5; : >empty; [ -s empty ] || echo empty; set -o noclobber; echo x 2>/dev/null >words || echo kept
echo "{mark}"
{ cat <{out}/secret; } 2>/dev/null || echo no read
{ echo x >{out}/new; } 2>/dev/null || echo no create
{ echo more >>{out}/victim; } 2>/dev/null || echo no append
{ . {out}/secret; } >/dev/null 2>&1 || echo no source
/usr/bin/id >/dev/null 2>&1 || echo no id
env -0 >/dev/null 2>&1 || echo no env
for f in {out}/*; do [ -e "$f" ] && echo listed && break || echo no glob; done
exit 0
""")
    env = {"PATH": "/usr/bin:/bin"}
    grant = {"read_file": {"path": {"any": [{"subpath": "{work}"}, {"subpath": "/usr/bin"}]}}, "write_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"one_of": ["/usr/bin/sleep", "/bin/sleep"]}}}
    denied = [("read", "{out}/secret"), ("create", "{out}/new"), ("append", "{out}/victim"), ("exec", "id"), ("exec", "env -0"),
              ("list", "{out}")]
    tight_output = ["no read", "no create", "no append", "no source", "no id", "no env", "no glob"]

# SPDX-License-Identifier: Apache-2.0
class Busybox(Case):
    """Static: the preload is never loaded, so only the kernel holds it, and its denials are errno without an event."""
    needs = ("busybox",)
    argv = ("{busybox}", "sh", "{job}/job.sh")
    static = True
    modes = ("native", "wide", "tight")
    ignore_files = (r"/t\.tar$",)  # holds the time
    script = ("job.sh", """
cd {work}
b={busybox}
$b mkdir d; echo text >d/file; $b cp d/file d/copy; $b mv d/copy d/moved; $b ls d; $b cat d/moved; $b find d -type f | $b sort; $b wc -c <d/file
$b tar cf t.tar d; $b tar tf t.tar | $b sort; $b sha256sum d/file; $b sed s/t/T/g d/file; $b awk 'BEGIN { print 6 * 7 }'; $b rm -r d; [ -e d ] || echo gone
echo "{mark}"
$b cat {out}/secret 2>/dev/null || echo no cat
(: >{out}/new) 2>/dev/null || echo no create
(echo x >>{out}/victim) 2>/dev/null || echo no append
$b rm -f {out}/victim 2>/dev/null || echo no rm
$b mkdir {out}/made 2>/dev/null || echo no mkdir
$b ls {out} >/dev/null 2>&1 || echo no ls
$b mv {work}/t.tar {out}/t.tar 2>/dev/null || echo no mv
/usr/bin/id >/dev/null 2>&1 || echo no id
$b nc -w 1 127.0.0.1 9 </dev/null >/dev/null 2>&1 || echo no nc
exit 0
""")
    grant = {**{tool: {"path": {"subpath": "{work}"}} for tool in ("list_directory", "write_file", "delete_file")},
             "read_file": {"path": {"any": [{"subpath": "{work}"}, {"exact": "{job}/job.sh"}]}}}
    denied = [("static", "")]
    tight_output = ["no cat", "no create", "no append", "no rm", "no mkdir", "no ls", "no mv", "no id", "no nc"]

    def prepare(self, t):
        import os
        import shutil
        t.names["busybox"] = os.path.realpath(shutil.which("busybox", path="/usr/bin:/bin"))

# SPDX-License-Identifier: Apache-2.0
class Coreutils(Case):
    needs = ("ls", "sort", "find", "tar", "sed", "awk", "grep")
    argv = ("/bin/bash", "{job}/job.sh")
    script = ("job.sh", """
set -u
cd {work}
mkdir -p a/b && printf 'pear\\napple\\nfig\\n' >a/fruit && cp a/fruit a/b/copy && mv a/b/copy a/b/moved
sort a/fruit | tee a/sorted && wc -l a/sorted && head -n1 a/sorted && tail -n1 a/sorted && cut -c1-2 a/sorted
ln -s ../fruit a/b/link && cat a/b/link && readlink a/b/link && ln a/fruit a/hard && cmp a/fruit a/hard && echo same
chmod 640 a/hard && stat -c %a a/fruit && touch -d @1000000000 a/fruit && stat -c %Y a/hard
find a -type f | sort && du -a a >/dev/null && ls -1 a && grep -r apple a | sort && sed -n 2p a/fruit && awk 'NR==3' a/fruit
tar cf a.tar a && tar tf a.tar | sort && mkdir x && tar xf a.tar -C x && diff -r a x/a && echo equal
dd if=a/fruit of=a/dd bs=4 count=2 status=none && cat a/dd && echo && truncate -s 3 a/dd && cat a/dd && echo
seq 1 2000 | sha256sum && split -l 2 a/fruit a/part. && ls a/part.* && rm -r x a/part.* && rmdir a/b 2>/dev/null || echo kept
mktemp -d >/dev/null && date -u -d @0 && basename {work}/a/fruit && expr 6 \\* 7 && nproc >/dev/null && id -u >/dev/null
echo "{mark}"
cat {out}/secret 2>/dev/null || echo no cat
cp {out}/secret stolen 2>/dev/null || echo no cp
rm -f {out}/victim 2>/dev/null || echo no rm
mkdir {out}/made 2>/dev/null || echo no mkdir
rmdir {out}/dir 2>/dev/null || echo no rmdir
ls {out} >/dev/null 2>&1 || echo no ls
head -n1 /etc/shadow >/dev/null 2>&1 || echo no shadow
perl -e 1 2>/dev/null || echo no perl
exit 0
""")
    grant = {
        "read_file": {"path": {"any": [{"subpath": "{work}"}, {"subpath": "/usr/bin"}]}}, "list_directory": {"path": {"subpath": "{work}"}},
        "write_file": {"path": {"subpath": "{work}"}}, "delete_file": {"path": {"subpath": "{work}"}},
        "run_command": {"program": {"one_of": ["{bin}/" + n for n in (
            "mkdir cp mv sort tee wc head tail cut ln cat readlink cmp chmod stat touch find du ls grep sed tar diff dd "
            "truncate seq sha256sum split rm rmdir mktemp date basename expr nproc id").split()] + ["{awk}"]}},
    }
    denied = [("read", "{out}/secret"), ("delete", "{out}/victim"), ("mkdir", "{out}/made"), ("delete", "{out}/dir"),
              ("list", "{out}"), ("exec", "perl -e 1")]
    ignore_files = (r"work/a\.tar$",)  # holds the time
    tight_output = ["no cat", "no cp", "no rm", "no mkdir", "no rmdir", "no ls", "no shadow", "no perl"]

    def prepare(self, t):
        import os
        t.names["bin"] = os.path.realpath("/bin")
        t.names["awk"] = os.path.realpath("/usr/bin/awk")
        if t.shim.uid == 0:
            self.denied = [*type(self).denied, ("read", "/etc/shadow")]
            return
        type(self).script = (self.script[0], self.script[1].replace("head -n1 /etc/shadow >/dev/null 2>&1 || echo no shadow\n", ""))
        self.tight_output = [x for x in self.tight_output if x != "no shadow"]

# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess

MAIN = r"""package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"sync"
)

func attempt(what string, err error) {
	if err != nil {
		fmt.Println("no", what)
	} else {
		fmt.Println("did", what)
	}
}

func main() {
	work, out := os.Args[1], os.Args[2]
	os.Chdir(work)
	os.MkdirAll("d/e", 0o755)
	os.WriteFile("d/file", []byte("text\n"), 0o644)
	os.Rename("d/file", "d/e/moved")
	var names []string
	filepath.Walk("d", func(p string, i os.FileInfo, e error) error { names = append(names, p); return e })
	sort.Strings(names)
	fmt.Println(names)
	var wg sync.WaitGroup
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func(i int) { defer wg.Done(); os.WriteFile(fmt.Sprintf("d/n%d", i), []byte("x"), 0o600) }(i)
	}
	wg.Wait()
	all, _ := os.ReadDir("d")
	fmt.Println(len(all))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "answer to "+r.URL.Path) }))
	r, err := http.Get("http://" + l.Addr().String() + "/q")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	body, _ := io.ReadAll(r.Body)
	fmt.Println(string(body))
	o, err := exec.Command("/bin/echo", "child").Output()
	fmt.Print(string(o))
	os.RemoveAll("d")
	fmt.Println("MARK")
	_, err = os.ReadFile(out + "/secret")
	attempt("read", err)
	attempt("write", os.WriteFile(out+"/new", nil, 0o600))
	attempt("remove", os.Remove(out+"/victim"))
	attempt("mkdir", os.Mkdir(out+"/made", 0o700))
	_, err = os.ReadDir(out)
	attempt("list", err)
	attempt("exec", exec.Command("/usr/bin/id").Run())
}
"""


class GoStatic(Case):
    """Static and without libc: the kernel alone holds it."""
    needs = ("go",)
    argv = ("{program}", "{work}", "{out}")
    static = True
    modes = ("native", "wide", "tight")
    grant = {"read_file": {"path": {"subpath": "{work}"}}, "list_directory": {"path": {"subpath": "{work}"}},
             "write_file": {"path": {"subpath": "{work}"}}, "delete_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"one_of": ["/usr/bin/echo", "/bin/echo"]}},
             "connect": {"host": "127.0.0.1"}, "listen": {"ip": "127.0.0.1"}}
    denied = [("static", "")]
    tight_output = ["no read", "no write", "no remove", "no mkdir", "no list", "no exec"]
    built = None

    def prepare(self, t):
        program = t.shim.dir / "go-program"
        if not program.exists():
            source = t.shim.dir / "go-source"
            source.mkdir()
            (source / "main.go").write_text(MAIN.replace("MARK", MARK))
            go = shutil.which("go", path=os.environ.get("PATH", "") + ":/usr/local/go/bin")
            env = {**os.environ, "CGO_ENABLED": "0", "GO111MODULE": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
            subprocess.run([go, "build", "-o", program, "main.go"], cwd=source, env=env, check=True)
            program.chmod(0o755)
        t.names["program"] = program

# SPDX-License-Identifier: Apache-2.0
import http.server
import threading


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"you asked for {self.path}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = b"got " + self.rfile.read(int(self.headers["Content-Length"])) + b"\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *a):
        pass


class Curl(Case):
    needs = ("curl", "bash")
    argv = ("/bin/bash", "{job}/job.sh")
    script = ("job.sh", """
cd {work}
curl -sS http://127.0.0.1:{port}/one && curl -sS -o saved http://127.0.0.1:{port}/two http://127.0.0.1:{port}/three && curl -sS -d 'a=b' http://127.0.0.1:{port}/post
curl -sS --parallel -o p1 http://127.0.0.1:{port}/p1 -o p2 http://127.0.0.1:{port}/p2 2>/dev/null && read -r l <p2 && echo "$l"
curl -sS -w '%{http_code}\\n' -o /dev/null http://127.0.0.1:{port}/ && curl -sS file://{work}/saved
curl -sS --resolve name.example:{port}:127.0.0.1 http://name.example:{port}/named
echo "{mark}"
curl -sS http://127.0.0.1:{other}/ 2>/dev/null || echo no other port
curl -sS file://{out}/secret 2>/dev/null || echo no file
curl -sS -o {out}/new http://127.0.0.1:{port}/ 2>/dev/null || echo no output
exit 0
""")
    grant = {"read_file": {"path": {"subpath": "{work}"}}, "write_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"exact": "/usr/bin/curl"}},
             "connect": {"host": "127.0.0.1", "port": "{port}"}}
    denied = [("connect", "127.0.0.1:{other}"), ("read", "{out}/secret"), ("create", "{out}/new")]
    tight_output = ["no other port", "no file", "no output"]
    servers = None

    def prepare(self, t):
        if not self.servers:
            self.servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) for _ in range(2)]
            for s in self.servers:
                threading.Thread(target=s.serve_forever, daemon=True).start()
        t.names["port"], t.names["other"] = (s.server_port for s in self.servers)
        self.grant = {**type(self).grant, "connect": {"host": "127.0.0.1", "port": self.servers[0].server_port}}

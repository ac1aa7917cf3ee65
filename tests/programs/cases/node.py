# SPDX-License-Identifier: Apache-2.0
class Node(Case):
    needs = ("node",)
    argv = ("{node}", "{job}/job.js")
    presets = "node"
    script = ("job.js", r"""
const fs = require('fs'), http = require('http'), cp = require('child_process'), path = require('path'), os = require('os');
process.chdir('{work}');
const attempt = (what, f) => { try { f(); console.log('did ' + what); } catch (e) { console.log('no ' + what + ' ' + e.code); } };
(async () => {
  fs.mkdirSync('d/e', { recursive: true }); fs.writeFileSync('d/file', 'text\n'); fs.appendFileSync('d/file', 'more\n');
  fs.copyFileSync('d/file', 'd/copy'); fs.renameSync('d/copy', 'd/e/moved'); console.log(fs.readdirSync('d', { recursive: true }).sort().join(' '));
  console.log((await fs.promises.readFile('d/e/moved')).toString().trim().split('\n').length);
  console.log(cp.execFileSync('/bin/echo', ['a', 'child']).toString().trim());
  console.log(cp.spawnSync('/bin/sh', ['-c', 'echo shell; exit 4']).status);
  const worker = cp.fork('{work}/child.js'); console.log(await new Promise(r => worker.on('message', r)));
  const server = http.createServer((q, s) => s.end('answer to ' + q.url)); await new Promise(r => server.listen(0, '127.0.0.1', r));
  console.log(await new Promise((r, j) => http.get({ host: '127.0.0.1', port: server.address().port, path: '/q' }, a => { let b = ''; a.on('data', d => b += d).on('end', () => r(b)); }).on('error', j)));
  server.close(); fs.rmSync('d', { recursive: true }); console.log(fs.existsSync('d'));
  const stream = fs.createWriteStream('s'); stream.write('abc'); await new Promise(r => stream.end(r)); console.log(fs.statSync('s').size);
  console.log('{mark}');
  attempt('read', () => fs.readFileSync('{out}/secret'));
  attempt('write', () => fs.writeFileSync('{out}/new', 'x'));
  attempt('unlink', () => fs.unlinkSync('{out}/victim'));
  attempt('readdir', () => fs.readdirSync('{out}'));
  attempt('exec', () => { const r = cp.spawnSync('/usr/bin/id'); if (r.error) throw r.error; });
  await fs.promises.mkdir('{out}/made').then(() => console.log('did mkdir'), e => console.log('no mkdir ' + e.code));
})();
""")
    grant = {"read_file": {"path": {"subpath": "{work}"}}, "list_directory": {"path": {"subpath": "{work}"}},
             "write_file": {"path": {"subpath": "{work}"}}, "delete_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"one_of": ["{sh}", "/usr/bin/echo", "/bin/echo", "{node}"]}},
             "connect": {"host": "127.0.0.1"}, "listen": {"ip": "127.0.0.1"}}
    denied = [("read", "{out}/secret"), ("create", "{out}/new"), ("delete", "{out}/victim"), ("list", "{out}"), ("exec", "id"),
              ("mkdir", "{out}/made")]
    tight_output = ["no read EACCES", "no write EACCES", "no unlink EACCES", "no readdir EACCES", "no exec EACCES", "no mkdir EACCES"]

    def prepare(self, t):
        import os
        import shutil
        t.names["sh"] = os.path.realpath("/bin/sh")
        t.names["node"] = os.path.realpath(shutil.which("node", path="/usr/bin:/usr/local/bin"))
        (t.work / "child.js").write_text("process.send('forked'); process.disconnect();\n")

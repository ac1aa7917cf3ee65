# SPDX-License-Identifier: Apache-2.0
"""Colour on a terminal and nowhere else."""
import os
import pty
import subprocess
import lib
from lib import shim

ESC = "\x1b["


def on_terminal(*args, env=None):
    """-> (status, what the terminal got)"""
    master, slave = pty.openpty()
    p = subprocess.Popen([lib.BIN, *args], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                         env=lib.clean_env({"TERM": "xterm", **(env or {})}))
    os.close(slave)
    got = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        got += chunk
    os.close(master)
    return p.wait(timeout=30), got.decode()


class Terminal(lib.Case):
    def setUp(self):
        super().setUp()
        self.mint({"read_file": {"path": {"subpath": "/data"}}})

    def lines(self):
        root = self.root()
        return [["verify", "--root", root, self.path("w")], ["inspect", self.path("w")], ["--help"], ["verify", "--help"], ["doctor"]]

    def test_colour_on_a_terminal(self):
        for args in self.lines():
            _, text = on_terminal(*args)
            self.assertIn(ESC, text, args)

    def test_none_in_a_pipe(self):
        for args in self.lines():
            self.assertNotIn(ESC, shim(*args, env={"TERM": "xterm"}).stdout, args)

    def test_no_color_and_dumb_terminals(self):
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            for args in self.lines():
                self.assertNotIn(ESC, on_terminal(*args, env=env)[1], (args, env))
        # an empty NO_COLOR means nothing
        self.assertIn(ESC, on_terminal("--help", env={"NO_COLOR": ""})[1])

    def test_json_is_never_coloured(self):
        self.assertNotIn(ESC, on_terminal("inspect", "--json", self.path("w"))[1])

    def test_same_words_with_and_without(self):
        import re
        for args in (["--help"], ["verify", "--help"]):
            _, text = on_terminal(*args)
            plain = re.sub(r"\x1b\[\d+m", "", text).replace("\r\n", "\n")
            self.assertEqual(plain, shim(*args).stdout)


if __name__ == "__main__":
    lib.main()

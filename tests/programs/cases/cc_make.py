# SPDX-License-Identifier: Apache-2.0
class CcMake(Case):
    needs = ("gcc", "make", "ld", "as")
    argv = ("/usr/bin/make", "-C", "{work}", "--no-print-directory", "all", "refused")
    presets = "cc"
    grant = {"read_file": {"path": {"subpath": "{work}"}}, "list_directory": {"path": {"subpath": "{work}"}},
             "write_file": {"path": {"subpath": "{work}"}}, "delete_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"one_of": ["{sh}", "{gcc}", "{ar}", "/usr/bin/make", "/usr/bin/rm", "/usr/bin/echo"]}}}
    # what was built in a tree the session may write is never run, unless the warrant names it
    denied = [("exec", "{work}/program"), ("read", "{out}/secret"), ("create", "{out}/stolen.o")]
    tight_output = ["no program", "no include", "no output"]
    ignore_files = (r"\.(o|a)$", r"work/program$")

    def prepare(self, t):
        import os
        for name in ("sh", "gcc", "ar"):
            t.names[name] = os.path.realpath("/usr/bin/" + name)
        w = t.work
        for i in range(10):
            (w / f"part{i}.c").write_text(f'#include <stdio.h>\n#include "part.h"\nint part{i}(int x) {{ printf("part {i}: %d\\n", x); return x + {i}; }}\n')
        (w / "part.h").write_text("#pragma once\n" + "".join(f"int part{i}(int x);\n" for i in range(10)))
        (w / "main.c").write_text('#include "part.h"\nint main(void) { int x = 0;\n' + "".join(f"x = part{i}(x);\n" for i in range(10)) + "return x != 45; }\n")
        (w / "thief.c").write_text(f'#include "{t.out}/secret"\nint main(void) {{ return 0; }}\n')
        (t.out / "secret").write_text("/* the secret */\n")
        objects = " ".join(f"part{i}.o" for i in range(10))
        (w / "Makefile").write_text(
            f"all: program\nprogram: main.o libpart.a\n\tgcc -o $@ main.o -L. -lpart\nlibpart.a: {objects}\n\tar rcs $@ {objects}\n"
            f"main.o {objects}: part.h\n%.o: %.c\n\tgcc -O1 -Wall -c -o $@ $<\n"
            f"refused:\n\t@echo \"{MARK}\"\n\t@./program 2>/dev/null >/dev/null || echo no program\n"
            f"\t@gcc -c thief.c -o thief.o 2>/dev/null || echo no include\n\t@gcc -c main.c -o {t.out}/stolen.o 2>/dev/null || echo no output\n")

# SPDX-License-Identifier: Apache-2.0
class Perl(Case):
    needs = ("perl",)
    argv = ("/usr/bin/perl", "{job}/job.pl")
    script = ("job.pl", r"""
use strict; use warnings; use File::Find; use File::Copy; use File::Temp 'tempfile'; use Cwd; use POSIX 'strftime'; use JSON::PP;
chdir '{work}' or die; $| = 1;
open my $o, '>', 'data' or die; print $o "line $_\n" for 1..100; close $o;
open my $i, '<', 'data' or die; my $n = 0; $n += length while <$i>; print "read $n\n";
mkdir 'd'; copy('data', 'd/copy'); rename 'd/copy', 'd/moved'; find({no_chdir => 1, wanted => sub { print "$_\n" if -f }}, 'd');
my ($t) = tempfile(UNLINK => 1); print $t "x"; print JSON::PP->new->canonical->encode({a => 1, b => [2, 3]}), "\n";
print strftime('%Y', gmtime 0), "\n"; my $pid = fork; if (!$pid) { exit 7 } waitpid $pid, 0; print 'child ', $? >> 8, "\n";
print `echo a shell of its own; true`; symlink 'data', 'l'; print readlink 'l', "\n"; unlink 'l'; print "gone\n" unless -l 'l';
opendir my $d, '.' or die; print join(' ', sort grep { !/^\./ } readdir $d), "\n"; truncate 'data', 5; print -s 'data', "\n";
print "{mark}\n";
print open(my $s, '<', '{out}/secret') ? "read\n" : "no read: $!\n";
print open(my $w, '>', '{out}/new') ? "created\n" : "no create: $!\n";
print unlink('{out}/victim') ? "deleted\n" : "no delete: $!\n";
print opendir(my $e, '{out}') ? "listed\n" : "no list: $!\n";
print rename('{work}/data', '{out}/data') ? "renamed\n" : "no rename\n";
print system('/usr/bin/id >/dev/null 2>&1') == 0 ? "ran\n" : "no id\n";
print exec_fails() ? "no exec: $!\n" : "ran\n";
sub exec_fails { my $p = fork; if (!$p) { no warnings; exec '/usr/bin/who' or exit 9 } waitpid $p, 0; $! = 13; return $? >> 8 == 9 }
""")
    grant = {"read_file": {"path": {"subpath": "{work}"}}, "list_directory": {"path": {"subpath": "{work}"}},
             "write_file": {"path": {"subpath": "{work}"}}, "delete_file": {"path": {"subpath": "{work}"}},
             "run_command": {"program": {"exact": "{sh}"}}}
    denied = [("read", "{out}/secret"), ("create", "{out}/new"), ("delete", "{out}/victim"), ("list", "{out}"),
              ("rename", "{work}/data -> {out}/data"), ("exec", "id"), ("exec", "who")]
    tight_output = ["no read: Permission denied", "no create: Permission denied", "no delete: Permission denied",
                    "no list: Permission denied", "no rename", "no id", "no exec: Permission denied"]

    def prepare(self, t):
        import os
        t.names["sh"] = os.path.realpath("/bin/sh")

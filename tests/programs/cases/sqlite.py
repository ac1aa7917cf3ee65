# SPDX-License-Identifier: Apache-2.0
import sqlite3


class Sqlite(Case):
    needs = ("sqlite3",)
    argv = ("/usr/bin/sqlite3", "-batch", "-init", "/dev/null", "{work}/data.db", ".read {work}/job.sql")
    script_in = "work"
    script = ("job.sql", """
create table t(id integer primary key, name text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) insert into t select i, 'name ' || i from n;
select count(*), max(name) from t;
begin; delete from t where id > 100; rollback; select count(*) from t;
pragma journal_mode = wal; insert into t values (1000, 'wal'); select name from t where id = 1000;
pragma journal_mode = delete; create index by_name on t(name); vacuum; pragma integrity_check;
.mode csv
.output {work}/dump.csv
select * from t where id < 4;
.output stdout
create table c(id, name);
.import {work}/dump.csv c
select count(*) from c;
.print {mark}
attach 'file:{out}/other.db?mode=ro' as other;
select y from other.x;
.output {out}/stolen.csv
select * from t;
.output stdout
.print end
""")
    grant = {tool: {"path": {"subpath": "{work}"}} for tool in ("read_file", "write_file", "delete_file", "list_directory")}
    denied = [("read", "{out}/other.db"), ("create", "{out}/stolen.csv")]
    tight_exit = 1
    tight_output = None  # what cannot be written to the file goes to the terminal instead

    def prepare(self, t):
        db = sqlite3.connect(t.out / "other.db")
        db.execute("create table x(y)")
        db.execute("insert into x values ('of another')")
        db.commit()
        db.close()

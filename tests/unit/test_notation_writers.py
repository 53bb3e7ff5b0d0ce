"""What is written in every notation: to the letter, with hostile names, and for other programs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from sqlglot.dialects.dialect import Dialect

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.notations.dbml_writer import quoted as dbml_name
from synthohive_jupyter.dsl.notations.mermaid import er_diagram, quoted
from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.dsl.notations.sql_writer import quoted as sql_name
from synthohive_jupyter.dsl.notations.writing import NOTATIONS, write
from synthohive_jupyter.dsl.parser import parse
from synthohive_jupyter.dsl.render import written_name
from tests.hostile import HOSTILE
from tests.notations import meaning
from tests.shop import CELL

LATER = """\
a: x int pk, y pk, b_id -> b.id?
b: id pk, boss -> b.id?, s cat {new, "it's"}, n {1, 2}, day date[2020-01-31..2021-01-31],
   at datetime[2020-01-31T10:30..], share float[.5..1_000], odd [1..]
c: (p, q) -> a.(x, y), r -> b.id, note cat high, ok bool, "unit price" float pii(fake)
  @driver r
  @linkage negbinom [0..9]
  @check ok <= note
  @rows 1_000
"""

SQL = """\
CREATE TABLE a (
  x INTEGER, -- synthohive: int
  y INTEGER,
  b_id INTEGER,
  PRIMARY KEY (x, y)
);

CREATE TABLE b (
  id INTEGER PRIMARY KEY,
  boss INTEGER REFERENCES b (id),
  s VARCHAR(255) CHECK (s IN ('new', 'it''s')), -- synthohive: cat
  n VARCHAR(255) CHECK (n IN ('1', '2')),
  day DATE CHECK (day >= '2020-01-31' AND day <= '2021-01-31'),
  at TIMESTAMP CHECK (at >= '2020-01-31 10:30'),
  share DOUBLE PRECISION CHECK (share >= 0.5 AND share <= 1000),
  odd VARCHAR(255) -- synthohive: [1..]
);

CREATE TABLE c (
  -- synthohive: @driver r
  -- synthohive: @linkage negbinom [0..9]
  -- synthohive: @rows 1_000
  p INTEGER NOT NULL,
  q INTEGER NOT NULL,
  r INTEGER NOT NULL REFERENCES b (id),
  note VARCHAR(255), -- synthohive: cat high
  ok BOOLEAN,
  "unit price" DOUBLE PRECISION, -- synthohive: pii(fake)
  FOREIGN KEY (p, q) REFERENCES a (x, y),
  CHECK (ok <= note)
);

ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id);
"""

DBML = """\
Enum b_s {
  new
  "it's"
}

Table a {
  x integer [note: 'synthohive: int']
  y integer
  b_id integer [ref: > b.id]

  indexes {
    (x, y) [pk]
  }
}

Table b {
  id integer [pk]
  boss integer [ref: > b.id]
  s b_s
  n varchar [note: 'synthohive: {1, 2}']
  day date [note: 'synthohive: [2020-01-31..2021-01-31]']
  at timestamp [note: 'synthohive: [2020-01-31T10:30..]']
  share double [note: 'synthohive: [.5..1_000]']
  odd varchar [note: 'synthohive: [1..]']
}

Table c {
  p integer [not null]
  q integer [not null]
  r integer [not null, ref: > b.id]
  "note" varchar [note: 'synthohive: cat high']
  ok boolean
  "unit price" double [note: 'synthohive: pii(fake)']

  Note: '''
    synthohive: @driver r
    synthohive: @linkage negbinom [0..9]
    synthohive: @check ok <= "note"
    synthohive: @rows 1_000
  '''
}

Ref: c.(p, q) > a.(x, y)
"""

YAML = """\
tables:
  a:
    columns:
      x: int pk
      "y": pk
      b_id: -> b.id?
  b:
    columns:
      id: pk
      boss: -> b.id?
      s: cat {new, "it's"}
      "n": '{1, 2}'
      day: date[2020-01-31..2021-01-31]
      at: datetime[2020-01-31T10:30..]
      share: float[.5..1_000]
      odd: '[1..]'
  c:
    columns:
      (p, q): -> a.(x, y)
      r: -> b.id
      note: cat high
      ok: bool
      "unit price": float pii(fake)
    driver: r
    linkage: negbinom [0..9]
    check: ok <= note
    rows: 1_000
"""


@pytest.mark.parametrize(
    ("notation", "text"),
    [("sql", SQL), ("dbml", DBML.replace('ok <= "note"', "ok <= note")), ("yaml", YAML)],
)
def test_what_is_written(notation, text):
    cell = compile_cell(LATER)
    assert write(cell.program, notation).text == text
    assert meaning(compile_any(text)) == meaning(cell)


def test_what_is_said_of_it():
    program = parse("users: id pk, s cat, e pii")
    assert write(program, "sql").notices == (
        "2 settings are in comments (synthohive: …), which are read back here and nowhere else",
    )
    assert write(program, "yaml").notices == write(parse("users: id pk"), "dbml").notices == ()
    with pytest.raises(ValueError, match="no notation is called 'xml'"):
        write(program, "xml")


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_name_with_a_line_break_cannot_be_written(notation):
    text = 'CREATE TABLE a ("x\ny" INT)'
    with pytest.raises(ValueError, match="line break"):
        write(compile_any(text).program, notation)


def hostile_cell(names):
    """Return a cell in which each string is a table, a column, a key and a value."""
    quoted_value = '"{}"'.format
    lines = []
    for name in names:
        own = written_name(name)
        value = quoted_value(name.replace('"', '""'))
        lines.append(f"{own}: id pk, {own} cat {{{value}, other}}, n {{{value}}}")
        lines.append(f"  @data {value}")
    return "\n".join(lines)


@pytest.mark.parametrize("notation", ["yaml", "sql", "dbml"])
def test_hostile_names_come_back(notation):
    names = [name for name in HOSTILE if name and not set("\r\n") & set(name) and name != "id"]
    assert len(names) > 180
    for start in range(0, len(names), 40):
        cell = compile_cell(hostile_cell(names[start : start + 40]))
        again = compile_any(write(cell.program, notation).text)
        assert meaning(again) == meaning(cell)


def test_a_diagram_holds_nothing_but_its_own_marks():
    names = [name for name in HOSTILE if name and not set("\r\n") & set(name) and name != "id"]
    cell = compile_cell(hostile_cell(names))
    text = er_diagram(cell.metadata, columns=True)
    box = re.compile(
        r'erDiagram|  direction LR|  t\d+\["[^"<>&;:#%`\[\]{}\n]*"\] \{|  \}|'
        r'    [a-z]+ [A-Za-z_][A-Za-z0-9_]*( [A-Z, ]+)?( "[^"<>&;:#%`\n]*")?'
    )
    assert [line for line in text.split("\n")[:-1] if not box.fullmatch(line)] == []
    assert not set('"<>&;:#%`') & set("".join(map(quoted, HOSTILE)))


def test_the_diagram_of_the_shop():
    shop = compile_cell(CELL.replace("@linkage negbinom", "@linkage negbinom [1..]"))
    assert er_diagram(shop.metadata) == (
        "erDiagram\n"
        "  direction LR\n"
        '  t0["users"]\n'
        '  t1["products"]\n'
        '  t2["orders"]\n'
        '  t3["order_items"]\n'
        '  t0 ||--|{ t2 : "user_id"\n'
        '  t2 ||--o{ t3 : "order_id"\n'
        '  t1 ||--o{ t3 : "product_id"\n'
    )
    assert "    int age\n" in er_diagram(shop.metadata, columns=True)
    assert '    any r_s_ FK "r s?"\n' in er_diagram(
        compile_cell('a: id pk\nb: "r s!" -> a.id').metadata, columns=True
    )


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "tsql", "sqlite", "snowflake", "duckdb"])
def test_other_databases_read_the_sql(dialect):
    text = SQL.replace('"unit price"', "unit_price")
    kinds = [type(node).__name__ for node in sqlglot.parse(text, dialect=dialect) if node]
    assert kinds == ["Create", "Create", "Create", "Alter"]


def test_words_of_databases_are_quoted():
    known = {word.lower() for word in Dialect.get_or_raise("postgres").tokenizer_class.KEYWORDS}
    words = sorted(word for word in known if re.fullmatch(r"[a-z]+", word))
    assert len(words) > 200
    for word in words:
        text = f"CREATE TABLE {sql_name(word)} ({sql_name(word)} INT)"
        cell = compile_any(text)
        assert [*cell.metadata.tables] == [word]
        assert cell.metadata.tables[word].columns == (word,)


PYDBML = """
import json, sys
from pydbml import PyDBML
database = PyDBML(sys.stdin.read())
names = lambda columns: [column.name for column in columns]
print(json.dumps({
    "tables": {
        t.name: [names(t.columns), sorted({c.name for c in t.columns if c.pk}
                 | {c.name for i in t.indexes if i.pk for c in i.subjects})]
        for t in database.tables
    },
    "refs": [[r.table1.name, names(r.col1), r.table2.name, names(r.col2)] for r in database.refs],
}))
"""


@pytest.mark.parametrize("text", [CELL, LATER])
def test_pydbml_reads_the_same(text):
    cell = compile_cell(text)
    # In a process of its own: it changes what pyparsing takes for white space, for everybody.
    command = [sys.executable, "-W", "ignore", "-c", PYDBML]
    dbml = write(cell.program, "dbml").text
    done = subprocess.run(command, input=dbml, capture_output=True, text=True, check=True)
    read = json.loads(done.stdout)
    tables = cell.metadata.tables
    assert read["tables"] == {
        name: [list(table.columns), sorted(table.primary_key)] for name, table in tables.items()
    }
    assert sorted(read["refs"]) == sorted(
        [name, list(key.columns), key.parent, list(key.parent_columns)]
        for name, table in tables.items()
        for key in table.foreign_keys
    )


def test_names_are_quoted_only_where_they_must_be():
    assert [sql_name(n) for n in ("a_1", "A", "order", 'a"b', "")] == [
        "a_1", '"A"', '"order"', '"a""b"', '""',
    ]  # fmt: skip
    assert [dbml_name(n) for n in ("a_1", "A", "note", 'a"b', "\\")] == [
        "a_1", "A", '"note"', '"a\\"b"', '"\\\\"',
    ]  # fmt: skip


def test_the_documentation_shows_what_is_written():
    text = Path("docs/notations.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1:]
    shop = compile_cell(blocks[0][1])
    shown = [(notation, block) for notation, block in blocks[1:] if notation != "json"]
    assert [notation for notation, _ in shown] == ["yaml", "sql", "dbml", "mermaid"]
    for notation, block in shown:
        assert write(shop.program, notation).text == block
    (sdv,) = (block for notation, block in blocks if notation == "json")
    assert list(compile_any(sdv).metadata.tables) == list(shop.metadata.tables)

"""The help page of ``%synthohive help``."""

from __future__ import annotations

PAGE = """\
# %%synthohive

One cell describes a database, learns it from your tables, and gives synthetic tables back.

```
%%synthohive fit --seed 7 -o shop
users:   id pk, email pii(fake), region cat, age int[18..110]
orders:  id pk, user_id -> users.id, status cat, total float[0..]
  @context users.region
```

Data of a table: what `@data` names, else the DataFrame (pandas or Spark) of that name, else the
table or temp view of that name in the Spark session.

## Verbs

- `%%synthohive fit` (or nothing): check, learn, generate as many rows as the real data has, bind.
- `%%synthohive check`: compare the description with the data; nothing is trained.
- `%%synthohive explain`: what would be learnt of every table, from whom, and why.
- `%synthohive generate shop --rows users=1000 -o more`: more rows, without learning again.
- `%synthohive help`: this page.

## Options

- `-o NAME`: bind the result: `shop.users`, `shop["users"]`, `.report`, `.schema`, `.run`,
  `.losses`, `.pandas`, `.spark`, `.save(path)`, `.to_delta(path)`, `.to_parquet(path)`,
  `.to_csv(path)`
- `--into [PREFIX]`: bind every table to `PREFIX_table` (`synth_table`)
- `--overwrite`: let `-o` and `--into` replace variables of yours
- `--rows users=1000,products=50`: rows of tables without a parent; children follow. The number of a
  child is its exact total
- `--scale 2`: twice the rows of the real data
- `--model auto|tree|argn|ctgan`, `--epochs N`, `--batch-size N`: training
- `--seed N`: the same seed gives the same rows
- `--spark NAME`: the variable of the session; else `spark`, the active session, the embedded engine
- `--write delta:path` (or `parquet:path`, `csv:path`): write each table to `path/table` too
- `--display auto|widget|text|none`: the panel, text bars, or nothing at all
- `--debug`: errors with their traceback

Defaults: `%config SynthoHiveMagics.epochs = 50`. `{{name}}` inserts a Python variable.
`;` at the end hides the result. ■ stops after the current batch and keeps what is finished;
a second ■ aborts.

## Schema

- `name: column, column, …`: a table; a line that ends in a comma goes on
- `pk` (on several columns: together), `-> table.column`, `(a, b) -> table.(x, y)`; `?` behind it:
  may be null, as keys to the own table and one key of each circle of tables must
- types `int float cat bool date datetime text id`, range `[0..9]`, set `{new, paid}`, `unique`,
  `high` (many different values)
- `pii(fake)`, `pii(mask)`, `pii(hash)`, `pii(drop)`, `pii(keep)`: personal data
- below a table, indented: `@data NAME`, `@rows N`, `@keep`, `@driver column`,
  `@linkage empirical`, `negbinom` or `conditional`, with bounds of the rows per parent
  `@linkage conditional [1..20]`, `@context table.column` (of any table above), `@order column`
  or `none`, `@check a <= b`, `@together city, country` (only combinations that the data has),
  `@model NAME`, `@strict`
- `#` begins a comment
"""


class HelpPage:
    """The page: Markdown where it can be shown, else text."""

    def __repr__(self) -> str:
        return PAGE

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return {"text/plain": PAGE, "text/markdown": PAGE}

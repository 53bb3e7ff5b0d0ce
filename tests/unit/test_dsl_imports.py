"""A cell is read without numpy, pandas, torch, Spark or Jupyter: an error is shown at once."""

import subprocess
import sys

HEAVY = (
    "numpy", "pandas", "torch", "pyspark", "IPython", "pyarrow", "faker", "scipy", "sqlglot",
    "ruamel.yaml", "pydbml",
)  # fmt: skip

READ = f"""
import sys
from synthohive_jupyter.dsl.notations.reading import compile_any as compile_cell
from synthohive_jupyter.dsl.notations.writing import write
from synthohive_jupyter.dsl.render import render
print("lark" in sys.modules)
cell = compile_cell("users: id pk, 名 text\\norders: id pk, user_id -> users.id")
render(cell.program)
assert all(write(cell.program, to).text for to in ("yaml", "sql", "dbml", "mermaid"))
try:
    compile_cell("users: id pk, 名 flaot")
except ValueError as error:
    assert "did you mean 'float'?" in error.rendered
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_reading_a_cell_imports_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True)
    # The parser generator itself is loaded when the first cell is read.
    assert done.stdout.split("\n") == ["False", "[]", ""]

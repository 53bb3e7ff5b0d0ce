"""What is written in another notation is read back: nothing is lost, whatever the names."""

import dataclasses

import pytest
from hypothesis import HealthCheck, assume, given, settings

from synthohive_jupyter.dsl import ast
from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.describe import describe
from synthohive_jupyter.dsl.notations.detect import notation_of
from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.dsl.notations.writing import write
from synthohive_jupyter.dsl.render import render
from tests.notations import cells, meaning
from tests.shop import CELL

quiet = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def ordered(program):
    """Return a program with the properties of its tables in the order of their names."""
    tables = [
        dataclasses.replace(
            table, properties=tuple(sorted(table.properties, key=lambda item: item.keyword))
        )
        for table in program.tables
    ]
    return ast.CellProgram(tuple(tables))


@quiet
@given(cells())
def test_yaml_keeps_the_whole_program(cell):
    assume(cell is not None)
    text = write(cell.program, "yaml").text
    again = compile_any(text)
    assert notation_of(text) == "yaml"
    assert ordered(again.program) == ordered(cell.program)
    assert meaning(again) == meaning(cell)
    assert again.notices == ()


@pytest.mark.parametrize("notation", ["sql", "dbml"])
@quiet
@given(cells())
def test_databases_keep_all_that_is_meant(notation, cell):
    assume(cell is not None)
    text = write(cell.program, notation).text
    assert notation_of(text) == notation
    again = compile_any(text)
    assert meaning(again) == meaning(cell)
    assert again.notices == ()
    # The text is a fixed point: there is one way to write what is meant.
    assert meaning(compile_any(write(again.program, notation).text)) == meaning(cell)


@quiet
@given(cells())
def test_a_description_becomes_the_cell_that_says_it(cell):
    assume(cell is not None)
    program = describe(cell.metadata, cell.privacy, data=cell.data, rows=cell.rows)
    assert meaning(compile_cell(render(program))) == meaning(cell)


@pytest.mark.parametrize("notation", ["yaml", "sql", "dbml", "compact"])
def test_the_shop_in_every_notation(notation):
    cell = compile_cell(CELL)
    assert meaning(compile_any(write(cell.program, notation).text)) == meaning(cell)

"""The text of errors, to the letter: places, source lines, carets, hints."""

import pytest

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.problems import Source, render_problems
from synthohive_jupyter.errors import MAX_PROBLEMS, Problem, SchemaError
from synthohive_jupyter.schema.facts import ColumnFacts, KeyFacts, TableFacts

USERS = "users:       id pk, email pii(fake), ssn pii(mask), region cat, age int[18..110]\n"
PRODUCTS = "products:    id pk, category cat, price float[0..999]\n"


def rendered(text, **options):
    with pytest.raises(SchemaError) as caught:
        compile_cell(text, **options)
    return caught.value.rendered


def test_the_example_of_the_notation_page():
    cell = (
        USERS
        + PRODUCTS
        + "orders:      id pk, user_id -> usrs.id, status cat\n"
        + "  @linkage negbinom\n"
        + "  @context users.regoin\n"
    )
    assert rendered(cell) == (
        "SchemaError: 2 problems in %%synthohive (nothing was trained)\n"
        "\n"
        "  cell line 4, column 32: unknown table 'usrs'\n"
        "    orders:      id pk, user_id -> usrs.id, status cat\n"
        "                                   ^^^^ did you mean 'users'?\n"
        "\n"
        "  cell line 6, column 12: 'users.regoin' is not a column of 'users' "
        "(driving parent of 'orders')\n"
        "      @context users.regoin\n"
        "               ^^^^^^^^^^^^ did you mean 'users.region'? "
        "Columns: id, email, ssn, region, age"
    )


def test_one_syntax_error():
    cell = USERS + PRODUCTS + "orders:      id pk, user_id => users.id\n"
    assert rendered(cell) == (
        "SchemaError: cell line 4, column 29: expected '->', a type, 'pk', 'pii' or ','\n"
        "    orders:      id pk, user_id => users.id\n"
        "                                ^^ write 'user_id -> users.id'"
    )


def test_an_empty_range():
    assert rendered(USERS.replace("18..110", "110..18")) == (
        "SchemaError: cell line 2, column 72: range 110..18 is empty (min > max)\n"
        "    users:       id pk, email pii(fake), ssn pii(mask), region cat, age int[110..18]\n"
        "                                                                           ^^^^^^^^^"
    )


ORDERS = "orders:      id pk, user_id -> users.id\n"


def table(label="Spark DataFrame", keys=(), **dtypes):
    kinds = {"bigint": "int", "string": "text", "int64": "int", "object": "text"}
    columns = {name: ColumnFacts(kinds[dtype], dtype) for name, dtype in dtypes.items()}
    return TableFacts(columns, label=label, keys=dict(keys))


USERS_DATA = table(id="bigint", email="string", ssn="string", region="string", age="bigint")


def checked(text, facts):
    cell = compile_cell(text)
    with pytest.raises(SchemaError) as caught:
        cell.check(facts)
    assert caught.value.rendered == rendered(text, facts=facts)
    return caught.value.rendered


def test_keys_of_other_types():
    facts = {"users": USERS_DATA, "orders": table(id="bigint", user_id="string")}
    assert checked(USERS + ORDERS, facts) == (
        "SchemaError: cell line 3, column 21: foreign key type differs: "
        "orders.user_id is string, users.id is bigint\n"
        "    orders:      id pk, user_id -> users.id\n"
        "                        ^^^^^^^ cast one of them, e.g. "
        'orders = orders.withColumn("user_id", col("user_id").cast("bigint"))'
    )


def test_data_that_is_not_there():
    assert checked(USERS + PRODUCTS, {"users": USERS_DATA}) == (
        "SchemaError: cell line 3, column 1: data for table 'products' not found: "
        "no variable, temp view or catalog table has that name\n"
        "    products:    id pk, category cat, price float[0..999]\n"
        "    ^^^^^^^^ give it with @data NAME or path, or make a DataFrame called 'products' first"
    )


def test_data_that_is_not_there_under_the_name_given():
    assert checked("users: id pk\n  @data shop.usrs\n", {}) == (
        "SchemaError: cell line 3, column 9: data 'shop.usrs' for table 'users' not found: "
        "no variable, temp view or catalog table has that name, and no path is called so\n"
        "      @data shop.usrs\n"
        "            ^^^^^^^^^ correct it, or make a DataFrame of that name first"
    )


def test_orphans():
    counted = {"user_id": KeyFacts(nulls=0, orphans=1234)}
    facts = {"users": USERS_DATA, "orders": table(keys=counted, id="bigint", user_id="bigint")}
    assert checked(USERS + ORDERS, facts) == (
        "SchemaError: cell line 3, column 21: "
        "1,234 rows of 'orders' point by 'user_id' to no row of 'users'\n"
        "    orders:      id pk, user_id -> users.id\n"
        "                        ^^^^^^^ "
        "write 'users.id?' to treat them as null, or drop these rows"
    )


@pytest.mark.parametrize("text", ["", "\n  \n", "# users: id pk"])
def test_an_empty_cell(text):
    assert rendered(text) == (
        "SchemaError: the schema has no table\n    write one: users: id pk, age int"
    )


def test_at_most_ten_problems_are_shown_and_all_are_kept():
    with pytest.raises(SchemaError) as caught:
        compile_cell("".join(f"t{i}: id flaot\n" for i in range(13)))
    error = caught.value
    assert len(error.problems) == 13
    assert error.rendered.startswith("SchemaError: 13 problems in %%synthohive")
    assert error.rendered.count("unknown type 'flaot'") == MAX_PROBLEMS
    assert error.rendered.endswith("^^^^^ did you mean 'float'?\n\n  … and 3 more")


def test_problems_come_in_the_order_of_the_cell():
    with pytest.raises(SchemaError) as caught:
        compile_cell("a: x pk, y -> b.z, w flaot\n  @linkage poisson\nc: z -> d.z, u itn\n")
    places = [(problem.line, problem.column) for problem in caught.value.problems]
    assert places == sorted(places)
    assert len(places) == 5


def test_the_first_line_moves_the_places():
    assert "cell line 1, column 7" in rendered("a: id flaot", first_line=1)
    assert "cell line 9, column 7" in rendered("a: id flaot", first_line=9)


@pytest.mark.parametrize("text", ["a: id pk\r\nb: id flaot\r\n", "\ufeffa: id pk\nb: id flaot"])
def test_carriage_returns_and_byte_order_marks_do_not_show(text):
    assert rendered(text) == (
        "SchemaError: cell line 3, column 7: unknown type 'flaot'\n"
        "    b: id flaot\n"
        "          ^^^^^ did you mean 'float'?"
    )


def carets(text):
    """Return the shown source line and the caret line of the only problem."""
    lines = rendered(text).split("\n")
    assert len(lines) == 3
    return lines[1:]


@pytest.mark.parametrize(
    ("text", "source", "marks"),
    [
        ("名前: 番号 flaot", "    名前: 番号 flaot", "               ^^^^^"),
        ("a: e\u0301 flaot", "    a: e\u0301 flaot", "         ^^^^^"),
        ("a:\tid\tflaot", "    a:  id  flaot", "            ^^^^^"),
        ("abcd:\tid flaot", "    abcd:   id flaot", "               ^^^^^"),
        ("\ta:\tid flaot", "        a:  id flaot", "               ^^^^^"),
        ('a: "🙂" flaot', '    a: "🙂" flaot', "            ^^^^^"),
        ('a: "\x1b[31m" flaot', '    a: "�[31m" flaot', "               ^^^^^"),
        ('a: "\u202edcb" flaot', '    a: "�dcb" flaot', "              ^^^^^"),
    ],
)
def test_carets_stand_under_what_they_mean(text, source, marks):
    shown, below = carets(text)
    assert shown == source
    assert below == f"{marks} did you mean 'float'?"


def test_wide_names_get_wide_carets():
    text = "a: id pk\nb: x -> 名前.id"
    shown, below = carets(text)
    assert shown == "    b: x -> 名前.id"
    assert below == "            ^^^^"


def test_a_place_at_the_end_of_a_line():
    assert carets("users: id pk,") == [
        "    users: id pk,",
        "                 ^ remove the comma, or go on",
    ]


def test_placing_takes_the_longest_part_of_the_locus_that_is_known():
    cell = compile_cell("users: id pk, age int[0..9]\n  @rows 5\n")

    def place(*locus):
        (problem,) = cell.locate([Problem("x", locus=locus)])
        return problem.line, problem.column, problem.length

    assert place("users", "constraint", "age") == (2, 22, 6)
    assert place("users", "column", "age", "type") == (2, 19, 3)
    assert place("users", "column", "age", "other") == (2, 15, 3)
    assert place("users", "pk") == (2, 8, 2)
    assert place("users", "rows") == (3, 9, 1)
    assert place("users", "model") == (2, 1, 5)
    assert place("nobody", "pk") == (None, None, 1)
    assert place() == (None, None, 1)


def test_problems_found_later_are_shown_at_their_place():
    cell = compile_cell("users: id pk\n  @model cgtan\n")
    problems = [
        Problem("unknown model 'cgtan'", "did you mean 'ctgan'?", ("users", "model", "cgtan")),
        Problem("no session", "start one"),
    ]
    assert cell.error(problems).rendered == (
        "SchemaError: 2 problems in %%synthohive (nothing was trained)\n"
        "\n"
        "  cell line 3, column 10: unknown model 'cgtan'\n"
        "      @model cgtan\n"
        "             ^^^^^ did you mean 'ctgan'?\n"
        "\n"
        "  no session\n"
        "    start one"
    )


def test_a_problem_is_shown_once():
    source = Source("a: id pk")
    error = source.error([Problem("x", locus=("a",)), Problem("x", locus=("a",)), Problem("x")])
    assert len(error.problems) == 2


def test_a_placed_problem_stays_where_it_is():
    placed = Problem("x", locus=("a",)).at(7, 3, 2, "source")
    assert Source("a: id pk").place(placed) is placed


def test_a_problem_without_place_or_hint_is_one_line():
    assert render_problems([Problem("x")]) == "SchemaError: x"

"""Databases in many styles of naming, whose keys are known; their data is made at random.

Whole numbers that are no keys (quantities, positions, years, ratings) lie inside of the dense keys
of other tables: who believes values alone takes them for links.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.dsl.compiler import compile_cell

if TYPE_CHECKING:
    from synthohive_jupyter.schema.metadata import Metadata
    from synthohive_jupyter.schema.tables import Constraint

SCHEMAS = {
    "school": """
students:    id pk, age int[6..19], level int[1..12], house cat
teachers:    id pk, years int[0..40], subject cat
courses:     id pk, teacher_id -> teachers.id, credits int[1..10], room int[1..60]
enrollments: student_id pk -> students.id, course_id pk -> courses.id, grade int[1..6]
attendance:  student_id -> students.id, course_id -> courses.id, week int[1..40], present int[0..1]
""",
    "trade": """
Customers:    CustomerID text pk, Region cat, Rating int[1..5]
Employees:    EmployeeID pk, ReportsTo -> Employees.EmployeeID?, Level int[1..4]
Shippers:     ShipperID pk, Speed int[1..3]
Orders:       OrderID pk, CustomerID -> Customers.CustomerID, EmployeeID -> Employees.EmployeeID,
              ShipVia int[1..3], Freight float[0..100], Priority int[1..5]
OrderDetails: OrderID pk -> Orders.OrderID, ProductID pk -> Products.ProductID, Quantity int[1..50],
              Discount float[0..1]
Products:     ProductID pk, UnitsInStock int[1..90], ReorderLevel int[1..30]
""",
    "laden": """
kunden:       kundennr pk, alter int[18..90], filiale int[1..9]
artikel:      artikelnr pk, preis float[1..99], bestand int[1..80]
bestellungen: bestellnr pk, kundennr -> kunden.kundennr, anzahl int[1..9], jahr int[2020..2024]
positionen:   bestellnr pk -> bestellungen.bestellnr, position int pk, menge int[1..30],
              artikelnr -> artikel.artikelnr
""",
    "boutique": """
clients:   id_client pk, age int[18..90], points int[1..300]
produits:  id_produit pk, prix float[1..99], stock int[1..80]
commandes: id_commande pk, id_client -> clients.id_client, montant float[0..900], rang int[1..50]
lignes:    id_ligne pk, id_commande -> commandes.id_commande, id_produit -> produits.id_produit,
           quantite int[1..40]
""",
    "sport": """
team:   id pk, founded int[1880..2000], titles int[1..25]
player: id pk, team_id -> team.id, number int[1..40], goals int[0..30]
game:   id pk, home_team_id -> team.id, away_team_id -> team.id, home_score int[0..9],
        away_score int[0..9], round int[1..34]
card:   game_id -> game.id, player_id -> player.id, minute int[1..90]
""",
    "forum": """
accounts: uuid id pk, karma int[0..900]
posts:    uuid id pk, author_uuid -> accounts.uuid, score int[0..90], views int[1..400]
comments: uuid id pk, post_uuid -> posts.uuid, account_uuid -> accounts.uuid,
          parent_uuid -> comments.uuid?, depth int[0..9]
likes:    account_uuid pk -> accounts.uuid, post_uuid pk -> posts.uuid
""",
    "office": """
departments: departmentId pk, floor int[1..12], headcount int[1..90]
employees:   employeeId pk, departmentId -> departments.departmentId, grade int[1..15],
             managerId -> employees.employeeId?, experience int[0..40]
salaries:    employeeId -> employees.employeeId, fromYear int[2000..2024], amount float[1..9]
badges:      badgeNo pk, employeeId -> employees.employeeId, zone int[1..10]
""",
    "warehouse": """
dim_customer: customer_key pk, segment int[1..5], tenure int[1..60]
dim_product:  product_key pk, weight int[1..90], shelf int[1..30]
dim_store:    store_key pk, size int[1..20]
fact_sales:   customer_key -> dim_customer.customer_key, product_key -> dim_product.product_key,
              store_key -> dim_store.store_key, quantity int[1..20], hour int[1..23],
              rank int[1..99]
""",
    "travel": """
countries: code text pk, population int[1..99]
cities:    id pk, country_code -> countries.code, rank int[1..50], zone int[1..12]
airports:  iata text pk, city_id -> cities.id, runways int[1..6], altitude int[1..200]
routes:    id pk, origin -> airports.iata, destination -> airports.iata, stops int[0..3],
           airline cat, minutes int[30..700]
bookings:  booking_ref text pk, route_id -> routes.id, seats int[1..9], class int[1..3]
""",
    "clinic": """
patients:      patient_id pk, age int[0..99], ward int[1..20]
doctors:       doctor_id pk, years int[1..40]
visits:        visit_id pk, patient_id -> patients.patient_id, doctor_id -> doctors.doctor_id?,
               bed int[1..60], days int[1..30]
drugs:         drug_code text pk, dose int[1..500]
prescriptions: visit_id -> visits.visit_id, drug_code -> drugs.drug_code, doses int[1..10]
results:       visit_id pk -> visits.visit_id, test_no int pk, value float[0..1], step int[1..9]
""",
    "plain words": """
category: id pk, parent -> category.id?, position int[1..40]
product:  id pk, category -> category.id, order int[1..40], pieces int[1..30]
user:     id pk, age int[18..90], referred_by -> user.id?
purchase: id pk, user -> user.id, product -> product.id, count int[1..20], step int[1..5]
""",
    "mine": """
mines:   mine_id pk, depth int[1..900], shafts int[1..9]
shifts:  shift_id pk, mine_id -> mines.mine_id, crew int[1..30], hour int[1..23]
sensors: sensor_id pk, mine_id -> mines.mine_id, channel int[1..16], slot int[1..40]
reading: sensor_id pk -> sensors.sensor_id, recorded_at datetime pk, level int[1..50]
""",
}
"""Name of the database to its description in the notation of the cell."""

_ROWS = {0: 60, 1: 240, 2: 900}
"""Rows of a table by the number of tables above it."""


def database(name: str) -> tuple[Metadata, dict[str, pd.DataFrame]]:
    """Return the description and the data of one of `SCHEMAS`."""
    from synthohive_jupyter.schema.graph import SchemaGraph

    metadata = compile_cell(SCHEMAS[name].lstrip()).metadata
    rng = np.random.default_rng(7)
    frames: dict[str, pd.DataFrame] = {}
    for table in SchemaGraph(metadata).get_generation_order():
        frames[table] = _frame(metadata, table, frames, rng)
    order = rng.permutation(list(frames))
    return metadata, {str(table): frames[table] for table in order}


def _frame(
    metadata: Metadata, name: str, frames: dict[str, pd.DataFrame], rng: np.random.Generator
) -> pd.DataFrame:
    table = metadata.tables[name]
    outer = [key for key in table.foreign_keys if key.parent != name]
    rows = _ROWS[min(len(metadata.driving_chain(name)), 2)]
    columns: dict[str, Any] = {}
    for key in outer:
        parent = frames[key.parent]
        chosen = parent.iloc[rng.integers(0, len(parent), rows)].reset_index(drop=True)
        missing = rng.random(rows) < 0.1 if key.nullable else np.zeros(rows, dtype=bool)
        for column, target in zip(key.columns, key.parent_columns, strict=True):
            above = chosen[target]
            columns[column] = above.astype("Int64").mask(missing) if key.nullable else above
    for column in table.known_columns:
        if column in columns:
            continue
        constraint, own = table.constraints.get(column), column in table.primary_key
        if own and outer and len(table.primary_key) > 1:
            columns[column] = _line(constraint, rows, rng)
        else:
            columns[column] = _own(constraint, rows, rng) if own else _cells(constraint, rows, rng)
    for key in table.foreign_keys:
        if key.parent == name:
            own_key = pd.Series(columns[table.primary_key[0]])
            above = own_key.iloc[rng.integers(0, rows, rows)].reset_index(drop=True)
            kind = object if above.dtype == object else "Int64"
            columns[key.columns[0]] = above.astype(kind).mask(rng.random(rows) < 0.2)
    frame = pd.DataFrame({c: columns[c] for c in table.known_columns})
    return frame.drop_duplicates(list(table.primary_key)) if table.primary_key else frame


def _line(constraint: Constraint | None, rows: int, rng: np.random.Generator) -> Any:  # noqa: ANN401 - any column of pandas
    """Return the part of a composite key that counts the rows of a parent, or tells their time."""
    if constraint is not None and constraint.dtype == "datetime":
        hours = pd.to_timedelta(rng.integers(0, 200, rows), unit="h")
        return pd.Timestamp("2024-01-01") + hours
    return rng.integers(1, 9, rows)


def _own(constraint: Constraint | None, rows: int, rng: np.random.Generator) -> Any:  # noqa: ANN401 - any column of pandas
    """Return keys: UUIDs, codes of three letters, or 1 to n."""
    kind = None if constraint is None else constraint.dtype
    if kind == "id":
        return [str(uuid.UUID(bytes=rng.bytes(16), version=4)) for _ in range(rows)]
    if kind == "text":
        chosen = rng.permutation(len(_LETTERS) ** 3)[:rows]
        return ["".join(_LETTERS[[n // 529, n // 23 % 23, n % 23]]) for n in chosen]
    return np.arange(1, rows + 1)


_LETTERS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXY"))


def _cells(constraint: Constraint | None, rows: int, rng: np.random.Generator) -> Any:  # noqa: ANN401 - any column of pandas
    """Return values of a column that is no key."""
    if constraint is None or constraint.dtype not in {"int", "float"}:
        return rng.choice(["red", "green", "blue", "grey"], rows)
    low, high = constraint.min or 0, constraint.max or 9
    assert not isinstance(low, str)
    assert not isinstance(high, str)
    if constraint.dtype == "int":
        return rng.integers(int(low), int(high) + 1, rows)
    return np.round(rng.uniform(low, high, rows), 2)

"""Words of column names, in several languages, folded: what keys, amounts and times are called."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDENTIFIERS = _set(
    "id ids key fk pk uuid guid sk ref oid identifier identifiant clave cle schluessel"
)
CODES = _set("code no nr num number nummer numero codigo kode cod")
GENERIC = IDENTIFIERS | CODES | {"name", "index", "row", "rowid", "value"}
"""Words that say that something is a key, or hardly anything, but not whose."""

AFFIXES = _set("tbl table dim fact df t dwh stg raw data v vw frame real")
"""What stands before or after the name of a table and says nothing of it."""

UPWARDS = _set(
    "parent manager boss supervisor leader above superior previous prev next predecessor successor "
    "ancestor root reply replies replied reports mentor referrer referred original mother father "
    "sire dam partner spouse buddy vorgesetzter chef eltern uebergeordnet padre jefe superieur mgr "
    "head sponsor linked"
)
"""Words of keys from a table to itself."""

STRICTLY_UPWARDS = _set(
    "parent manager boss supervisor above superior mgr vorgesetzter jefe reports"
)
"""Those that mean a row of the same table even without a word for keys."""

ROLES = _set(
    "owner author buyer seller creator assignee reporter reviewer approver sender recipient "
    "customer client employee user member agent rep representative contact manager host guest "
    "driver passenger patient doctor teacher student instructor requester editor uploader "
    "moderator organizer staff cashier operator"
)
"""Roles of people: their keys may point to any table of people."""

ENDS = _set("origin dest destination departure arrival source target from to orig dst")
PLACES = _set(
    "airport airports station stations stop stops city cities location locations place places port "
    "ports node nodes warehouse warehouses store stores country countries site sites"
)
"""Roles of places, and tables of them: ``dest`` points to ``airports``."""

PLURALS = (
    ("ies", "y"), ("ves", "f"), ("sses", "ss"), ("es", ""), ("s", ""), ("en", ""), ("n", ""),
    ("e", ""),
)  # fmt: skip
IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse",
    "staff": "employee", "personnel": "employee", "data": "datum", "media": "medium",
}  # fmt: skip

LINES = _set(
    "line lines lineno nr no num number seq sequence position pos rank item index idx step version "
    "id code ordinal row part revision rev zeile posten ligne linea numero nummer"
)
"""Words of columns that count the rows of one parent."""

TIMES = _set("date time datetime timestamp hour day month year at on ts datum fecha jour")
YEARS = _set("year season jahr annee ano")
STARTS = _set(
    "date time datetime at on timestamp ts datum fecha created placed started start ordered"
)

EARLY = _set(
    "start started begin began from open opened created ordered order placed issued hired birth "
    "born checkin signup registered requested received booked admission admitted departure dep "
    "scheduled submitted joined first entry pickup purchased established founded beginn anfang "
    "von debut inicio desde invoice sent signed"
)
LATE = _set(
    "end ended finish finished to close closed updated modified shipped delivered due paid "
    "terminated left death died checkout resolved completed expires expired expiry discharge "
    "discharged arrival arr returned cancelled last exit until dropoff required review ende bis "
    "schluss fin final hasta approved fulfilled dispatched ship"
)
BESIDE = {
    ("min", "max"), ("minimum", "maximum"), ("low", "high"), ("lower", "upper"), ("net", "gross"),
    ("subtotal", "total"), ("discount", "total"), ("discount", "price"), ("cost", "price"),
    ("floor", "ceiling"), ("netto", "brutto"), ("from", "to"), ("start", "end"),
}  # fmt: skip
"""Words of which the first names the smaller number."""

FLAGS = _set("is has flag active enabled deleted verified can was bool yes allowed opt")
AGES = _set("age alter edad")
FROM_ZERO = _set(
    "age price amount total subtotal quantity qty count cnt cost fee tax weight height width "
    "length distance duration size area volume salary income revenue stock inventory points views "
    "clicks visits likes minutes seconds hours days years bytes pages population speed rate "
    "freight shipping discount units number num preis betrag menge anzahl alter gewicht hoehe "
    "prix montant quantite poids precio cantidad importe peso edad sales budget payment paid "
    "capacity mileage kilometers km miles percent percentage share ratio pct score rating stars "
    "milliseconds amt reorder level floor rooms seats"
)
FROM_ONE = _set("quantity qty")
SHARES = _set(
    "share ratio rate pct percent percentage probability prob fraction discount proportion "
    "confidence"
)
FIXED = {
    "latitude": (-90, 90), "lat": (-90, 90), "longitude": (-180, 180), "lon": (-180, 180),
    "lng": (-180, 180), "month": (1, 12), "hour": (0, 23), "minute": (0, 59), "second": (0, 59),
    "percent": (0, 100), "percentage": (0, 100), "pct": (0, 100), "monat": (1, 12),
    "stunde": (0, 23), "humid": (0, 100), "humidity": (0, 100),
}  # fmt: skip
"""Words whose numbers lie between fixed ends."""

SCALES = {"rating": (5, 10), "stars": (5,), "score": (5, 10, 100)}
"""Words to the ends that their scales usually have."""

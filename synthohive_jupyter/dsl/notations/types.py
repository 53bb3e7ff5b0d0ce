"""Types of databases, and the words for them here."""

from __future__ import annotations

import re

_WORDS = {
    "int": "int integer bigint smallint tinyint mediumint int1 int2 int4 int8 int16 int32 int64 "
    "int128 int256 uint utinyint usmallint umediumint ubigint uint8 uint16 uint32 uint64 uint128 "
    "uint256 serial bigserial smallserial serial4 serial8 hugeint byteint long year",
    "float": "float double real float4 float8 float16 float32 float64 binary_float binary_double "
    "decimal numeric number dec fixed money smallmoney udecimal bigdecimal bignumeric decfloat "
    "decimal32 decimal64 decimal128 decimal256 udouble double_precision",
    "bool": "bool boolean bit logical",
    "date": "date date32",
    "datetime": "datetime datetime2 datetime64 smalldatetime datetimeoffset timestamp timestamptz "
    "timestampltz timestampntz timestamp_ntz timestamp_ltz timestamp_tz timestamp_s timestamp_ms "
    "timestamp_us timestamp_ns timestamp_with_time_zone timestamp_without_time_zone "
    "timestamp_with_local_time_zone",
    "id": "uuid uniqueidentifier guid id",
    "cat": "cat category",
    "": "char nchar varchar nvarchar varchar2 nvarchar2 character character_varying text tinytext "
    "mediumtext longtext ntext clob nclob string bpchar name citext fixedstring varying",
}
_TYPES = {name: word for word, names in _WORDS.items() for name in names.split()}

_EXACT = frozenset({"decimal", "numeric", "number", "dec", "fixed", "udecimal", "bignumeric"})
_ONE = "1"


def type_word(name: str, sizes: tuple[str, ...] = ()) -> str | None:
    """Return our word for a type of a database.

    Args:
        name: The type, in any case; words with blanks or underlines between them.
        sizes: What stands in its brackets.

    Returns:
        The word; ``""`` for texts, where only the data can tell whether they are categories;
        ``None`` for a type that has no word.

    >>> type_word("BIGINT"), type_word("decimal", ("10", "2")), type_word("NUMBER", ("10",))
    ('int', 'float', 'int')
    >>> type_word("tinyint", ("1",)), type_word("varchar", ("255",)), type_word("geometry")
    ('bool', '', None)
    """
    folded = re.sub(r"\W+", "_", name.strip().lower()).strip("_")
    if folded in _EXACT and sizes and sizes[1:] in {(), ("0",)}:
        return "int"
    if folded == "tinyint" and sizes == (_ONE,):
        return "bool"
    if folded == "bit" and sizes and sizes != (_ONE,):
        return None
    return _TYPES.get(folded)

"""pandas to Spark and back, through Arrow, without a type getting lost on the way.

The two directions are inverse to each other: a naive timestamp is Spark's ``timestamp_ntz``, one
with a zone Spark's ``timestamp``; an int column with nulls is ``Int64`` on one side and an int
column on the other.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io.embedded import ENGINE, is_embedded
from synthohive_jupyter.io.relations import Frame, is_spark, require_unique

if TYPE_CHECKING:
    import pyarrow as pa

_MESSAGE_BYTES = 32 * 1024 * 1024
"""Larger tables reach the embedded engine as a file: a message may have 128 MB at most."""


def to_pandas(frame: Frame, *, limit: int | None = None) -> pd.DataFrame:
    """Return a frame as pandas; a Spark frame comes to the driver through Arrow.

    Args:
        frame: pandas frames are returned as they are, without a copy.
        limit: Number of rows at most.

    Returns:
        Ints with nulls as ``Int64`` (never as floats), booleans with nulls as ``boolean``, dates as
        `datetime.date`, decimals as `decimal.Decimal`, timestamps in microseconds.

    Raises:
        DataError: If two columns have the same name.
    """
    if not is_spark(frame):
        return frame if limit is None else frame.head(limit)
    table = (frame if limit is None else frame.limit(limit)).toArrow()
    require_unique(table.column_names)
    return pd.DataFrame(
        {
            name: _series(column)
            for name, column in zip(table.column_names, table.columns, strict=True)
        },
        index=pd.RangeIndex(table.num_rows),
    )


def from_pandas(data: pd.DataFrame, session: Any) -> Frame:  # noqa: ANN401 - pyspark is untyped
    """Return a pandas frame as a Spark frame of ``session``; the index is dropped.

    Types are kept: ints with nulls stay ints, dates dates, an empty frame has its columns, a column
    of nulls alone is text. Unsigned ints become the next larger signed type.

    Raises:
        DataError: If a column has a type that Spark has no equal for, or names repeat.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    table = to_arrow(data)
    schema = from_arrow_schema(table.schema, prefer_timestamp_ntz=True)
    if table.nbytes <= _MESSAGE_BYTES or not is_embedded(session):
        return session.createDataFrame(table, schema)
    from pyarrow import parquet

    file = ENGINE.scratch() / f"{uuid.uuid4().hex}.parquet"
    parquet.write_table(table, file)
    return session.read.parquet(str(file))


def to_arrow(data: pd.DataFrame) -> pa.Table:
    """Return a pandas frame as an Arrow table of types that Spark knows.

    Raises:
        DataError: As `from_pandas`.
    """
    import pyarrow as pa

    names = [str(name) for name in data.columns]
    require_unique(names)
    columns = [_column(name, data.iloc[:, i]) for i, name in enumerate(names)]
    return pa.table(columns, names=names)


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    import pyarrow as pa

    mapper = None
    if column.null_count:
        nullable = {
            pa.int8(): pd.Int8Dtype(),
            pa.int16(): pd.Int16Dtype(),
            pa.int32(): pd.Int32Dtype(),
            pa.int64(): pd.Int64Dtype(),
            pa.bool_(): pd.BooleanDtype(),
        }
        mapper = nullable.get
    return column.to_pandas(types_mapper=mapper)


def _column(name: str, values: pd.Series[Any]) -> pa.ChunkedArray:
    import pyarrow as pa

    refused = DataError(
        f"values of type {values.dtype} (mixed or unknown to Spark) cannot be handed over; "
        "convert the column to one plain type, for example text",
        column=name,
    )
    try:
        array = pa.Array.from_pandas(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        # Arrow's own message quotes a value of the column; ours must not.
        raise refused from None
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    if pa.types.is_dictionary(chunked.type):
        chunked = chunked.cast(chunked.type.value_type)
    target = _spark_type(chunked.type)
    if target is None:
        raise refused
    try:
        # Not safe: nanoseconds are cut to Spark's microseconds.
        return chunked.cast(target, safe=not pa.types.is_timestamp(chunked.type))
    except pa.ArrowException:
        raise refused from None


def _spark_type(kind: pa.DataType) -> pa.DataType | None:
    """Return the Arrow type as which Spark takes values of type ``kind``, or ``None``."""
    import pyarrow as pa

    renamed = {
        pa.null(): pa.string(),
        pa.large_string(): pa.string(),
        pa.string_view(): pa.string(),
        pa.large_binary(): pa.binary(),
        pa.uint8(): pa.int16(),
        pa.uint16(): pa.int32(),
        pa.uint32(): pa.int64(),
        pa.uint64(): pa.int64(),
        pa.float16(): pa.float32(),
        pa.date64(): pa.date32(),
    }
    if kind in renamed:
        return renamed[kind]
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", None if kind.tz is None else "UTC")
    plain = (
        pa.types.is_signed_integer,
        pa.types.is_floating,
        pa.types.is_boolean,
        pa.types.is_string,
        pa.types.is_binary,
        pa.types.is_date,
        pa.types.is_decimal128,
        pa.types.is_list,
        pa.types.is_struct,
    )
    return kind if any(test(kind) for test in plain) else None

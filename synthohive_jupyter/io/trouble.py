"""What went wrong in an engine, in words and with the next step, and without its values.

Messages of engines quote cells (``The value 'x' cannot be cast``), so none of their text is passed
on: known signs are translated, and of the rest only the class and the error condition are named.
"""

from __future__ import annotations

_NO_DELTA = (
    "this Spark session has no Delta. A running session cannot be given it; start the session with "
    "the Delta JAR (`delta.configure_spark_with_delta_pip`) and\n"
    "    spark.sql.extensions = io.delta.sql.DeltaSparkSessionExtension\n"
    "    spark.sql.catalog.spark_catalog = org.apache.spark.sql.delta.catalog.DeltaCatalog\n"
    "or write with format='parquet', or let the embedded engine write (no session called 'spark')"
)

_SIGNS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (
            "DELTA_CONFIGURE_SPARK_SESSION_WITH_EXTENSION_AND_CATALOG",
            "Failed to find the data source: delta",
            "Failed to find data source: delta",
            "delta.DefaultSource",
        ),
        _NO_DELTA,
    ),
    (
        ("NoSuchMethodError", "NoClassDefFoundError"),
        "the JARs of this session do not fit its version of Spark; Delta's must be built for it",
    ),
    (
        ("TABLE_OR_VIEW_NOT_FOUND",),
        "there is no such table or view; a path needs a slash, as in './name'",
    ),
    (("SCHEMA_NOT_FOUND", "Database not found"), "there is no such database; create it first"),
    (
        (
            "TABLE_OR_VIEW_ALREADY_EXISTS",
            "DELTA_PATH_EXISTS",
            "PATH_ALREADY_EXISTS",
            "already exists",
        ),
        "something is there already; choose mode='overwrite' or 'append'",
    ),
    (("PATH_NOT_FOUND", "No commit files found"), "there is no such data"),
    (("Permission denied", "PermissionError", "Read-only file system"), "writing is not permitted"),
    (("No space left on device",), "the disk is full"),
    (("INVALID_SCHEMA_OR_RELATION_NAME",), "the catalogue allows letters, digits and _ in names"),
    (
        ("StatusCode.UNAVAILABLE", "Connection refused", "NO_ACTIVE_SESSION", "Py4JNetworkError"),
        "the engine does not answer; start its session again",
    ),
    (
        ("DELTA_METADATA_MISMATCH", "DELTA_FAILED_TO_MERGE_FIELDS"),
        "the columns are not those of the table that is there",
    ),
)


def explain(error: BaseException) -> str:
    """Return the cause and what to do, never a value of a cell.

    >>> explain(OSError(28, "No space left on device"))
    'the disk is full'
    >>> explain(ValueError("cannot parse 'secret'"))
    'the engine failed (ValueError)'
    """
    text = f"{type(error).__name__}: {error}"
    for signs, meaning in _SIGNS:
        if any(sign in text for sign in signs):
            return meaning
    condition = getattr(error, "getCondition", lambda: None)()
    return f"the engine failed ({condition or type(error).__name__})"

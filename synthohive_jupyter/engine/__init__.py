"""The orchestration: plans are executed here, table by table, events are emitted."""

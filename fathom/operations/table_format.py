"""Names the file formats of tables; apart from their writer, so that a command line loads it at once."""

from enum import StrEnum


class TableFormat(StrEnum):
    """File formats of tables."""

    CSV = "csv"
    PARQUET = "parquet"

"""Opens the ledger. What it is made of is loaded only here: it takes longer than all the rest of the program."""

from monitor.store.ledger import Ledger
from monitor.store.place import Place


def open_ledger(place: Place, *, serving: bool = False) -> Ledger:
    """`serving`: by whoever judges, of whom there is one a ledger. Makes the tables, or brings them up to date.

    Raises LedgerError, which names the place and says what is wrong with it and what to do.
    """
    from monitor.store.sql import SqlLedger  # noqa: PLC0415 - SQLAlchemy and Alembic: `probe` needs neither

    return SqlLedger(place, serving=serving)

"""How the tables of the ledger came to be as they are: one file a step, in Alembic's form. None is ever edited."""

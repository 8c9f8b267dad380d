"""Runs the migrations, and stops those that would make a table that is there."""
from alembic import context
from alembic.operations import ops
from sqlmodel import SQLModel

from app.alembic.hooks import include_object, prevent_table_recreation, process_revision_directives
from app.core.db import engine


def run_migrations_online():
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            include_object=include_object,
            process_revision_directives=process_revision_directives,
            compare_type=True,
            compare_server_default=True,
        )
        prevent_table_recreation(ops.CreateTableOp, connection)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
